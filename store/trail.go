package store

import (
	"context"
	"fmt"
	"strconv"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
)

// trailPage is how many entries one call reads, so that a long chain does not
// hold Redis up.
const trailPage = 500

// Trail gives an envelope's audit chain to an operator. It does not verify it:
// VerifyAudit does. ErrNotFound, ErrSyntax (an entry cannot be read),
// ErrUnavailable.
func (s *Store) Trail(ctx context.Context, id envelope.ID) (TrailReport, error) {
	v, err := s.load(ctx, id)
	if err != nil {
		return TrailReport{}, err
	}
	if !v.exists() {
		return TrailReport{}, ErrNotFound
	}
	t := TrailReport{Head: v.head}
	var previous audit.MAC
	for i, e := range v.early { // the record leaves out what follows from the entries before
		e.Seq = uint64(i) + 1
		e, _ = audit.Next(s.keys.chain, previous, e)
		t.Entries, previous = append(t.Entries, e), e.MAC
	}
	return s.trail(ctx, t, trailKey(id), v.count)
}

// VerifyAudit recomputes an envelope's whole chain up to its head. Errors wrap
// audit.ErrBroken and name the first bad entry; ErrNotFound, ErrSyntax,
// ErrUnavailable. A tail that was cut off together with its head is shown by no
// chain alone.
func (s *Store) VerifyAudit(ctx context.Context, id envelope.ID) error {
	t, err := s.Trail(ctx, id)
	if err != nil {
		return err
	}
	return audit.Verify(s.keys.chain, t.Entries, t.Head)
}

// AccountTrail is Trail for what was done to an account; VerifyAccountAudit
// verifies it.
func (s *Store) AccountTrail(ctx context.Context, a addr.Address) (TrailReport, error) {
	h := s.keys.person(a)
	return s.hashTrail(ctx, personKey("u", h), personKey("y", h))
}

// VerifyAccountAudit is VerifyAudit for an account's chain.
func (s *Store) VerifyAccountAudit(ctx context.Context, a addr.Address) error {
	t, err := s.AccountTrail(ctx, a)
	if err != nil {
		return err
	}
	return audit.Verify(s.keys.chain, t.Entries, t.Head)
}

// hashTrail is the chain whose end stands in a hash and whose entries are in a list.
func (s *Store) hashTrail(ctx context.Context, hash, list string) (TrailReport, error) {
	var t TrailReport
	call, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	ends, err := s.redis.HMGet(call, hash, fHead, fCount).Result()
	if err != nil {
		return t, unavailable("reading a trail", err)
	}
	fields := map[string]string{}
	for i, f := range []string{fHead, fCount} {
		if text, ok := ends[i].(string); ok {
			fields[f] = text
		}
	}
	if fields[fHead] == "" {
		return t, ErrNotFound
	}
	head, count, err := chainEnd(fields)
	if err != nil {
		return t, err
	}
	t.Head = head
	return s.trail(ctx, t, list, count)
}

// trail reads on in a list, whose first entry follows those in t.
func (s *Store) trail(ctx context.Context, t TrailReport, list string, count uint64) (TrailReport, error) {
	early := len(t.Entries)
	for uint64(len(t.Entries)) < count {
		page, err := s.trailPage(ctx, list, early, len(t.Entries), count)
		if err != nil {
			return t, err
		}
		if len(page) == 0 {
			return t, fmt.Errorf("%w: %d of %d entries are there", audit.ErrBroken, len(t.Entries), count)
		}
		t.Entries = append(t.Entries, page...)
	}
	return t, nil
}

func (s *Store) trailPage(ctx context.Context, list string, early, from int, count uint64) ([]audit.Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	last := min(int64(from+trailPage), int64(count)) - 1
	sealed, err := s.redis.LRange(ctx, list, int64(from-early), last-int64(early)).Result()
	if err != nil {
		return nil, unavailable("reading a trail", err)
	}
	var out []audit.Entry
	for i, text := range sealed {
		place := list + "/" + strconv.Itoa(from-early+i+1)
		plain, err := s.keys.unseal("audit", place, []byte(text))
		if err != nil {
			return nil, fmt.Errorf("%w: entry %d: %w", audit.ErrBroken, from+i+1, err)
		}
		e, err := audit.Decode(plain)
		if err != nil {
			return nil, fmt.Errorf("%w: entry %d: %w", audit.ErrBroken, from+i+1, ErrSyntax)
		}
		out = append(out, e)
	}
	return out, nil
}
