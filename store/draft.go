package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/envelope"
)

// DraftLife is how long an unsent answer is kept: a working day.
const DraftLife = 12 * time.Hour

// MaxDraft bounds one draft in bytes: some fifty pages, so that who holds a link
// cannot fill Redis with them.
const MaxDraft = 256 << 10

// DraftsLife is how long a new message that somebody saved is kept after its last
// change, and MaxDrafts how many there are of one person: enough for weeks of
// work, and at most some megabytes.
const (
	DraftsLife = 30 * 24 * time.Hour
	MaxDrafts  = 20
)

// Draft is what somebody wrote and has not sent: an answer that could not be sent
// because its writer's session had ended, which rests under the browser that
// brought it, or a new message that she saved (SaveDraft). It rests sealed.
type Draft struct {
	ID    string `json:",omitempty"` // of a new message
	To    string `json:",omitempty"` // of a new message, as typed; its Cc has one line
	About string `json:",omitempty"` // subject of a new message
	HTML  string `json:",omitempty"` // of a new message, sanitised; empty: Text is all
	Text  string
	Cc    []string // addresses chosen
	Copy  bool
	Quote bool
	Once  string
	Files []string // names only: the files themselves are chosen again
	Whose string   // proof of who wrote it, as the portal makes it
	At    time.Time
}

func (s *Store) draftKey(b Browser, id envelope.ID) string {
	return "d:{" + s.keys.name("draft", string(b), id.String()) + "}"
}

// SetDraft keeps one draft of a message in a browser, in place of the one before.
// The caller has seen that the browser holds the message's secret. ErrTooLong,
// ErrNoSession (no browser), ErrUnavailable.
func (s *Store) SetDraft(ctx context.Context, b Browser, id envelope.ID, d Draft, now time.Time) error {
	if b == "" {
		return ErrNoSession
	}
	if len(d.Text) > MaxDraft {
		return fmt.Errorf("%w: draft", ErrTooLong)
	}
	d.At = now
	key := s.draftKey(b, id)
	sealed, err := s.keys.sealJSON("draft", key, d, string(b))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return unavailable("draft", s.redis.Set(ctx, key, sealed, DraftLife).Err())
}

// Draft gives what SetDraft kept; the zero Draft when there is none, or none any
// more. ErrSyntax, ErrUnavailable.
func (s *Store) Draft(ctx context.Context, b Browser, id envelope.ID, now time.Time) (Draft, error) {
	key := s.draftKey(b, id)
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	sealed, err := s.redis.Get(ctx, key).Bytes()
	if errors.Is(err, redis.Nil) {
		return Draft{}, nil
	}
	if err != nil {
		return Draft{}, unavailable("draft", err)
	}
	var d Draft
	if err := s.keys.unsealJSON("draft", key, sealed, &d, string(b)); err != nil {
		return Draft{}, err
	}
	if now.Sub(d.At) >= DraftLife {
		return Draft{}, nil
	}
	return d, nil
}

// EndDraft forgets a draft. ErrUnavailable.
func (s *Store) EndDraft(ctx context.Context, b Browser, id envelope.ID) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return unavailable("draft", s.redis.Del(ctx, s.draftKey(b, id)).Err())
}
