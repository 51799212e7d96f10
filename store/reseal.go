package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
)

// Resealed counts what Reseal did.
type Resealed struct {
	Seen    int            // sealed values, in the last walk
	Moved   int            // sealed again under the newest key
	Bound   int            // under an older key and a browser's cookie: nobody can move them; they end within a day
	Left    map[string]int // values under older keys after the last walk, Bound ones too, by the key's id
	Damaged int            // do not open: tampered with, or their key is not in the file
}

// resealWalks bounds how often Reseal goes through everything. A change of an account
// that began before its record was moved may write the old form back, whole and
// readable; the next walk finds it.
const resealWalks = 5

// Reseal walks through everything and seals it again under the newest key that does
// not wait. It may run beside anything, be cut short and begun again: each value is
// replaced only while it is what was read, and an envelope's move stands in its audit
// chain. Names, the MACs of the chains and the state of envelopes stay with the oldest
// key. ErrUnavailable, with the counts so far.
func (s *Store) Reseal(ctx context.Context, by audit.Actor, now time.Time) (Resealed, error) {
	w := &resealer{Store: s, by: by, now: now}
	moved := 0
	for range resealWalks {
		w.done = Resealed{Left: map[string]int{}}
		err := s.scan(ctx, "*:{*}*", w.key)
		moved += w.done.Moved
		again := w.done.Moved > 0
		w.done.Moved = moved
		if err != nil {
			return w.done, err
		}
		if !again {
			break
		}
	}
	return w.done, s.forgetIDs(ctx, w.done)
}

type resealer struct {
	*Store
	by   audit.Actor
	now  time.Time
	done Resealed
}

// key deals with one key of Redis, by what doc.go says of its kind.
func (w *resealer) key(ctx context.Context, key string) error {
	kind, _, _ := strings.Cut(key, ":")
	switch kind {
	case "e":
		return w.envelope(ctx, key)
	case "a", "y":
		return w.list(ctx, key)
	case "an", "k", "d":
		return w.text(ctx, kind, key)
	case "o", "u", "s", "x", "g", "r", "jr", "dd", "wd", "f", "j":
		return w.hash(ctx, kind, key)
	}
	return nil
}

// envelope moves a whole slot in one commit; one of the older form becomes new by it.
func (w *resealer) envelope(ctx context.Context, key string) error {
	id, err := envelope.ParseID(tag(key))
	if err != nil {
		return nil
	}
	seen, moved := 0, 0
	_, err = w.update(ctx, "reseal", id, w.now, func(v *slot) (*change, error) {
		seen, moved = v.under(w.keys.SealingID())
		if moved == 0 {
			return nil, nil
		}
		return &change{entries: []audit.Entry{{Time: w.now, Actor: w.by, Action: audit.Changed, Reason: "sealed again under master key " + w.keys.SealingID()}}}, nil
	})
	if errors.Is(err, ErrSyntax) {
		w.done.Damaged++
		return nil
	}
	if err == nil {
		w.done.Seen += seen
		w.done.Moved += moved
	}
	return err
}

// under counts the sealed texts of an envelope, and those under another key.
func (v *slot) under(id string) (seen, others int) {
	count := func(value string) {
		if by, sealed := v.keys.sealedUnder(value); sealed {
			seen++
			if by != id {
				others++
			}
		}
	}
	count(v.stored)
	for _, value := range v.older {
		count(value)
	}
	return seen, others
}

// bound stands for the purpose of what a browser's cookie is needed for.
const bound = "bound"

// sealedAs gives what a field of any other hash is sealed as, and how much stands
// before it in clear. The field of a text is empty.
func sealedAs(kind, key, field, value string) (purpose, place string, clear int) {
	switch kind {
	case "an":
		return "announcements", key, 0
	case "k":
		return "passkey", key, 0
	case "o":
		name, _ := strings.CutSuffix(field, ":d")
		return "notice", key + "/" + name, 0
	case "u":
		switch field {
		case fAccount:
			return "account", key, 0
		case fWays:
			return "ways", key + "/" + field, 0
		case fMain:
			return "main", key + "/" + field, 0
		}
		return "person", key + "/" + field, 0
	case "s":
		return "device", key + "/" + field, strings.IndexByte(value, ' ') + 1
	case "x":
		return "session", key, 0
	case "g", "r":
		if field == fTo {
			return "link", key, 0
		}
	case "jr":
		return "request", requestPlace(field), 0
	case "dd":
		name, _ := strings.CutPrefix(field, "d:")
		return "draft", key + "/" + name, 0
	case "wd":
		return "written", key + "/" + field, 0
	}
	return bound, key, 0
}

// value gives a value sealed again; false when there is nothing to do.
func (w *resealer) value(kind, key, field, value string) (string, bool) {
	purpose, place, clear := sealedAs(kind, key, field, value)
	id, sealed := w.keys.sealedUnder(value[clear:])
	if !sealed {
		return "", false
	}
	w.done.Seen++
	if purpose == bound {
		if id != w.keys.SealingID() {
			w.done.Bound++
			w.done.Left[id]++
		}
		return "", false
	}
	return w.again(purpose, place, value, clear, id)
}

func (w *resealer) again(purpose, place, value string, clear int, id string) (string, bool) {
	out, did, err := w.keys.again(purpose, place, value[clear:])
	if err != nil {
		w.done.Damaged++
		w.done.Left[id]++
		return "", false
	}
	return value[:clear] + out, did
}

// resealScript puts a value in place of the one that was read, and leaves it to
// whoever changed it meanwhile.
//
//	KEYS k  ARGV kind ("hash", "list", "text"), field or index, old, new
var resealScript = redis.NewScript(`
local kind, at = ARGV[1], ARGV[2]
local now
if kind == 'hash' then now = redis.call('HGET', KEYS[1], at)
elseif kind == 'list' then now = redis.call('LINDEX', KEYS[1], at)
else now = redis.call('GET', KEYS[1]) end
if now ~= ARGV[3] then return {'lost'} end
if kind == 'hash' then redis.call('HSET', KEYS[1], at, ARGV[4])
elseif kind == 'list' then redis.call('LSET', KEYS[1], at, ARGV[4])
else redis.call('SET', KEYS[1], ARGV[4], 'KEEPTTL') end
return {'ok'}
`)

// put replaces one value. What somebody changed meanwhile counts as moved, so that
// another walk looks at it.
func (w *resealer) put(ctx context.Context, kind, key, at, old, sealed string) error {
	_, err := w.runDurable(ctx, "reseal", resealScript, []string{key}, kind, at, old, sealed)
	if err == nil {
		w.done.Moved++
	}
	return err
}

func (w *resealer) hash(ctx context.Context, kind, key string) error {
	call, cancel := context.WithTimeout(ctx, callTimeout)
	fields, err := w.redis.HGetAll(call, key).Result()
	cancel()
	if err != nil {
		return otherType(err)
	}
	for field, value := range fields {
		if sealed, did := w.value(kind, key, field, value); did {
			if err := w.put(ctx, "hash", key, field, value, sealed); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *resealer) text(ctx context.Context, kind, key string) error {
	call, cancel := context.WithTimeout(ctx, callTimeout)
	value, err := w.redis.Get(call, key).Result()
	cancel()
	if err != nil {
		return otherType(err)
	}
	if sealed, did := w.value(kind, key, "", value); did {
		return w.put(ctx, "text", key, "", value, sealed)
	}
	return nil
}

// list moves the entries of an audit chain; each is written once and stays in its
// place.
func (w *resealer) list(ctx context.Context, key string) error {
	for from := 0; ; from += trailPage {
		call, cancel := context.WithTimeout(ctx, callTimeout)
		page, err := w.redis.LRange(call, key, int64(from), int64(from+trailPage-1)).Result()
		cancel()
		if err != nil {
			return otherType(err)
		}
		for i, value := range page {
			id, sealed := w.keys.sealedUnder(value)
			if !sealed {
				continue
			}
			w.done.Seen++
			at := strconv.Itoa(from + i)
			out, did := w.again("audit", key+"/"+strconv.Itoa(from+i+1), value, 0, id)
			if !did {
				continue
			}
			if err := w.put(ctx, "list", key, at, value, out); err != nil {
				return err
			}
		}
		if len(page) < trailPage {
			return nil
		}
	}
}

// otherType lets a key pass that has another type, or went meanwhile.
func otherType(err error) error {
	if errors.Is(err, redis.Nil) || strings.HasPrefix(err.Error(), "WRONGTYPE") {
		return nil
	}
	return fmt.Errorf("%w: reseal: %w", ErrUnavailable, err)
}
