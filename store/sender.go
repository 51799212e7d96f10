package store

import (
	"context"
	"slices"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
)

// SentFrom gives the addresses whose messages a person sees and takes back as their
// sender: the one that is signed in, and the further ones of its account, as they are
// at this moment. None for the zero Proof. ErrUnavailable.
func (s *Store) SentFrom(ctx context.Context, p Proof) ([]addr.Address, error) {
	if p.address.IsZero() {
		return nil, nil
	}
	out := []addr.Address{p.address}
	for _, a := range p.also {
		q := p
		q.address, q.holder = a, p.address
		held, err := s.stillHeld(ctx, q)
		if err != nil {
			return nil, err
		}
		if held {
			out = append(out, a)
		}
	}
	return out, nil
}

// FindSent lists what a person sent, from any of her addresses (SentFrom), newest
// first. Of q, Words, After, Before, From and Limit count. ErrNoSession, ErrTooLong,
// ErrSyntax (From), ErrUnavailable.
func (s *Store) FindSent(ctx context.Context, p Proof, q Search) (Found, error) {
	from, err := s.SentFrom(ctx, p)
	if err != nil {
		return Found{}, err
	}
	if len(from) == 0 {
		return Found{}, ErrNoSession
	}
	queries := make([]Search, len(from))
	for i, a := range from {
		queries[i] = Search{Sender: a, After: q.After, Before: q.Before, Words: q.Words}
	}
	return s.findAll(ctx, queries, q.From, q.Limit)
}

// EnvelopeSentBy gives the record to who sent it, from any of her addresses.
// ErrNotFound for everybody else, ErrUnavailable.
func (s *Store) EnvelopeSentBy(ctx context.Context, id envelope.ID, p Proof) (Record, error) {
	r, err := s.EnvelopeForOperator(ctx, id)
	if err != nil {
		return Record{}, err
	}
	from, err := s.SentFrom(ctx, p)
	if err != nil {
		return Record{}, err
	}
	if !slices.ContainsFunc(from, r.Sender.Equal) {
		return Record{}, ErrNotFound
	}
	return r, nil
}
