package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/shelf"
	"github.com/postseal/postseal/store"
)

// sweepEvery is how often what has had its time is cleared away. Nothing waits
// for it: every time is compared when it is read.
const sweepEvery = 10 * time.Minute

// stagedFor is how long a container stays on the shelf although no link leads to
// it: a recipient may just have posted her file there, or the milter may be
// about to store its key.
const stagedFor = time.Hour

func (d *daemon) sweep(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			d.sweepOnce(ctx, d.now())
		}
	}
}

// sweepOnce clears away what has had its time by now.
func (d *daemon) sweepOnce(ctx context.Context, now time.Time) {
	swept, err := d.store.Sweep(ctx, now)
	if swept.Short > 0 {
		d.log.Error("audit chains are shorter than the log outside Redis says; postseal audit verify names them", "chains", swept.Short)
	}
	if err != nil {
		d.log.Warn("sweep failed, tried again later", "error", err)
	}
	if errors.Is(err, store.ErrUnavailable) {
		return // without the store nobody knows what the shelf may lose
	}
	for _, s := range d.shelves {
		if err := s.tidy(ctx, d.store, now); err != nil {
			d.log.Warn("the shelf was not tidied, tried again later", "error", err)
		}
	}
}

// sweptShelf is a directory of containers that sweeps keep tidy.
type sweptShelf struct {
	*shelf.Dir
	strangers map[envelope.ID]bool // had no record at the sweep before
}

// records is what containers are held against; *store.Store is one.
type records interface {
	EnvelopeForOperator(context.Context, envelope.ID) (store.Record, error)
}

// tidy takes off the shelf what no link leads to any more. While there is room it
// stays until the message closes, so that a recipient can renew her link (C6). What
// came without a file stays as long as its key: its sender may open it again. What
// cannot be judged or deleted stays, and keeps nothing else there; the error names it.
func (s *sweptShelf) tidy(ctx context.Context, known records, now time.Time) error {
	strangers, problems := map[envelope.ID]bool{}, []error{}
	err := s.Each(ctx, func(id envelope.ID, newest time.Time) error {
		if now.Sub(newest) < stagedFor {
			return nil
		}
		r, err := known.EnvelopeForOperator(ctx, id)
		switch {
		case errors.Is(err, store.ErrUnavailable):
			return err
		case errors.Is(err, store.ErrNotFound):
			// A clock that was put forward makes a file old that was just written, for a
			// message whose key is being stored: two sweeps must not know it.
			if !s.strangers[id] {
				strangers[id] = true
				return nil
			}
		case err != nil:
			problems = append(problems, fmt.Errorf("%s: %w", id, err))
			return nil
		case s.needed(r, now):
			return nil
		}
		if err := s.Delete(ctx, id); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", id, err))
		}
		return nil
	})
	s.strangers = strangers
	return errors.Join(append(problems, err)...)
}

// needed tells whether a container may still be asked for.
func (s *sweptShelf) needed(r store.Record, now time.Time) bool {
	switch {
	case !r.Destroyed.IsZero():
		return false
	case now.Before(r.LinkUntil):
		return true
	case r.LinkUntil.IsZero(): // never had a link: somebody brought the file
		return false
	case !r.LinkUntil.Before(r.ExpiresAt): // came without a file
		return true
	}
	return now.Before(r.ExpiresAt) && s.Roomy()
}
