package portal

import (
	"bytes"
	"errors"
	"slices"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
)

// maxHeldRead bounds the messages of one browser that are read to find one that went
// to the address for which a code or link is asked; people come for one message.
const maxHeldRead = 5

// held gives the message that shows whoever asks for a code or link to be no
// stranger: the one that she came for, or else one of those that this browser
// brought. Strangers cannot use up what is sent for it (store.NewCode).
//
// Whoever has none counts for where she is: one source cannot have mails sent to any
// number of addresses (ASVS 2.4.1), and of a whole hospital behind one address those
// who come by their message are not held up by it.
func (v *visit) held(a addr.Address) (store.Held, error) {
	h, err := v.heldFor(a)
	if err == nil && !h.ForRecipient() {
		if err = v.spend(quotaMails); errors.Is(err, errSource) {
			err = errSourceMails
		}
	}
	return h, err
}

func (v *visit) heldFor(a addr.Address) (store.Held, error) {
	if v.shown != nil {
		return v.shown.HeldFor(a), nil
	}
	f, err := v.brought()
	if err != nil {
		return store.Held{}, err
	}
	var best store.Held
	for _, id := range v.heldIDs(f) {
		rec, err := v.s.Store.Envelope(v.ctx(), id, f.Secrets[id])
		if errors.Is(err, store.ErrNotFound) { // gone meanwhile
			continue
		}
		if err != nil {
			return store.Held{}, err
		}
		if h := rec.HeldFor(a); h.ForRecipient() || best == (store.Held{}) {
			best = h
		}
	}
	return best, nil
}

// heldIDs are the messages to look at.
func (v *visit) heldIDs(f store.Flow) []envelope.ID {
	if id, _, ok := v.deepLink(); ok {
		return []envelope.ID{id}
	}
	ids := make([]envelope.ID, 0, len(f.Secrets))
	for id := range f.Secrets {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b envelope.ID) int { return bytes.Compare(a[:], b[:]) })
	return ids[:min(len(ids), maxHeldRead)]
}
