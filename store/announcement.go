package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Bounds of announcements: few and short, or nobody reads them, and every page of
// the site reads them all.
const (
	MaxAnnouncements = 20                   // that are current or still to come
	MaxAnnouncement  = 1000                 // bytes of one text in one language
	MaxAnnounced     = 366 * 24 * time.Hour // from From to Until
	announcementTags = 20                   // languages of one
)

// Announcement is what the operator tells everybody on the pages while it is
// current (CJSM-12): that the service stops for maintenance, and when.
type Announcement struct {
	ID    string            // eight hexadecimal digits
	Text  map[string]string // plain text by language; at least one
	From  time.Time         // from when it is shown
	Until time.Time         // when it ends
	By    string            // which operator
}

// Current tells whether it is shown at a time.
func (a Announcement) Current(now time.Time) bool {
	return !now.Before(a.From) && now.Before(a.Until)
}

// announcementsKey is the one slot of all of them: they are read together on
// every page, and are few.
const announcementsKey = "an:{announcements}"

// swapScript replaces a document that is still what was read.
//
//	KEYS document  ARGV old ("" for none), new
var swapScript = redis.NewScript(`
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return {'changed'} end
redis.call('SET', KEYS[1], ARGV[2])
return {'ok'}
`)

// swapTries is how often a change is begun anew after another operator's.
const swapTries = 10

// Announcements gives those that are current or still to come, the next first.
// ErrSyntax, ErrUnavailable.
func (s *Store) Announcements(ctx context.Context, now time.Time) ([]Announcement, error) {
	all, _, err := s.announcements(ctx, now)
	return all, err
}

func (s *Store) announcements(ctx context.Context, now time.Time) ([]Announcement, string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	sealed, err := s.redis.Get(ctx, announcementsKey).Result()
	if errors.Is(err, redis.Nil) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", unavailable("announcements", err)
	}
	var all []Announcement
	if err := s.keys.unsealJSON("announcements", announcementsKey, []byte(sealed), &all); err != nil {
		return nil, sealed, err
	}
	return slices.DeleteFunc(all, func(a Announcement) bool { return !now.Before(a.Until) }), sealed, nil
}

// Announce adds one and gives it its ID. ErrTooLong (no text, a text too long, or a
// time that never begins or hardly ends), ErrTooMany, ErrUnavailable.
func (s *Store) Announce(ctx context.Context, a Announcement, now time.Time) (Announcement, error) {
	a.ID, a.From, a.Until = hex.EncodeToString(random(4)), whole(a.From), whole(a.Until)
	if len(a.Text) == 0 || len(a.Text) > announcementTags || len(a.By) > maxReason {
		return a, fmt.Errorf("%w: announcement", ErrTooLong)
	}
	for _, text := range a.Text {
		if strings.TrimSpace(text) == "" || len(text) > MaxAnnouncement {
			return a, fmt.Errorf("%w: text of an announcement", ErrTooLong)
		}
	}
	if !a.Until.After(a.From) || !a.Until.After(now) || a.Until.Sub(a.From) > MaxAnnounced {
		return a, fmt.Errorf("%w: time of an announcement", ErrTooLong)
	}
	return a, s.changeAnnouncements(ctx, now, func(all []Announcement) ([]Announcement, error) {
		if len(all) >= MaxAnnouncements {
			return nil, ErrTooMany
		}
		all = append(all, a)
		slices.SortStableFunc(all, func(a, b Announcement) int { return a.From.Compare(b.From) })
		return all, nil
	})
}

// Unannounce takes one off. ErrNotFound, ErrUnavailable.
func (s *Store) Unannounce(ctx context.Context, id string, now time.Time) error {
	return s.changeAnnouncements(ctx, now, func(all []Announcement) ([]Announcement, error) {
		left := slices.DeleteFunc(slices.Clone(all), func(a Announcement) bool { return a.ID == id })
		if len(left) == len(all) {
			return nil, ErrNotFound
		}
		return left, nil
	})
}

func (s *Store) changeAnnouncements(ctx context.Context, now time.Time, change func([]Announcement) ([]Announcement, error)) error {
	for range swapTries {
		all, before, err := s.announcements(ctx, now)
		if err == nil {
			all, err = change(all)
		}
		if err != nil {
			return err
		}
		sealed, err := s.keys.sealJSON("announcements", announcementsKey, all)
		if err != nil {
			return err
		}
		out, err := s.run(ctx, "announcements", swapScript, []string{announcementsKey}, before, string(sealed))
		if err != nil || out[0] == "ok" {
			return err
		}
	}
	return fmt.Errorf("%w: announcements change all the time", ErrUnavailable)
}
