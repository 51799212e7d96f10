package pid

import "strings"

// digitsOf gives the digits of s.
func digitsOf(s string) string {
	same := 0
	for same < len(s) && s[same] >= '0' && s[same] <= '9' {
		same++
	}
	if same == len(s) {
		return s
	}
	const usual = 64
	var short [usual]byte
	b := short[:0]
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			b = append(b, s[i])
		}
	}
	return string(b)
}

// bare gives letters and digits only, in capitals: the value that is compared.
func bare(s string) string {
	same := 0 // octets at the start that stay as they are
	for same < len(s) && (s[same] >= '0' && s[same] <= '9' || s[same] >= 'A' && s[same] <= 'Z') {
		same++
	}
	if same == len(s) {
		return s
	}
	const usual = 64
	var short [usual]byte
	b := append(short[:0], s[:same]...)
	for i := same; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 0x80:
			return bareBeyondASCII(s)
		case c >= 'a' && c <= 'z':
			b = append(b, c&^0x20)
		case isWord[c]:
			b = append(b, c)
		}
	}
	return string(b)
}

func bareBeyondASCII(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if isWord[s[i]] {
			b.WriteByte(s[i])
		}
	}
	return strings.ToUpper(b.String())
}

func allSame(s string) bool { return s != "" && strings.Trim(s, s[:1]) == "" }

// isNINumber follows HMRC's manual NIM39110: neither letter D, F, I, Q, U or V,
// the second not O, seven prefixes never given out, suffix A to D. QQ, which HMRC
// uses in its own examples, counts: people copy its form.
func isNINumber(s string) bool {
	s = bare(s)
	if len(s) < 8 || s[2:8] == "000000" || s[2:8] == "999999" { // the latter shows the form
		return false
	}
	switch prefix := s[:2]; prefix {
	case "QQ":
		return true
	case "BG", "GB", "NK", "KN", "TN", "NT", "ZZ":
		return false
	}
	return !strings.ContainsRune("DFIQUV", rune(s[0])) && !strings.ContainsRune("DFIQUVO", rune(s[1]))
}

// isNHSNumber checks the tenth digit: weights 10 to 2, modulus 11 (NHS Data
// Dictionary, NHS NUMBER). Ten equal digits are nobody's.
func isNHSNumber(s string) bool {
	s = digitsOf(s)
	return len(s) == 10 && !allSame(s) && mod11(s)
}

func mod11(s string) bool {
	sum := 0
	for i := range 9 {
		sum += int(s[i]-'0') * (10 - i)
	}
	return (11-sum%11)%11 == int(s[9]-'0')
}

// isCHINumber: the Community Health Index of Scotland begins with the date of
// birth and has the check digit of an NHS number.
func isCHINumber(s string) bool {
	s = digitsOf(s)
	return len(s) == 10 && s[:2] >= "01" && s[:2] <= "31" && s[2:4] >= "01" && s[2:4] <= "12" && mod11(s)
}

// isCard checks the last digit (ISO/IEC 7812-1 annex B) and that the first ones
// belong to a scheme with cards of that length.
func isCard(s string) bool {
	s = digitsOf(s)
	if allSame(s) || !luhn(s) {
		return false
	}
	for _, r := range cardRanges {
		if p := s[:len(r.from)]; p >= r.from && p <= r.to && len(s) >= r.shortest && len(s) <= r.longest {
			return true
		}
	}
	return false
}

var cardRanges = []struct {
	from, to          string
	shortest, longest int
}{
	{"4", "4", 13, 19},       // Visa
	{"51", "55", 16, 16},     // Mastercard
	{"2221", "2720", 16, 16}, // Mastercard
	{"34", "34", 15, 15},     // American Express
	{"37", "37", 15, 15},
	{"6011", "6011", 16, 19}, // Discover
	{"644", "659", 16, 19},
	{"3528", "3589", 16, 19}, // JCB
	{"300", "305", 14, 19},   // Diners Club
	{"36", "36", 14, 19},
	{"38", "39", 14, 19},
	{"62", "62", 16, 19}, // UnionPay
	{"50", "50", 16, 19}, // Maestro
	{"56", "58", 16, 19},
	{"63", "63", 16, 19},
	{"67", "67", 16, 19},
}

func luhn(s string) bool {
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// isIBAN checks country, length and the remainder 1 modulo 97 (ISO 13616).
func isIBAN(s string) bool {
	s = bare(s)
	if len(s) < 15 || ibanLengths[s[:2]] != len(s) {
		return false
	}
	rest := 0
	for _, c := range s[4:] + s[:4] {
		switch {
		case c >= '0' && c <= '9':
			rest = (rest*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			rest = (rest*100 + int(c-'A') + 10) % 97
		default:
			return false
		}
	}
	return rest == 1
}

// ibanLengths is from the register of SWIFT.
var ibanLengths = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28, "CH": 21,
	"CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18, "FR": 27,
	"GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26,
	"IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27,
	"MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25,
	"QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23,
	"TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}

// isPostcode checks letters that never stand where they stand (Royal Mail,
// Programmers' Guide to PAF): first not Q, V, X, second not I, J, Z, and in the
// inward part never C, I, K, M, O, V.
func isPostcode(s string) bool {
	s = bare(s)
	if s == "GIR0AA" {
		return true
	}
	if len(s) < 5 || strings.ContainsAny(s[len(s)-2:], "CIKMOV") || strings.ContainsRune("QVX", rune(s[0])) {
		return false
	}
	return s[1] <= '9' || !strings.ContainsRune("IJZ", rune(s[1]))
}

// isLicence checks that nines only fill the surname up and that no month has too
// many days (DVLA: surname, decade, month with 5 added for women, day, year).
func isLicence(s string) bool {
	s = bare(s)
	if len(s) < 16 {
		return false
	}
	if name := strings.TrimRight(s[:5], "9"); strings.ContainsRune(name, '9') {
		return false
	}
	month := int(s[6]-'0')%5*10 + int(s[7]-'0')
	day := int(s[8]-'0')*10 + int(s[9]-'0')
	return month >= 1 && month <= 12 && day >= 1 && day <= daysOf[month]
}

var daysOf = [13]int{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// isVehicle checks a registration mark of 2001 on, of 1983 and of 1963: letters
// that are not used, age numbers that have not been.
func isVehicle(s string) bool {
	s = bare(s)
	isDigit := func(i int) bool { return s[i] >= '0' && s[i] <= '9' }
	last := s[len(s)-1]
	switch {
	case !isDigit(0) && !isDigit(1) && isDigit(2) && len(s) == 7 && isDigit(3):
		age := s[2:4]
		return !strings.ContainsAny(s[:2], "IQZ") && !strings.ContainsAny(s[4:], "IQ") &&
			(age >= "02" && age <= "30" || age >= "51" && age <= "80" && age != "80")
	case isDigit(1):
		return !strings.ContainsRune("IOQUZ", rune(s[0])) && !strings.ContainsAny(s[len(s)-3:], "IQ")
	}
	return !strings.ContainsRune("IOQUZ", rune(last)) && !strings.ContainsAny(s[:3], "IQ")
}

// isUKPhone takes UK numbers of ten and eleven digits, Ofcom's numbers for drama
// among them.
func isUKPhone(s string) bool {
	d := nationalNumber(s)
	return (len(d) == 11 || len(d) == 10 && d[1] == '1') && strings.ContainsRune("123578", rune(d[1])) && !(d[1] == '1' && d[2] == '0') && !allSame(d[1:])
}

// nationalNumber gives the digits of a UK number from its leading 0 on.
func nationalNumber(s string) string {
	d := digitsOf(s)
	international := strings.HasPrefix(strings.TrimLeft(s, "( "), "+")
	switch {
	case strings.HasPrefix(d, "0044"):
		d = d[4:]
	case international && strings.HasPrefix(d, "44"):
		d = d[2:]
	default:
		return d
	}
	return "0" + strings.TrimPrefix(d, "0")
}

// isBirthDate takes dates on which somebody alive may have been born. Two digits
// of a year are any year.
func isBirthDate(s string) bool {
	year, run := "", 0 // digits on end
	for i := 0; i <= len(s); i++ {
		if i < len(s) && isDigit(s[i]) {
			run++
			continue
		}
		if run == 4 {
			year = s[i-run : i]
		}
		run = 0
	}
	const oldest = "1905" // nobody alive was born before; 1.1.1900 stands for unknown
	return year == "" || year >= oldest && year <= "2099"
}
