package store

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/addr"
)

// keepLinks is when Redis may sweep up a link or code; its own life is a value.
const keepLinks = 24 * time.Hour

// A link's token is 256 random bits and the name of the address's slot, so that
// the link and the account it acts on change in one step. At rest it is an HMAC.
const (
	tokenBytes = 32
	slotBytes  = 16
)

// link kinds, as in personKey.
const (
	activationLink = "g"
	resetLink      = "r"
)

func newToken(h string) string {
	slot, err := hex.DecodeString(h)
	if err != nil {
		panic("store: " + err.Error()) // names are hexadecimal
	}
	return base64.RawURLEncoding.EncodeToString(append(random(tokenBytes), slot...))
}

// linkKey gives the slot and key that a token names; false for what is none.
func (s *Store) linkKey(kind, token string) (h, key string, ok bool) {
	if len(token) > 2*(tokenBytes+slotBytes) {
		return "", "", false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != tokenBytes+slotBytes {
		return "", "", false
	}
	h = hex.EncodeToString(raw[tokenBytes:])
	return h, personKey(kind, h, s.keys.name("link", kind, string(raw[:tokenBytes]))), true
}

// Fields of a link.
const (
	fTo      = "a" // sealed address
	fBrowser = "b" // name of the browser that began
	fDoor    = "x" // ms, when it closes
	fTyped   = "d" // activation: what was typed, sealed under address and browser
	fDone    = "k" // reset: name of the browser that answered the question
)

// linkScript stores one link, within the mails an hour.
//
//	KEYS c b link
//	ARGV those of allowArgs, then counters' ttl, link's ttl, n then n*(field, value)
var linkScript = redis.NewScript(luaAllow + `
local later, withheld = allow(KEYS[1], KEYS[2], 'lm', false)
if later > 0 then return {'toomany', string.format('%.0f', later)} end
redis.call('PEXPIRE', KEYS[1], ARGV[10])
local at = 12
for _ = 1, tonumber(ARGV[at]) do
  redis.call('HSET', KEYS[3], ARGV[at+1], ARGV[at+2])
  at = at + 2
end
redis.call('PEXPIRE', KEYS[3], ARGV[11])
if withheld then return {'withheld'} end
return {'ok'}
`)

// newLink stores a link and gives its token. ErrWithheld (with the token) and
// ErrTooMany as in NewCode, ErrNoSession without a browser.
func (s *Store) newLink(ctx context.Context, kind string, a addr.Address, b Browser, now time.Time, held []Held, typed func(key string) ([]byte, error)) (string, error) {
	if b == "" { // all clients without a cookie would be one browser
		return "", ErrNoSession
	}
	h := s.keys.person(a)
	token := newToken(h)
	_, key, _ := s.linkKey(kind, token)
	fields := []any{
		fTo, string(s.keys.seal("link", key, []byte(a.String()))),
		fBrowser, s.browserOf(a, b),
		fDoor, millis(now.Add(LinkLife)),
	}
	if typed != nil {
		sealed, err := typed(key)
		if err != nil {
			return "", err
		}
		fields = append(fields, fTyped, string(sealed))
	}
	args := append(s.allowArgs(a, b, now, LinkMailsHour, held), msec(keepCounters), msec(keepLinks))
	out, err := s.run(ctx, "new link", linkScript, []string{personKey("c", h), personKey("b", h), key}, appendList(args, 2, fields)...)
	if err != nil {
		return "", err
	}
	switch out[0] {
	case "toomany":
		return "", &TooManyError{Until: fromMillis(out[1])}
	case "withheld":
		return token, ErrWithheld
	}
	return token, nil
}

// opened is a link that still stands.
type opened struct {
	key    string
	to     addr.Address
	fields map[string]string
}

// openLink looks at a link and changes nothing. ErrCodeExpired for one that is
// unknown, used or older than LinkLife.
func (s *Store) openLink(ctx context.Context, kind, token string, now time.Time) (*opened, error) {
	h, key, ok := s.linkKey(kind, token)
	if !ok {
		return nil, ErrCodeExpired
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	fields, err := s.redis.HGetAll(ctx, key).Result()
	if err != nil {
		return nil, unavailable("reading a link", err)
	}
	if closes := fromMillis(fields[fDoor]); len(fields) == 0 || !now.Before(closes) {
		return nil, ErrCodeExpired
	}
	text, err := s.keys.unseal("link", key, []byte(fields[fTo]))
	if err != nil {
		return nil, err
	}
	a, err := addr.Parse(string(text))
	if err != nil || s.keys.person(a) != h {
		return nil, ErrSyntax
	}
	return &opened{key: key, to: a, fields: fields}, nil
}

// from tells whether the link is used in the browser that began.
func (s *Store) from(l *opened, b Browser) bool { return l.fields[fBrowser] == s.browserOf(l.to, b) }
