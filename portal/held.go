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
// It counts for where she comes from (counted): one source cannot have mails sent to
// any number of addresses (ASVS 2.4.1).
func (v *visit) held(a addr.Address) (store.Held, error) {
	h, err := v.heldFor(a)
	if err != nil {
		return h, err
	}
	ok, err := v.s.Store.Take(v.ctx(), quotaMails, v.now, v.counted(h)...)
	if err == nil && !ok {
		err = errSourceMails
	}
	return h, err
}

// counted names whom an attempt at somebody's mailbox or account counts for: the
// message that whoever makes it holds, so that of a whole hospital behind one address
// those who come by their message are held up by nobody else; without one her source.
// Whether the message went to that address is not asked: else who uses up her source
// would find out by it who has a blind copy.
func (v *visit) counted(h store.Held) []string {
	if id, ok := h.Message(); ok {
		return []string{"message", id.String()}
	}
	return []string{source(v.r)}
}

// guess checks a password or code for an address. What is wrong counts for where it
// comes from, whatever the address, before it is compared, so that nobody tries one
// password at any number of accounts; what is right is not counted.
func (v *visit) guess(a addr.Address, check func() (store.Proof, error)) (store.Proof, error) {
	h, err := v.heldFor(a)
	if err != nil {
		return store.Proof{}, err
	}
	subject := v.counted(h)
	ok, err := v.s.Store.Take(v.ctx(), quotaGuess, v.now, subject...)
	if err == nil && !ok {
		err = errSource
	}
	if err != nil {
		return store.Proof{}, err
	}
	p, err := check()
	if err == nil {
		// Where that fails one more counts than was wrong; a code that was right is used
		// up by now, and must not be refused for it.
		_ = v.s.Store.Give(v.ctx(), quotaGuess, v.now, subject...)
	}
	return p, err
}

// guessPassword is guess for a password.
func (v *visit) guessPassword(a addr.Address, password string) (store.Proof, error) {
	return v.guess(a, func() (store.Proof, error) { return v.s.Store.CheckPassword(v.ctx(), a, password, v.now) })
}

// guessCode is guess for a code that was sent for this browser.
func (v *visit) guessCode(a addr.Address, b store.Browser, code string) (store.Proof, error) {
	return v.guess(a, func() (store.Proof, error) { return v.s.Store.CheckCode(v.ctx(), a, b, cleanCode(code), v.now) })
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
