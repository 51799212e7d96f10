package postfix

import (
	"slices"
	"strings"
	"testing"
)

func TestSplitMembers(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
	}{
		{"", nil},
		{" , ,", nil},
		{"a@x", []string{"a@x"}},
		{"a@x, b@y,c", []string{"a@x", "b@y", "c"}},
		{"a@x b@y\tc", []string{"a@x", "b@y", "c"}},
		{`Jane Doe <a@x>, "Doe, Jane" <b@x>`, []string{"a@x", "b@x"}},
		{`"|/bin/prog a, b", c@x`, []string{"|/bin/prog a, b", "c@x"}},
		{`|/bin/prog a`, []string{"|/bin/prog a"}},
		{"/var/spool/box, :include:/etc/list", []string{"/var/spool/box", ":include:/etc/list"}},
		{`a@x (one, two)`, []string{"a@x", "two)"}}, // "two)" is no address: unknowable, not guessed
		{`a@x (one)`, []string{"a@x"}},
		{`"two words"@x d@x`, []string{`"two words"@x`, "d@x"}},
		{`"a\"b,c"@x`, []string{`"a\"b,c"@x`}},
	} {
		if got := splitMembers(c.in); !slices.Equal(got, c.want) {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

func TestSplitExtension(t *testing.T) {
	s := &settings{delimiters: "+-", ownReq: true, doubleBounce: "double-bounce"}
	for _, c := range []struct{ in, base, ext string }{
		{"jane", "jane", ""}, {"jane+x", "jane", "+x"}, {"jane+x+y", "jane", "+x+y"}, {"jane-x", "jane", "-x"},
		{"+x", "+x", ""}, {"jane+", "jane+", ""}, {"Postmaster", "Postmaster", ""}, {"double-bounce", "double-bounce", ""},
		{"owner-list", "owner-list", ""}, {"list-request", "list-request", ""},
	} {
		if base, ext := s.splitExtension(c.in); base != c.base || ext != c.ext {
			t.Errorf("%q: got %q %q, want %q %q", c.in, base, ext, c.base, c.ext)
		}
	}
	if base, ext := (&settings{}).splitExtension("a+b"); base != "a+b" || ext != "" {
		t.Errorf("without delimiter: got %q %q", base, ext)
	}
}

func TestSplitList(t *testing.T) {
	got := splitList("hash:/a,inline:{ x=y, z = w } , { unix:/s, default_action=tempfail } proxy:ldap:/c")
	want := []string{"hash:/a", "inline:{ x=y, z = w }", "{ unix:/s, default_action=tempfail }", "proxy:ldap:/c"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzSplitMembers: what a map says comes from others; whatever it is, no
// member holds a line end that was not there, nothing panics.
func FuzzSplitMembers(f *testing.F) {
	for _, s := range []string{"a@x, b@y", `"|x", <a`, `"`, `\`, "((a)", ":include:/x", `"\`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, m := range splitMembers(s) {
			if strings.TrimSpace(m) == "" && !strings.Contains(s, "<") {
				t.Errorf("%q: empty member", s)
			}
		}
	})
}
