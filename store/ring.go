package store

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// ringKey holds by which master keys this Redis is filled: n a MAC under the key of
// the names, and for each key that seals, by its id, a MAC under it. A program with
// another file must not begin: it would find nothing of what is there, seal the same
// message a second time, or meet records that it cannot open.
const ringKey = "mk:{masterkeys}"

// ringScript compares, and notes the key that seals here.
//
//	KEYS mk  ARGV names, id that seals, n then n*(id, MAC) that are known
var ringScript = redis.NewScript(`
local names = redis.call('HGET', KEYS[1], 'n')
if names and names ~= ARGV[1] then return {'names'} end
local known = {}
for i = 4, 3 + 2 * tonumber(ARGV[3]), 2 do known['i:' .. ARGV[i]] = ARGV[i+1] end
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  if all[i] ~= 'n' and known[all[i]] ~= all[i+1] then return {'missing', all[i]} end
end
if not names or redis.call('HEXISTS', KEYS[1], 'i:' .. ARGV[2]) == 0 then
  redis.call('HSET', KEYS[1], 'n', ARGV[1], 'i:' .. ARGV[2], known['i:' .. ARGV[2]])
end
return {'ok'}
`)

// CheckKeys tells whether the master keys are those that this Redis was filled under,
// and notes that which seals from now on; an empty Redis takes any. ErrOtherKeys,
// with which of them is missing; ErrUnavailable.
func (s *Store) CheckKeys(ctx context.Context) error {
	args := []any{hex.EncodeToString(mac(s.keys.index, "ring")), s.keys.SealingID()}
	var known []any
	for _, m := range s.keys.masters {
		known = append(known, m.id, hex.EncodeToString(mac(m.seal, "ring", m.id)))
	}
	out, err := s.runDurable(ctx, "master keys", ringScript, []string{ringKey}, appendList(args, 2, known)...)
	switch {
	case err != nil:
		return err
	case out[0] == "names":
		return fmt.Errorf("%w: the last line of the file is another", ErrOtherKeys)
	case out[0] == "missing" && len(out) > 1:
		return fmt.Errorf("%w: %s is not in the file, or is another there", ErrOtherKeys, strings.TrimPrefix(out[1], "i:"))
	}
	return nil
}

// forgetIDs takes those keys off the list under which nothing is left, so that their
// lines may go from the file; not after a walk that found something damaged, which may
// be under any of them. The key of the names stays there as n.
func (s *Store) forgetIDs(ctx context.Context, done Resealed) error {
	if done.Damaged > 0 {
		return nil
	}
	for _, m := range s.keys.masters[1:] {
		if m.waits || done.Left[m.id] > 0 {
			continue
		}
		call, cancel := context.WithTimeout(ctx, callTimeout)
		err := s.redis.HDel(call, ringKey, "i:"+m.id).Err()
		cancel()
		if err != nil {
			return unavailable("master keys", err)
		}
	}
	return nil
}
