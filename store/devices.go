package store

import (
	"context"
	"sort"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
)

// MaxSessions is how many sessions one address can have at once; with one more,
// the oldest ends. People have a few devices; a program that signs in for every
// message must not fill Redis.
const MaxSessions = 50

// maxDevice bounds the name of a browser's kind, in bytes.
const maxDevice = 100

// Device is a session as its owner sees it.
type Device struct {
	ID      string // to name it in EndDevice; opens nothing
	Kind    string // of browser; empty: not known
	Method  string
	Since   time.Time
	Used    time.Time
	Current bool // the one that asks
}

// listed is a session in the list s:{h}; the time stands before it in clear.
type listed struct{ Kind, Method string }

// listScript adds a session to a person's list. Those past their life leave it;
// when there are too many, the oldest is told to the caller.
//
//	KEYS s  ARGV name, now, life, most, sealed, ttl
var listScript = redis.NewScript(`
local now, oldest, at, n = tonumber(ARGV[2]), '', nil, 0
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local made = tonumber(string.match(all[i+1], '^%d+') or '0')
  if now - made >= tonumber(ARGV[3]) then
    redis.call('HDEL', KEYS[1], all[i])
  else
    n = n + 1
    if not at or made < at then at, oldest = made, all[i] end
  end
end
if n < tonumber(ARGV[4]) then oldest = '' end
if oldest ~= '' then redis.call('HDEL', KEYS[1], oldest) end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return {'ok', oldest}
`)

// sessionName is a session's name in the list: that of its key.
func sessionName(key string) string { return key[len("x:{") : len(key)-1] }

// listSession writes a session into its person's list, before the session itself:
// one that points to nothing is left out.
func (s *Store) listSession(ctx context.Context, p Proof, key, device string, now time.Time) error {
	if len(device) > maxDevice {
		device = device[:maxDevice]
	}
	list := personKey("s", s.keys.person(p.address))
	sealed, err := s.keys.sealJSON("device", list+"/"+sessionName(key), listed{device, p.method})
	if err != nil {
		return err
	}
	out, err := s.run(ctx, "list of sessions", listScript, []string{list}, sessionName(key), millis(now), msec(SessionLife),
		strconv.Itoa(MaxSessions), string(sealed), msec(2*SessionLife))
	if err == nil && out[1] != "" {
		err = s.endNamed(ctx, out[1])
	}
	return err
}

func (s *Store) endNamed(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return unavailable("end session", s.redis.Del(ctx, "x:{"+name+"}").Err())
}

// Sessions gives the sessions of the person who is signed in, the newest use
// first. ErrNoSession, ErrSyntax, ErrUnavailable.
func (s *Store) Sessions(ctx context.Context, by Proof, now time.Time) ([]Device, error) {
	if by.address.IsZero() {
		return nil, ErrNoSession
	}
	list := personKey("s", s.keys.person(by.address))
	call, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	all, err := s.redis.HGetAll(call, list).Result()
	if err != nil {
		return nil, unavailable("list of sessions", err)
	}
	var out []Device
	for name, text := range all {
		d, live, err := s.device(call, list, name, text, by, now)
		if err != nil {
			return nil, err
		}
		if live {
			out = append(out, d)
		}
	}
	sort.Slice(out, func(i, j int) bool {
		a, b := out[i], out[j]
		return a.Used.After(b.Used) || a.Used.Equal(b.Used) && a.ID < b.ID
	})
	return out, nil
}

// device reads one line of the list; false when its session is over.
func (s *Store) device(ctx context.Context, list, name, text string, by Proof, now time.Time) (Device, bool, error) {
	i := 0
	for i < len(text) && text[i] >= '0' && text[i] <= '9' {
		i++
	}
	d := Device{ID: name, Since: fromMillis(text[:i]), Current: len(name) >= 8 && by.session == name[:8]}
	var l listed
	if i >= len(text) {
		return d, false, ErrSyntax
	}
	if err := s.keys.unsealJSON("device", list+"/"+name, []byte(text[i+1:]), &l); err != nil {
		return d, false, err
	}
	used, err := s.redis.HGet(ctx, "x:{"+name+"}", "t").Result()
	if err == redis.Nil {
		return d, false, nil
	}
	if err != nil {
		return d, false, unavailable("list of sessions", err)
	}
	d.Kind, d.Method, d.Used = l.Kind, l.Method, fromMillis(used)
	return d, now.Sub(d.Used) < SessionIdle && now.Sub(d.Since) < SessionLife, nil
}

// EndDevice ends one session of the person who is signed in. ErrNoSession,
// ErrNotFound (not hers, or over), ErrUnavailable.
func (s *Store) EndDevice(ctx context.Context, by Proof, id string) error {
	if by.address.IsZero() {
		return ErrNoSession
	}
	call, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	n, err := s.redis.HDel(call, personKey("s", s.keys.person(by.address)), id).Result()
	if err != nil {
		return unavailable("end session", err)
	}
	if n == 0 {
		return ErrNotFound
	}
	return s.endNamed(ctx, id)
}

// EndSessions signs a person out everywhere; the proof that comes back is good for
// a new session here. ErrNoSession, ErrUnavailable.
func (s *Store) EndSessions(ctx context.Context, by Proof, now time.Time) (Proof, error) {
	if by.address.IsZero() {
		return Proof{}, ErrNoSession
	}
	p, err := s.endAll(ctx, by.address, audit.Recipient(by.address), now)
	if err != nil {
		return Proof{}, err
	}
	return p.again(by, now), nil
}

// EndSessionsOf is EndSessions for an operator. ErrUnavailable.
func (s *Store) EndSessionsOf(ctx context.Context, a addr.Address, by audit.Actor, now time.Time) error {
	_, err := s.endAll(ctx, a, by, now)
	return err
}

func (s *Store) endAll(ctx context.Context, a addr.Address, by audit.Actor, now time.Time) (*person, error) {
	e := audit.Entry{Time: now, Actor: by, Action: audit.Changed, Reason: "signed out everywhere"}
	return s.changeAccount(ctx, a, e, func(*person) (*personChange, error) { return &personChange{epoch: true}, nil })
}

// Reenter makes a new session, with what shows anew who the person is, in place of
// the one behind token. by is what she has just shown, by password or code, for
// the address that is signed in. ErrNoSession (there is none, or by is another
// person's or older than FreshLife), ErrUnavailable.
func (s *Store) Reenter(ctx context.Context, token string, by Proof, device string, now time.Time) (string, error) {
	old, err := s.Session(ctx, token, now)
	if err != nil {
		return "", err
	}
	if by.session != "" || !by.address.Equal(old.address) || now.Sub(by.at) > FreshLife || by.epoch != old.epoch {
		return "", ErrNoSession
	}
	by.asked, by.method = now, old.method // what opens messages stays what it was
	fresh, err := s.NewSessionOn(ctx, by, device, now)
	if err != nil {
		return "", err
	}
	return fresh, s.EndDevice(ctx, old, sessionName(s.sessionKey(token)))
}
