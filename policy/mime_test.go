package policy_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postseal/postseal/policy"
)

// oddities gives the messages of testdata/mime by name.
func oddities(t testing.TB) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir("../testdata/mime", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !(strings.HasSuffix(path, ".eml") || strings.HasSuffix(path, ".msg") || strings.HasSuffix(path, "_multipart")) {
			return err
		}
		b, err := os.ReadFile(path)
		all[path] = b
		return err
	})
	if err != nil || len(all) < 130 {
		t.Fatalf("%d messages, %v; want the whole collection", len(all), err)
	}
	return all
}

func TestOdditiesAreReadAndNoMarkedOnePasses(t *testing.T) {
	f := rules(t, councilRules)
	doubts := 0
	for name, raw := range oddities(t) {
		m := read(t, raw)
		plain := f.Classify(m)
		doubts += min(1, len(m.Doubts))
		if len(m.Parts) == 0 && len(bytes.TrimSpace(raw)) > 0 && hasBody(raw) {
			t.Errorf("%s: no part was read", name)
		}
		marked := m.Fields
		m2 := *m
		m2.Fields = nil
		found := false
		for _, field := range marked {
			if strings.EqualFold(field.Name, "Subject") {
				field.Value, found = " [SECURE]"+field.Value, true
			}
			m2.Fields = append(m2.Fields, field)
		}
		if !found {
			m2.Fields = append(m2.Fields, policy.Field{Name: "Subject", Value: " [SECURE]"})
		}
		v := f.Classify(&m2)
		if got := v.Recipients[0].Action; got == policy.Pass || !v.Marked {
			t.Errorf("%s: marked, got %v (unmarked: %v)", name, got, plain.Recipients[0].Action)
		}
	}
	t.Logf("%d of %d have doubts", doubts, len(oddities(t)))
}

func hasBody(raw []byte) bool {
	_, body, ok := bytes.Cut(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
	return ok && len(bytes.TrimSpace(body)) > 0
}

// TestTextsOfOddMessages holds what was read against what people see.
func TestTextsOfOddMessages(t *testing.T) {
	all := oddities(t)
	for name, want := range map[string]string{
		"ruby-mail/multi_charset/japanese_iso_2022.eml":                   "すみません",
		"ruby-mail/multi_charset/japanese_shift_jis.eml":                  "このメールはテスト用のメールです",
		"mime4j/testmsgs/base64encoded-rfc822message.msg":                 "",
		"ruby-mail/error_emails/content_transfer_encoding_7-bit.eml":      "",
		"ruby-mail/error_emails/content_transfer_encoding_with_8bits.eml": "",
	} {
		m := read(t, all["../testdata/mime/"+name])
		text := ""
		for _, p := range m.Parts {
			text += p.Text
		}
		if text == "" || !strings.Contains(text, want) {
			t.Errorf("%s: got %.200q, want %q in it", name, text, want)
		}
	}
}
