package store

import (
	"context"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
)

// person names an address in Redis. Addresses with and without an account have
// the same keys but one.
func (k *Keyring) person(a addr.Address) string { return k.name("person", a.Key()) }

// personKey gives a key in the slot of an address: u account, c counters, y
// audit chain, b browsers that signed in, l:B code for a browser, g:T activation
// link, r:T reset link.
func personKey(kind, h string, rest ...string) string {
	key := kind + ":{" + h + "}"
	for _, r := range rest {
		key += ":" + r
	}
	return key
}

// tries is one counter of wrong guesses.
type tries struct {
	prefix string // of its fields in c:{h}
	max    int
	lock   time.Duration
}

var (
	passwordTries = tries{prefix: "p", max: PasswordTries, lock: PasswordLock}
	answerTries   = tries{prefix: "a", max: AnswerTries, lock: AnswerLock}
)

// countLife is how long wrong guesses are remembered after the last one, and
// keepCounters when Redis may sweep up.
const (
	countLife    = 24 * time.Hour
	keepCounters = 48 * time.Hour
)

// takeScript counts a guess as wrong before it is checked, so that of any number
// at once no more than max are ever checked. The guess that reaches max sets the
// lock. Fields: q number of guesses, b the guess up to which all is forgiven, u
// end of the lock, l the last guess.
//
//	KEYS c  ARGV prefix, now, max, lock, countLife, ttl
var takeScript = redis.NewScript(`
local p, now = ARGV[1], tonumber(ARGV[2])
local function get(f) return tonumber(redis.call('HGET', KEYS[1], p .. f) or '0') end
local lock, q, b, last = get('u'), get('q'), get('b'), get('l')
if lock > now then return {'locked', string.format('%.0f', lock)} end
if lock > 0 or now - last >= tonumber(ARGV[5]) then b = q end
q = q + 1
lock = 0
if q - b >= tonumber(ARGV[3]) then lock = now + tonumber(ARGV[4]) end
redis.call('HSET', KEYS[1], p .. 'q', string.format('%.0f', q), p .. 'b', string.format('%.0f', b),
  p .. 'u', string.format('%.0f', lock), p .. 'l', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return {'ok', string.format('%.0f', q), string.format('%.0f', lock)}
`)

// settleScript forgives the guesses up to and with the right one, and with them
// a lock that is then no longer earned.
//
//	KEYS c  ARGV prefix, number of the right guess, max
var settleScript = redis.NewScript(`
local p, right = ARGV[1], tonumber(ARGV[2])
local function get(f) return tonumber(redis.call('HGET', KEYS[1], p .. f) or '0') end
local q, b = get('q'), get('b')
if q < right then return {'ok'} end
if right > b then
  b = right
  redis.call('HSET', KEYS[1], p .. 'b', string.format('%.0f', b))
end
if q - b < tonumber(ARGV[3]) then redis.call('HSET', KEYS[1], p .. 'u', '0') end
return {'ok'}
`)

// take counts a guess and gives its number; settle takes it back when it was
// right. ErrLocked with the end of the lock. until is set when this very guess
// closes the door, should it be wrong.
func (s *Store) take(ctx context.Context, h string, t tries, now time.Time) (guess string, until time.Time, err error) {
	out, err := s.run(ctx, "counting", takeScript, []string{personKey("c", h)},
		t.prefix, millis(now), strconv.Itoa(t.max), msec(t.lock), msec(countLife), msec(keepCounters))
	if err != nil {
		return "", until, err
	}
	if out[0] == "locked" {
		return "", until, &LockedError{Until: fromMillis(out[1])}
	}
	return out[1], fromMillis(out[2]), nil
}

func (s *Store) settle(ctx context.Context, h string, t tries, guess string) error {
	_, err := s.run(ctx, "counting", settleScript, []string{personKey("c", h)}, t.prefix, guess, strconv.Itoa(t.max))
	return err
}

// wrong is the error of a wrong guess: the one that closes the door says so.
func wrong(until time.Time) error {
	if until.IsZero() {
		return ErrWrong
	}
	return &LockedError{Until: until}
}

// locked gives ErrLocked while a counter's lock holds.
func (s *Store) locked(ctx context.Context, h string, t tries, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	text, err := s.redis.HGet(ctx, personKey("c", h), t.prefix+"u").Result()
	if err != nil && err != redis.Nil {
		return unavailable("reading a lock", err)
	}
	if until := fromMillis(text); until.After(now) {
		return &LockedError{Until: until}
	}
	return nil
}

// wayOpen is the gate's look at the lock of the way by which a person signed in.
// Ways are independent: a stranger who locks the password does not shut out who
// signs in by code.
func (s *Store) wayOpen(ctx context.Context, p Proof, now time.Time) error {
	if p.method != ByPassword {
		return nil
	}
	account := p.address
	if !p.holder.IsZero() {
		account = p.holder
	}
	return s.locked(ctx, s.keys.person(account), passwordTries, now)
}

// ResetAllowed tells whether a forgotten password may be replaced: not while
// wrong passwords lock the account of the address, or the address when it has
// none (BCC-27). ErrLocked, ErrUnavailable.
func (s *Store) ResetAllowed(ctx context.Context, a addr.Address, now time.Time) error {
	p, err := s.holderOf(ctx, a)
	if err != nil {
		return err
	}
	return s.locked(ctx, p.h, passwordTries, now)
}

// Unlock clears all counters of an address, and of the account that it is on, with
// an entry in the audit chain of each. ErrUnavailable.
func (s *Store) Unlock(ctx context.Context, a addr.Address, by audit.Actor, now time.Time) error {
	on, err := s.On(ctx, a)
	if err != nil {
		return err
	}
	e := audit.Entry{Time: now, Actor: by, Action: audit.Unlocked, Objects: objects(a)}
	for _, slot := range []addr.Address{a, on} {
		if slot.IsZero() {
			continue
		}
		if _, err := s.changeAccount(ctx, slot, e, func(*person) (*personChange, error) { return &personChange{forget: true}, nil }); err != nil {
			return err
		}
	}
	return nil
}
