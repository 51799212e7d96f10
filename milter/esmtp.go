package milter

import (
	"strings"
	"unicode/utf8"
)

// Bounds of RFC 3461: section 4.4 gives ENVID 100 characters, section 4.2 ORCPT
// 500; what is longer is not repeated.
const (
	maxEnvid = 100
	maxOrcpt = 500
)

// Arguments are the ESMTP arguments of MAIL FROM that the envelope repeats.
type Arguments struct {
	Return     string // RET: "HDRS", "FULL" or empty
	EnvelopeID string // ENVID, decoded; empty: not stated
	UTF8       bool   // SMTPUTF8 was asked for (RFC 6531)
	EightBit   bool   // BODY=8BITMIME (RFC 6152)
}

// parseMailArgs reads the arguments of MAIL FROM as they stood in the command,
// separated by white space. What it does not know or cannot read is left out:
// Postfix has judged the command, and nothing here decides about sealing.
func parseMailArgs(args string) Arguments {
	var a Arguments
	for word := range strings.FieldsSeq(args) {
		name, value, _ := strings.Cut(word, "=")
		switch strings.ToUpper(name) {
		case "RET":
			if v := strings.ToUpper(value); v == "HDRS" || v == "FULL" {
				a.Return = v
			}
		case "ENVID":
			a.EnvelopeID = decodeXtext(value, maxEnvid)
		case "SMTPUTF8":
			a.UTF8 = true
		case "BODY":
			a.EightBit = strings.EqualFold(value, "8BITMIME")
		}
	}
	return a
}

// parseRcptArgs reads NOTIFY and ORCPT of one RCPT TO, decoded.
func parseRcptArgs(args string) (notify, orcpt string) {
	for word := range strings.FieldsSeq(args) {
		name, value, _ := strings.Cut(word, "=")
		switch strings.ToUpper(name) {
		case "NOTIFY":
			notify = parseNotify(value)
		case "ORCPT":
			kind, address, ok := strings.Cut(value, ";")
			if address = decodeXtext(address, maxOrcpt); ok && isAtom(kind) && address != "" {
				orcpt = kind + ";" + address
			}
		}
	}
	return notify, orcpt
}

// parseNotify gives NEVER, or those of SUCCESS, FAILURE and DELAY that stand in
// value, or nothing when anything else does (RFC 3461 section 4.1).
func parseNotify(value string) string {
	value = strings.ToUpper(value)
	if value == "NEVER" {
		return value
	}
	seen := map[string]bool{}
	for word := range strings.SplitSeq(value, ",") {
		if seen[word] || (word != "SUCCESS" && word != "FAILURE" && word != "DELAY") {
			return ""
		}
		seen[word] = true
	}
	return value
}

func isAtom(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		if (c < 'a' || c > 'z') && (s[i] < '0' || s[i] > '9') && s[i] != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 20
}

// decodeXtext reads xtext (RFC 3461 section 4): "+3D" stands for "=". It gives
// nothing for a wrong escape, for control characters or for more than bound octets.
func decodeXtext(s string, bound int) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '+' {
			if i+2 >= len(s) {
				return ""
			}
			high, low := hexDigit(s[i+1]), hexDigit(s[i+2])
			if high < 0 || low < 0 {
				return ""
			}
			c = byte(high<<4 | low)
			i += 2
		}
		if c < ' ' || c == 0x7f {
			return ""
		}
		b.WriteByte(c)
	}
	if b.Len() > bound || !utf8.ValidString(b.String()) {
		return ""
	}
	return b.String()
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}
