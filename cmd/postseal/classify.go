package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

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

	Tried []oneTried `json:"tried,omitempty"` // with --verbose
}

// oneTried is one rule as it was tried for a recipient.
type oneTried struct {
	Rule    string   `json:"rule"`
	Do      string   `json:"do"`
	Holds   bool     `json:"holds"`
	Missing string   `json:"missing,omitempty"`
	Found   []string `json:"found,omitempty"`
}

// classify tells what would become of messages. By default each is taken as
// authenticated outbound mail from one of our domains to an outside recipient.
func classify(_ context.Context, args []string, s streams) error {
	f := flags("classify", s)
	path := configFlag(f)
	asJSON := f.Bool("json", false, "one JSON object a line")
	verbose := f.Bool("verbose", false, "tell each rule that was tried, and what it found")
	who := sessionFlags(f)
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
	session, err := who.session(&cfg.File)
	if err != nil {
		return err
	}
	failed := false
	each := func(name string) error {
		answer := classifyFile(cfg, session, name, s.in, *verbose)
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

func classifyFile(cfg *config.Config, as session, name string, stdin io.Reader, verbose bool) classified {
	m, err := as.read(name, stdin)
	if err != nil {
		return unread(name, err)
	}
	c := explain(name, m, cfg.Classify(m))
	if verbose {
		for i, to := range m.Recipients {
			c.Recipients[i].Tried = tried(cfg.Explain(m, to))
		}
	}
	return c
}

func tried(all []policy.Tried) []oneTried {
	var out []oneTried
	for _, t := range all {
		one := oneTried{Rule: t.Rule, Do: t.Action.String(), Holds: t.Holds, Missing: t.Missing}
		for _, f := range t.Findings {
			one.Found = append(one.Found, f.String())
		}
		out = append(out, one)
	}
	return out
}

// unread is the answer for a file that could not be judged.
func unread(name string, err error) classified {
	return classified{File: name, Recipients: []forOne{}, Reasons: []string{}, Error: err.Error()}
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
		if d.Action == policy.TLS {
			one.Reasons = append(one.Reasons, "goes as it is while Postfix is proved to enforce TLS for this domain (postseal check proves it); else it is sealed")
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
		for _, t := range one.Tried {
			printTried(w, t)
		}
	}
	for _, d := range c.Doubts {
		fmt.Fprintf(w, "  read with doubt: %s\n", d)
	}
	return nil
}

func printTried(w io.Writer, t oneTried) {
	if t.Holds {
		fmt.Fprintf(w, "    tried %s: holds, %s\n", t.Rule, t.Do)
	} else {
		fmt.Fprintf(w, "    tried %s: no, %s\n", t.Rule, t.Missing)
	}
	for _, found := range t.Found {
		fmt.Fprintf(w, "      %s\n", found)
	}
}
