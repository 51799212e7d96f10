package addr_test

import (
	"errors"
	"testing"

	"github.com/postseal/postseal/addr"
)

func TestKeyIsTheSameForSpellingsOfOneMailbox(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"Jane.Doe@Example.GOV.uk", "jane.doe@example.gov.uk", true},
		{"jane@bücher.example", "jane@xn--bcher-kva.example", true},
		{"jane@BÜCHER.example.", "jane@bücher.example", true},
		{`"jane"@example.org`, "jane@example.org", true},
		{"jane+x@example.org", "jane@example.org", false},
		{"j.ane@example.org", "jane@example.org", false},
		{"JÖRG@example.org", "jörg@example.org", false}, // only ASCII case folds in a local part
		{"jane@example.org", "jane@example.com", false},
	} {
		a, b := addr.MustParse(c.a), addr.MustParse(c.b)
		if a.Equal(b) != c.same {
			t.Errorf("%s ~ %s: got %v, want %v (%q %q)", c.a, c.b, a.Equal(b), c.same, a.Key(), b.Key())
		}
	}
}

func TestParseRefusesWhatIsNotOneMailbox(t *testing.T) {
	for _, s := range []string{"", "@", "jane", "jane@", "@example.org", "a b@example.org", "a@b@example.org", "a@exa mple.org",
		"jane@example.org\r\nRCPT TO:<x@y.example>", "a@-x.example", "<a@b.example>", "a,b@example.org", "\xff@example.org", `"a@b.example`} {
		if _, err := addr.Parse(s); !errors.Is(err, addr.ErrSyntax) {
			t.Errorf("%q: got %v, want ErrSyntax", s, err)
		}
	}
}

// Two addresses that look alike are one way to a wrong recipient: what turns letters
// round, ends a line or has no width stands in none.
func TestNoAddressLooksLikeAnother(t *testing.T) {
	for _, r := range "\u202e\u202a\u2066\u200e\u200b\u2060\ufeff\u00ad\u2028\u2029\u0085" {
		for _, s := range []string{"ja" + string(r) + "ne@example.org", `"ja` + string(r) + `ne"@example.org`} {
			if a, err := addr.Parse(s); !errors.Is(err, addr.ErrSyntax) {
				t.Errorf("%+q: got %v, %v, want ErrSyntax", s, a, err)
			}
		}
	}
	if _, err := addr.Parse("\u0645\u06cc\u200c\u062e@example.org"); err != nil {
		t.Errorf("a joiner inside a word: %v", err)
	}
}

func TestRouted(t *testing.T) {
	for s, want := range map[string]bool{"x%out.test@own.example": true, "out!x@own.example": true, `"x@out.test"@own.example`: true, "x@own.example": false} {
		if got := addr.MustParse(s).Routed(); got != want {
			t.Errorf("%s: got %v, want %v", s, got, want)
		}
	}
}

func TestMatchDomain(t *testing.T) {
	for _, c := range []struct {
		pattern, domain string
		want            bool
	}{
		{"example.org", "example.org", true}, {"example.org", "a.example.org", false}, {"*.example.org", "a.example.org", true},
		{".example.org", "a.b.example.org", true}, {"*.example.org", "example.org", false}, {"*.example.org", "badexample.org", false},
	} {
		if got := addr.MatchDomain(c.pattern, c.domain); got != c.want {
			t.Errorf("%s covers %s: got %v, want %v", c.pattern, c.domain, got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"jane@example.org", `"a b"@x.example`, "x%y@z.example", "jörg@bücher.example", "a@[192.0.2.1]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := addr.Parse(s)
		if err != nil {
			return
		}
		b, err := addr.Parse(a.String())
		if err != nil || !a.Equal(b) {
			t.Fatalf("%q: String %q does not read back: %v", s, a.String(), err)
		}
	})
}

func TestMapped(t *testing.T) {
	for text, want := range map[string]bool{
		"a@example.org": false, "a@EXAMPLE.org.": false, "a@b\u00fccher.example": false, "a@B\u00dcCHER.example": false,
		"a@xn--bcher-kva.example": false, "a@XN--BCHER-KVA.example": false, "a@[192.0.2.1]": false, "a@stra\u00dfe.example": false,
		"a@exa\u00admple.org": true, "a@\uff45xample.org": true, "a@example\u3002org": true,
	} {
		if got := addr.MustParse(text).Mapped(); got != want {
			t.Errorf("%+q: got %v, want %v", text, got, want)
		}
	}
	if (addr.Address{}).Mapped() {
		t.Error("the null sender is mapped")
	}
}
