package audit

import (
	"fmt"
	"slices"
	"time"
)

// Anchored is what logs say of chains; the zero Anchored says nothing.
type Anchored struct {
	chains map[string]*anchored
}

type anchored struct {
	heads []Head
	seen  bool
}

// Add takes in one line of a log.
func (a *Anchored) Add(l Line) {
	if a.chains == nil {
		a.chains = map[string]*anchored{}
	}
	for _, h := range l.Heads {
		c := a.chains[h.ID]
		if c == nil {
			c = &anchored{}
			a.chains[h.ID] = c
		}
		c.heads = append(c.heads, h)
	}
}

// Check holds one chain, which Verify found whole in itself, against what was
// anchored of it. The error wraps ErrBroken: its tail was cut off, or it is
// another chain. unproved counts the newest entries, which no anchor speaks of.
func (a *Anchored) Check(id string, entries []Entry) (unproved int, err error) {
	c := a.chains[id]
	if c == nil {
		return len(entries), nil
	}
	c.seen = true
	most := uint64(0)
	for _, h := range c.heads {
		if h.Count > uint64(len(entries)) || h.Count == 0 {
			return 0, fmt.Errorf("%w: %d entries are there, and there were %d", ErrBroken, len(entries), h.Count)
		}
		if entries[h.Count-1].MAC.String() != h.MAC {
			return 0, fmt.Errorf("%w: entry %d is not the one that was anchored", ErrBroken, h.Count)
		}
		most = max(most, h.Count)
	}
	return len(entries) - int(most), nil
}

// Missing gives the chains that must still be there at a time and were not checked.
func (a *Anchored) Missing(now time.Time) []string {
	var out []string
	for id, c := range a.chains {
		if !c.seen && now.Before(c.heads[len(c.heads)-1].Keep) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}
