package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/addr"
)

// Fields of c:{h} for codes beside those of allowance.go: wn and wf number and begin
// of the day's wrong codes. Fields of l:{h}:B: m HMAC of the code, absent once it is
// dead, x expiry, n wrong tries, e sort and name of the message that the asker held.

const wrongDay = 24 * time.Hour

// luaClosed tells until when the code way is closed to a browser, or 0. own is what
// the asker held, as in field e; what she has of her own stays open longer.
const luaClosed = luaAllow + `
local function closed(c, b, browser, now, max, day, trust, own, all)
  if known(b, browser, now, trust) then return 0 end
  local n = tonumber(redis.call('HGET', c, 'wn') or '0')
  local from = tonumber(redis.call('HGET', c, 'wf') or '0')
  if n < max or now - from >= day then return 0 end
  if own == '' then return from + day end
  return math.min(from + day, held(c, 'w' .. string.sub(own, 1, 1), now, string.sub(own, 2), max, all, day, false))
end
`

// codeScript sets a new code for one browser; the one it had is dead.
//
//	KEYS c b l
//	ARGV those of allowArgs, then HMAC, expiry, wrong codes, day, wrong codes of all messages, counters' ttl, code's ttl
var codeScript = redis.NewScript(luaClosed + `
local now, max, day, trust = tonumber(ARGV[2]), tonumber(ARGV[12]), tonumber(ARGV[13]), tonumber(ARGV[5])
local own = ARGV[7] .. ARGV[6]
local shut = closed(KEYS[1], KEYS[2], ARGV[1], now, max, day, trust, own, tonumber(ARGV[14]))
if shut > 0 then return {'locked', string.format('%.0f', shut)} end
shut = closed(KEYS[1], KEYS[2], ARGV[1], now, max, day, trust, '', 0)
local later, withheld = allow(KEYS[1], KEYS[2], 'm', shut > 0)
if later > 0 then return {'toomany', string.format('%.0f', later)} end
redis.call('PEXPIRE', KEYS[1], ARGV[15])
redis.call('DEL', KEYS[3])
redis.call('HSET', KEYS[3], 'm', ARGV[10], 'x', ARGV[11], 'n', '0', 'e', own)
redis.call('PEXPIRE', KEYS[3], ARGV[16])
if withheld then return {'withheld'} end
return {'ok'}
`)

// NewCode makes a code of CodeDigits for an address and the browser that asked
// (SCC-9). It is good for CodeLife from now, for CodeTries tries and one use;
// only the browser's own next request kills it. Browsers that signed in to the
// address before, and whoever holds a message that went to it, have mails of their
// own, so that a stranger who asks without end does not use up theirs. ref is two
// letters to show in page and mail. The same for every address. held is the message
// that the asker holds, if any. ErrWithheld (with ref: nothing is to be sent, and the
// answer is that it was), ErrTooMany (*TooManyError), ErrLocked (*LockedError: too
// many wrong codes today), ErrNoSession (no browser), ErrUnavailable.
func (s *Store) NewCode(ctx context.Context, a addr.Address, b Browser, now time.Time, held ...Held) (code, ref string, err error) {
	if b == "" { // all clients without a cookie would be one browser
		return "", "", ErrNoSession
	}
	h := s.keys.person(a)
	code, ref = newCode(), newReference()
	expires := now.Add(CodeLife)
	args := append(s.allowArgs(a, b, now, CodeMailsHour, held), s.codeMAC(a, b, code), millis(expires),
		strconv.Itoa(WrongCodesDay), msec(wrongDay), strconv.Itoa(HeldWrongAll), msec(keepCounters), msec(keepLinks))
	out, err := s.run(ctx, "new code", codeScript, s.codeKeys(h, a, b), args...)
	if err != nil {
		return "", "", err
	}
	switch out[0] {
	case "locked":
		return "", "", &LockedError{Until: fromMillis(out[1])}
	case "toomany":
		return "", "", &TooManyError{Until: fromMillis(out[1])}
	case "withheld":
		return "", ref, ErrWithheld
	}
	return code, ref, nil
}

// checkCodeScript compares, counts and uses up in one step.
//
//	KEYS c b l
//	ARGV browser, now, HMAC, tries, wrong codes, day, trust, trusted (0: not this browser), counters' ttl, trust's ttl, wrong codes of all messages
var checkCodeScript = redis.NewScript(luaClosed + `
local now, max, day, all = tonumber(ARGV[2]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[11])
local own = redis.call('HGET', KEYS[3], 'e') or ''
local shut = closed(KEYS[1], KEYS[2], ARGV[1], now, max, day, tonumber(ARGV[7]), own, all)
if shut > 0 then return {'locked', string.format('%.0f', shut)} end
local m = redis.call('HGET', KEYS[3], 'm')
if not m or tonumber(redis.call('HGET', KEYS[3], 'x')) <= now then
  redis.call('HDEL', KEYS[3], 'm')
  return {'expired'}
end
if m == ARGV[3] then
  redis.call('HDEL', KEYS[3], 'm')
  if tonumber(ARGV[8]) > 0 then
    redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
    redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - tonumber(ARGV[8]))
    redis.call('PEXPIRE', KEYS[2], ARGV[10])
  end
  return {'ok'}
end
if redis.call('HINCRBY', KEYS[3], 'n', 1) >= tonumber(ARGV[4]) then redis.call('HDEL', KEYS[3], 'm') end
local from = tonumber(redis.call('HGET', KEYS[1], 'wf') or '0')
if now - from >= day then redis.call('HSET', KEYS[1], 'wf', ARGV[2], 'wn', '0') end
redis.call('HINCRBY', KEYS[1], 'wn', 1)
if own ~= '' then held(KEYS[1], 'w' .. string.sub(own, 1, 1), now, string.sub(own, 2), max, all, day, true) end
redis.call('PEXPIRE', KEYS[1], ARGV[9])
return {'wrong'}
`)

// CheckCode signs in by a code from the browser that asked for it. ErrWrong;
// ErrCodeExpired (after CodeLife, CodeTries wrong tries, one use, or none asked
// for); ErrLocked (*LockedError): WrongCodesDay wrong codes for the address
// today, this browser never signed in to it, and as many for the message that was
// held when the code was asked for, if there was one. A browser that will not come back
// (PageBrowser) is not remembered, so that it cannot push one out that does.
// ErrUnavailable.
func (s *Store) CheckCode(ctx context.Context, a addr.Address, b Browser, code string, now time.Time) (Proof, error) {
	h, trusted := s.keys.person(a), maxTrusted
	if b.passing() {
		trusted = 0
	}
	out, err := s.run(ctx, "check code", checkCodeScript, s.codeKeys(h, a, b), s.browserOf(a, b), millis(now), s.codeMAC(a, b, plainCode(code)),
		strconv.Itoa(CodeTries), strconv.Itoa(WrongCodesDay), msec(wrongDay), msec(trustLife), strconv.Itoa(trusted), msec(keepCounters), msec(trustLife),
		strconv.Itoa(HeldWrongAll))
	if err != nil {
		return Proof{}, err
	}
	switch out[0] {
	case "ok":
		return s.codeProof(ctx, a, now)
	case "locked":
		return Proof{}, &LockedError{Until: fromMillis(out[1])}
	case "expired":
		return Proof{}, ErrCodeExpired
	}
	return Proof{}, ErrWrong
}

func (s *Store) codeProof(ctx context.Context, a addr.Address, now time.Time) (Proof, error) {
	p, err := s.loadPerson(ctx, a)
	if err != nil {
		return Proof{}, err
	}
	return p.proof(a, ByCode, now), nil
}

func (s *Store) codeKeys(h string, a addr.Address, b Browser) []string {
	return []string{personKey("c", h), personKey("b", h), personKey("l", h, s.browserOf(a, b))}
}

// browserOf names a browser within one address, so that a dump does not tell
// which addresses one browser used.
func (s *Store) browserOf(a addr.Address, b Browser) string {
	return s.keys.name("browser", a.Key(), string(b))
}

func (s *Store) codeMAC(a addr.Address, b Browser, code string) string {
	return hex.EncodeToString(mac(s.keys.index, "code", a.Key(), string(b), code))
}

func newCode() string {
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(CodeDigits), nil)
	n, err := rand.Int(rand.Reader, limit)
	if err != nil {
		panic("store: crypto/rand: " + err.Error()) // does not fail since Go 1.24
	}
	return fmt.Sprintf("%0*d", CodeDigits, n)
}

// newReference gives two letters without those that look alike or make words.
func newReference() string {
	const letters = "BCDFGHJKLMNPQRSTVWXZ"
	b := random(2)
	return string([]byte{letters[int(b[0])%len(letters)], letters[int(b[1])%len(letters)]})
}

// plainCode takes the spaces and hyphens out that people type between digits.
func plainCode(text string) string {
	if len(text) > 4*CodeDigits {
		return ""
	}
	return strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(text)
}
