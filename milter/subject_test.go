package milter_test

import (
	"strings"
	"testing"

	"github.com/postseal/postseal/milter"
	"github.com/postseal/postseal/policy"
)

func TestShownSubject(t *testing.T) {
	for _, c := range []struct{ subject, want string }{
		{"[SECURE] Care plan", "[SECURE] Care plan"},
		{"Minutes of the 3rd meeting", "Minutes of the 3rd meeting"},
		{"  two\r\n lines ", "two lines"},
		{"NHS 943 476 5919", ""},
		{"NI AB 12 34 56 C", ""},
		{"ref 123456", ""},
		{"ref 1/2/3/4/5/6", ""},
		{"１２３４５６", ""},                // full width
		{"12\u200b34\u200b56", ""},    // zero width
		{"account 12-34-56", ""},      // sort code
		{"Visit at BS1 5TR", ""},      // postcode
		{"visit at bs15tr today", ""}, // without space
		{"born 1/2/80", ""},
		{"DOB 12 March 1980", ""},
		{"March 12, 1980", "March 12, 1980"}, // a date alone is nobody's
		{"Meeting on 12/03/2026, 14:00-15:30", "Meeting on 12/03/2026, 14:00-15:30"},
		{"Mrs Khan: diagnosed with dementia", ""},
		{"AB12 CDE and 01632 960123", ""},
		{"about jane@home.example", ""},
		{"Room 101, floor 2", "Room 101, floor 2"},
		{"", ""},
	} {
		if got := milter.ShownSubject(c.subject, policy.Profile{Subject: "keep"}); got != c.want {
			t.Errorf("%q: got %q, want %q", c.subject, got, c.want)
		}
	}
	if got := milter.ShownSubject("Care plan", policy.Profile{Subject: "hide"}); got != "" {
		t.Errorf("profile hides, got %q", got)
	}
	if got := milter.ShownSubject(strings.Repeat("word ", 200), policy.Profile{}); len(got) > 310 {
		t.Errorf("%d octets shown", len(got))
	}
}

func TestMessageIDs(t *testing.T) {
	got := milter.MessageIDs([]string{" <a@b>\r\n <c@d> (a comment) plain <e f@g>"}, 2)
	if want := "<a@b> <c@d>"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := milter.MessageIDs([]string{"<a@b> <c@d>"}, 1), "<c@d>"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
