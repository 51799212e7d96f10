package milter

import (
	"bytes"
	"io"
	"strings"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/policy"
)

// Mail is one message as Postfix handed it over.
type Mail struct {
	QueueID    string // Postfix's; empty when it did not say
	Client     policy.Client
	ClientName string // host name of the client as Postfix knows it
	Helo       string
	Sender     addr.Address // zero for the null sender
	Args       Arguments
	Recipients []Rcpt
	Fields     []policy.Field // values with their leading space, folds as CRLF and white space
	Body       io.ReaderAt    // with CRLF line ends, as given
	BodySize   int64
}

// Rcpt is one RCPT TO.
type Rcpt struct {
	Given   string // as it stood in the command, without angle brackets: the name that Postfix deletes it by
	Address addr.Address
	Notify  string // see relay.Recipient
	Orcpt   string
}

// Original gives the message that is sealed (design: "Envelope"; winmail.dat in
// it is taken apart first, see unpack.go): the fields in order, each name, colon
// and value as given, then a blank line and the body. A Bcc field is left out: it
// names people to each other who are to stay unnamed. It can be read as often as
// asked for.
func (m *Mail) Original() io.Reader { return io.MultiReader(bytes.NewReader(m.head()), m.body()) }

// head gives the header of the original, with the blank line.
func (m *Mail) head() []byte {
	var head bytes.Buffer
	for _, f := range m.Fields {
		if isBcc(f.Name) {
			continue
		}
		head.WriteString(f.Name)
		head.WriteByte(':')
		head.WriteString(f.Value)
		head.WriteString("\r\n")
	}
	head.WriteString("\r\n")
	return head.Bytes()
}

func (m *Mail) body() io.Reader { return io.NewSectionReader(m.Body, 0, m.BodySize) }

func isBcc(name string) bool {
	return strings.EqualFold(name, "Bcc") || strings.EqualFold(name, "Resent-Bcc")
}

// all gives the values of every field of one name, in order.
func (m *Mail) all(name string) []string {
	var values []string
	for _, f := range m.Fields {
		if strings.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return values
}

// first gives the value of the first field of one name, without the white space
// around it.
func (m *Mail) first(name string) string {
	for _, value := range m.all(name) {
		return strings.TrimSpace(value)
	}
	return ""
}
