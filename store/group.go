package store

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/envelope"
)

// Exchange hands one mail over in several transactions, and a rule may give its
// recipients different profiles: then one mail is several envelopes. They are shown
// and taken back as one. An index by sender and Message-ID leads to them; what it
// names counts only if its own record says the same, since anybody may write
// anybody's Message-ID into a mail.

// maxGroup bounds the envelopes of one mail. A mail server splits a mail by tens of
// recipients at the least, and by the profiles of one rule file.
const maxGroup = 100

func (s *Store) groupIndex(r Record) string {
	return "ig:{" + s.keys.name("group", r.Sender.Key(), r.EnvelopeFrom.Key(), r.OriginalID) + "}"
}

// indexGroup names an envelope under its sender and Message-ID. Like the other
// indexes it may lead nowhere and is put back by Sweep.
func (s *Store) indexGroup(ctx context.Context, p redis.Pipeliner, r Record) {
	if grouped(r) {
		p.ZAddNX(ctx, s.groupIndex(r), redis.Z{Score: float64(r.SealedAt.UnixMilli()), Member: r.ID.String()})
	}
}

// grouped tells whether there is something to know other envelopes of a mail by.
func grouped(r Record) bool { return r.OriginalID != "" && !r.Sender.IsZero() }

// sameMail tells whether two envelopes are of one mail: the same sender in both
// senses, Message-ID, subject and people in the header. A transaction of its own
// changes none of them; a program that gives many mails one Message-ID does.
func sameMail(a, b Record) bool {
	return grouped(a) && a.Sender.Equal(b.Sender) && a.EnvelopeFrom.Equal(b.EnvelopeFrom) && a.OriginalID == b.OriginalID &&
		a.Subject == b.Subject && slices.Equal(a.To, b.To) && slices.Equal(a.Cc, b.Cc)
}

// SameMail gives all envelopes of the mail that r is one of, r among them, oldest
// first. The caller has seen that r may be looked at. ErrUnavailable.
func (s *Store) SameMail(ctx context.Context, r Record) ([]Record, error) {
	out := []Record{r}
	if !grouped(r) {
		return out, nil
	}
	call, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	names, err := s.redis.ZRange(call, s.groupIndex(r), 0, maxGroup-1).Result()
	if err != nil {
		return nil, unavailable("same mail", err)
	}
	for _, text := range names {
		id, err := envelope.ParseID(text)
		if err != nil || id == r.ID {
			continue
		}
		v, err := s.load(ctx, id)
		if errors.Is(err, ErrSyntax) {
			continue // damaged: it hides none of the others
		}
		if err != nil {
			return nil, err
		}
		if v.exists() && sameMail(r, v.record) {
			out = append(out, v.record)
		}
	}
	slices.SortFunc(out, byTime)
	return out, nil
}

// byTime orders envelopes by their sealing; what came in one moment, by name.
func byTime(a, b Record) int {
	return cmp.Or(a.SealedAt.Compare(b.SealedAt), cmp.Compare(a.ID.String(), b.ID.String()))
}
