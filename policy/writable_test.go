package policy_test

import (
	"slices"
	"testing"

	"github.com/postseal/postseal/addr"
)

// BCC-13, CYC-3
func TestWritableDomains(t *testing.T) {
	f := rules(t, `
organisation: {name: X, domains: [example.gov.uk, "*.example.gov.uk"], partners: [partnership.example, jane@home.example, {list: more}]}
lists: {more: ["*.school.example", partnership.example]}
senders: {enable: true, only: [unit@example.gov.uk]}
rules:
  - {name: subject tag, if: {subject_tag: [SECURE]}, do: seal}
`)
	if got, want := f.WritableDomains(), []string{"example.gov.uk", "*.school.example", "partnership.example"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for who, c := range map[string]struct{ on, want bool }{"unit@example.gov.uk": {false, true}, "bob@example.gov.uk": {true, true}, "jane@example.gov.uk": {false, false}, "jane@home.example": {true, false}} {
		if got := f.MayUse(addr.MustParse(who), func() bool { return c.on }); got != c.want {
			t.Errorf("%s: got %v, want %v", who, got, c.want)
		}
	}
}
