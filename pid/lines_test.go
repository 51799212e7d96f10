package pid

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	greetingLine = regexp.MustCompile(`^(?i:hi|hello|hiya|dear|good (?:morning|afternoon|evening)|morning|afternoon|hey)\b[^.!?]{0,50}$`)
	closingLine  = regexp.MustCompile(`^(?i:(?:(?:with |many )?(?:kind|best|warm|kindest)? ?(?:regards|wishes)|many thanks|thanks|thank you|thanks again|thanks all|thanks in advance|cheers|yours (?:sincerely|faithfully|truly)|sincerely|kr|br|all the best|sent from my .*|best|ta|diolch|cofion)(?: (?:and|&) (?:kind |best )?(?:regards|wishes))?)[ ,.!]*$|^-- ?$|^_{5,}$`)
	quoteStart   = regexp.MustCompile(`^(?i:-{2,} ?(?:original|forwarded) message ?-{2,}|on .{6,120}wrote:|begin forwarded message:)\s*$|^(?i:from): .{3,}$`)
	postScript   = regexp.MustCompile(`^(?i:p\.?\s?s\.?\b|nb\b|n\.b\.|ps\b)`)
)

// zonesByRegexp is what zonesOf must give: the same, told by regular expressions.
func zonesByRegexp(text string) zones {
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
		inner := strings.TrimSpace(strings.TrimLeft(line, "> "))
		quoted = quoted || startsByRegexp(line) && (strings.Contains(line, "-") || !strings.HasPrefix(strings.ToLower(line), "from:") || headerBlock(text[at:]))
		inQuote := quoted || marked
		body, sign := plainZone, signatureZone
		if inQuote {
			body, sign = quotedZone, quotedSignatureZone
		}
		switch {
		case (now == signatureZone || now == quotedSignatureZone) && (now == sign) && !over(lines, at-from) && !postScript.MatchString(inner) && !startsByRegexp(line):
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

func startsByRegexp(line string) bool {
	return len(line) < 200 && line != "" && strings.IndexByte("-obf", line[0]|0x20) >= 0 && quoteStart.MatchString(line)
}

// maybe spares long lines, and those that begin otherwise, the closer look.
func maybe(line, first string) bool {
	const longest = 80
	return line != "" && len(line) < longest && strings.IndexByte(first, line[0]|0x20) >= 0
}

// TestZonesAreThoseOfRegexp holds what tells lines against the expressions that it
// stands for, line by line and over whole texts.
func TestZonesAreThoseOfRegexp(t *testing.T) {
	texts := ordinaryMails(t)
	for _, m := range messagesOf(t, "../testdata/pid/messages/dev-*.txt") {
		texts = append(texts, m, strings.ToUpper(m), "> "+strings.ReplaceAll(m, "\n", "\r\n> "))
	}
	lines := strings.Split(lineCases, "\n")
	for i, line := range lines {
		texts = append(texts, line, "Text.\n"+line+"\nTel 01632 960123\n"+lines[(i*7+3)%len(lines)]+"\nMore text.", strings.ToUpper(line), "> "+line)
	}
	for _, text := range texts {
		checkZones(t, fold(text).text)
	}
}

func checkZones(t *testing.T, text string) {
	t.Helper()
	if got, want := zonesOf(text), zonesByRegexp(text); !slices.Equal(got, want) {
		t.Errorf("%q: got %v, want %v", text, got, want)
	}
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		for _, c := range []struct {
			name      string
			got, want bool
		}{
			{"greeting", isGreeting(line), maybe(line, "adghm") && greetingLine.MatchString(line)},
			{"closing", isClosing(line), maybe(line, "abcdklmrstwy-\x7f") && closingLine.MatchString(line)},
			{"quote", startsQuote(line), startsByRegexp(line)},
			{"post script", isPostScript(line), postScript.MatchString(line)},
		} {
			if c.got != c.want {
				t.Errorf("%s %q: got %v, want %v", c.name, line, c.got, c.want)
			}
		}
	}
}

// FuzzZones looks for a text of which zonesOf makes something else.
func FuzzZones(f *testing.F) {
	for line := range strings.SplitSeq(lineCases, "\n") {
		f.Add("Dear all\nText.\n"+line+"\nSomebody", "\n"+line)
	}
	raw, err := os.ReadFile("../testdata/bench/mails.txt")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(raw), "\r\n-- \r\n")
	f.Fuzz(func(t *testing.T, text, more string) { checkZones(t, fold(text+more).text) })
}

// lineCases are lines at the borders of what counts.
const lineCases = `Hi
hi,
Hiya all
hi there. I
Hello Jane and John, and everybody else who reads as far as this
Dearest
dear_friend
Good morning
good  morning
Hey you!
Morning all,
Kind regards
kind regards,
kindest wishes!
with kind regards
many best wishes
with  regards
kindregards
Regards and best wishes
thanks & regards
Thanks and kind wishes .
thanks and warm regards
many thanks and
Yours truly,
yours
Best
best, Jane
TA
Sent from my phone
Sent from my
sent from my old and very long named telephone, which I have had for years and years
Diolch
--
---
_____
____
______ x
-----Original Message-----
-- forwarded message --
- original message -
--  original message --
--original message-
---- Original Message ---- x
On Monday Jane wrote:
on Jane wrote:
On 3 wrote: that
On wrote:
On Mon, Nov 9, 2026 at 10:00, somebody with an exceedingly long name that goes on and on until it passes every bound that there is wrote:
On Mon wrote: and Tue wrote:
Begin forwarded message:
begin forwarded message: no
From: Jane
from: ab
From:  x
from : abc
PS
p.s. more
P. S. more
P  S
pst
ps_
N.B.x
nb:
nba
n.b
Café regards
Dear Zoë éééééééééééééééééééé`
