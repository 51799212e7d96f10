package store

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
)

// Search says which messages are looked for. Sender or Recipient must be set.
type Search struct {
	Sender    addr.Address
	Recipient addr.Address // for whom it was sealed
	After     time.Time    // sealed at it or later; zero: no bound
	Before    time.Time    // sealed at it or earlier; zero: no bound
	Words     string       // each must stand in the subject or in somebody's address or name, in any case; empty: all
	NoSubject bool         // Words are not looked for in the subject: who asks may not see it
	From      string       // Found.Next of the page before; empty: the newest
	Limit     int          // at most maxFound
}

// Found is one page of messages, newest first.
type Found struct {
	Records []Record
	Next    string // where the next page begins; empty: there is none
	Damaged int    // messages that cannot be read
}

// Bounds of a search. A person reads a page of some tens; to find words, records
// are opened one by one, so one call looks at a bounded number and says where to
// go on.
const (
	maxFound     = 100
	maxLookedAt  = 2000
	findPage     = 50
	maxFindWords = 200 // bytes
)

// Find lists messages of a sender, or for a recipient, newest first. The caller
// has made sure that the asker may see them. A page may be short and yet have a
// Next: then much was looked through in vain. ErrNotFound (nobody is named),
// ErrTooLong, ErrSyntax (From), ErrUnavailable.
func (s *Store) Find(ctx context.Context, q Search) (Found, error) {
	index := ""
	switch {
	case !q.Recipient.IsZero():
		index = s.receivedIndex(q.Recipient)
	case !q.Sender.IsZero():
		index = s.sentIndex(q.Sender)
	default:
		return Found{}, ErrNotFound
	}
	if len(q.Words) > maxFindWords {
		return Found{}, ErrTooLong
	}
	at, err := parsePlace(q.From)
	if err != nil {
		return Found{}, err
	}
	f := finder{Store: s, q: q, index: index, limit: min(max(q.Limit, 1), maxFound), words: strings.Fields(strings.ToLower(q.Words))}
	return f.run(ctx, at)
}

// place is an entry of an index, by its score and member.
type place struct {
	ms string
	id string
}

func (p place) String() string { return p.ms + "-" + p.id }

func parsePlace(text string) (place, error) {
	if text == "" {
		return place{}, nil
	}
	ms, id, _ := strings.Cut(text, "-")
	n, err := strconv.ParseInt(ms, 10, 64)
	if _, idErr := envelope.ParseID(id); err != nil || idErr != nil || n < 0 {
		return place{}, ErrSyntax
	}
	return place{strconv.FormatInt(n, 10), id}, nil
}

type finder struct {
	*Store
	q     Search
	index string
	limit int
	words []string
	found Found
}

func (f *finder) run(ctx context.Context, at place) (Found, error) {
	for looked := 0; looked < maxLookedAt; {
		entries, err := f.entries(ctx, at)
		if err != nil {
			return f.found, err
		}
		records, err := f.loadAll(ctx, entries)
		if err != nil {
			return f.found, err
		}
		for i, e := range entries {
			at = e
			looked++
			if r := records[i]; r != nil && f.belongs(r) {
				f.found.Records = append(f.found.Records, *r)
				if len(f.found.Records) == f.limit {
					f.found.Next = at.String()
					return f.found, f.last(ctx, at)
				}
			}
		}
		if len(entries) == 0 {
			return f.found, nil
		}
	}
	f.found.Next = at.String()
	return f.found, nil
}

// last takes Next away again when nothing stands behind it.
func (f *finder) last(ctx context.Context, at place) error {
	more, err := f.entries(ctx, at)
	if err == nil && len(more) == 0 {
		f.found.Next = ""
	}
	return err
}

// entries gives the next entries of the index behind at.
func (f *finder) entries(ctx context.Context, at place) ([]place, error) {
	by := &redis.ZRangeBy{Min: "-inf", Max: "+inf", Count: findPage}
	if !f.q.After.IsZero() {
		by.Min = millis(f.q.After)
	}
	if !f.q.Before.IsZero() {
		by.Max = millis(f.q.Before)
	}
	if at.id != "" {
		by.Max = at.ms
	}
	for {
		call, cancel := context.WithTimeout(ctx, callTimeout)
		got, err := f.redis.ZRevRangeByScoreWithScores(call, f.index, by).Result()
		cancel()
		if err != nil {
			return nil, unavailable("find", err)
		}
		var out []place
		for _, z := range got {
			id, _ := z.Member.(string)
			e := place{strconv.FormatInt(int64(z.Score), 10), id}
			if at.id == "" || e.ms != at.ms || id < at.id { // of one moment the greater names come first
				out = append(out, e)
			}
		}
		if len(out) > 0 || len(got) < findPage {
			return out, nil
		}
		by.Offset += findPage // a whole page of one moment
	}
}

// loadAll reads envelopes in one go; nil stands for what is gone or damaged.
func (f *finder) loadAll(ctx context.Context, entries []place) ([]*Record, error) {
	out := make([]*Record, len(entries))
	if len(entries) == 0 {
		return out, nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	ids, reads := make([]envelope.ID, len(entries)), make([]*redis.StringCmd, len(entries))
	_, _ = f.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, e := range entries {
			id, err := envelope.ParseID(e.id)
			if err != nil {
				continue
			}
			ids[i], reads[i] = id, p.Get(ctx, slotKey(id))
		}
		return nil
	})
	for i, read := range reads { // each has its own error
		if read == nil {
			continue
		}
		v, err := f.opened(ctx, ids[i], read.Val(), read.Err())
		switch {
		case err == nil && !v.exists():
		case errors.Is(err, ErrSyntax):
			f.found.Damaged++
		case err != nil:
			return nil, err
		default:
			out[i] = &v.record
		}
	}
	return out, nil
}

// belongs tells whether a message is one of those that are looked for. An index
// says nothing: the record does.
func (f *finder) belongs(r *Record) bool {
	if !f.q.Sender.IsZero() && !r.Sender.Equal(f.q.Sender) {
		return false
	}
	if !f.q.Recipient.IsZero() {
		if _, ok := r.Recipient(f.q.Recipient); !ok {
			return false
		}
	}
	if !f.q.After.IsZero() && r.SealedAt.Before(f.q.After) || !f.q.Before.IsZero() && r.SealedAt.After(f.q.Before) {
		return false
	}
	if len(f.words) == 0 {
		return true
	}
	text := strings.Join(r.To, "\n") + "\n" + strings.Join(r.Cc, "\n")
	if !f.q.NoSubject {
		text += "\n" + r.Subject
	}
	for _, p := range r.Recipients {
		text += "\n" + p.Address.String()
	}
	text = strings.ToLower(text)
	for _, w := range f.words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}
