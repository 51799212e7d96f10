package portal_test

import (
	"strings"
	"testing"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/store/storetest"
)

// also puts a further address on somebody's account.
func (h *house) also(account, a addr.Address, password string) {
	h.t.Helper()
	by, err := h.store.CheckPassword(h.t.Context(), account, password, h.clock)
	must(h.t, err)
	must(h.t, h.store.AddAddress(h.t.Context(), by, storetest.SignIn(h.t, h.store, a, "elsewhere", h.clock), store.Proof{}, h.clock))
}

// Issue 5, item 3: typed with a further address of an account, a forgotten password is
// that of the account; the mail goes to the account's own mailbox, and the page says
// so to everybody.
func TestForgottenPasswordAtAFurtherAddress(t *testing.T) {
	h := newHouse(t)
	h.account(carer, good)
	h.also(carer, other, good)
	b := h.browser().open("/").press("Continue", map[string]string{"address": other.String()}).open("/forgot").press("Send me the link", nil)
	b.reads(200, "/forgot/sent", other.String(), "in the mailbox of the account's own address").silent(carer.String())
	d := h.reset(carer)
	if d.First || !strings.Contains(d.Link, "/reset?t=") {
		t.Fatalf("got %+v", d)
	}
	b.open(d.Link).press("Continue", map[string]string{"answer": "tom"}).press("Set this password", map[string]string{"password": "a whole new start", "again": "a whole new start"})
	b.reads(200, "/activated")
	h.mails()
	h.signInAt(other, "a whole new start").reads(200, "/")
}
