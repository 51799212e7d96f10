package demo

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/emersion/go-smtp"
)

// replyOf turns a code and "5.7.1 words" of the milter, of one line or more,
// into the SMTP library's error, which writes the enhanced code on the last
// line only.
func replyOf(code int, text string) *smtp.SMTPError {
	lines := strings.Split(text, "\n")
	out := &smtp.SMTPError{Code: code, EnhancedCode: smtp.NoEnhancedCode}
	last := len(lines) - 1
	if code, rest, ok := enhanced(lines[last]); ok {
		out.EnhancedCode, lines[last] = code, rest
	}
	out.Message = strings.Join(lines, "\n")
	return out
}

// enhancedCode is an enhanced status code before the words (RFC 2034 section 4).
var enhancedCode = regexp.MustCompile(`^([245])\.(\d{1,3})\.(\d{1,3}) `)

// enhanced takes the enhanced status code off the front of a reply's words.
func enhanced(line string) (code smtp.EnhancedCode, rest string, ok bool) {
	m := enhancedCode.FindStringSubmatch(line)
	if m == nil {
		return code, line, false
	}
	for i, digits := range m[1:] {
		code[i], _ = strconv.Atoi(digits) // at most three digits
	}
	return code, line[len(m[0]):], true
}
