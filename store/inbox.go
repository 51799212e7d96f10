package store

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
)

// Inbox lists what was sealed for the addresses for which a proof speaks, newest
// first: her own, the further ones of her account, and the shared mailboxes at
// which she sits (CYC-16). It is what Release would look at and no more: of a
// shared mailbox that has begun the address alone lists nothing. What Postfix never
// took is left out, and so is what ended longer ago than it can be opened again;
// expired and recalled messages are in it. from is the Next of the page before; a
// page may be short and yet have a Next. ErrNoSession, ErrSyntax (from),
// ErrUnavailable.
func (s *Store) Inbox(ctx context.Context, p Proof, from string, limit int, now time.Time) (Found, error) {
	if p.address.IsZero() || now.Sub(p.at) > SessionLife {
		return Found{}, ErrNoSession
	}
	boxes, err := s.boxes(ctx, p, now)
	if err != nil {
		return Found{}, err
	}
	queries := make([]Search, len(boxes))
	for i, a := range boxes {
		queries[i] = Search{Recipient: a}
	}
	out, err := s.findAll(ctx, queries, from, limit)
	if err != nil {
		return Found{}, err
	}
	out.Records = slices.DeleteFunc(out.Records, func(r Record) bool { return !s.inInbox(p, r, now) })
	return out, nil
}

// findAll lists what several searches find as one page, newest first. From and Limit
// are those of all.
func (s *Store) findAll(ctx context.Context, queries []Search, from string, limit int) (out Found, err error) {
	limit = min(max(limit, 1), maxFound)
	var all []Record
	var floor place // where the listing of some search had to stop: nothing older is known to be next
	for _, q := range queries {
		q.From, q.Limit = from, limit
		f, err := s.Find(ctx, q)
		if err != nil {
			return Found{}, err
		}
		all, out.Damaged = append(all, f.Records...), out.Damaged+f.Damaged
		if f.Next != "" {
			at, err := parsePlace(f.Next)
			if err != nil {
				return Found{}, err
			}
			if floor.id == "" || newer(at, floor) {
				floor = at
			}
		}
	}
	slices.SortFunc(all, newestFirst)
	all = slices.CompactFunc(all, func(a, b Record) bool { return a.ID == b.ID })
	if floor.id != "" {
		all = slices.DeleteFunc(all, func(r Record) bool { return newer(floor, placeOf(r)) })
		out.Next = floor.String()
	}
	if len(all) > limit {
		all = all[:limit]
		out.Next = placeOf(all[limit-1]).String()
	}
	out.Records = all
	return out, nil
}

func newestFirst(a, b Record) int {
	switch x, y := placeOf(a), placeOf(b); {
	case newer(x, y):
		return -1
	case newer(y, x):
		return 1
	}
	return 0
}

// inInbox tells whether a message is there for a person, open or closed.
func (s *Store) inInbox(p Proof, r Record, now time.Time) bool {
	st, ok := r.Recipient(p.For(r).address)
	return ok && st.Status != Prepared && now.Before(r.ExpiresAt.Add(s.o.KeepClosed))
}

// placeOf is where a message stands in every index.
func placeOf(r Record) place { return place{millis(r.SealedAt), r.ID.String()} }

// newer is the order of the indexes: by time, and of one moment by name.
func newer(a, b place) bool {
	x, _ := strconv.ParseInt(a.ms, 10, 64)
	y, _ := strconv.ParseInt(b.ms, 10, 64)
	return x > y || x == y && strings.Compare(a.id, b.id) > 0
}

// boxes are the addresses whose messages a proof opens at this moment.
func (s *Store) boxes(ctx context.Context, p Proof, now time.Time) ([]addr.Address, error) {
	var out []addr.Address
	try := func(q Proof) error {
		err := s.atDesk(ctx, q, now)
		if err == nil {
			var held bool
			if held, err = s.stillHeld(ctx, q); err == nil && !held {
				err = ErrNotRecipient
			}
		}
		switch {
		case err == nil:
			out = append(out, q.address)
		case errors.Is(err, ErrDesk), errors.Is(err, ErrNotRecipient):
			err = nil
		}
		return err
	}
	if err := try(p); err != nil {
		return nil, err
	}
	for _, a := range p.also {
		q := p
		q.address, q.holder, q.also = a, p.address, nil
		if err := try(q); err != nil {
			return nil, err
		}
	}
	for _, a := range p.desks {
		q := p
		q.address, q.holder, q.also, q.desk = a, p.address, nil, true
		if err := try(q); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// SecretFor gives the secret that a message's mail carries to a person for whom it
// was sealed: she has shown that the mailbox is hers, so she need not bring the
// mail (journey 6, C6). It opens nothing: Release asks again. ErrNotFound for
// everybody else and for what is not there, as for a wrong secret; ErrSyntax,
// ErrUnavailable.
func (s *Store) SecretFor(ctx context.Context, id envelope.ID, p Proof, now time.Time) (envelope.Secret, error) {
	v, err := s.load(ctx, id)
	if err != nil {
		return envelope.Secret{}, err
	}
	if p.address.IsZero() || !v.exists() || !s.inInbox(p, v.record, now) {
		return envelope.Secret{}, ErrNotFound
	}
	secret := s.keys.Secret(id)
	return secret, v.proves(secret)
}
