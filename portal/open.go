package portal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/shelf"
	"github.com/postseal/postseal/store"
)

// Purposes that store.Release writes to the audit chain.
const (
	forOpen       = "open"
	forFrame      = "frame" // the text of a page that was opened: part of that opening
	forAttachment = "attachment"
	forSave       = "save"
	forReply      = "reply"
)

// opened is one message in the private spool; the file has no name any more.
type opened struct {
	rec  store.Record
	file *spooled
	size int64
}

func (o *opened) Close() error { return o.file.Close() }

// open is the only way to the original in this package: the container's digest is
// compared, then the gate is asked, then the whole container is checked; only then
// does the caller see a byte.
func (v *visit) open(purpose string) (*opened, error) {
	id, secret, p, err := v.entitled()
	if err == nil {
		err = v.holdOwn()
	}
	if err != nil {
		return nil, err
	}
	select {
	case v.s.opening <- struct{}{}:
		defer func() { <-v.s.opening }()
	case <-v.ctx().Done():
		return nil, errBusy
	}
	rec, err := v.s.Store.Envelope(v.ctx(), id, secret)
	if err != nil {
		return nil, err
	}
	box, err := v.s.container(v.ctx(), rec)
	if err == nil && linkOver(rec, v.now) {
		_ = box.Close()
		err = errLinkOver
	}
	if err != nil {
		if gate := standing(rec, p, v.now); gate != nil {
			err = gate // the words for a closed message come before those for a missing one
		}
		return nil, told{error: err, rec: &rec, person: p.Address()}
	}
	defer func() { _ = box.Close() }()
	key, released, err := v.s.Store.Release(v.ctx(), store.ReleaseRequest{ID: id, Secret: secret, Person: p, Purpose: purpose, Now: v.now})
	if err != nil {
		return nil, v.toldNow(err, rec, secret, p.Address())
	}
	v.s.Metrics.opens.WithLabelValues("page").Inc()
	f, n, err := v.s.unseal(box, key)
	if err != nil {
		return nil, told{error: err, rec: &rec, person: p.Address()}
	}
	return &opened{rec: released, file: f, size: n}, nil
}

// entitled gives the message of the address with the secret that this browser
// brought, and who is signed in. It decides nothing: store.Release does.
func (v *visit) entitled() (envelope.ID, envelope.Secret, store.Proof, error) {
	id, err := v.message()
	if err != nil {
		return id, envelope.Secret{}, store.Proof{}, err
	}
	secret, err := v.link(id)
	if err != nil {
		return id, secret, store.Proof{}, err
	}
	p, err := v.person()
	if err == nil && p.Address().IsZero() {
		err = errSignIn
	}
	if err == nil && len(p.Also()) > 0 { // it may have gone to a further address of hers
		if rec, readErr := v.s.Store.Envelope(v.ctx(), id, secret); readErr == nil {
			p = p.For(rec)
		}
	}
	return id, secret, p, err
}

// standing chooses words where there is nothing to release. It repeats the order
// of store.Release and grants nothing.
func standing(rec store.Record, p store.Proof, now time.Time) error {
	st, ok := rec.Recipient(p.For(rec).Address())
	switch {
	case !ok:
		return store.ErrNotRecipient
	case st.Status == store.Recalled:
		return store.ErrRecalled
	case !rec.ExpiresAt.IsZero() && !now.Before(rec.ExpiresAt):
		return store.ErrExpired
	case now.Before(rec.ReadyAt):
		return &store.NotYetError{Until: rec.ReadyAt}
	case !accepts(rec, p.Method()):
		return store.ErrMethod
	}
	return nil
}

// container gives one of the message's containers whose bytes have the digest in
// the record, read to its end and set back to its start.
func (s *Server) container(ctx context.Context, rec store.Record) (io.ReadSeekCloser, error) {
	err := error(errGone)
	for i := len(rec.Digests) - 1; i >= 0; i-- { // newest first
		box, getErr := s.Shelf.Get(ctx, rec.ID, rec.Digests[i])
		if errors.Is(getErr, shelf.ErrNotFound) {
			continue
		}
		if getErr != nil {
			return nil, fmt.Errorf("portal: shelf: %w", getErr)
		}
		got, readErr := envelope.DigestOf(box)
		if readErr == nil && got == rec.Digests[i] {
			if _, readErr = box.Seek(0, io.SeekStart); readErr == nil {
				return box, nil
			}
		}
		_ = box.Close()
		var damaged bool
		for _, how := range []error{envelope.ErrBroken, envelope.ErrVersion, envelope.ErrTooBig} {
			damaged = damaged || errors.Is(readErr, how)
		}
		switch {
		case readErr == nil:
			err = errChanged
		case damaged:
			err = fmt.Errorf("%w: %w", errBroken, readErr)
		default: // the disk's fault, which may be over soon
			return nil, fmt.Errorf("portal: shelf: %w", readErr)
		}
	}
	return nil, err
}

// unseal opens a container into a private file without a name.
func (s *Server) unseal(box io.Reader, key envelope.Key) (*spooled, int64, error) {
	f, err := s.scratch()
	if err != nil {
		return nil, 0, err
	}
	if err = envelope.Open(f, box, key, MaxOriginal); err == nil {
		var n int64
		if n, err = f.Seek(0, io.SeekCurrent); err == nil {
			if _, err = f.Seek(0, io.SeekStart); err == nil {
				return f, n, nil
			}
		}
	} else if !errors.Is(err, shelf.ErrFull) {
		err = fmt.Errorf("%w: %w", errBroken, err)
	}
	_ = f.Close()
	return nil, 0, err
}
