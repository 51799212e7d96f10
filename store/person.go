package store

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
)

// Fields of u:{h} beside the audit chain's fHead and fCount.
const (
	fAccount = "d" // sealed stored
	fEpoch   = "g" // how often the password was replaced; sessions of an earlier one are over
	fWays    = "w" // sealed Ways; there may be some without an account
	fMain    = "m" // sealed address of the account that this one was added to, see AddAddress
)

// stored is an account at rest.
type stored struct {
	Account
	Pass   *hashed
	Answer *hashed // nil: no question on file (BOP-16)
}

// person is the account of an address as read; have is false without one.
type person struct {
	h      string
	fields map[string]string
	have   bool
	stored stored
	ways   Ways
	desks  []addr.Address // at which this address may sit (desk.go)
	main   addr.Address   // of the account that this address was added to; may point to nothing
}

func (p *person) epoch() int64 {
	n, _ := strconv.ParseInt(p.fields[fEpoch], 10, 64)
	return n
}

// loadPerson reads an account. An address without one is no error.
func (s *Store) loadPerson(ctx context.Context, a addr.Address) (*person, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	p := &person{h: s.keys.person(a)}
	var err error
	if p.fields, err = s.redis.HGetAll(ctx, personKey("u", p.h)).Result(); err != nil {
		return nil, unavailable("reading an account", err)
	}
	if p.fields[fWays] != "" {
		if err := s.keys.unsealJSON("ways", waysPlace(p.h), []byte(p.fields[fWays]), &p.ways); err != nil {
			return nil, err
		}
	}
	if err := s.readMain(p); err != nil {
		return nil, err
	}
	if _, err := s.more(p, fDesks, &p.desks); err != nil {
		return nil, err
	}
	if p.fields[fAccount] == "" {
		return p, nil
	}
	p.have = true
	err = s.keys.unsealJSON("account", personKey("u", p.h), []byte(p.fields[fAccount]), &p.stored)
	if err == nil && !p.stored.Address.Equal(a) {
		err = fmt.Errorf("%w: account", ErrSyntax)
	}
	return p, err
}

// more reads a further sealed field of the slot; false when it is not there.
func (s *Store) more(p *person, field string, out any) (bool, error) {
	if p.fields[field] == "" {
		return false, nil
	}
	err := s.keys.unsealJSON("person", personKey("u", p.h)+"/"+field, []byte(p.fields[field]), out)
	return err == nil, err
}

// Account gives what is known of a person. ErrNoAccount, ErrSyntax,
// ErrUnavailable. Pages must not tell a stranger which it was.
func (s *Store) Account(ctx context.Context, a addr.Address) (Account, error) {
	p, err := s.loadPerson(ctx, a)
	if err != nil {
		return Account{}, err
	}
	if !p.have {
		return Account{}, ErrNoAccount
	}
	return p.stored.Account, nil
}

// personScript changes one account if its audit chain still ends where it was
// read, and uses a link up in the same step.
//
//	KEYS u y c link b s
//	ARGV head, new head, entry, link must be there, forget counters, browser to trust, now, trust life, trusted, forget browsers, forget sessions, n then n*(field, value)
var personScript = redis.NewScript(`
local head = redis.call('HGET', KEYS[1], 'h') or ''
if head == ARGV[2] then return {'ok'} end
if ARGV[4] == '1' and redis.call('EXISTS', KEYS[4]) == 0 then return {'used'} end
if head ~= ARGV[1] then return {'lost'} end
if ARGV[4] == '1' then redis.call('DEL', KEYS[4]) end
if ARGV[5] == '1' then redis.call('DEL', KEYS[3]) end
if ARGV[6] ~= '' then
  redis.call('ZADD', KEYS[5], ARGV[7], ARGV[6])
  redis.call('ZREMRANGEBYRANK', KEYS[5], 0, -1 - tonumber(ARGV[9]))
  redis.call('PEXPIRE', KEYS[5], ARGV[8])
end
if ARGV[10] == '1' then redis.call('DEL', KEYS[5]) end
if ARGV[11] == '1' then redis.call('DEL', KEYS[6]) end
redis.call('RPUSH', KEYS[2], ARGV[3])
local at = 12
for _ = 1, tonumber(ARGV[at]) do
  redis.call('HSET', KEYS[1], ARGV[at+1], ARGV[at+2])
  at = at + 2
end
return {'ok'}
`)

// personChange is what one change of an account does.
type personChange struct {
	store  *stored        // nil: leave it
	ways   *Ways          // nil: leave them
	more   map[string]any // further sealed fields of the slot, by name (terms.go, desk.go, team.go)
	epoch  bool           // end the sessions made so far
	forget bool           // clear the counters
	link   string         // key of a link that must be there and is used up; empty for none
	trust  string         // name of a browser that is known from now on; empty for none
	drop   bool           // the account, its ways and the browsers that it knew are no more
	main   *addr.Address  // the account that this address is on from now on, zero for none; nil: leave it
}

// changeAccount reads an account, lets edit work on it and writes the outcome
// with its audit entry, again if somebody else was faster.
func (s *Store) changeAccount(ctx context.Context, a addr.Address, e audit.Entry, edit func(*person) (*personChange, error)) (*person, error) {
	for range casTries {
		p, err := s.loadPerson(ctx, a)
		if err != nil {
			return nil, err
		}
		c, err := edit(p)
		if err != nil {
			return nil, err
		}
		before := maps.Clone(p.fields)
		keys, args, err := s.personArgs(p, c, e)
		if err != nil {
			return nil, err
		}
		out, err := s.runDurable(ctx, "account", personScript, keys, append([]any{before[fHead]}, args...)...)
		switch {
		case err != nil:
			return nil, err
		case out[0] == "used":
			return nil, ErrCodeExpired
		case out[0] == "ok":
			return p, nil
		}
	}
	return nil, fmt.Errorf("%w: account: too many at once", ErrUnavailable)
}

func (s *Store) personArgs(p *person, c *personChange, e audit.Entry) (keys []string, args []any, err error) {
	link := c.link
	if link == "" {
		link = personKey("g", p.h)
	}
	keys = []string{personKey("u", p.h), personKey("y", p.h), personKey("c", p.h), link, personKey("b", p.h), personKey("s", p.h)}
	if c.drop {
		p.fields[fCard] = "" // an entry of the directory says who somebody is
		p.fields[fAccount], p.fields[fWays], p.stored, p.ways, p.have = "", "", stored{}, Ways{}, false
	}
	if c.main != nil {
		p.setMain(s.keys, *c.main)
	}
	if c.store != nil {
		sealed, err := s.keys.sealJSON("account", personKey("u", p.h), c.store)
		if err != nil {
			return nil, nil, err
		}
		p.fields[fAccount], p.stored, p.have = string(sealed), *c.store, true
	}
	if c.ways != nil {
		sealed, err := s.keys.sealJSON("ways", waysPlace(p.h), c.ways)
		if err != nil {
			return nil, nil, err
		}
		p.fields[fWays], p.ways = string(sealed), *c.ways
	}
	for field, value := range c.more {
		sealed, err := s.keys.sealJSON("person", personKey("u", p.h)+"/"+field, value)
		if err != nil {
			return nil, nil, err
		}
		p.fields[field] = string(sealed)
	}
	if c.epoch {
		p.fields[fEpoch] = strconv.FormatInt(p.epoch()+1, 10)
	}
	entry, err := s.keys.link(p.fields, personKey("y", p.h), e)
	if err != nil {
		return nil, nil, err
	}
	args = []any{p.fields[fHead], entry, flag(c.link != ""), flag(c.forget), c.trust, millis(e.Time), msec(trustLife), strconv.Itoa(maxTrusted), flag(c.drop), flag(c.epoch)}
	var set []any
	for f, v := range p.fields {
		set = append(set, f, v)
	}
	return keys, appendList(args, 2, set), nil
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// trustLife is how long a browser that signed in to an address is known as one
// of its own, and maxTrusted how many there are of one address.
const (
	trustLife  = 180 * 24 * time.Hour
	maxTrusted = 20
)
