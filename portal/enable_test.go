package portal_test

import (
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/portal"
)

var terms = portal.Terms{Version: "2026-04", Text: map[string][]string{"en": {"Use it for work.", "Keep your password to yourself."}, "cy": {"At y gwaith."}}}

// switches is a house in which staff switch secure mail on for themselves.
func switches(c *portal.Config) {
	c.Rooms.Switches, c.Rooms.Terms = func() bool { return true }, terms
}

// CYC-4, CYC-5: the address, the mail, the sign-in, the terms; what was agreed to
// is kept with version and time, and a new version asks again.
func TestEnable(t *testing.T) {
	var c *portal.Config
	h := newHouse(t, switches, func(is *portal.Config) { c = is })
	b := h.browser().open("/enable").press("Send me the instructions", map[string]string{"address": officer.String()})
	b.reads(200, "/enable/sent", officer.String())
	var d notice.EnableData
	h.mail(officer, notice.Enable, &d)
	if d.Known || d.On || !strings.HasSuffix(d.Page, "/enable/terms") {
		t.Fatalf("the mail holds %+v", d)
	}
	b = h.browser().open(d.Page).press("Continue", map[string]string{"address": officer.String()}).byCode(officer)
	b.reads(200, "/enable/terms", "Version 2026-04", "Keep your password to yourself.")
	if on, err := h.store.SwitchedOn(t.Context(), officer, terms.Version); on || err != nil {
		t.Fatalf("on before she agreed: %v %v", on, err)
	}
	b.press("Switch on secure mail", map[string]string{"agree": ""}).reads(422, "/enable/terms", "Tick the box")
	b.press("Switch on secure mail", map[string]string{"agree": "yes", "version": "2025-01"}).reads(422, "/enable/terms", "have just changed")
	b.press("Switch on secure mail", map[string]string{"agree": "yes"}).reads(200, "/enable/terms", "Secure mail is switched on", "Since today", "[SECURE]")
	got, have, err := h.store.AgreedTo(t.Context(), officer)
	if err != nil || !have || got.Version != terms.Version || !got.At.Equal(h.clock) {
		t.Fatalf("kept: %+v %v %v", got, have, err)
	}
	h.browser().open("/enable").press("Send me the instructions", map[string]string{"address": officer.String()})
	if h.mail(officer, notice.Enable, &d); !d.On {
		t.Error("the second mail does not say that it is on")
	}

	newer := newHouse(t, switches, func(is *portal.Config) { is.Store, is.Rooms.Terms.Version = c.Store, "2026-10" })
	newer.store, newer.clock = h.store, h.clock.Add(time.Minute)
	b = newer.browser().open("/enable/terms").press("Continue", map[string]string{"address": officer.String()}).byCode(officer)
	b.reads(200, "/enable/terms", "The terms have changed", "Version 2026-10")
}

// Nobody learns from the page or its headers whether an address has an account, has
// switched it on, or was mailed too often; and nobody floods a mailbox.
func TestEnableTellsNothing(t *testing.T) {
	h := newHouse(t, switches)
	known := addr.MustParse("known@example.gov.uk")
	h.account(known, "correct horse battery")
	answer := func(a addr.Address) string {
		b := h.browser().open("/enable").press("Send me the instructions", map[string]string{"address": a.String()})
		return strings.ReplaceAll(formSecret.ReplaceAllString(b.body, ""), a.String(), "X") + b.at.Path
	}
	first := answer(officer)
	if got := answer(known); got != first {
		t.Errorf("with an account the answer is another:\n%s\n---\n%s", got, first)
	}
	if got := len(h.mails()); got != 2 {
		t.Errorf("got %d mails, want 2", got)
	}
	for range 10 {
		if answer(officer) != first {
			t.Fatal("asked too often, the answer is another")
		}
	}
	if got := len(h.mails()); got != 4 {
		t.Errorf("the mailbox got %d more mails, want 4 of an hour's 5", got)
	}
	// Somebody else's address is no work address, and gets no mail.
	h.browser().open("/enable").press("Send me the instructions", map[string]string{"address": carer.String()}).reads(422, "/enable", "work address")
	if got := len(h.mails()); got != 0 {
		t.Errorf("an outsider got %d mails", got)
	}
}

// Outsiders agree to nothing, and where nobody switches anything on there is no page.
func TestEnableIsForStaff(t *testing.T) {
	h := newHouse(t, switches)
	b := h.browser().open("/enable/terms").press("Continue", map[string]string{"address": carer.String()}).byCode(carer)
	b.reads(200, "/enable/terms", "Only addresses of")
	plain := newHouse(t)
	plain.browser().open("/enable").reads(404, "/enable")
	off := newHouse(t, switches, func(c *portal.Config) { c.Rooms.Switches = func() bool { return false } })
	off.browser().open("/enable/terms").reads(404, "/enable/terms")
}
