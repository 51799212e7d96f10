package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
)

func (s *Store) flowKey(b Browser) string { return "f:{" + s.keys.name("flow", string(b)) + "}" }

// flowScript adds to what a browser brought, after forgetting what is too old.
//
//	KEYS f  ARGV now, life, secrets to come, most secrets, ttl, n then n*(field, value)
var flowScript = redis.NewScript(`
local now, used = tonumber(ARGV[1]), redis.call('HGET', KEYS[1], 't')
if used and now - tonumber(used) >= tonumber(ARGV[2]) then redis.call('DEL', KEYS[1]) end
if tonumber(ARGV[3]) > 0 then
  local have = {}
  for _, f in ipairs(redis.call('HKEYS', KEYS[1])) do
    if string.sub(f, 1, 2) == 's:' then have[#have+1] = f end
  end
  if #have + tonumber(ARGV[3]) > tonumber(ARGV[4]) then
    for _, f in ipairs(have) do redis.call('HDEL', KEYS[1], f) end
  end
end
local at = 6
for _ = 1, tonumber(ARGV[at]) do
  redis.call('HSET', KEYS[1], ARGV[at+1], ARGV[at+2])
  at = at + 2
end
redis.call('HSET', KEYS[1], 't', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return {'ok'}
`)

// SetFlow adds to what a browser brought before it signed in: Next and Address
// replace when they are set, Secrets are added. It is forgotten FlowLife after
// its last use. The caller has proved the secrets (Envelope). ErrTooLong,
// ErrNoSession (no browser), ErrUnavailable.
func (s *Store) SetFlow(ctx context.Context, b Browser, f Flow, now time.Time) error {
	if b == "" {
		return ErrNoSession
	}
	if len(f.Next) > maxNext || len(f.Secrets) > MaxFlowSecrets {
		return fmt.Errorf("%w: flow", ErrTooLong)
	}
	key := s.flowKey(b)
	var fields []any
	add := func(field, text string) {
		fields = append(fields, field, string(s.keys.seal("flow", key+"/"+field, []byte(text), string(b))))
	}
	if f.Next != "" {
		add("n", f.Next)
	}
	if !f.Address.IsZero() {
		add("a", f.Address.String())
	}
	for id, secret := range f.Secrets {
		add("s:"+s.keys.name("flow", string(b), id.String()), id.String()+" "+secret.Encode())
	}
	args := []any{millis(now), msec(FlowLife), strconv.Itoa(len(f.Secrets)), strconv.Itoa(MaxFlowSecrets), msec(2 * FlowLife)}
	_, err := s.run(ctx, "flow", flowScript, []string{key}, appendList(args, 2, fields)...)
	return err
}

// Flow gives what a browser brought, and counts as a use of it. A browser that
// is unknown or came too late has an empty Flow and no error. ErrSyntax,
// ErrUnavailable.
func (s *Store) Flow(ctx context.Context, b Browser, now time.Time) (Flow, error) {
	f := Flow{Secrets: map[envelope.ID]envelope.Secret{}}
	key := s.flowKey(b)
	call, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	fields, err := s.redis.HGetAll(call, key).Result()
	if err != nil {
		return Flow{}, unavailable("flow", err)
	}
	if len(fields) == 0 || now.Sub(fromMillis(fields["t"])) >= FlowLife {
		return f, nil
	}
	for field, sealed := range fields {
		if field == "t" {
			continue
		}
		text, err := s.keys.unseal("flow", key+"/"+field, []byte(sealed), string(b))
		if err != nil {
			return Flow{}, err
		}
		if err := f.read(field, string(text)); err != nil {
			return Flow{}, err
		}
	}
	return f, s.SetFlow(ctx, b, Flow{}, now)
}

func (f *Flow) read(field, text string) (err error) {
	switch field {
	case "n":
		f.Next = text
	case "a":
		f.Address, err = addr.Parse(text)
	default:
		name, encoded, _ := strings.Cut(text, " ")
		var id envelope.ID
		var secret envelope.Secret
		if id, err = envelope.ParseID(name); err == nil {
			secret, err = envelope.ParseSecret(encoded)
			f.Secrets[id] = secret
		}
	}
	if err != nil {
		return fmt.Errorf("%w: flow", ErrSyntax)
	}
	return nil
}

// EndFlow forgets what a browser brought, when it signs out. ErrUnavailable.
func (s *Store) EndFlow(ctx context.Context, b Browser) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return unavailable("flow", s.redis.Del(ctx, s.flowKey(b)).Err())
}
