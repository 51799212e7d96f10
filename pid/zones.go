package pid

import (
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
type zones []zoneFrom

type zoneFrom struct {
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

// zonesOf divides a mail's text, line by line. A form or document has lines like
// these too ("From: 1 May"), and then the worst is that an address weighs less.
func zonesOf(text string) zones {
	var all zones
	now, lines, from := plainZone, 0, 0
	set := func(at int, z zone) {
		if z != now {
			all = append(all, zoneFrom{at, z})
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
		inner := line
		if marked {
			inner = strings.TrimSpace(strings.TrimLeft(line, "> "))
		}
		starts := startsQuote(line)
		quoted = quoted || starts && (strings.Contains(line, "-") || !startsFold(line, "from:") || headerBlock(text[at:]))
		inQuote := quoted || marked
		body, sign := plainZone, signatureZone
		if inQuote {
			body, sign = quotedZone, quotedSignatureZone
		}
		switch {
		case now == sign && !over(lines, at-from) && !isPostScript(inner) && !starts:
			lines++
		case isClosing(inner):
			set(at, sign)
			lines, from = 0, at
		case !inQuote && isGreeting(inner):
			set(at, greetingZone)
		default:
			set(at, body)
		}
		at += end + 1
	}
	return all
}

func over(lines, octets int) bool { return lines > signatureLines || octets > signatureMost }

// headerBlock tells whether "From:" begins the few lines that Outlook puts above
// what is answered, and not a line of a form.
func headerBlock(text string) bool {
	head := strings.ToLower(text[:min(len(text), 600)])
	return (strings.Contains(head, "\nsent:") || strings.Contains(head, "\ndate:")) && strings.Contains(head, "\nto:") && strings.Contains(head, "\nsubject:")
}
