package policy_test

import (
	"strings"
	"testing"

	"github.com/postseal/postseal/policy"
)

// A broken header line made Postfix end the header above "Subject: [SECURE]",
// and the message left in clear.
func TestHeaderThatGoesOnBelowABrokenLine(t *testing.T) {
	whole := []policy.Field{{Name: "From", Value: " a@x.example"}, {Name: "Subject", Value: " news"}, {Name: "Date", Value: " now"}}
	for _, c := range []struct {
		name   string
		header []policy.Field
		body   string
		want   string // the subject that is read
	}{
		{"broken line first", whole[:1], "quite Delivered-To: x@y\r\nDate: now\r\nSubject: one\r\n [SECURE]\r\n\r\nHello\r\n", "one [SECURE]"},
		{"broken line of many folds first", whole[:1], "quite Delivered-To" + strings.Repeat("\r\n x@y", 9) + "\r\nSubject: one\r\n [SECURE]\r\n\r\nHello\r\n", "one [SECURE]"},
		{"header has its own", whole, "To: somebody\r\nSubject: [SECURE] old\r\n\r\nforwarded\r\n", "news"},
		{"a form", whole[:1], "Name: Jo\r\nStreet: High Street\r\n\r\n", ""},
		{"prose", whole[:1], "Dear Jo,\r\nthank you.\r\nAs you know\r\nthis is\r\nSubject: [SECURE]\r\n\r\n", ""},
		{"a part", whole[:1], "--b\r\nSubject: [SECURE]\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n", ""},
	} {
		m, err := policy.Read(policy.Transaction{}, c.header, strings.NewReader(c.body), policy.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Subject(); got != c.want {
			t.Errorf("%s: got subject %q, want %q", c.name, got, c.want)
		}
	}
}

// "X: a<CR>Subject: [SECURE]" was one ordinary field to us and two to a program
// that ends lines at a bare carriage return.
func TestBareCarriageReturnInAFieldIsUnreadable(t *testing.T) {
	for value, want := range map[string]bool{" a\rSubject: [SECURE]": true, " a\r\n folded": false, " plain": false} {
		m, err := policy.Read(policy.Transaction{}, []policy.Field{{Name: "X", Value: value}}, strings.NewReader("Hello\r\n"), policy.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		got := false
		for _, p := range m.Parts {
			got = got || p.Err != nil
		}
		if got != want {
			t.Errorf("%q: unreadable %v, want %v", value, got, want)
		}
	}
}
