package policy_test

import (
	"encoding/base64"
	"flag"
	"fmt"
	"mime"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postseal/postseal/pid"
	"github.com/postseal/postseal/policy"
)

var held = flag.Bool("held", false, "judge the half of testdata/pid/messages that is held back, not the one to work with; prints no more than ids and figures")

// labelled is a message of testdata/pid/messages with what people say of it.
type labelled struct {
	file     string // where it stands
	id       string
	pid      bool
	kinds    []string
	subject  string
	text     string
	attached []string // names of files
}

// usualNames turns what readers call a kind into its name.
var usualNames = strings.NewReplacer("crime", "criminal_record", "reference", "case_number")

func labelledMessages(t testing.TB, half string) []labelled {
	t.Helper()
	paths, _ := filepath.Glob("../testdata/pid/messages/" + half + "-*.txt")
	var all []labelled
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range strings.Split("\n"+string(b), "\n=== ")[1:] {
			head, text, _ := strings.Cut(one, "\n")
			f := strings.Split(head, "|")
			if len(f) < 2 || len(f) > 3 {
				t.Fatalf("%s: a bad line begins a message", filepath.Base(path))
			}
			m := labelled{file: filepath.Base(path), id: strings.TrimSpace(f[0]), pid: strings.TrimSpace(f[1]) == "pid"}
			if len(f) == 3 {
				m.kinds = strings.FieldsFunc(usualNames.Replace(f[2]), func(r rune) bool { return r == ',' || r == ' ' })
			}
			parts := strings.Split("\n"+text, "\n--- attachment ")
			m.subject, m.text, _ = strings.Cut(parts[0][1:], "\n")
			m.subject = strings.TrimSpace(strings.TrimPrefix(m.subject, "Subject:"))
			for _, p := range parts[1:] {
				name, _, _ := strings.Cut(p, "\n")
				m.attached = append(m.attached, strings.TrimSpace(name))
			}
			all = append(all, m)
		}
	}
	return all
}

// mail gives the message as Postfix has it, with the real files.
func (m labelled) mail(t testing.TB) []byte {
	var b strings.Builder
	const width = 76
	part := func(head string, data []byte) {
		b.WriteString("--b\r\n" + head + "\r\nContent-Transfer-Encoding: base64\r\n\r\n")
		for s := base64.StdEncoding.EncodeToString(data); s != ""; {
			n := min(width, len(s))
			b.WriteString(s[:n] + "\r\n")
			s = s[n:]
		}
	}
	b.WriteString("Subject: " + mime.QEncoding.Encode("utf-8", m.subject) + "\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n")
	part("Content-Type: text/plain; charset=utf-8", []byte(m.text))
	for _, name := range m.attached {
		data, err := os.ReadFile(filepath.Join("../testdata/pid/files", m.id, name))
		if err != nil {
			t.Fatalf("%s: a file is missing; run go run ./testdata/pid/make", m.id)
		}
		media := or(mime.TypeByExtension(filepath.Ext(name)), "application/octet-stream")
		part(fmt.Sprintf("Content-Type: %s\r\nContent-Disposition: attachment; filename=%q", media, name), data)
	}
	b.WriteString("--b--\r\n")
	return []byte(b.String())
}

func or(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}

// place is where the personal data of a message stands, or what looks like it.
func (m labelled) place() string {
	const little = 80
	switch {
	case len(m.attached) > 0:
		return "attachment " + strings.TrimPrefix(strings.ToLower(filepath.Ext(m.attached[0])), ".")
	case len(strings.TrimSpace(m.text)) < little:
		return "subject"
	}
	return "text"
}

// counts is how often something was rightly found, wrongly found, missed.
type counts struct{ hit, wrong, missed int }

func ratio(a, b int) float64 {
	if a+b == 0 {
		return 1
	}
	return float64(a) / float64(a+b)
}

func (c counts) String() string {
	return fmt.Sprintf("precision %.3f, recall %.3f (%d right, %d false alarms, %d missed)",
		ratio(c.hit, c.wrong), ratio(c.hit, c.missed), c.hit, c.wrong, c.missed)
}

func (c *counts) tell(got, want bool) {
	switch {
	case got && want:
		c.hit++
	case got:
		c.wrong++
	case want:
		c.missed++
	}
}

// detected judges a message by the usual rule and gives the kinds that the report
// names.
func (m labelled) detected(t testing.TB, f *policy.File) (sealed bool, kinds []string, report string) {
	read := readAs(t, staff(), m.mail(t))
	d := f.Classify(read).Recipients[0]
	findings := d.Findings
	if d.Rule != "scan" {
		if d.Action != policy.Pass || len(read.Doubts) > 0 {
			t.Errorf("%s: %v by %q, doubts %q; want a message that can be read", m.id, d.Action, d.Rule, read.Doubts)
		}
		for _, tried := range f.Explain(read, d.Recipient) {
			if tried.Rule == "scan" {
				findings = tried.Findings
			}
		}
	}
	var all []string
	for _, found := range findings {
		all = append(all, found.What+" | "+found.Where)
		for _, k := range pid.Kinds() {
			if rest, ok := strings.CutPrefix(found.What, k.String()); ok && (rest[0] == ',' || rest[0] == ' ') {
				kinds = append(kinds, string(k))
			}
		}
	}
	slices.Sort(kinds)
	return d.Rule == "scan", slices.Compact(kinds), strings.Join(all, "; ")
}

// TestDetection is the detection report: messages rightly sealed, then each kind
// and each place, each judged as a mail with real files. BOP-6, BOP-7
func TestDetection(t *testing.T) {
	half := "dev"
	if *held {
		half = "held"
	}
	f := rules(t, "organisation: {name: X, domains: [example.gov.uk]}\nrules:\n- {name: scan, do: seal, if: {pid: {score: 10}}}\n")
	var whole counts
	kinds, places := map[string]*counts{}, map[string]*counts{}
	at := func(m map[string]*counts, key string) *counts {
		if m[key] == nil {
			m[key] = &counts{}
		}
		return m[key]
	}
	for _, m := range labelledMessages(t, half) {
		sealed, got, report := m.detected(t, f)
		whole.tell(sealed, m.pid)
		at(places, m.place()).tell(sealed, m.pid)
		if *held {
			report = ""
		}
		if sealed != m.pid {
			t.Logf("%s: want pid %v: %s", m.id, m.pid, report)
		}
		for _, k := range m.kinds {
			if !slices.Contains(got, k) && !*held {
				t.Logf("%s: %s not reported", m.id, k)
			}
			at(kinds, k).tell(slices.Contains(got, k), true)
		}
		for _, k := range got {
			if sealed && !m.pid && k != string(pid.Together) {
				at(kinds, k).tell(true, false)
			}
		}
	}
	t.Logf("%s half: %v", half, whole)
	for _, m := range []map[string]*counts{kinds, places} {
		for _, k := range sortedKeys(m) {
			t.Logf("  %-20s %v", k, *m[k])
		}
	}
	if whole.hit+whole.missed < 30 || whole.hit == 0 {
		t.Fatalf("too few messages: %v", whole)
	}
	if ratio(whole.hit, whole.wrong) < 0.97 || ratio(whole.hit, whole.missed) < 0.97 {
		t.Errorf("want precision and recall of 0.97, got %v", whole)
	}
}

func sortedKeys(m map[string]*counts) []string {
	var all []string
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}
