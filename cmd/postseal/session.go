package main

import (
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/policy"
)

// addressFlag collects a flag that may be given several times.
type addressFlag []addr.Address

func (f *addressFlag) String() string { return "" }
func (f *addressFlag) Set(text string) error {
	for t := range strings.SplitSeq(text, ",") {
		a, err := addr.Parse(t)
		if err != nil {
			return err
		}
		*f = append(*f, a)
	}
	return nil
}

// whoSends are the flags that say in which session a mail in a file is judged.
type whoSends struct {
	from, client *string
	to           *addressFlag
}

func sessionFlags(f *flag.FlagSet) whoSends {
	w := whoSends{to: new(addressFlag)}
	w.from = f.String("from", "", "envelope sender `ADDRESS` (default: header From if ours, else someone of our first domain)")
	f.Var(w.to, "to", "recipient `ADDRESS`, may be repeated (default: the outside people of To and Cc, else recipient@outside.example)")
	w.client = f.String("client", "", "`IP` address of a client that has not signed in (default: a signed-in client)")
	return w
}

// session is how mails in files are taken: who sends, and under which rules she
// is one of ours.
type session struct {
	given policy.Transaction
	rules []*policy.File // several: for each of them what is asked must hold
}

// session reads the flags. With several rule files, who is ours under one of them
// may send, and who is outside under one of them is judged.
func (w whoSends) session(rules ...*policy.File) (session, error) {
	s := session{rules: rules, given: policy.Transaction{Recipients: *w.to, TLSEnforced: taken, SwitchedOn: taken}}
	if *w.from != "" {
		sender, err := addr.Parse(*w.from)
		if err != nil {
			return s, usageError{fmt.Sprintf("--from: %q: %v", *w.from, err)}
		}
		s.given.Sender = sender
	}
	if *w.client != "" {
		ip, err := netip.ParseAddr(*w.client)
		if err != nil {
			return s, usageError{fmt.Sprintf("--client: %q is no IP address", *w.client)}
		}
		s.given.Client.IP = ip
	} else {
		s.given.Client = policy.Client{Login: "someone", IP: netip.MustParseAddr("127.0.0.1")}
	}
	return s, nil
}

// taken is for mails in files: TLS is taken as enforced and the service as switched
// on, as the rules have it.
func taken(addr.Address) bool { return true }

func (s session) ours(a addr.Address) bool {
	return slices.ContainsFunc(s.rules, func(f *policy.File) bool { return f.Inside(a) })
}

func (s session) outside(a addr.Address) bool {
	return slices.ContainsFunc(s.rules, func(f *policy.File) bool { return !f.Inside(a) })
}

// read reads a mail file; "-" is standard input.
func (s session) read(name string, stdin io.Reader) (*policy.Message, error) {
	in := stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, plain(err)
		}
		defer f.Close()
		in = f
	}
	fields, body, err := policy.SplitHeader(in)
	if err != nil {
		return nil, err
	}
	return policy.Read(s.complete(fields), fields, body, policy.DefaultLimits)
}

// complete fills what no flag said from the message itself.
func (s session) complete(fields []policy.Field) policy.Transaction {
	t := s.given
	named := len(t.Recipients) > 0
	for _, f := range fields {
		switch name := strings.ToLower(f.Name); name {
		case "from", "to", "cc":
			for _, n := range addr.ParseHeader(strings.ReplaceAll(f.Value, "\r\n", "")) {
				switch {
				case name == "from" && t.Sender.IsZero() && s.ours(n.Address):
					t.Sender = n.Address
				case name != "from" && !named && !slices.ContainsFunc(t.Recipients, n.Address.Equal) && s.outside(n.Address):
					t.Recipients = append(slices.Clip(t.Recipients), n.Address)
				}
			}
		}
	}
	if t.Sender.IsZero() {
		t.Sender, _ = addr.Parse("someone@" + strings.TrimLeft(s.rules[0].Organisation.Domains[0], "*."))
	}
	if len(t.Recipients) == 0 {
		t.Recipients = []addr.Address{addr.MustParse("recipient@outside.example")}
	}
	return t
}
