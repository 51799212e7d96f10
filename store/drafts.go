package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/addr"
)

func (s *Store) draftsKey(a addr.Address) string {
	return "dd:{" + s.keys.name("drafts", a.Key()) + "}"
}

// draftsScript keeps one draft of a person, after forgetting those that are over.
//
//	KEYS dd  ARGV now, life, most, name, sealed
var draftsScript = redis.NewScript(`
local have, known = 0, false
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  if string.sub(all[i], 1, 2) == 't:' then
    local name = string.sub(all[i], 3)
    if tonumber(ARGV[1]) - tonumber(all[i+1]) >= tonumber(ARGV[2]) then
      redis.call('HDEL', KEYS[1], all[i], 'd:' .. name)
    else
      have = have + 1
      if name == ARGV[4] then known = true end
    end
  end
end
if not known and have >= tonumber(ARGV[3]) then return {'full'} end
redis.call('HSET', KEYS[1], 't:' .. ARGV[4], ARGV[1], 'd:' .. ARGV[4], ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {'ok'}
`)

// SaveDraft keeps a new message of a person under its ID, in place of the one
// before. ErrNoSession, ErrTooLong, ErrTooMany (she has MaxDrafts others),
// ErrUnavailable.
func (s *Store) SaveDraft(ctx context.Context, p Proof, d Draft, now time.Time) error {
	if p.address.IsZero() || d.ID == "" {
		return ErrNoSession
	}
	if len(d.Text)+len(d.HTML)+len(d.To)+len(d.About)+len(strings.Join(d.Cc, "")) > MaxDraft {
		return fmt.Errorf("%w: draft", ErrTooLong)
	}
	d.At = whole(now)
	key := s.draftsKey(p.address)
	name := s.keys.name("drafts", p.address.Key(), d.ID)
	sealed, err := s.keys.sealJSON("draft", key+"/"+name, d)
	if err != nil {
		return err
	}
	out, err := s.run(ctx, "draft", draftsScript, []string{key}, millis(now), msec(DraftsLife), strconv.Itoa(MaxDrafts), name, string(sealed))
	if err != nil {
		return err
	}
	if out[0] != "ok" {
		return ErrTooMany
	}
	return nil
}

// Drafts gives the new messages that a person saved and has not sent, the last
// changed first. ErrNoSession, ErrSyntax, ErrUnavailable.
func (s *Store) Drafts(ctx context.Context, p Proof, now time.Time) ([]Draft, error) {
	if p.address.IsZero() {
		return nil, ErrNoSession
	}
	key := s.draftsKey(p.address)
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	all, err := s.redis.HGetAll(ctx, key).Result()
	if err != nil {
		return nil, unavailable("drafts", err)
	}
	var out []Draft
	for field, sealed := range all {
		name, ok := strings.CutPrefix(field, "d:")
		if !ok {
			continue
		}
		var d Draft
		if err := s.keys.unsealJSON("draft", key+"/"+name, []byte(sealed), &d); err != nil {
			return nil, err
		}
		if now.Sub(d.At) < DraftsLife {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b Draft) int {
		if c := b.At.Compare(a.At); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out, nil
}

// SavedDraft gives one of them. ErrNotFound when there is none, or none any more;
// ErrNoSession, ErrSyntax, ErrUnavailable.
func (s *Store) SavedDraft(ctx context.Context, p Proof, id string, now time.Time) (Draft, error) {
	if p.address.IsZero() {
		return Draft{}, ErrNoSession
	}
	key := s.draftsKey(p.address)
	name := s.keys.name("drafts", p.address.Key(), id)
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	sealed, err := s.redis.HGet(ctx, key, "d:"+name).Bytes()
	if errors.Is(err, redis.Nil) {
		return Draft{}, ErrNotFound
	}
	if err != nil {
		return Draft{}, unavailable("draft", err)
	}
	var d Draft
	if err := s.keys.unsealJSON("draft", key+"/"+name, sealed, &d); err != nil {
		return Draft{}, err
	}
	if d.ID != id || now.Sub(d.At) >= DraftsLife {
		return Draft{}, ErrNotFound
	}
	return d, nil
}

// DropDraft forgets one; an unknown one is no error. ErrNoSession, ErrUnavailable.
func (s *Store) DropDraft(ctx context.Context, p Proof, id string) error {
	if p.address.IsZero() {
		return ErrNoSession
	}
	name := s.keys.name("drafts", p.address.Key(), id)
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return unavailable("draft", s.redis.HDel(ctx, s.draftsKey(p.address), "t:"+name, "d:"+name).Err())
}

// ForgetWriting forgets the drafts of a person and what she wrote, when she
// deletes her account; what others received of it is theirs. ErrNoSession,
// ErrUnavailable.
func (s *Store) ForgetWriting(ctx context.Context, p Proof) error {
	if p.address.IsZero() {
		return ErrNoSession
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if err := s.redis.Del(ctx, s.writtenKeys(p.address)...).Err(); err != nil {
		return unavailable("forget", err)
	}
	return unavailable("forget", s.redis.Del(ctx, s.draftsKey(p.address)).Err())
}
