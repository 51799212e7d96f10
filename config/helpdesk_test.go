package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postseal/postseal/config"
)

// CJSM-14, SCC-18: what the pages would show wrongly, or send to a stranger, is
// refused when the file is read.
func TestHelpAndJoining(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"help_desk: {hours: 'weekdays, 8am to 7pm', phone: 01632 960123, email: help@example.gov.uk, translations: {cy: dyddiau gwaith}}\njoining: {address: info@example.gov.uk}\n", ""},
		{"help_desk: {email: nobody}\n", "wants an address"},
		{"help_desk: {hours: '" + strings.Repeat("x", 201) + "'}\n", "one line"},
		{"help_desk: {hours: a, translations: {xx: b}}\n", "no language"},
		{"help_desk: {translations: {cy: b}}\n", "wants hours too"},
		{"joining: {address: info@firm.example}\n", "organisation.domains"},
		{"joining: {address: info@example.gov.uk, list: nothing}\n", "stands in a file"},
	} {
		_, err := config.Parse("x.yaml", append(config.Example(), "\n"+c.text...))
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", c.text, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.text, err, c.want)
		}
	}
}

// SCC-18: the list that an approved partner is added to is a file, and can begin
// anywhere beside the configuration.
func TestJoiningList(t *testing.T) {
	dir := t.TempDir()
	name, list := filepath.Join(dir, "postseal.yaml"), filepath.Join(dir, "partners.txt")
	text := strings.Replace(string(config.Example()), "\nlists:\n", "\nlists:\n  joined: {file: partners.txt}\n", 1) + "\njoining: {address: info@example.gov.uk, list: joined}\n"
	for file, text := range map[string]string{name: text, list: "first.example\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := config.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.JoiningFile(); got != list {
		t.Errorf("got %q, want %q", got, list)
	}
}
