package portal_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/store"
)

// BOP-27, CYC-16, C6: whoever signs in at an address, outside or staff, finds what
// was sent to it, and reads it without the mail; nothing of anybody else's.
func TestInbox(t *testing.T) {
	h := newHouse(t)
	for i := range 22 {
		h.shape = func(r *store.Record) { r.Subject = fmt.Sprintf("Plan %d.", i) }
		h.send(plainMail, carer)
		h.clock = h.clock.Add(time.Minute)
	}
	h.shape = func(r *store.Record) { r.Subject = "Not for Carla" }
	theirs := h.send(plainMail, other)
	h.shape = nil
	b := h.signedIn(carer, "/").reads(200, "/", "Your newest messages", "Plan 21.", "Plan 17.").silent("Plan 16.", "Not for Carla")
	b.follow("All your messages").reads(200, "/messages", "Plan 21.", "Plan 2.", "Jane Doe (jane.doe@example.gov.uk)", "Not opened yet. You can read it until").silent("Plan 1.", "Not for Carla")
	if i, j := strings.Index(b.body, "Plan 21."), strings.Index(b.body, "Plan 20."); i < 0 || i > j {
		t.Error("not the newest first")
	}
	if !strings.Contains(b.body, `<a href="/messages" aria-current="page">`) {
		t.Error("the head does not say where one is")
	}
	b.follow("Older messages").reads(200, "/messages", "Plan 1.", "Plan 0.").silent("Plan 2.", "Older messages")
	b.follow("Plan 0.").reads(200, "", "the plan")
	b.open("/messages").follow("Older messages").reads(200, "/messages", "Opened. You can read it until")
	b.open("/messages?from=nonsense").reads(200, "/messages", "Plan 21.")
	b.open(theirs.page).reads(404, "", "")
	h.browser().open(theirs.page).reads(404, "", "")

	// Staff are recipients too.
	h.shape = func(r *store.Record) { r.Sender = carer }
	own := h.send(plainMail, officer)
	h.signedIn(officer, "/messages").reads(200, "/messages", "Care plan").follow("Care plan").reads(200, own.page, "the plan")
}

// A closed message says so in the list, and what its profile shows only to another
// way to sign in is not told.
func TestInboxOfClosedMessages(t *testing.T) {
	h := newHouse(t)
	h.shape = func(r *store.Record) { r.Subject = "Taken back plan" }
	back := h.send(plainMail, carer)
	_, err := h.store.Recall(t.Context(), back.id, audit.Sender(officer), []addr.Address{carer}, "the wrong Carla", h.clock)
	must(t, err)
	h.shape = func(r *store.Record) { r.Subject, r.ExpiresAt = "Old plan", h.clock.Add(time.Hour) }
	h.send(plainMail, carer)
	h.shape = func(r *store.Record) { r.Subject, r.SignIn = "Secret plan", []string{"password"} }
	h.send(plainMail, carer)
	h.shape = func(r *store.Record) { r.Subject, r.ReadyAt = "Later plan", h.clock.Add(3*time.Hour) }
	h.send(plainMail, carer)
	h.clock = h.clock.Add(time.Hour)
	b := h.signedIn(carer, "/messages").reads(200, "/messages", "Taken back by its sender", "Closed: today, 11:30 BST", "You can read it from 13:30 BST",
		"A message that asks for another way to sign in").silent("Secret plan")
	b.follow("Old plan").reads(410, "", "")
	b.open("/messages").follow("Taken back plan").reads(410, "", "the wrong Carla")
	h.browser().open("/messages").press("Continue", map[string]string{"address": other.String()}).byCode(other).reads(200, "/messages", "There are no messages")
}
