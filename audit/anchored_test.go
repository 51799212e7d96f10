package audit_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/audit"
)

// What a chain alone cannot show, its anchors do: a tail that was cut off, a chain
// that was begun anew, a chain that is gone.
func TestAnchoredFindsWhatNoChainShows(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	chainOf := func(reasons ...string) (out []audit.Entry) {
		var previous audit.MAC
		for i, r := range reasons {
			e, _ := audit.Next(logKey, previous, audit.Entry{Seq: uint64(i) + 1, Time: now, Actor: audit.Milter, Action: audit.Prepared, Reason: r})
			out, previous = append(out, e), e.MAC
		}
		return out
	}
	whole := chainOf("1", "2", "3")
	head := func(id string, n int, keep time.Time) audit.Head {
		return audit.Head{ID: id, Count: uint64(n), MAC: whole[n-1].MAC.String(), Keep: keep}
	}
	a := func() *audit.Anchored {
		a := &audit.Anchored{}
		a.Add(audit.Line{Heads: []audit.Head{head("a", 1, now.Add(time.Hour)), head("gone", 1, now.Add(time.Hour)), head("over", 1, now)}})
		a.Add(audit.Line{Heads: []audit.Head{head("a", 2, now.Add(time.Hour))}})
		return a
	}
	for _, c := range []struct {
		name     string
		id       string
		entries  []audit.Entry
		unproved int
		want     string
	}{
		{"whole", "a", whole, 1, ""},
		{"to the anchor", "a", whole[:2], 0, ""},
		{"cut", "a", whole[:1], 0, "1 entries are there, and there were 2"},
		{"empty", "a", nil, 0, "0 entries"},
		{"another", "a", chainOf("1", "x", "3"), 0, "entry 2 is not the one"},
		{"never anchored", "b", whole, 3, ""},
	} {
		unproved, err := a().Check(c.id, c.entries)
		if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, audit.ErrBroken) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
		if unproved != c.unproved {
			t.Errorf("%s: %d unproved, want %d", c.name, unproved, c.unproved)
		}
	}
	some := a()
	if _, err := some.Check("a", whole); err != nil {
		t.Fatal(err)
	}
	if got := some.Missing(now); !slices.Equal(got, []string{"gone"}) {
		t.Errorf("missing %v", got)
	}
}
