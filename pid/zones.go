package pid

import (
	"regexp"
	"sort"
	"strings"
)

// zone is what a stretch of a mail is; what stands in it may weigh less.
type zone uint8

const (
	plainZone zone = iota
	greetingZone
	signatureZone
	quotedZone
	quotedSignatureZone
)

// zones is where each begins, ascending.
type zones []struct {
	at   int
	zone zone
}

func (z zones) of(at int) zone {
	i := sort.Search(len(z), func(i int) bool { return z[i].at > at })
	if i == 0 {
		return plainZone
	}
	return z[i-1].zone
}

// signatureLines is how many lines a signature may have, and signatureMost how
// many octets; a disclaimer counts as part of it.
const (
	signatureLines = 25
	signatureMost  = 2500
)

var (
	greetingLine = regexp.MustCompile(`^(?i:hi|hello|hiya|dear|good (?:morning|afternoon|evening)|morning|afternoon|hey)\b[^.!?]{0,50}$`)
	closingLine  = regexp.MustCompile(`^(?i:(?:(?:with |many )?(?:kind|best|warm|kindest)? ?(?:regards|wishes)|many thanks|thanks|thank you|thanks again|thanks all|thanks in advance|cheers|yours (?:sincerely|faithfully|truly)|sincerely|kr|br|all the best|sent from my .*|best|ta|diolch|cofion)(?: (?:and|&) (?:kind |best )?(?:regards|wishes))?)[ ,.!]*$|^-- ?$|^_{5,}$`)
	quoteStart   = regexp.MustCompile(`^(?i:-{2,} ?(?:original|forwarded) message ?-{2,}|on .{6,120}wrote:|begin forwarded message:)\s*$|^(?i:from): .{3,}$`)
	postScript   = regexp.MustCompile(`^(?i:p\.?\s?s\.?\b|nb\b|n\.b\.|ps\b)`)
)

// zonesOf divides a mail's text, line by line. A form or document has lines like
// these too ("From: 1 May"), and then the worst is that an address weighs less.
func zonesOf(text string) zones {
	var all zones
	now, lines, from := plainZone, 0, 0
	set := func(at int, z zone) {
		if z != now {
			all = append(all, struct {
				at   int
				zone zone
			}{at, z})
			now = z
		}
	}
	quoted, at := false, 0
	for at < len(text) {
		end := strings.IndexByte(text[at:], '\n')
		if end < 0 {
			end = len(text) - at
		}
		line := strings.TrimSpace(text[at : at+end])
		marked := strings.HasPrefix(line, ">")
		inner := strings.TrimSpace(strings.TrimLeft(line, "> "))
		quoted = quoted || startsQuote(line) && (strings.Contains(line, "-") || !strings.HasPrefix(strings.ToLower(line), "from:") || headerBlock(text[at:]))
		inQuote := quoted || marked
		body, sign := plainZone, signatureZone
		if inQuote {
			body, sign = quotedZone, quotedSignatureZone
		}
		switch {
		case (now == signatureZone || now == quotedSignatureZone) && (now == sign) && !over(lines, at-from) && !postScript.MatchString(inner) && !startsQuote(line):
			lines++
		case maybe(inner, "abcdklmrstwy-\x7f") && closingLine.MatchString(inner):
			set(at, sign)
			lines, from = 0, at
		case maybe(inner, "adghm") && greetingLine.MatchString(inner) && !inQuote:
			set(at, greetingZone)
		default:
			set(at, body)
		}
		at += end + 1
	}
	return all
}

func startsQuote(line string) bool {
	return len(line) < 200 && line != "" && strings.IndexByte("-obf", line[0]|0x20) >= 0 && quoteStart.MatchString(line)
}

// maybe spares long lines, and those that begin otherwise, the closer look.
func maybe(line, first string) bool {
	const longest = 80
	return line != "" && len(line) < longest && strings.IndexByte(first, line[0]|0x20) >= 0
}

func over(lines, octets int) bool { return lines > signatureLines || octets > signatureMost }

// headerBlock tells whether "From:" begins the few lines that Outlook puts above
// what is answered, and not a line of a form.
func headerBlock(text string) bool {
	head := strings.ToLower(text[:min(len(text), 600)])
	return (strings.Contains(head, "\nsent:") || strings.Contains(head, "\ndate:")) && strings.Contains(head, "\nto:") && strings.Contains(head, "\nsubject:")
}
