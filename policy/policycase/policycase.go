// Package policycase reads and tries cases of a rule file: a message with the
// verdict that is wanted of it, in one text file. testdata/mail holds ours, and
// an operator keeps hers beside the rules (postseal policy test DIR).
//
// A case is header lines, an empty line, and the message:
//
//	Expect: seal
//	Because: subject tag | tag [SECURE] | subject
//
//	From: Jane Doe <jane@example.gov.uk>
//	Subject: [SECURE] Care plan
//
//	Hello.
//
// It promises that a case which does not mean what it says is an error: unknown,
// doubled and empty lines, words that are no verdict. Nothing here reads a disk.
// Nobody is to be feared: cases come from the operator.
//
// Start reading at Parse, then Case.Try.
package policycase

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/policy"
)

// MaxCase bounds a case file in octets: what policy.Read takes in of one message.
const MaxCase = 128 << 20

// Case is one message and what is expected of it.
type Case struct {
	Expect     []string       // seal, pass, tls or refuse, for each of Recipients
	Because    string         // "rule | what was found | where" or the beginning of it; for pass any words
	Sender     addr.Address   // envelope sender; zero with NullSender or when it is not said
	NullSender bool           // the case says "Sender: <>"
	Recipients []addr.Address // never empty
	Client     netip.Addr     // of a client that has not signed in; invalid: the sender has
	Tells      string         // part of a note for the sender
	Says       string         // part of the words of a refusal
	Message    []byte         // header and body
}

// DefaultRecipient is who a case writes to when it does not say.
const DefaultRecipient = "bob@firm.example"

// Parse reads a case file. The error begins with "line N: " where a line is at
// fault.
func Parse(b []byte) (*Case, error) {
	c := &Case{}
	seen := map[string]bool{}
	for n := 1; ; n++ {
		line, rest, ok := bytes.Cut(b, []byte("\n"))
		if !ok {
			return nil, fmt.Errorf("line %d: there is no message: an empty line stands before it", n)
		}
		b = rest
		text := strings.TrimRight(string(line), "\r")
		if text == "" {
			break
		}
		key, value, ok := strings.Cut(text, ":")
		value = strings.TrimSpace(value)
		switch {
		case !ok || value == "":
			return nil, fmt.Errorf("line %d: wants a word, a colon and a value, such as Expect: seal", n)
		case seen[key]:
			return nil, fmt.Errorf("line %d: %s stands here a second time", n, key)
		}
		seen[key] = true
		if err := c.set(key, value); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	return c.complete(b)
}

func (c *Case) set(key, value string) (err error) {
	switch key {
	case "Expect":
		c.Expect = strings.Fields(value)
		for _, w := range c.Expect {
			if !slices.Contains([]string{"seal", "pass", "tls", "refuse"}, w) {
				return fmt.Errorf("%s is seal, pass, tls or refuse, one word for each recipient", key)
			}
		}
	case "Because":
		c.Because = value
	case "Sender":
		if c.NullSender = value == "<>"; !c.NullSender {
			if c.Sender, err = addr.Parse(value); err != nil {
				return fmt.Errorf("%s wants an address, or <> for none", key)
			}
		}
	case "Recipients":
		for to := range strings.SplitSeq(value, ",") {
			a, err := addr.Parse(strings.TrimSpace(to))
			if err != nil {
				return fmt.Errorf("%s wants addresses with commas between them", key)
			}
			c.Recipients = append(c.Recipients, a)
		}
	case "Client":
		if c.Client, err = netip.ParseAddr(value); err != nil {
			return fmt.Errorf("%s wants an IP address", key)
		}
	case "Tells":
		c.Tells = value
	case "Says":
		c.Says = value
	default:
		return fmt.Errorf("unknown line %q; there are Expect, Because, Sender, Recipients, Client, Tells, Says", key)
	}
	return nil
}

func (c *Case) complete(message []byte) (*Case, error) {
	c.Message = message
	if len(c.Recipients) == 0 {
		c.Recipients = []addr.Address{addr.MustParse(DefaultRecipient)}
	}
	switch {
	case len(c.Expect) == 0:
		return nil, fmt.Errorf("line 1: Expect is missing")
	case len(c.Expect) != len(c.Recipients):
		return nil, fmt.Errorf("line 1: Expect has %d verdicts for %d recipients", len(c.Expect), len(c.Recipients))
	case len(bytes.TrimSpace(message)) == 0:
		return nil, fmt.Errorf("line 1: there is no message behind the first empty line")
	}
	return c, nil
}

// Transaction gives the SMTP session of the case: who is not named otherwise is
// jane of our first domain, who has signed in.
func (c *Case) Transaction(f *policy.File) policy.Transaction {
	t := policy.Transaction{Recipients: c.Recipients, Sender: c.Sender}
	jane := addr.Address{}
	if len(f.Organisation.Domains) > 0 {
		jane, _ = addr.Parse("jane@" + strings.TrimLeft(f.Organisation.Domains[0], "*."))
	}
	if t.Sender.IsZero() && !c.NullSender {
		t.Sender = jane
	}
	t.Client = policy.Client{Login: jane.String(), IP: netip.IPv6Loopback()}
	if c.Client.IsValid() {
		t.Client = policy.Client{IP: c.Client}
	}
	return t
}
