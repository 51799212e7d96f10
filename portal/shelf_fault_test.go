package portal_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/shelf"
)

var errShelf = errors.New("test: input/output error")

// brokenShelf is a shelf with one switch for each call.
type brokenShelf struct {
	shelf.Shelf
	mu  sync.Mutex
	how string
}

func (s *brokenShelf) set(how string) { s.mu.Lock(); defer s.mu.Unlock(); s.how = how }
func (s *brokenShelf) is(how string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.how == how
}

func (s *brokenShelf) Get(ctx context.Context, id envelope.ID, d envelope.Digest) (io.ReadSeekCloser, error) {
	if s.is("get failed") {
		return nil, errShelf
	}
	r, err := s.Shelf.Get(ctx, id, d)
	if err == nil && s.is("get breaks") {
		return brokenFile{r}, nil
	}
	return r, err
}

func (s *brokenShelf) Put(ctx context.Context, id envelope.ID, d envelope.Digest, r io.Reader) error {
	if s.is("put failed") {
		return errShelf
	}
	err := s.Shelf.Put(ctx, id, d, r)
	if err == nil && s.is("put lost") {
		return errShelf
	}
	return err
}

// brokenFile begins well.
type brokenFile struct{ io.ReadSeekCloser }

func (f brokenFile) Read(p []byte) (int, error) {
	n, _ := f.ReadSeekCloser.Read(p[:min(len(p), 40)])
	return n, errShelf
}

// The shelf's disk fails, in each call, or has done what it was asked and says
// otherwise: the reader is told that it is our fault and to come again, nothing of
// the message is shown, it does not count as opened; and when the disk is well it
// opens, by the same link or the same file.
func TestShelfFaults(t *testing.T) {
	for _, how := range []string{"get failed", "get breaks", "put failed", "put lost"} {
		t.Run(how, func(t *testing.T) {
			broken := &brokenShelf{}
			h := newHouse(t, func(c *portal.Config) { broken.Shelf, c.Shelf = c.Shelf, broken })
			posted := how == "put failed" || how == "put lost"
			var l letter
			broken.set(how)
			b := h.browser()
			if posted {
				l = h.seal(plainMail, carer)
				b.stage(l.fields()...)
			} else {
				l = h.send(plainMail, carer)
				b.open(l.link).byCode(carer)
			}
			b.silent("the plan")
			if b.status != http.StatusServiceUnavailable {
				t.Errorf("status %d, want 503", b.status)
			}
			if rec, err := h.store.EnvelopeForOperator(t.Context(), l.id); err != nil || !rec.Recipients[0].OpenedAt.IsZero() {
				t.Errorf("it counts as opened: %v %v", rec.Recipients, err)
			}
			broken.set("")
			if posted {
				b.stage(l.fields()...).byCode(carer)
			} else {
				b.open(l.page)
			}
			b.reads(200, l.page, "the plan")
		})
	}
}
