package main

import (
	"context"
	"errors"
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
		case now := <-tick.C:
			swept, err := d.store.Sweep(ctx, now)
			if swept.Short > 0 {
				d.log.Error("audit chains are shorter than the log outside Redis says; postseal audit verify names them", "chains", swept.Short)
			}
			if err != nil {
				d.log.Warn("sweep failed, tried again later", "error", err)
				continue // without the store nobody knows what the shelf may lose
			}
			for _, dir := range d.shelves {
				if err := tidy(ctx, dir, d.store, now); err != nil {
					d.log.Warn("the shelf was not tidied, tried again later", "error", err)
				}
			}
		}
	}
}

// tidy takes off the shelf what no link leads to any more. While there is room it
// stays until the message closes, so that a recipient can renew her link (C6). What
// came without a file stays as long as its key: its sender may open it again.
func tidy(ctx context.Context, dir *shelf.Dir, records interface {
	EnvelopeForOperator(context.Context, envelope.ID) (store.Record, error)
}, now time.Time) error {
	return dir.Each(ctx, func(id envelope.ID, newest time.Time) error {
		if now.Sub(newest) < stagedFor {
			return nil
		}
		r, err := records.EnvelopeForOperator(ctx, id)
		switch {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return err
		case !r.Destroyed.IsZero():
		case now.Before(r.LinkUntil):
			return nil
		case r.LinkUntil.IsZero(): // never had a link: somebody brought the file
		case !r.LinkUntil.Before(r.ExpiresAt), now.Before(r.ExpiresAt) && dir.Roomy():
			return nil
		}
		return dir.Delete(ctx, id)
	})
}
