package store

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/addr"
)

// signedIn is a session at rest.
type signedIn struct {
	Address addr.Address
	Method  string
	Epoch   int64
}

func (s *Store) sessionKey(token string) string {
	return "x:{" + s.keys.name("session", token) + "}"
}

// NewSession gives the value of a session cookie: 256 random bits, kept as HMAC
// only. ErrNoSession for a zero or old proof, ErrUnavailable.
func (s *Store) NewSession(ctx context.Context, p Proof, now time.Time) (token string, err error) {
	return s.NewSessionOn(ctx, p, "", now)
}

// NewSessionOn is NewSession with a name for the kind of browser, for the list of
// Sessions. Of more than MaxSessions the oldest ends.
func (s *Store) NewSessionOn(ctx context.Context, p Proof, device string, now time.Time) (token string, err error) {
	if p.address.IsZero() || !p.holder.IsZero() || now.Sub(p.at) > SessionLife {
		return "", ErrNoSession
	}
	token = base64.RawURLEncoding.EncodeToString(random(32))
	key := s.sessionKey(token)
	sealed, err := s.keys.sealJSON("session", key, signedIn{Address: p.address, Method: p.method, Epoch: p.epoch})
	if err != nil {
		return "", err
	}
	if err := s.listSession(ctx, p, key, device, now); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err = s.redis.TxPipelined(ctx, func(tx redis.Pipeliner) error {
		tx.HSet(ctx, key, "d", string(sealed), "c", millis(now), "t", millis(now), "f", millis(p.asked))
		tx.PExpire(ctx, key, 2*SessionLife)
		return nil
	})
	return token, unavailable("new session", err)
}

// sessionScript looks at a session and notes its use.
//
//	KEYS x  ARGV now, idle, life
var sessionScript = redis.NewScript(`
local d = redis.call('HGET', KEYS[1], 'd')
if not d then return {'none'} end
local now = tonumber(ARGV[1])
local made, used = redis.call('HGET', KEYS[1], 'c'), redis.call('HGET', KEYS[1], 't')
if now - tonumber(used) >= tonumber(ARGV[2]) or now - tonumber(made) >= tonumber(ARGV[3]) then
  redis.call('DEL', KEYS[1])
  return {'none'}
end
if now > tonumber(used) then redis.call('HSET', KEYS[1], 't', ARGV[1]) end
return {'ok', d, made, redis.call('HGET', KEYS[1], 'f') or ''}
`)

// Session gives the proof behind a cookie and counts as its use. ErrNoSession:
// unknown, ended, unused for SessionIdle, older than SessionLife, or the
// password was replaced since. ErrUnavailable.
func (s *Store) Session(ctx context.Context, token string, now time.Time) (Proof, error) {
	if token == "" || len(token) > 2*tokenBytes {
		return Proof{}, ErrNoSession
	}
	key := s.sessionKey(token)
	out, err := s.run(ctx, "session", sessionScript, []string{key}, millis(now), msec(SessionIdle), msec(SessionLife))
	if err != nil {
		return Proof{}, err
	}
	if out[0] != "ok" || len(out) < 4 {
		return Proof{}, ErrNoSession
	}
	var in signedIn
	if err := s.keys.unsealJSON("session", key, []byte(out[1]), &in); err != nil {
		return Proof{}, err
	}
	p, err := s.loadPerson(ctx, in.Address)
	if err != nil {
		return Proof{}, err
	}
	if p.epoch() != in.Epoch {
		return Proof{}, ErrNoSession
	}
	proof := p.proof(in.Address, in.Method, now)
	proof.session, proof.made, proof.asked = key[3:11], fromMillis(out[2]), fromMillis(out[3])
	return proof, nil
}

// EndSession signs out on the server; an unknown token is no error.
// ErrUnavailable.
func (s *Store) EndSession(ctx context.Context, token string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return unavailable("end session", s.redis.Del(ctx, s.sessionKey(token)).Err())
}
