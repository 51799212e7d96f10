package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/config"
	"github.com/postseal/postseal/policy"
)

// classified is the answer for one file, one JSON object a line with --json.
type classified struct {
	File       string   `json:"file"`
	Verdict    string   `json:"verdict"` // seal | pass | tls | refuse: the strictest of all recipients
	Recipients []forOne `json:"recipients"`
	Reasons    []string `json:"reasons"`
	Doubts     []string `json:"doubts,omitempty"`
	Error      string   `json:"error,omitempty"`
	verdict    policy.Action
}

type forOne struct {
	Recipient string   `json:"recipient"`
	Verdict   string   `json:"verdict"`
	Rule      string   `json:"rule,omitempty"`
	Profile   string   `json:"profile,omitempty"`
	Inside    bool     `json:"inside,omitempty"`
	Reasons   []string `json:"reasons"`
}

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

// classify tells what would become of messages. By default each is taken as
// authenticated outbound mail from one of our domains to an outside recipient.
func classify(_ context.Context, args []string, s streams) error {
	f := flags("classify", s)
	path := configFlag(f)
	asJSON := f.Bool("json", false, "one JSON object a line")
	from := f.String("from", "", "envelope sender `ADDRESS` (default: header From if ours, else someone of our first domain)")
	var to addressFlag
	f.Var(&to, "to", "recipient `ADDRESS`, may be repeated (default: the outside people of To and Cc, else recipient@outside.example)")
	client := f.String("client", "", "`IP` address of a client that has not signed in (default: a signed-in client)")
	list := f.String("files-from", "", "read file names from `FILE`, one a line; - for standard input")
	if err := parse(f, args); err != nil {
		return err
	}
	if f.NArg() == 0 && *list == "" {
		return usageError{"which mail? Name files, - for standard input, or give --files-from"}
	}
	cfg, err := loadConfig(*path)
	if err != nil {
		return err
	}
	session, err := session(cfg, *from, to, *client)
	if err != nil {
		return err
	}
	failed := false
	each := func(name string) error {
		answer := classifyFile(cfg, session, name, s.in)
		failed = failed || answer.Error != ""
		return printClassified(s.out, answer, *asJSON)
	}
	if err := eachFile(f.Args(), *list, s.in, each); err != nil {
		return err
	}
	if failed {
		return errReported
	}
	return nil
}

func session(cfg *config.Config, from string, to []addr.Address, client string) (policy.Transaction, error) {
	t := policy.Transaction{Recipients: to}
	if from != "" {
		sender, err := addr.Parse(from)
		if err != nil {
			return t, usageError{fmt.Sprintf("--from: %q: %v", from, err)}
		}
		t.Sender = sender
	}
	if client != "" {
		ip, err := netip.ParseAddr(client)
		if err != nil {
			return t, usageError{fmt.Sprintf("--client: %q is no IP address", client)}
		}
		t.Client.IP = ip
	} else {
		t.Client = policy.Client{Login: "someone", IP: netip.MustParseAddr("127.0.0.1")}
	}
	return t, nil
}

func eachFile(names []string, list string, in io.Reader, do func(string) error) error {
	for _, n := range names {
		if err := do(n); err != nil {
			return err
		}
	}
	switch list {
	case "":
		return nil
	case "-":
	default:
		f, err := os.Open(list)
		if err != nil {
			return fmt.Errorf("--files-from: %w", plain(err))
		}
		defer f.Close()
		in = f
	}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if lines.Text() == "" {
			continue
		}
		if err := do(lines.Text()); err != nil {
			return err
		}
	}
	return lines.Err()
}

func classifyFile(cfg *config.Config, t policy.Transaction, name string, stdin io.Reader) classified {
	in := stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return unread(name, plain(err))
		}
		defer f.Close()
		in = f
	}
	fields, body, err := policy.SplitHeader(in)
	if err != nil {
		return unread(name, err)
	}
	completeSession(cfg, &t, fields)
	m, err := policy.Read(t, fields, body, policy.DefaultLimits)
	if err != nil {
		return unread(name, err)
	}
	return explain(name, m, cfg.Classify(m))
}

// unread is the answer for a file that could not be judged.
func unread(name string, err error) classified {
	return classified{File: name, Recipients: []forOne{}, Reasons: []string{}, Error: err.Error()}
}

// completeSession fills what no flag said from the message itself.
func completeSession(cfg *config.Config, t *policy.Transaction, fields []policy.Field) {
	named := len(t.Recipients) > 0
	for _, f := range fields {
		for _, n := range addr.ParseHeader(strings.ReplaceAll(f.Value, "\r\n", "")) {
			switch strings.ToLower(f.Name) {
			case "from":
				if t.Sender.IsZero() && cfg.Inside(n.Address) {
					t.Sender = n.Address
				}
			case "to", "cc":
				if !named && !slices.ContainsFunc(t.Recipients, n.Address.Equal) && !cfg.Inside(n.Address) {
					t.Recipients = append(slices.Clip(t.Recipients), n.Address)
				}
			}
		}
	}
	if t.Sender.IsZero() {
		t.Sender, _ = addr.Parse("someone@" + cfg.Organisation.Domains[0])
	}
	if len(t.Recipients) == 0 {
		t.Recipients = []addr.Address{addr.MustParse("recipient@outside.example")}
	}
}

func explain(name string, m *policy.Message, v policy.Verdict) classified {
	c := classified{File: name, verdict: policy.Pass, Reasons: []string{}, Doubts: m.Doubts}
	for _, d := range v.Recipients {
		one := forOne{Recipient: d.Recipient.String(), Verdict: d.Action.String(), Rule: d.Rule, Inside: d.Inside, Reasons: []string{}}
		if d.Action == policy.Seal {
			one.Profile = d.Profile
		}
		for _, f := range d.Findings {
			one.Reasons = append(one.Reasons, f.String())
			if !slices.Contains(c.Reasons, f.String()) {
				c.Reasons = append(c.Reasons, f.String())
			}
		}
		if d.Refusal != "" {
			one.Reasons = append(one.Reasons, d.Refusal)
		}
		c.Recipients = append(c.Recipients, one)
		c.verdict = strictest(c.verdict, d.Action)
	}
	c.Reasons = append(c.Reasons, v.Notes...)
	c.Verdict = c.verdict.String()
	return c
}

// strictest orders refuse over seal over tls over pass.
func strictest(a, b policy.Action) policy.Action {
	rank := map[policy.Action]int{policy.Pass: 0, policy.TLS: 1, policy.Seal: 2, policy.Refuse: 3}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

func printClassified(w io.Writer, c classified, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(c)
	}
	if c.Error != "" {
		_, err := fmt.Fprintf(w, "%s: error: %s\n", c.File, c.Error)
		return err
	}
	fmt.Fprintf(w, "%s: %s\n", c.File, c.Verdict)
	for _, one := range c.Recipients {
		rule := "no rule matched"
		if one.Rule != "" {
			rule = "rule " + one.Rule
		}
		if one.Inside {
			rule = "inside"
		}
		fmt.Fprintf(w, "  %s: %s (%s)\n", one.Recipient, one.Verdict, rule)
		for _, r := range one.Reasons {
			fmt.Fprintf(w, "    %s\n", r)
		}
	}
	for _, d := range c.Doubts {
		fmt.Fprintf(w, "  read with doubt: %s\n", d)
	}
	return nil
}
