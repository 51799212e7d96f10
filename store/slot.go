package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
)

// fHead and fCount are fields of hashes that have an audit chain: u:{h}, and
// envelopes of the older form.
const (
	fHead  = "h"  // newest MAC of the audit chain
	fCount = "hn" // entries in the chain
)

func slotKey(id envelope.ID) string   { return "e:{" + id.String() + "}" }
func trailKey(id envelope.ID) string  { return "a:{" + id.String() + "}" }
func noticeKey(id envelope.ID) string { return ownerKey(id.String()) }

// slot is one envelope as read from Redis and checked, and what is about to be
// written of it.
type slot struct {
	id     envelope.ID
	keys   *Keyring
	stored string            // as it was read; empty for a new envelope and for the older form
	older  map[string]string // the older form as it was read

	record Record // with Recipients, sorted by address
	key    envelope.Key
	kept   bool // the key was not destroyed
	head   audit.MAC
	count  uint64
	early  []audit.Entry // the first entries of the chain
	later  []deferred
}

func (v *slot) exists() bool { return v.stored != "" || len(v.older) > 0 }

func (v *slot) name(a addr.Address) string {
	return v.keys.name("recipient", v.id.String(), a.Key())
}

// load reads an envelope. One that does not exist is an empty slot and no
// error; one that was tampered with is ErrSyntax.
func (s *Store) load(ctx context.Context, id envelope.ID) (*slot, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	stored, err := s.redis.Get(ctx, slotKey(id)).Result()
	return s.opened(ctx, id, stored, err)
}

// opened is load for what GET answered already.
func (s *Store) opened(ctx context.Context, id envelope.ID, stored string, err error) (*slot, error) {
	v := &slot{id: id, keys: s.keys}
	switch {
	case errors.Is(err, redis.Nil):
		return v, nil
	case err != nil && strings.HasPrefix(err.Error(), "WRONGTYPE"):
		return s.openedOlder(ctx, v)
	case err != nil:
		return nil, unavailable("reading an envelope", err)
	}
	v.stored = stored
	plain, err := v.keys.unseal("envelope", slotKey(id), []byte(stored))
	if err != nil {
		return v, err
	}
	return v, v.unpack(plain)
}

// version is what tells one writing of a slot from every other: the beginning of
// its seal, with the random nonce. Of the older form it is the head of the chain.
func (v *slot) version() string {
	if len(v.older) > 0 {
		return v.older[fHead]
	}
	return sealVersionOf(v.stored)
}

// place gives where a recipient stands, or would stand, in the record.
func (v *slot) place(a addr.Address) (i int, ok bool) {
	return slices.BinarySearchFunc(v.record.Recipients, a, func(r RecipientState, a addr.Address) int { return cmp.Compare(r.Address.Key(), a.Key()) })
}

// find gives a recipient's entry, to be read or changed.
func (v *slot) find(a addr.Address) (*RecipientState, bool) {
	i, ok := v.place(a)
	if !ok {
		return nil, false
	}
	return &v.record.Recipients[i], true
}

// add gives a new recipient's entry.
func (v *slot) add(a addr.Address) *RecipientState {
	i, _ := v.place(a)
	v.record.Recipients = slices.Insert(v.record.Recipients, i, RecipientState{Address: a})
	return &v.record.Recipients[i]
}

// setRecord replaces the record but for what is kept beside it.
func (v *slot) setRecord(r Record) {
	r.Recipients, r.Destroyed = v.record.Recipients, v.record.Destroyed
	v.record = r
}

// destroy takes the key out of the slot.
func (v *slot) destroy(now time.Time) {
	v.key, v.kept = envelope.Key{}, false
	v.record.Destroyed = whole(now)
}

// maxEarly bounds, in octets, the entries that are kept in the record itself, which
// is written as a whole with each change: the sealing and a few openings. Each of
// them would take about five times that in a list of its own.
const maxEarly = 256

// append adds an entry to the chain. It gives the sealed entry for the list, or
// nothing when it is kept in the record.
func (v *slot) append(e audit.Entry) string {
	e, encoded := v.keys.next(v.head, v.count, e)
	v.head, v.count = e.MAC, e.Seq
	if uint64(len(v.early))+1 == e.Seq && v.fitsEarly(&e) {
		v.early = append(v.early, e)
		return ""
	}
	at := e.Seq - uint64(len(v.early)) // in the list, counted from 1
	return string(v.keys.seal("audit", trailKey(v.id)+"/"+strconv.FormatUint(at, 10), encoded))
}

func (v *slot) fitsEarly(e *audit.Entry) bool {
	p := packer{base: v.record.SealedAt.UnixMilli()}
	p.address(rAddress, v.record.Sender)
	for i := range v.record.Recipients[:min(len(v.record.Recipients), maxKnown)] {
		p.people = append(p.people, v.record.Recipients[i].Address)
	}
	p.b = p.b[:0]
	for i := range v.early {
		packEntry(&p, &v.early[i])
	}
	packEntry(&p, e)
	return len(p.b) <= maxEarly
}

// next makes the entry that follows a head.
func (k *Keyring) next(head audit.MAC, count uint64, e audit.Entry) (audit.Entry, []byte) {
	e.Seq = count + 1
	copy(e.Nonce[:], random(len(e.Nonce)))
	return audit.Next(k.chain, head, e)
}

// link computes the entry that follows the head in fields, for a chain that
// keeps fHead and fCount in a hash and its sealed entries in the list at place.
func (k *Keyring) link(fields map[string]string, place string, e audit.Entry) (string, error) {
	head, count, err := chainEnd(fields)
	if err != nil {
		return "", err
	}
	e, encoded := k.next(head, count, e)
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
