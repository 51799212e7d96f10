package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"

	"github.com/postseal/postseal/config"
	"github.com/postseal/postseal/policy"
)

// changed is one message whose verdict is another under the new rules, one JSON
// object a line with --json.
type changed struct {
	File       string       `json:"file"`
	Recipients []changedFor `json:"recipients,omitempty"` // those only for whom it changes
	Error      string       `json:"error,omitempty"`
}

type changedFor struct {
	Recipient string   `json:"recipient"`
	Old       judged   `json:"old"`
	New       judged   `json:"new"`
	Reasons   []string `json:"reasons"` // of the new verdict; of the old one where the message would now pass
}

// judged is the verdict for one recipient.
type judged struct {
	Verdict string `json:"verdict"`
	Rule    string `json:"rule,omitempty"`
	Profile string `json:"profile,omitempty"`
}

// replayed counts messages. One with several recipients may count in several.
type replayed struct {
	Messages int            `json:"messages"`
	Changed  int            `json:"changed"`
	Newly    map[string]int `json:"newly"`    // seal, pass, refuse, tls
	Profile  int            `json:"profile"`  // sealed as before, under another profile
	Unread   int            `json:"unread"`   // could not be judged
	Observed bool           `json:"observed"` // the new rules only observe
}

// replay tells which of the mails in files and mailboxes get another verdict
// under new rules. TLS partners are taken as proved.
func replay(ctx context.Context, args []string, s streams) error {
	f := flags("replay", s)
	asJSON := f.Bool("json", false, "one JSON object a line, the summary last")
	who := sessionFlags(f)
	if err := parse(f, args); err != nil {
		return err
	}
	if f.NArg() < 3 {
		return usageError{"wants the old rules, the new rules, and directories or files with mail"}
	}
	old, err := config.LoadPolicy(f.Arg(0))
	if err != nil {
		return plain(err)
	}
	fresh, err := config.LoadPolicy(f.Arg(1))
	if err != nil {
		return plain(err)
	}
	session, err := who.session(old, fresh)
	if err != nil {
		return err
	}
	count := replayed{Newly: map[string]int{"seal": 0, "pass": 0, "refuse": 0}, Observed: fresh.Mode == policy.Observe}
	judge := func(name string) changed { return compare(session, old, fresh, name) }
	tell := func(c changed) error {
		if !count.add(c) {
			return nil
		}
		return printChanged(s.out, c, *asJSON)
	}
	if err := eachMail(ctx, f.Args()[2:], judge, tell); err != nil {
		return err
	}
	if err := printReplayed(s.out, count, *asJSON); err != nil {
		return err
	}
	if count.Unread > 0 {
		return errReported
	}
	return nil
}

func compare(as session, old, fresh *policy.File, name string) changed {
	c := changed{File: name}
	m, err := as.read(name, nil)
	if err != nil {
		c.Error = err.Error()
		return c
	}
	m.TLSEnforced, m.SwitchedOn = taken, taken
	before, after := old.Classify(m), fresh.Classify(m)
	for i, was := range before.Recipients {
		is := after.Recipients[i]
		one := changedFor{Recipient: was.Recipient.String(), Old: judgedAs(was), New: judgedAs(is), Reasons: []string{}}
		if one.Old.Verdict == one.New.Verdict && one.Old.Profile == one.New.Profile {
			continue
		}
		why := is
		if is.Action == policy.Pass {
			why = was
		}
		for _, f := range why.Findings {
			if !slices.Contains(one.Reasons, f.String()) {
				one.Reasons = append(one.Reasons, f.String())
			}
		}
		c.Recipients = append(c.Recipients, one)
	}
	return c
}

func judgedAs(d policy.Decision) judged {
	j := judged{Verdict: d.Action.String(), Rule: d.Rule}
	if d.Action == policy.Seal {
		j.Profile = d.Profile
	}
	return j
}

// add counts a message and tells whether it is worth a word.
func (r *replayed) add(c changed) bool {
	r.Messages++
	if c.Error != "" {
		r.Unread++
		return true
	}
	if len(c.Recipients) == 0 {
		return false
	}
	r.Changed++
	seen := map[string]bool{}
	for _, one := range c.Recipients {
		what := one.New.Verdict
		if one.Old.Verdict == what {
			what = "profile"
		}
		switch {
		case seen[what]:
		case what == "profile":
			r.Profile++
		default:
			r.Newly[what]++
		}
		seen[what] = true
	}
	return true
}

func printChanged(w io.Writer, c changed, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(c)
	}
	if c.Error != "" {
		_, err := fmt.Fprintf(w, "%s: error: %s\n", c.File, c.Error)
		return err
	}
	fmt.Fprintf(w, "%s\n", c.File)
	for _, one := range c.Recipients {
		fmt.Fprintf(w, "  %s: %s, was %s\n", one.Recipient, one.New, one.Old)
		lead := "    "
		if one.New.Verdict == policy.Pass.String() {
			lead = "    was: "
		}
		for _, r := range one.Reasons {
			fmt.Fprintf(w, "%s%s\n", lead, r)
		}
	}
	return nil
}

// String gives "seal (rule label, profile official-sensitive)".
func (j judged) String() string {
	var about []string
	if j.Rule != "" {
		about = append(about, "rule "+j.Rule)
	}
	if j.Profile != "" && j.Profile != policy.DefaultProfile {
		about = append(about, "profile "+j.Profile)
	}
	if len(about) == 0 {
		return j.Verdict
	}
	return j.Verdict + " (" + strings.Join(about, ", ") + ")"
}

func printReplayed(w io.Writer, r replayed, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(r)
	}
	words := fmt.Sprintf("messages: %d, with another verdict: %d\nwould newly seal %d, would newly pass %d, would newly refuse %d",
		r.Messages, r.Changed, r.Newly["seal"], r.Newly["pass"], r.Newly["refuse"])
	if n := r.Newly["tls"]; n > 0 {
		words += fmt.Sprintf(", would newly go by TLS %d", n)
	}
	if r.Profile > 0 {
		words += fmt.Sprintf(", would seal otherwise %d", r.Profile)
	}
	if r.Unread > 0 {
		words += fmt.Sprintf("\ncould not be read: %d", r.Unread)
	}
	if r.Observed {
		words += "\nthe new rules say mode: observe, so that nothing of this would happen yet"
	}
	_, err := fmt.Fprintln(w, words)
	return err
}

// replayJobs is how many mails are judged at one time: each takes a processor,
// and up to some hundred megabytes where it holds large files.
func replayJobs() int { return max(1, min(runtime.NumCPU(), 8)) }
