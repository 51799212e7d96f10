package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/config"
	"github.com/postseal/postseal/policy"
)

const listRules = "organisation: {name: X, domains: [example.gov.uk]}\nlists:\n  units: [it@example.gov.uk]\n  enabled: {file: LIST}\n" +
	"senders: {only: [{list: enabled}]}\nrules:\n  - {name: tag, if: {subject_tag: SECURE}, do: seal}\n"

// write makes rules.yaml beside enabled.txt; an empty list makes no file.
func write(t *testing.T, file, list string) (rules string) {
	t.Helper()
	dir := t.TempDir()
	rules = filepath.Join(dir, "rules.yaml")
	for name, text := range map[string]string{rules: strings.Replace(listRules, "LIST", file, 1), filepath.Join(dir, "enabled.txt"): list} {
		if text == "" {
			continue
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return rules
}

// TestListsInFiles is BOP-25: the units for which the service is switched on
// stand in a file of their own.
func TestListsInFiles(t *testing.T) {
	text := "\ufeff# Adult social care\r\nann@example.gov.uk\r\n\r\n  care.example.gov.uk  # all of them\n*.units.example.gov.uk\njo#1@example.gov.uk"
	f, err := config.LoadPolicy(write(t, "enabled.txt", text))
	if err != nil {
		t.Fatal(err)
	}
	for a, want := range map[string]bool{"ann@example.gov.uk": true, "x@care.example.gov.uk": true, "x@a.units.example.gov.uk": true, "jo#1@example.gov.uk": true,
		"bob@example.gov.uk": false, "x@units.example.gov.uk": false} {
		if got := f.Lists["enabled"].Covers(addr.MustParse(a)); got != want {
			t.Errorf("%s: got %v, want %v", a, got, want)
		}
	}
}

func TestListFilesThatAreWrong(t *testing.T) {
	for _, c := range []struct{ file, list, want string }{
		{"enabled.txt", "ann@example.gov.uk\nann@\n\nann bob\n", "enabled.txt:2: wants an address"},
		{"enabled.txt", "ann@example.gov.uk\nann@\n\nann bob\n", "enabled.txt:4: wants one address"},
		{"enabled.txt", "# nobody\n", `senders: there is no list "enabled", or nothing is in it`},
		{"enabled.txt", "", "rules.yaml:4: list \"enabled\": there is no file "},
		{"enabled.txt", strings.Repeat("# nobody\n", config.MaxFile/9+1), "larger than 4 MB"},
		{".", "x.example", "rules.yaml:4: list \"enabled\": "},
		{"\"\"", "x.example", "rules.yaml:4: wants a list, or {file: PATH}"},
	} {
		_, err := config.LoadPolicy(write(t, c.file, c.list))
		if err == nil || !strings.Contains(err.Error(), c.want) || !errors.Is(err, config.ErrConfig) {
			t.Errorf("%s: got %v, want %s", c.file, err, c.want)
		}
	}
	for name, parse := range map[string]func() error{
		"Parse":       func() error { _, err := config.Parse("f", []byte(listRules)); return err },
		"ParsePolicy": func() error { _, err := config.ParsePolicy("f", []byte(listRules)); return err },
	} {
		if err := parse(); err == nil || !strings.Contains(err.Error(), "f:4: list \"enabled\" stands in a file") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func FuzzParseList(f *testing.F) {
	f.Add([]byte("# us\nann@example.org\n*.example.net # all\n"))
	f.Add([]byte("\ufeffbücher.example\r\n@x.example\r\n.y.example"))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := policy.ParseList(b)
		if err == nil && l.Covers(addr.Address{}) {
			t.Fatal("the list covers nobody's address")
		}
	})
}

func TestWarningsHaveTheirLine(t *testing.T) {
	c, err := config.Parse("example.yaml", config.Example())
	if err != nil || len(c.Warnings()) != 0 {
		t.Fatalf("the example: got %v, %v, want nothing", err, c.Warnings())
	}
	b := change(t, "    to: [trust.nhs.example]", "    to: [west.pnn.police.uk]")
	if c, err = config.Parse("f", b); err != nil {
		t.Fatal(err)
	}
	line := 1 + strings.Count(string(b[:strings.Index(string(b), "  - name: always sealed")]), "\n")
	want := fmt.Sprintf("f:%d: rule \"always sealed\" is never reached", line)
	if w := c.Warnings(); len(w) != 1 || !strings.HasPrefix(w[0].Error(), want) {
		t.Errorf("got %v, want %s", w, want)
	}
}
