package portal

import (
	"errors"

	"github.com/postseal/postseal/store"
)

// offers are the quicker ways to sign in that somebody might like next time; a
// choice, never a gate (C21).
type offers struct{ Password, Passkey bool }

// offer tells what to offer: to who came by a code and has neither. nil: nothing.
func (v *visit) offer(p store.Proof) *offers {
	if p.Method() != store.ByCode {
		return nil
	}
	w, err := v.s.Store.Ways(v.ctx(), p.Address())
	if err != nil || len(w.Passkeys) > 0 {
		return nil
	}
	_, err = v.s.Store.Account(v.ctx(), p.Address())
	o := offers{Password: errors.Is(err, store.ErrNoAccount), Passkey: v.s.passkeys != nil}
	if o == (offers{}) {
		return nil
	}
	return &o
}
