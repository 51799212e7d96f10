package store

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// CeremonyLife is how long somebody may be away at a provider, or look for the
// right finger, before she must begin again.
const CeremonyLife = 10 * time.Minute

// maxCeremony bounds what is kept of one, in bytes.
const maxCeremony = 8 << 10

func (s *Store) ceremonyKey(b Browser, kind, name string) string {
	return "j:{" + s.keys.name("ceremony", kind, string(b), name) + "}"
}

// BeginCeremony keeps what a browser must come back for: the challenge of a
// passkey, or the state, nonce and verifier of a sign-in elsewhere. kind is a
// constant of the caller's; a second one of the same kind and name takes the
// place of the first. ErrNoSession (no browser), ErrTooLong, ErrUnavailable.
func (s *Store) BeginCeremony(ctx context.Context, b Browser, kind, name string, data []byte, now time.Time) error {
	if b == "" {
		return ErrNoSession
	}
	if len(data) > maxCeremony || len(name) > maxName {
		return fmt.Errorf("%w: ceremony", ErrTooLong)
	}
	key := s.ceremonyKey(b, kind, name)
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := s.redis.TxPipelined(ctx, func(tx redis.Pipeliner) error {
		tx.HSet(ctx, key, "d", string(s.keys.seal("ceremony", key, data, string(b))), "x", millis(now.Add(CeremonyLife)))
		tx.PExpire(ctx, key, 2*CeremonyLife)
		return nil
	})
	return unavailable("ceremony", err)
}

// ceremonyEndScript gives what was kept, once.
//
//	KEYS j  ARGV now
var ceremonyEndScript = redis.NewScript(`
local d, x = redis.call('HGET', KEYS[1], 'd'), redis.call('HGET', KEYS[1], 'x')
redis.call('DEL', KEYS[1])
if not d or tonumber(x) <= tonumber(ARGV[1]) then return {'expired'} end
return {'ok', d}
`)

// EndCeremony gives what was kept and forgets it, so that it serves once.
// ErrCodeExpired: nothing was begun in this browser, it was used, or
// CeremonyLife is over. ErrSyntax, ErrUnavailable.
func (s *Store) EndCeremony(ctx context.Context, b Browser, kind, name string, now time.Time) ([]byte, error) {
	if b == "" || len(name) > maxName {
		return nil, ErrCodeExpired
	}
	key := s.ceremonyKey(b, kind, name)
	out, err := s.run(ctx, "ceremony", ceremonyEndScript, []string{key}, millis(now))
	if err != nil {
		return nil, err
	}
	if out[0] != "ok" {
		return nil, ErrCodeExpired
	}
	return s.keys.unseal("ceremony", key, []byte(out[1]), string(b))
}
