package milter

import (
	"context"
	"fmt"

	"github.com/postseal/postseal/addr"
)

// Destinations is what package postfix knows of Postfix's address maps.
// *postfix.Destinations is one; errors wrap postfix.ErrUnavailable or
// postfix.ErrUnknowable.
type Destinations interface {
	// Resolve gives the final addresses an RCPT address expands to; itself when nothing does.
	Resolve(ctx context.Context, a addr.Address) ([]addr.Address, error)
	// Copies gives the addresses that Postfix adds on its own (always_bcc and the bcc maps).
	Copies(ctx context.Context, sender addr.Address, rcpts []addr.Address) ([]addr.Address, error)
}

// reach is who a message gets to in the end.
type reach struct {
	judged []addr.Address // everybody, each once
	of     [][]int        // for each RCPT its final addresses, as indexes into judged
	copies []int          // those that Postfix adds on its own
}

// reach asks Postfix's maps. Where there is nobody to ask, each RCPT is its own
// final address (start and check refuse maps that lead outside then).
func (f *Filter) reach(ctx context.Context, m *Mail) (reach, error) {
	var r reach
	index := map[string]int{}
	place := func(a addr.Address) int {
		i, ok := index[a.Key()]
		if !ok {
			i = len(r.judged)
			index[a.Key()] = i
			r.judged = append(r.judged, a)
		}
		return i
	}
	given := make([]addr.Address, 0, len(m.Recipients))
	for _, rcpt := range m.Recipients {
		finals, err := f.resolve(ctx, rcpt.Address)
		if err != nil {
			return reach{}, err
		}
		var places []int
		for _, a := range finals {
			places = append(places, place(a))
		}
		r.of = append(r.of, places)
		given = append(given, rcpt.Address)
		if len(r.judged) > maxJudged {
			return reach{}, errExpanded
		}
	}
	if f.Destinations == nil {
		return r, nil
	}
	copies, err := f.Destinations.Copies(ctx, m.Sender, given)
	if err != nil {
		return reach{}, fmt.Errorf("copies: %w", err)
	}
	for _, a := range copies {
		r.copies = append(r.copies, place(a))
	}
	return r, nil
}

// resolve gives the final addresses of one address, itself at least.
func (f *Filter) resolve(ctx context.Context, a addr.Address) ([]addr.Address, error) {
	if f.Destinations == nil {
		return []addr.Address{a}, nil
	}
	finals, err := f.Destinations.Resolve(ctx, a)
	if err != nil {
		return nil, fmt.Errorf("destinations: %w", err)
	}
	if len(finals) == 0 {
		return []addr.Address{a}, nil
	}
	return finals, nil
}
