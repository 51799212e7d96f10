package store

import (
	"context"
	"fmt"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
)

// fBlock is the field of u:{h} that holds a Block.
const fBlock = "wb"

// Block says that an address reads but does not write on the pages.
type Block struct {
	At     time.Time // zero: it writes as anybody does
	Reason string    // for operators; not shown to the writer
}

// BlockWriter keeps an address from writing on the pages, with or without an
// account, until UnblockWriter. What it was sent stays readable. ErrTooLong,
// ErrUnavailable.
func (s *Store) BlockWriter(ctx context.Context, a addr.Address, by audit.Actor, reason string, now time.Time) error {
	if len(reason) > maxReason {
		return fmt.Errorf("%w: reason", ErrTooLong)
	}
	e := audit.Entry{Time: now, Actor: by, Action: audit.Blocked, Objects: []string{a.Key()}, Reason: reason}
	return s.setBlock(ctx, a, e, Block{At: whole(now), Reason: reason})
}

// UnblockWriter lets an address write again; one that may write already is no
// error. ErrUnavailable.
func (s *Store) UnblockWriter(ctx context.Context, a addr.Address, by audit.Actor, now time.Time) error {
	e := audit.Entry{Time: now, Actor: by, Action: audit.Unblocked, Objects: []string{a.Key()}}
	return s.setBlock(ctx, a, e, Block{})
}

func (s *Store) setBlock(ctx context.Context, a addr.Address, e audit.Entry, b Block) error {
	_, err := s.changeAccount(ctx, a, e, func(*person) (*personChange, error) {
		return &personChange{more: map[string]any{fBlock: b}}, nil
	})
	return err
}

// WriterBlocked tells whether the operator keeps an address from writing.
// ErrSyntax, ErrUnavailable.
func (s *Store) WriterBlocked(ctx context.Context, a addr.Address) (Block, error) {
	p, err := s.loadPerson(ctx, a)
	if err != nil {
		return Block{}, err
	}
	var b Block
	_, err = s.more(p, fBlock, &b)
	return b, err
}

// MayWrite is WriterBlocked for somebody signed in, at all addresses of her
// account: ErrBlocked when one of them is kept from writing.
func (s *Store) MayWrite(ctx context.Context, p Proof) error {
	for _, a := range append(p.Also(), p.address, p.holder) {
		if a.IsZero() {
			continue
		}
		b, err := s.WriterBlocked(ctx, a)
		if err != nil {
			return err
		}
		if !b.At.IsZero() {
			return ErrBlocked
		}
	}
	return nil
}
