package store

import (
	"context"
	"crypto/hmac"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
)

// Fields of e:{id}. Per recipient they end in ":" and the recipient's HMAC
// name, which differs from envelope to envelope.
const (
	fRecord    = "r"  // sealed Record
	fKey       = "k"  // sealed envelope.Key; absent once destroyed
	fExpires   = "x"  // ms; must equal the sealed record's
	fDestroyed = "d"  // ms
	fHead      = "h"  // newest MAC of the audit chain
	fCount     = "hn" // entries in the chain
	fState     = "m"  // HMAC over all the other fields

	fAddress  = "p" // sealed address
	fStatus   = "s"
	fBy       = "y"
	fPrepared = "t" // ms, as the next ones
	fQueued   = "q"
	fOpened   = "o"
	fOpens    = "n"
	fRecalled = "c"
	fReason   = "w" // sealed
)

func slotKey(id envelope.ID) string   { return "e:{" + id.String() + "}" }
func trailKey(id envelope.ID) string  { return "a:{" + id.String() + "}" }
func noticeKey(id envelope.ID) string { return ownerKey(id.String()) }

// slot is one envelope as read from Redis and checked, and what is about to be
// written of it.
type slot struct {
	id     envelope.ID
	keys   *Keyring
	fields map[string]string // as they shall be
	before map[string]string // as they were read; empty for a new envelope
	record Record
	names  map[string]int // HMAC name -> index in record.Recipients
}

func (v *slot) exists() bool { return len(v.before) > 0 }

func (v *slot) name(a addr.Address) string {
	return v.keys.name("recipient", v.id.String(), a.Key())
}

// load reads an envelope. One that does not exist is an empty slot and no
// error; one that was tampered with is ErrSyntax.
func (s *Store) load(ctx context.Context, id envelope.ID) (*slot, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	fields, err := s.redis.HGetAll(ctx, slotKey(id)).Result()
	if err != nil {
		return nil, unavailable("reading an envelope", err)
	}
	return s.opened(id, fields)
}

// opened is load for fields that were read already.
func (s *Store) opened(id envelope.ID, fields map[string]string) (*slot, error) {
	v := &slot{id: id, keys: s.keys, before: fields, fields: maps.Clone(fields), names: map[string]int{}}
	if !v.exists() {
		v.fields = map[string]string{}
		return v, nil
	}
	return v, v.check()
}

// check proves the fields whole and decodes them.
func (v *slot) check() error {
	if !hmac.Equal([]byte(v.state()), []byte(v.fields[fState])) {
		return fmt.Errorf("%w: state of envelope %s", ErrSyntax, v.id)
	}
	place := slotKey(v.id)
	if err := v.keys.unsealJSON("record", place+"/"+fRecord, []byte(v.fields[fRecord]), &v.record); err != nil {
		return err
	}
	if v.record.ID != v.id || millis(v.record.ExpiresAt) != v.fields[fExpires] {
		return fmt.Errorf("%w: envelope %s", ErrSyntax, v.id)
	}
	v.record.Destroyed = fromMillis(v.fields[fDestroyed])
	return v.recipients()
}

func (v *slot) recipients() error {
	v.record.Recipients = nil
	for field := range v.fields {
		name, ok := strings.CutPrefix(field, fStatus+":")
		if !ok {
			continue
		}
		r, err := v.recipient(name)
		if err != nil {
			return err
		}
		v.record.Recipients = append(v.record.Recipients, r)
	}
	sort.Slice(v.record.Recipients, func(i, j int) bool {
		return v.record.Recipients[i].Address.Key() < v.record.Recipients[j].Address.Key()
	})
	for i, r := range v.record.Recipients {
		v.names[v.name(r.Address)] = i
	}
	return nil
}

func (v *slot) recipient(name string) (RecipientState, error) {
	get := func(kind string) string { return v.fields[kind+":"+name] }
	text, err := v.keys.unseal("recipient", v.place(fAddress, name), []byte(get(fAddress)))
	if err != nil {
		return RecipientState{}, err
	}
	a, err := addr.Parse(string(text))
	if err != nil || v.name(a) != name {
		return RecipientState{}, fmt.Errorf("%w: a recipient of envelope %s", ErrSyntax, v.id)
	}
	r := RecipientState{
		Address: a, Status: RecipientStatus(get(fStatus)), PreparedAt: fromMillis(get(fPrepared)), By: get(fBy), QueuedAt: fromMillis(get(fQueued)),
		OpenedAt: fromMillis(get(fOpened)), RecalledAt: fromMillis(get(fRecalled)),
	}
	r.Opens, _ = strconv.Atoi(get(fOpens))
	if sealed := get(fReason); sealed != "" {
		reason, err := v.keys.unseal("reason", v.place(fReason, name), []byte(sealed))
		if err != nil {
			return RecipientState{}, err
		}
		r.Reason = string(reason)
	}
	r.Delivery, err = v.delivery(name)
	return r, err
}

func (v *slot) place(kind, name string) string { return slotKey(v.id) + "/" + kind + ":" + name }

// set writes one field of a recipient.
func (v *slot) set(kind, name, value string) { v.fields[kind+":"+name] = value }

// find gives the recipient's state and HMAC name.
func (v *slot) find(a addr.Address) (RecipientState, string, bool) {
	name := v.name(a)
	i, ok := v.names[name]
	if !ok {
		return RecipientState{}, name, false
	}
	return v.record.Recipients[i], name, true
}

// setRecord seals the record again.
func (v *slot) setRecord(r Record) error {
	sealed, err := v.keys.sealJSON("record", slotKey(v.id)+"/"+fRecord, r)
	if err != nil {
		return err
	}
	if len(sealed) > maxRecord {
		return ErrTooLong
	}
	v.record = r
	v.fields[fRecord], v.fields[fExpires] = string(sealed), millis(r.ExpiresAt)
	return nil
}

// key gives the envelope's key; false when it was destroyed.
func (v *slot) key() (envelope.Key, bool, error) {
	sealed, ok := v.fields[fKey]
	if !ok {
		return envelope.Key{}, false, nil
	}
	k, err := v.keys.openKey(v.id, sealed)
	return k, err == nil, err
}

func (k *Keyring) openKey(id envelope.ID, sealed string) (envelope.Key, error) {
	plain, err := k.unseal("key", slotKey(id)+"/"+fKey, []byte(sealed))
	if err != nil {
		return envelope.Key{}, err
	}
	return envelope.KeyFromBytes(plain)
}

// destroy takes the key out of the slot.
func (v *slot) destroy(now time.Time) {
	delete(v.fields, fKey)
	v.fields[fDestroyed] = millis(now)
}

// state is an HMAC over all fields but itself, so that nobody who can write to
// Redis re-opens a recalled entry or moves an expiry by hand.
func (v *slot) state() string {
	parts := []string{v.id.String()}
	for _, f := range slices.Sorted(maps.Keys(v.fields)) {
		if f != fState {
			parts = append(parts, f, v.fields[f])
		}
	}
	return hex.EncodeToString(mac(v.keys.state, parts...))
}

// append adds an entry to the chain: it moves head and count in the fields and
// gives the sealed entry for the list.
func (v *slot) append(e audit.Entry) (string, error) {
	return v.keys.link(v.fields, trailKey(v.id), e)
}

// link computes the entry that follows the head in fields, for any chain that
// keeps fHead and fCount in a hash and its sealed entries in the list at place.
func (k *Keyring) link(fields map[string]string, place string, e audit.Entry) (string, error) {
	head, count, err := chainEnd(fields)
	if err != nil {
		return "", err
	}
	e.Seq = count + 1
	copy(e.Nonce[:], random(len(e.Nonce)))
	e, encoded := audit.Next(k.chain, head, e)
	fields[fHead], fields[fCount] = e.MAC.String(), strconv.FormatUint(e.Seq, 10)
	return string(k.seal("audit", place+"/"+fields[fCount], encoded)), nil
}

func chainEnd(fields map[string]string) (audit.MAC, uint64, error) {
	if fields[fHead] == "" {
		return audit.MAC{}, 0, nil
	}
	head, err := audit.ParseMAC(fields[fHead])
	if err != nil {
		return head, 0, fmt.Errorf("%w: head of an audit chain", ErrSyntax)
	}
	n, err := strconv.ParseUint(fields[fCount], 10, 64)
	if err != nil {
		return head, 0, fmt.Errorf("%w: length of an audit chain", ErrSyntax)
	}
	return head, n, nil
}
