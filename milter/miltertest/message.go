package miltertest

import (
	"bytes"
	"strings"
	"time"
)

// SetMessage takes a whole message (RFC 5322) apart as Postfix does before it
// hands it to a filter: folds as LF, no white space between name and colon, the
// header ends at the first line that cannot be part of it, body lines end in
// CRLF.
func (m *Mail) SetMessage(raw []byte) {
	raw = bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
	m.Header, m.Body = nil, nil
	for len(raw) > 0 {
		line, rest, _ := bytes.Cut(raw, []byte("\n"))
		if len(line) == 0 {
			raw = rest
			break
		}
		if (line[0] == ' ' || line[0] == '\t') && len(m.Header) > 0 {
			m.Header[len(m.Header)-1].Value += "\n" + string(line)
		} else if name, value, ok := strings.Cut(string(line), ":"); ok && isName(strings.TrimRight(name, " \t")) {
			m.Header = append(m.Header, Field{Name: strings.TrimRight(name, " \t"), Value: value})
		} else {
			break
		}
		raw = rest
	}
	m.Body = bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))
}

func isName(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return s != ""
}

// AddMissing adds the fields that Postfix adds to mail from its own clients when
// they are missing, in Postfix's order and form: Message-Id with the queue id,
// Date, From.
func (m *Mail) AddMissing(now time.Time, host string) {
	if !m.has("Message-Id") {
		id := " <" + now.UTC().Format("20060102150405") + "." + m.queueID() + "@" + host + ">"
		m.Header = append(m.Header, Field{"Message-Id", id})
	}
	if !m.has("Date") {
		m.Header = append(m.Header, Field{"Date", " " + now.UTC().Format("Mon, _2 Jan 2006 15:04:05 -0700 (MST)")})
	}
	if !m.has("From") {
		m.Header = append(m.Header, Field{"From", " " + m.From})
	}
}

func (m *Mail) has(name string) bool {
	for _, f := range m.Header {
		if strings.EqualFold(f.Name, name) {
			return true
		}
	}
	return false
}
