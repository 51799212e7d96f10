package pid

import "strings"

// Kinds that only make up others.
const (
	sortCode  Kind = "sort code"
	accountNo Kind = "account number"
	anyDate   Kind = "date"
	firstName Kind = "first name" // without a surname: says only that somebody is meant
	reference Kind = "reference"  // of a file, about anybody or anything: beside a person it is a case number
)

// form is how a kind is written. Patterns match whole words.
type form struct {
	kind   Kind
	exact  bool // upper and lower case are told apart
	match  string
	last   string // what a match ends with; see pattern
	check  func(value string) bool
	label  wordList // of which one must stand up to labelReach octets before
	column wordList // of which one must stand in the heading of a table that it is in
	excuse wordList // of which one up to labelReach octets before makes up for a failed check: a number with a slip is still somebody's
}

// labelReach is how far before a number its label ends, in octets.
const labelReach = 45

const (
	months  = `(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)`
	niWords = "national insurance|ni number|ni no|nino|n.i.|ni:|ni #|nat ins|nat. ins|yswiriant gwladol|rhif yg"
	// What stands before a card number, not before that of a library card.
	cardWords = "card number|card no|card details|long number|visa|mastercard|amex|debit card|credit card|my card"
	streets   = `(?:street|st|road|rd|lane|ln|avenue|ave|av|close|cl|drive|dr|crescent|cres|terrace|place|court|ct|gardens|gdns|grove|way|walk|square|sq|mews|hill|green|park|row|rise|view|parade|vale|mount|wharf|quay|heights|croft|meadows?|fields?|orchard|villas|buildings|cottages?|house|gate|end|path|circus|broadway|bank|brow|chase|dene|garth|wynd|yard)`
)

var (
	niLabel   = listOf(niWords)
	cardLabel = listOf(cardWords)
)

var forms = []form{
	{kind: NINumber, match: `[a-z]{2}[ .-]?[0-9]{2}[ .-]?[0-9]{2}[ .-]?[0-9]{2}[ .-]?[a-d]`, check: isNINumber, excuse: niLabel},
	{kind: NINumber, match: `[a-z]{2}[ .-]?[0-9]{2}[ .-]?[0-9]{2}[ .-]?[0-9]{2}[ .-]?[e-z]`, check: never, excuse: niLabel},
	{kind: NINumber, match: `[a-z]{2}[ .-]?[0-9]{2}[ .-]?[0-9]{2}[ .-]?[0-9]{2}`, check: isNINumber, label: niLabel},
	{kind: NHSNumber, match: `[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}`, check: isNHSNumber, excuse: listOf("nhs|gig")},
	{kind: CHINumber, match: `[0-9]{6}[ -]?[0-9]{4}`, check: isCHINumber, excuse: listOf("chi number|chi no"), label: listOf("chi number|chi no|chi:|chi |community health index")},
	{kind: Card, match: `[0-9]{4}(?:[ -]?[0-9]{4}){3}(?:[ -]?[0-9]{1,3})?|[0-9]{4}[ -]?[0-9]{6}[ -]?[0-9]{4,5}|[0-9]{13,19}`, check: isCard, excuse: cardLabel},
	{kind: Card, match: `[0-9]{4}(?:[ -][0-9]{4}){2}[ -][0-9]{2,3}`, check: never, excuse: cardLabel},
	{kind: IBAN, match: `[a-z]{2}[0-9]{2}(?:[ -]?[a-z0-9]){11,30}`, check: isIBAN, excuse: listOf("iban")},
	{kind: sortCode, match: `[0-9]{2}[ -][0-9]{2}[ -][0-9]{2}|[0-9]{6}`},
	{kind: accountNo, match: `[0-9]{7,8}|[0-9]{4}[ -][0-9]{4}`},
	{kind: Passport, match: `[a-z]{2}[0-9]{7}`},
	{kind: Passport, match: `[a-z]?[0-9]{8,9}|[a-z]{1,2}[0-9]{6,7}`, label: listOf("passport|pasbort")},
	{kind: Licence, match: `[a-z][a-z9]{4}[ ]?[0-9][0156][0-9][0-3][0-9][0-9][ ]?[a-z][a-z9][0-9a-z][a-z]{2}(?: ?[0-9]{2})?`, check: isLicence, excuse: listOf("driving licence|licence number|licence no|dvla|driver number")},
	{kind: TaxReference, match: `[0-9]{5}[ -]?[0-9]{5}k?`, label: listOf("utr|unique taxpayer|taxpayer ref|tax reference|self assessment")},
	{kind: anyDate, match: `[0-3]?[0-9] ?[./-] ?[01]?[0-9] ?[./-] ?(?:19|20)?[0-9]{2}|(?:19|20)[0-9]{2}[-/.][01][0-9][-/.][0-3][0-9]`, check: isBirthDate},
	{kind: anyDate, match: `[0-3]?[0-9](?:st|nd|rd|th)?(?: of)?[ .-]*` + months + `[ .,'-]*(?:19|20)?[0-9]{2}|` + months + `[ .]+[0-3]?[0-9](?:st|nd|rd|th)?,? +(?:19|20)[0-9]{2}`, check: isBirthDate},
	{kind: Address, match: `(?:(?:flat|unit|apartment|apt|room)[ ]+[0-9]{1,4}[a-z]?,?[ \r\n]+)?[0-9]{1,4}[a-z]?(?:-[0-9]{1,4})?,?[ ]+(?:[a-z][a-z']+[ ]+){1,3}` + streets, last: streets},
	{kind: Address, exact: true, match: `[0-9]{1,4}[A-Za-z]?,?[ ]+(?:[A-Z][a-z']+[ ,\r\n]+){1,8}` + postcodeEnd, last: postcodeEnd},
	{kind: Postcode, match: `[a-z]{1,2}[0-9][a-z0-9]?[ ]{0,2}[0-9][a-z]{2}|gir ?0aa`, check: isPostcode},
	{kind: Phone, match: `(?:\+44|0044)[ -]?(?:\(0\)[ -]?)?[1-9](?:[ -]?[0-9]){8,9}|\(?0[1-9][0-9]{1,4}\)?(?:[ -]?[0-9]){5,9}`, check: isUKPhone},
	{kind: Email, match: `[a-z0-9][a-z0-9._%+'-]*@(?:[a-z0-9-]+\.)+[a-z]{2,}`},
	{kind: Vehicle, match: `[a-z]{2}[0-9]{2}[ -]?[a-z]{3}|[a-z][0-9]{1,3}[ -]?[a-z]{3}|[a-z]{3}[ -]?[0-9]{1,3}[a-z]`, check: isVehicle},
	{kind: CaseNumber, match: `(?:case|client|claim(?:ant)?|tenancy|rent account|patient|hospital|liquidlogic|mosaic|carefirst|crime|custody|pupil|upn|household|housing register|council tax account|benefit|crn|home office|prison|nomis|court case|employee|payroll|student|uln|mrn|homelessness|service user|adoption|safeguarding)(?: (?:ref|reference|number|no|id|account|record))*[.:#]*[ \t]*(?:is )?[a-z]{0,5}[-/ ]?[0-9]{4,12}(?:[-/][0-9a-z]{1,6})*`},
	{kind: reference, match: `(?:(?:our|your|my|the)[ ]+)?(?:ref|reference|complaint|pcn|misper ref|claim ref|acct|account|appeal|file)(?:[ ](?:no|number|ref|reference))*[.:#]*[ \t]*(?:is )?` + fileNumber, check: manyOfDigits},
	{kind: reference, match: `[a-z]{1,4}[-/][0-9]{2,4}[-/][0-9]{3,7}|[0-9]{2}[-/][a-z]{2,4}[-/][0-9]{3,6}|[0-9]{2}[-/][0-9]{4,5}[-/][a-z]{1,4}`},
	{kind: Name, exact: true, match: `(?:Mr|Mrs|Ms|Miss|Mx|Master|Dr|MR|MRS|MS|MISS|Baby)\.?[ ]+(?:&[ ]Mrs[ ]+)?` + nameRest},
	{kind: Name, exact: true, match: `(?i:full name|first name|surname|forenames?|name of (?:child|patient|client|service user|applicant|tenant|claimant|pupil|young person)|(?:child|patient|client|pupil|claimant|tenant|employee|service user)(?:'s)?(?: name)?|name)(?:[ ]?[:=-][ \t\r\n]*|[ ]{2,}|\t+|[ ]?\r?\n)` + nameRest},
	{kind: Name, exact: true, match: `(?i:service user|patient|client|claimant|tenant|pupil|defendant|resident|inmate|offender|foster child)[ ,]+` + capital + `[ ]+` + capital},
	{kind: Name, exact: true, match: firstNames + `(?:[ ]+[A-Z]\.?)?[ ]+` + capital + `(?:-` + capital + `)?`},
	{kind: Name, exact: true, match: capital + `[ ]+` + capital + `[ ,;:(-]+(?i:dob|d\.o\.b|date of birth|born|aged|ni|nino|ni no|ni number|nhs|nhs no|nhs number|utr|[0-9]{1,2}(?: years| yrs?|yo))`},
	{kind: Name, exact: true, match: capital + `[ ]+` + capital + `,?[ ]+` + whoDoes, last: whoDoes},
	{kind: Name, exact: true, match: `[A-Z][A-Z'-]{2,},[ ]+[A-Z][a-z]{2,}`},
	{kind: Name, exact: true, match: capital + `[ ]+` + capital + `(?:-` + capital + `)?`, column: listOf("child|pupil|tenant|applicant|claimant|client|patient|service user|young person|debtor|employee|surname|dob|d.o.b|date of birth|user")},
	{kind: Name, exact: true, match: `(?i:parents? of|son of|daughter of|mother of|father of|wife of|husband of|carer for|on behalf of|act for|regarding|concerning|applicant is|applicant:|index case:?|determination for|deduction for|need for|pt|patient:|child:|tenant:|employee:|you named:|assessment of|assessment for|referral for|report on|named|called|known as|re:|the late|visited|spoke to|spoke with)[ \t]+` + capital + `[ ]+` + capital},
	{kind: firstName, exact: true, match: firstNames},
	{kind: firstName, exact: true, match: `[A-Z]\.[ ]?[A-Z]\.?`, check: isInitials},
	{kind: firstName, exact: true, match: `[A-Z][a-z]{2,}(?:'s (?:mum|mother|dad|father|partner|school|carer|behaviour|medication|placement|home|family|son|daughter|nan|consultant|gp|fit note|health|condition)| (?:is|was|has|had|says|told|asked|needs|wants|lives|refused|attended|left|came|went|disclosed|reported|became|moved|turned|hasn't|isn't|wasn't|doesn't|won't|has been|rang|called|phoned|seems|appears))`},
}

const (
	postcodeEnd = `[A-Z]{1,2}[0-9][A-Z0-9]?[ ]?[0-9][A-Z]{2}`
	behindName  = `(?i:dob|d.o.b|date of birth|born|aged|ni|nino|ni no|ni number|nhs|nhs no|nhs number|utr|[0-9]{1,2}(?: years| yrs?|yo))`
	whoDoes     = `(?:who|whose)[ ]+(?:is|was|has|had|lives|came|rang|says|said|wants|needs|we|you|I|son|daughter|mother|mum|husband|wife|tenancy|claim)`

	capital    = `(?:(?:Mc|Mac|O')?[A-Z][a-z]+|[A-Z][A-Z'-]+)`
	fileNumber = `[a-z]{0,5}[-/ ]?[0-9]{1,10}[a-z]?(?:[-/][0-9a-z]{1,10}){0,4}`
	nameRest   = `(?:[A-Z]\.?[ ]?)?(?:` + capital + `(?:[ -]` + capital + `){0,2}|[A-Z])`
)

// birthWords stand beside a date of birth.
var birthWords = listOf("dob|d.o.b|d o b|date of birth|birth date|birthdate|birthday|born|d.ob|date of  birth|dyddiad geni|ganwyd|ganed|d.g.")

// found is a candidate with what is known of it; offsets in the folded text.
type found struct {
	kind       Kind
	start, end int
	value      string // for telling one from another
	labelled   bool
	slip       bool // its check digit is wrong; a word says what it is
}

// candidate checks what a form matched.
func (f *form) candidate(text string, start, end int) (found, bool) {
	c := found{kind: f.kind, start: start, end: end}
	raw := text[start:end]
	switch {
	case f.label != nil && !before(text, start, f.label):
		return c, false
	case f.column != nil && !(isCell(text, start, end) && inColumn(text, start, f.column)):
		return c, false
	case f.check != nil && !f.check(raw):
		if c.slip = f.excused(text, start, raw); !c.slip {
			return c, false
		}
	}
	c.labelled = f.label != nil
	switch f.kind {
	case NINumber:
		if c.labelled && runsOn(text, end) {
			return c, false
		}
	case Address:
		c.labelled = before(text, start, homeWords)
		if !c.labelled && !capitalised(raw) {
			return c, false
		}
	case Name, firstName:
		if !isName(text, start, end) {
			return c, false
		}
	case anyDate:
		if birthIsNear(text, start, end) {
			c.kind, c.labelled = BirthDate, true
		}
	case sortCode:
		if isSix := len(raw) == 6; isSix && !before(text, start, sortWords) {
			return c, false
		}
	}
	if c.value = bare(raw); f.kind == Email {
		c.value = strings.ToUpper(raw) // the domain counts for Options.Allow
	}
	return c, true
}

// excused tells whether words make up for a failed check. What is only an example,
// or of another length than its kind has, is not excused.
func (f *form) excused(text string, start int, raw string) bool {
	d := digitsOf(raw)
	switch {
	case f.excuse == nil || allSame(d):
		return false
	case f.kind == NHSNumber:
		return d[0] != '0' && shortBefore(text, start, f.excuse)
	case f.kind == NINumber && (d == "123456" || d == "000000"), f.kind == Card && d[0] == '0':
		return false
	case f.kind == IBAN:
		if b := bare(raw); len(b) != ibanLengths[b[:2]] {
			return false
		}
	}
	return before(text, start, f.excuse)
}

// manyOfDigits takes what has four digits: less is a paragraph or a room.
func manyOfDigits(s string) bool {
	const few = 4
	return len(digitsOf(s)) >= few
}

// never is the check of forms that are always wrong.
func never(string) bool { return false }

var homeWords = listOf("lives at|living at|live at|address|moved to|home is|resides at|staying at|resident at|residing at|of no fixed|visit her at|visit him at|tenant at|tenancy at|property at|home at|household at|flat at|cyfeiriad|yn byw yn|yn byw")

// birthIsNear looks before a date, and behind it for "(DOB)".
func birthIsNear(text string, start, end int) bool {
	if before(text, start, birthWords) || inColumn(text, start, birthWords) {
		return true
	}
	if strings.HasSuffix(strings.TrimRight(text[max(0, start-5):start], " "), " b.") {
		return true
	}
	rest := strings.TrimLeft(text[end:min(len(text), end+8)], " (-,")
	return startsFold(rest, "dob") || startsFold(rest, "d.o.b")
}

// inColumn tells whether a place is in a table, one line for each person, whose
// heading has one of the words.
func inColumn(text string, at int, words wordList) bool {
	const headings, columns, widest = 3, 2, 1000 // lines in which a heading may stand, separators and octets of one
	line := text[max(0, at-200):at]
	line = line[strings.LastIndexByte(line, '\n')+1:]
	rest, _, _ := strings.Cut(text[at:min(len(text), at+200)], "\n")
	if separators(line)+separators(rest) < columns {
		return false
	}
	top := text[:min(at, headings*widest)]
	for range headings {
		head, tail, ok := strings.Cut(top, "\n")
		if ok && separators(head) >= columns && words.in(strings.ToLower(head)) {
			return true
		}
		top = tail
	}
	return false
}

// isCell tells whether nothing else stands in the cell of a table.
func isCell(text string, start, end int) bool {
	return (start == 0 || isSeparator[text[start-1]]) && (end == len(text) || isSeparator[text[end]])
}

// isSeparator tells what stands between cells of a table.
var isSeparator = [256]bool{',': true, ';': true, '|': true, '\t': true, '\n': true, '\r': true, '"': true}

func separators(s string) int {
	return strings.Count(s, ",") + strings.Count(s, "\t") + strings.Count(s, ";") + strings.Count(s, "|")
}

// runsOn tells whether one more letter or digit stands behind a number: then it
// is another number with the wrong last letter.
func runsOn(text string, end int) bool {
	rest := strings.TrimLeft(text[end:min(len(text), end+2)], " -")
	if rest == "" || !isWord[rest[0]] {
		return false
	}
	next := end + strings.IndexByte(text[end:], rest[0]) + 1
	return next == len(text) || !isWord[text[next]]
}

// capitalised tells whether the words of a street begin with capitals.
func capitalised(s string) bool {
	words := 0
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == '\n' || r == '\r' }) {
		if w[0] >= 'a' && w[0] <= 'z' && !strings.EqualFold(w, "flat") {
			return false
		}
		if w[0] >= 'A' && w[0] <= 'Z' {
			words++
		}
	}
	return words >= 2
}
