package relay

import (
	"fmt"
	"strings"
)

// Reply is what the server said when it refused.
type Reply struct {
	Code     int    // 451, 550, ...
	Enhanced string // "4.7.1" (RFC 2034); empty without
	Text     string // without codes; several lines joined by a space

	lines []string
}

func newReply(code int, lines []string) *Reply {
	r := &Reply{Code: code, lines: lines}
	words := make([]string, 0, len(r.lines))
	for _, line := range r.lines {
		enhanced, rest := cutEnhanced(code, strings.TrimSpace(line))
		if enhanced != "" {
			r.Enhanced = enhanced
		}
		words = append(words, rest)
	}
	r.Text = strings.TrimSpace(printable(strings.Join(words, " ")))
	return r
}

// Error gives the reply in one line.
func (r *Reply) Error() string { return fmt.Sprintf("%d %s", r.Code, r.full()) }

// full is the text with the enhanced code, as Postfix logs it.
func (r *Reply) full() string { return strings.TrimSpace(r.Enhanced + " " + r.Text) }

// refusal gives the error class of a reply that was not the one wanted, before
// or after the data: in either case the server said that it did not take the mail.
func (r *Reply) refusal() error {
	if r.Code >= 500 && r.Code < 600 {
		return fmt.Errorf("%w: %w", ErrPermanent, r)
	}
	return fmt.Errorf("%w: %w", ErrTemporary, r)
}

// cutEnhanced splits "4.7.1 text"; the class digit must be that of the code.
func cutEnhanced(code int, line string) (enhanced, rest string) {
	word, rest, _ := strings.Cut(line, " ")
	parts := strings.Split(word, ".")
	if len(parts) != 3 || parts[0] != fmt.Sprint(code/100) {
		return "", line
	}
	for _, p := range parts[1:] {
		if len(p) == 0 || len(p) > 3 || strings.Trim(p, "0123456789") != "" {
			return "", line
		}
	}
	return word, rest
}

// printable keeps what a log line and a reply to the next client may hold.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffd {
			return ' '
		}
		return r
	}, s)
}
