package policy_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/postseal/postseal/policy"
)

// FuzzRead reads any message file, in one piece and octet by octet, and holds
// that a marked one does not pass.
func FuzzRead(f *testing.F) {
	paths, _ := filepath.Glob("../testdata/mail/*.eml")
	if len(paths) == 0 {
		f.Fatal("no seeds")
	}
	for _, path := range paths {
		if c := readCase(f, path); len(c.Message) < 4096 {
			f.Add(c.Message)
		}
	}
	for _, raw := range oddities(f) {
		if len(raw) < 4096 {
			f.Add(raw)
		}
	}
	file := rules(f, councilRules)
	f.Fuzz(func(t *testing.T, raw []byte) {
		header, body, err := policy.SplitHeader(bytes.NewReader(raw))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(body); err != nil {
			t.Fatal(err)
		}
		header = append(header, policy.Field{Name: "Subject", Value: " [SECURE]"})
		m, err := policy.Read(staff(), header, bytes.NewReader(b.Bytes()), policy.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if got := file.Classify(m).Recipients[0].Action; got == policy.Pass {
			t.Fatal("a marked message passes")
		}
		slow, err := policy.Read(staff(), header, oneByte{bytes.NewReader(b.Bytes())}, policy.Limits{})
		if err != nil || len(slow.Parts) != len(m.Parts) || slow.Size != m.Size {
			t.Fatalf("octet by octet: %d parts of %d octets, %v; at once %d of %d", len(slow.Parts), slow.Size, err, len(m.Parts), m.Size)
		}
		for i, p := range m.Parts {
			if q := slow.Parts[i]; p.Text != q.Text || p.Where != q.Where || p.Type != q.Type {
				t.Fatalf("part %d: octet by octet %q %q, at once %q %q", i, q.Where, q.Text, p.Where, p.Text)
			}
			if !utf8.ValidString(p.Text) || strings.ContainsAny(p.Where, "\r\n") {
				t.Fatalf("part %d %q: text or place is not fit to be shown", i, p.Where)
			}
		}
	})
}

type oneByte struct{ r *bytes.Reader }

func (o oneByte) Read(p []byte) (int, error) { return o.r.Read(p[:min(1, len(p))]) }

func FuzzDecodeHeader(f *testing.F) {
	for _, s := range []string{"=?utf-8?Q?a_b?= =?utf-8?B?w6k=?=", "=?x?q?=3D?=20?=", "[SEC\r\n URE]", "=?utf-7?Q?+AFs-?=", "=?a?b?====?=", "caf\xe9", "=?=?=?utf-16?B?AAA?="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := policy.DecodeHeader(s)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\r\n\x00") {
			t.Fatalf("%q gives %q: not fit to be shown", s, got)
		}
		if plain := strings.TrimSpace(s); !strings.ContainsAny(plain, "=\r\n\t") && isASCIIText(plain) && got != plain {
			t.Fatalf("%q gives %q, want it as it is", s, got)
		}
	})
}

func isASCIIText(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}
