package store

import (
	"strconv"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
)

// How many mails with codes and links go to one address, and at whose asking. Anybody
// can ask, so what anybody can use up must not be all that there is: a browser that
// signed in to the address before has an allowance of its own, and so has whoever
// holds a message that went there, which a stranger does not.

// What may be used of the mails that were asked for by people who hold a message to
// the address: HeldMails an hour for each message, HeldMailsAll for all messages
// together. So at most CodeMailsHour (anybody) + CodeMailsHour (browsers that signed in
// before) + HeldMailsAll code mails reach a mailbox in an hour, and as many with
// links; whoever has neither browser nor message of hers causes 10 and 10.
const (
	HeldMails    = 10
	HeldMailsAll = 20
	// HeldWrongAll bounds the wrong codes a day of all who hold messages to an address;
	// each message has WrongCodesDay.
	HeldWrongAll = 4 * WrongCodesDay
)

// Held is a message that whoever asks has shown to hold, by its secret. The zero
// value is none.
type Held struct {
	id envelope.ID
	to bool // it went to the address for which is asked
}

// HeldFor is the message as something that somebody holds who asks for a code or
// link to a. The caller has proved the secret (Envelope).
func (r *Record) HeldFor(a addr.Address) Held {
	_, to := r.Recipient(a)
	return Held{r.ID, to}
}

// Message names the message that is held; false for none.
func (h Held) Message() (envelope.ID, bool) { return h.id, h != Held{} }

// ForRecipient tells whether the message went to the address for which is asked.
func (h Held) ForRecipient() bool { return h.to }

// Fields of c:{h} for what was asked for: P times of mails, Pk of those that known
// browsers asked for, Ph of those by people who hold a message to the address, with
// the message's name, and Px the same by people who hold a message that went to
// somebody else. Those are counted alike, so that nobody finds out by counting who
// else has a message (a blind copy), but nothing is sent beyond P. P is m for
// codes, lm for links; wh and wx are wrong codes in the same way.

// luaAllow finds room for one mail: first that of known browsers, then everybody's,
// then that of the message held. shut: everybody's is closed. It gives 0 and whether
// the mail is withheld, or when the next may go.
const luaAllow = `
local function known(b, browser, now, trust)
  local seen = redis.call('ZSCORE', b, browser)
  return seen and now - tonumber(seen) < trust
end
local function mails(c, field, now, max, hour)
  local kept = {}
  for t in string.gmatch(redis.call('HGET', c, field) or '', '%d+') do
    if now - tonumber(t) < hour then kept[#kept+1] = t end
  end
  if #kept >= max then return tonumber(kept[1]) + hour end
  kept[#kept+1] = string.format('%.0f', now)
  redis.call('HSET', c, field, table.concat(kept, ','))
  return 0
end
local function held(c, field, now, name, each, all, span, add)
  local kept, n, first, own = {}, 0, 0, 0
  for t, of in string.gmatch(redis.call('HGET', c, field) or '', '(%d+):(%x+)') do
    local at = tonumber(t)
    if now - at < span then
      kept[#kept+1] = t .. ':' .. of
      if first == 0 then first = at end
      if of == name then
        n = n + 1
        if own == 0 then own = at end
      end
    end
  end
  if n >= each then return own + span end
  if #kept >= all then return first + span end
  if add then
    kept[#kept+1] = string.format('%.0f', now) .. ':' .. name
    redis.call('HSET', c, field, table.concat(kept, ','))
  end
  return 0
end
local function allow(c, b, p, shut)
  local now, max, hour, name, sort = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[6], ARGV[7]
  local next = 0
  local function free(t)
    if t > 0 and (next == 0 or t < next) then next = t end
    return t == 0
  end
  if known(b, ARGV[1], now, tonumber(ARGV[5])) and free(mails(c, p .. 'k', now, max, hour)) then return 0, false end
  if not shut and free(mails(c, p, now, max, hour)) then return 0, false end
  if name ~= '' and free(held(c, p .. sort, now, name, tonumber(ARGV[8]), tonumber(ARGV[9]), hour, true)) then return 0, sort == 'x' end
  return next, false
end
`

// allowArgs are the first arguments of a script with luaAllow: browser, now, mails an
// hour, hour, trust, message, its sort, mails for a message, for all messages. They
// are 9.
func (s *Store) allowArgs(a addr.Address, b Browser, now time.Time, mailsHour int, held []Held) []any {
	name, sort := "", ""
	if len(held) > 0 && held[0] != (Held{}) {
		name, sort = s.keys.name("held", a.Key(), held[0].id.String())[:heldName], "x"
		if held[0].to {
			sort = "h"
		}
	}
	return []any{s.browserOf(a, b), millis(now), strconv.Itoa(mailsHour), msec(time.Hour), msec(trustLife), name, sort,
		strconv.Itoa(HeldMails), strconv.Itoa(HeldMailsAll)}
}

// heldName is how long a message's name is in a list of mails, in hexadecimal digits:
// the lists have some tens of entries.
const heldName = 16
