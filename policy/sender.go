package policy

import (
	"io"
	"mime"
	"net/mail"
	"strings"

	"github.com/postseal/postseal/addr"
)

// senderShown gives the sender shown: the header From only if it is single,
// ours, and equal to the envelope sender or the authenticated name or allowed by
// send_as; else "A on behalf of B" (design: "The sender shown").
func (f *File) senderShown(m *Message) Sender {
	from, words, single := headerFrom(m.Fields)
	login := f.loginAddress(m.Client.Login)
	if single && f.Inside(from.Address) && f.mayWriteAs(m, login, from.Address) {
		return Sender{Name: from.Name, Address: from.Address}
	}
	s := Sender{Address: m.Sender}
	if s.Address.IsZero() {
		s.Address = login
	}
	if words == "" {
		return s
	}
	who := s.Address.String()
	if who == "" {
		who = shown(m.Client.Login)
	}
	if who == "" || single && s.Address.Equal(from.Address) {
		who = f.Organisation.Name
	}
	s.OnBehalf = who + " on behalf of " + words
	return s
}

// mayWriteAs tells whether a sender is proved to be from.
func (f *File) mayWriteAs(m *Message, login, from addr.Address) bool {
	if from.Equal(m.Sender) || from.Equal(login) {
		return true
	}
	for _, s := range f.Senders.SendAs {
		for _, who := range s.Who {
			a, err := addr.Parse(who)
			same := m.Client.Login != "" && strings.EqualFold(who, m.Client.Login) || err == nil && (a.Equal(m.Sender) || a.Equal(login))
			if same && s.As.covers(f, from) {
				return true
			}
		}
	}
	return false
}

// loginAddress makes a login name to an address: as it is, or at the first of
// our domains.
func (f *File) loginAddress(login string) addr.Address {
	if login == "" {
		return addr.Address{}
	}
	if a, err := addr.Parse(login); err == nil {
		return a
	}
	if len(f.Organisation.Domains) == 0 || strings.Contains(login, "@") {
		return addr.Address{}
	}
	a, _ := addr.Parse(login + "@" + f.Organisation.Domains[0])
	return a
}

// headerFrom reads the From fields of a message: the address when there is one
// field with one mailbox, and what they say in words fit to be shown.
func headerFrom(fields []Field) (from addr.Named, words string, single bool) {
	count, value := 0, ""
	for _, f := range readable(fields) {
		if strings.EqualFold(f.Name, "From") {
			count++
			value = f.Value
		}
	}
	words = shown(DecodeHeader(value))
	if count != 1 {
		return addr.Named{}, words, false
	}
	parser := mail.AddressParser{WordDecoder: &mime.WordDecoder{CharsetReader: charsetReader}}
	list, err := parser.ParseList(clean(unfold(bound(value))))
	if err != nil || len(list) != 1 {
		return addr.Named{}, words, false
	}
	a, err := addr.Parse(list[0].Address)
	if err != nil {
		return addr.Named{}, words, false
	}
	name := shown(list[0].Name)
	if strings.Contains(name, "@") {
		name = "" // another address in place of a name would mislead
	}
	return addr.Named{Name: name, Address: a}, words, true
}

func charsetReader(charset string, in io.Reader) (io.Reader, error) {
	octets, err := io.ReadAll(io.LimitReader(in, MaxFieldValue))
	text, _ := decodeCharset(charset, octets)
	return strings.NewReader(text), err
}
