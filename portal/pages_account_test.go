package portal_test

import (
	cdp "github.com/chromedp/chromedp"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/notice"
)

// lookAtOwn walks past the pages of somebody's own account.
func lookAtOwn(s *sight) {
	s.device()
	s.h.account(carer, good)
	s.goTo("/")
	s.typeAddress(carer)
	s.enter("#password", good)
	s.pressNow(`form[action="/signin/password"] button`)
	s.goTo("/account")
	s.look("page")
	s.pressNow(`form[data-passkey] button`)
	s.h.told(carer, notice.PasskeyAdded)
	s.look("with-passkey")
	s.enter(`input[name=called]`, " ")
	s.pressNow(`form[action="/account/rename"] button`)
	s.look("rename-problem")
	s.goTo("/account/name")
	s.look("name")
	s.enter("#first", " ")
	s.pressNow(`form[action="/account/name"] button`)
	s.look("name-problem")
	s.goTo("/account/question")
	s.look("question")
	s.goTo("/account/addresses")
	s.look("addresses")
	s.enter("#address", other.String())
	s.pressNow(`form[action="/account/addresses"] button`)
	s.look("address-code")
	s.enter("#code", s.h.code(other))
	s.pressNow(`main form[action="/account/addresses/code"] button`)
	s.h.told(carer, notice.AddressAdded)
	s.look("addresses-two")
	s.goTo("/account/sessions")
	s.look("sessions")
	s.goTo("/account/password")
	s.look("confirm")
	s.pressNow(`form[action="/account/confirm"]:last-of-type button`)
	s.look("confirm-code")
	s.enter("#code", s.h.code(carer))
	s.pressNow(`#code ~ button, form:has(#code) button`)
	s.look("password")
	s.enter("#password", "carla-carer-2026")
	s.enter("#again", "carla-carer-2026")
	s.pressNow(`form[action="/account/password"] button`)
	s.look("password-problem")
	_, err := s.h.store.OpenDesk(s.t.Context(), surgery, []addr.Address{carer, other}, "operator:pat", s.h.clock)
	must(s.t, err)
	s.goTo("/account/delete")
	s.look("delete")
	s.pressNow(`form[action="/account/delete"] button`)
	s.look("delete-problem")
	s.click("#agree")
	s.pressNow(`form[action="/account/delete"] button`)
	s.look("deleted")
	s.h.mails()
	lookAtTwoAccounts(s)
}

// pressNow is press after a look: the skip link, which the tabulator came back to,
// goes first, since its going moves the page under the pointer.
func (s *sight) pressNow(css string) {
	s.t.Helper()
	e2etest.Get(s.Tab, cdp.Evaluate[bool]("(document.activeElement.blur(), true)"))
	s.press(css)
}

// lookAtTwoAccounts: an address that has an account of its own, and one that is on another's.
func lookAtTwoAccounts(s *sight) {
	s.h.account(other, "the others password")
	s.h.account(carer, good)
	s.goTo("/signin?change=1")
	s.typeAddress(carer)
	s.enter("#password", good)
	s.pressNow(`form[action="/signin/password"] button`)
	s.goTo("/account/addresses")
	s.enter("#address", other.String())
	s.pressNow(`form[action="/account/addresses"] button`)
	s.enter("#code", s.h.code(other))
	s.pressNow(`main form[action="/account/addresses/code"] button`)
	s.look("address-has-account")
	s.enter("#code", s.h.code(other))
	s.enter("#password", "the others password")
	s.pressNow(`main form[action="/account/addresses/code"] button`)
	s.h.told(carer, notice.AddressAdded)
	s.newPerson()
	s.goTo("/signin?change=1")
	s.typeAddress(other)
	s.byCode(other)
	s.goTo("/account")
	s.look("on-another")
	s.goTo("/account/addresses")
	s.look("on-another-addresses")
}
