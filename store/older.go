package store

import (
	"context"
	"crypto/hmac"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
)

// The form in which envelopes rested before pack.go: e:{id} is a hash. It is read
// and never written; the next change of the envelope replaces it.

// Fields of it. Per recipient they end in ":" and the recipient's HMAC name, which
// differs from envelope to envelope.
const (
	fRecord    = "r" // sealed Record
	fKey       = "k" // sealed envelope.Key; absent once destroyed
	fExpires   = "x" // ms; must equal the sealed record's
	fDestroyed = "d" // ms
	fState     = "m" // HMAC over all the other fields

	fAddress  = "p" // sealed address
	fStatus   = "s"
	fBy       = "y"
	fPrepared = "t" // ms, as the next ones
	fQueued   = "q"
	fOpened   = "o"
	fOpens    = "n"
	fRecalled = "c"
	fReason   = "w" // sealed
	fDelivery = "v" // sealed
)

// openedOlder reads an envelope of this form; none when it went meanwhile.
func (s *Store) openedOlder(ctx context.Context, v *slot) (*slot, error) {
	fields, err := s.redis.HGetAll(ctx, slotKey(v.id)).Result()
	if err != nil {
		return nil, unavailable("reading an envelope", err)
	}
	if len(fields) == 0 {
		return v, nil
	}
	v.older = fields
	return v, v.checkOlder()
}

// checkOlder proves the fields whole and decodes them.
func (v *slot) checkOlder() error {
	f := v.older
	if !hmac.Equal([]byte(v.olderState()), []byte(f[fState])) {
		return fmt.Errorf("%w: state of envelope %s", ErrSyntax, v.id)
	}
	place := slotKey(v.id)
	if err := v.keys.unsealJSON("record", place+"/"+fRecord, []byte(f[fRecord]), &v.record); err != nil {
		return err
	}
	if v.record.ID != v.id || millis(v.record.ExpiresAt) != f[fExpires] {
		return fmt.Errorf("%w: envelope %s", ErrSyntax, v.id)
	}
	v.record.Destroyed = fromMillis(f[fDestroyed])
	var err error
	if v.head, v.count, err = chainEnd(f); err != nil {
		return err
	}
	if sealed, ok := f[fKey]; ok {
		plain, err := v.keys.unseal("key", place+"/"+fKey, []byte(sealed))
		if err != nil {
			return err
		}
		if v.key, err = envelope.KeyFromBytes(plain); err != nil {
			return fmt.Errorf("%w: key of envelope %s", ErrSyntax, v.id)
		}
		v.kept = true
	}
	return v.olderRecipients()
}

func (v *slot) olderRecipients() error {
	for field := range v.older {
		name, ok := strings.CutPrefix(field, fStatus+":")
		if !ok {
			continue
		}
		r, err := v.olderRecipient(name)
		if err != nil {
			return err
		}
		v.record.Recipients = append(v.record.Recipients, r)
	}
	sort.Slice(v.record.Recipients, func(i, j int) bool {
		return v.record.Recipients[i].Address.Key() < v.record.Recipients[j].Address.Key()
	})
	return nil
}

func (v *slot) olderRecipient(name string) (RecipientState, error) {
	get := func(kind string) string { return v.older[kind+":"+name] }
	place := func(kind string) string { return slotKey(v.id) + "/" + kind + ":" + name }
	text, err := v.keys.unseal("recipient", place(fAddress), []byte(get(fAddress)))
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
		reason, err := v.keys.unseal("reason", place(fReason), []byte(sealed))
		if err != nil {
			return RecipientState{}, err
		}
		r.Reason = string(reason)
	}
	if sealed := get(fDelivery); sealed != "" {
		raw, err := v.keys.unseal("delivery", place(fDelivery), []byte(sealed))
		if err == nil {
			err = json.Unmarshal(raw, &r.Delivery)
		}
		if err != nil {
			return RecipientState{}, fmt.Errorf("%w: a delivery of envelope %s", ErrSyntax, v.id)
		}
	}
	return r, nil
}

// olderState is an HMAC over all fields but itself, so that nobody who can write to
// Redis re-opens a recalled entry or moves an expiry by hand.
func (v *slot) olderState() string {
	parts := []string{v.id.String()}
	for _, f := range slices.Sorted(maps.Keys(v.older)) {
		if f != fState {
			parts = append(parts, f, v.older[f])
		}
	}
	return hex.EncodeToString(mac(v.keys.state, parts...))
}
