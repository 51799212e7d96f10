package store

import (
	"context"
	"crypto/subtle"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
)

// maxOpens bounds how often one recipient gets one key, since every time writes
// an audit entry for good: a script in a loop must not fill Redis.
const maxOpens = 10_000

// releaseScript is the last step of the gate: it looks once more whether the
// entry is open and the time not up, and only together with the audit entry
// yields the key. Like commitScript it works on the head that was read.
//
//	KEYS e a
//	ARGV head, new head, count, state, sealed entry, now, recipient, opened, opens
var releaseScript = redis.NewScript(`
local head = redis.call('HGET', KEYS[1], 'h') or ''
local key = redis.call('HGET', KEYS[1], 'k')
if head == ARGV[2] and key then return {'ok', key} end
if head ~= ARGV[1] then return {'lost'} end
local status = redis.call('HGET', KEYS[1], 's:' .. ARGV[7])
if not status then return {'notrecipient'} end
if status ~= 'prepared' and status ~= 'queued' then return {'recalled'} end
if tonumber(redis.call('HGET', KEYS[1], 'x')) <= tonumber(ARGV[6]) or not key then return {'expired'} end
redis.call('RPUSH', KEYS[2], ARGV[5])
redis.call('HSET', KEYS[1], 'h', ARGV[2], 'hn', ARGV[3], 'm', ARGV[4], 'o:' .. ARGV[7], ARGV[8], 'n:' .. ARGV[7], ARGV[9])
return {'ok', key}
`)

// Release is THE gate: the only way by which a key reaches a reader (promise 3
// of docs/design.md). It checks in this order: id and secret (ErrNotFound, one
// and the same), the person is a recipient (ErrNotRecipient; BOP-3), her entry
// is not recalled (ErrRecalled), the envelope is not expired (ErrExpired), the
// sender's time to think again is over (ErrNotYet), its profile takes the way she
// signed in (ErrMethod) and that way is not locked (ErrLocked). It then writes the release to the
// audit chain and the opening to her entry, durably, in the script that yields
// the key. Without a written entry there is no key.
//
// Of a shared mailbox that has begun, the address alone opens nothing (ErrDesk),
// and its people open what went to it (BOP-23).
//
// Further errors: ErrNoSession (the proof is older than SessionLife), ErrTooMany
// (released too often to one person), ErrSyntax (tampered with), ErrRewound,
// ErrUnavailable.
func (s *Store) Release(ctx context.Context, r ReleaseRequest) (envelope.Key, Record, error) {
	unlock, err := s.stripe(ctx, r.ID)
	if err != nil {
		return envelope.Key{}, Record{}, unavailable("release", err)
	}
	defer unlock()
	if err := s.Current(ctx, r.Now); err != nil {
		return envelope.Key{}, Record{}, err
	}
	for range casTries {
		v, err := s.load(ctx, r.ID)
		if err != nil {
			return envelope.Key{}, Record{}, err
		}
		r.Person = r.Person.For(v.record)
		name, err := s.admit(ctx, v, r)
		if err != nil {
			return envelope.Key{}, Record{}, err
		}
		key, done, err := s.release(ctx, v, r, name)
		if err != nil {
			return envelope.Key{}, Record{}, err
		}
		if done {
			err = v.recipients()
			return key, v.record, err
		}
	}
	return envelope.Key{}, Record{}, fmt.Errorf("%w: release: too many at once", ErrUnavailable)
}

// admit makes the checks in the order of the contract and gives the
// recipient's name in the slot.
func (s *Store) admit(ctx context.Context, v *slot, r ReleaseRequest) (name string, err error) {
	if err := v.proves(r.Secret); err != nil {
		return "", err
	}
	state, name, ok := v.find(r.Person.address)
	switch {
	case r.Person.address.IsZero() || !ok:
		return "", ErrNotRecipient
	case r.Now.Sub(r.Person.at) > SessionLife:
		return "", ErrNoSession
	case state.Status == Recalled:
		return "", ErrRecalled
	case v.expired(r.Now):
		return "", ErrExpired
	case r.Now.Before(v.record.ReadyAt):
		return "", &NotYetError{Until: v.record.ReadyAt}
	case len(v.record.SignIn) > 0 && !slices.Contains(v.record.SignIn, r.Person.method):
		return "", ErrMethod
	}
	if err := s.wayOpen(ctx, r.Person, r.Now); err != nil {
		return "", err
	}
	if err := s.atDesk(ctx, r.Person, r.Now); err != nil {
		return "", err
	}
	if held, err := s.stillHeld(ctx, r.Person); err != nil || !held {
		return "", orElse(err, ErrNotRecipient)
	}
	if state.Opens >= maxOpens {
		return "", ErrTooMany
	}
	return name, nil
}

// proves compares the secret out of the mail. An envelope that does not exist
// and a wrong secret are the same to the asker.
func (v *slot) proves(secret envelope.Secret) error {
	got := secret.Hash()
	if subtle.ConstantTimeCompare(got[:], v.record.SecretHash[:]) == 0 || !v.exists() {
		return ErrNotFound
	}
	return nil
}

// expired tells whether the door is closed by time: from ExpiresAt on.
func (v *slot) expired(now time.Time) bool {
	return !now.Before(v.record.ExpiresAt) || !v.record.Destroyed.IsZero()
}

func (s *Store) release(ctx context.Context, v *slot, r ReleaseRequest, name string) (envelope.Key, bool, error) {
	state, _, _ := v.find(r.Person.address)
	if state.OpenedAt.IsZero() {
		v.set(fOpened, name, millis(r.Now))
	}
	v.set(fOpens, name, strconv.Itoa(state.Opens+1))
	entry, err := v.append(audit.Entry{
		Time: r.Now, Actor: audit.Recipient(r.Person.reader()), Action: audit.Released, Reason: clip(r.Purpose + " by " + r.Person.method + " " + r.Person.session + r.Person.ofWhom()),
	})
	if err != nil {
		return envelope.Key{}, false, err
	}
	v.fields[fState] = v.state()
	out, err := s.runDurable(ctx, "release", releaseScript, v.slotKeys()[:2],
		v.before[fHead], v.fields[fHead], v.fields[fCount], v.fields[fState], entry, millis(r.Now), name,
		v.fields[fOpened+":"+name], v.fields[fOpens+":"+name])
	if err != nil {
		return envelope.Key{}, false, err
	}
	switch out[0] {
	case "lost":
		return envelope.Key{}, false, nil
	case "notrecipient":
		return envelope.Key{}, false, ErrNotRecipient
	case "recalled":
		return envelope.Key{}, false, ErrRecalled
	case "expired":
		return envelope.Key{}, false, ErrExpired
	}
	key, err := s.keys.openKey(v.id, out[1])
	return key, err == nil, err
}
