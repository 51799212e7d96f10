package portal_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/store/storetest"
)

// signedIn is a browser of somebody who has signed in by a code, at a page.
func (h *house) signedIn(a addr.Address, path string) *browser {
	h.t.Helper()
	return h.browser().open(path).press("Continue", map[string]string{"address": a.String()}).byCode(a)
}

func (h *house) reports(l letter, a addr.Address, state store.DeliveryState, host, text string) {
	h.t.Helper()
	_, _, err := h.store.Report(h.t.Context(), l.id, []store.DeliveryReport{{Recipient: a, Delivery: store.Delivery{State: state, Host: host, Text: text}}}, h.clock)
	must(h.t, err)
}

// from makes the next messages of a unit's address, each a mail of its own.
func (h *house) from(sender addr.Address, subject string) {
	h.shape = func(r *store.Record) {
		r.Sender, r.EnvelopeFrom, r.Subject, r.OriginalID = sender, sender, subject, fmt.Sprintf("<%d@example.gov.uk>", h.sent)
		r.To = nil
	}
}

// CYC-14, CYC-16: a unit's mailbox signs in by a code and sees what was sent from
// it, newest first, in pages, with the state of each; nothing of anybody else's.
func TestSentList(t *testing.T) {
	h := newHouse(t)
	unit := addr.MustParse("housing@example.gov.uk")
	for i := range 25 {
		h.from(unit, fmt.Sprintf("Rent %d", i))
		h.send(plainMail, carer)
		h.clock = h.clock.Add(time.Minute)
	}
	h.from(officer, "Secret of Jane")
	h.send(plainMail, other)
	h.from(unit, "To two people")
	two := h.send(plainMail, carer, other)
	b := h.signedIn(unit, "/sent").reads(200, "/sent", "sent from "+unit.String(), "To two people", "and 1 more", "Not opened yet", "Rent 24", "Rent 6").silent("Rent 5 ", "Secret of Jane")
	if i, j := strings.Index(b.body, "Rent 24"), strings.Index(b.body, "Rent 23"); i < 0 || i > j {
		t.Error("not the newest first")
	}
	b.follow("Older messages").reads(200, "/sent", "Rent 5", "Rent 0").silent("Rent 6 ", "Older messages", "To two people")
	b.follow("Back to the newest").reads(200, "/sent", "To two people")
	b.press("Search", map[string]string{"words": "rent 1"}).reads(200, "/sent", "Rent 19", "Rent 1 ").silent("Rent 2 ", "To two")
	if strings.Contains(b.at.String(), "rent") {
		t.Errorf("the words that were looked for stand in %s", b.at)
	}
	b.press("Search", map[string]string{"words": "OTHER@work"}).reads(200, "/sent", "To two people").silent("Rent")
	b.press("Search", map[string]string{"words": "nothing like it"}).reads(200, "/sent", "No message with these words")
	b.press("Search", map[string]string{"words": strings.Repeat("x", 201)}).reads(422, "/sent", "Search for fewer words")
	b.open("/sent?from=nonsense").reads(200, "/sent", "To two people")

	h.browser().open(two.link).as(carer).reads(200, two.page)
	h.reports(two, other, store.Failed, "mx.work.example", "550 5.1.1 no such user")
	b.open("/sent").reads(200, "/sent", "Opened by 1 of 2; Not delivered to 1")
	_, err := h.store.Recall(t.Context(), two.id, "sender:x", []addr.Address{other}, "", h.clock)
	must(t, err)
	b.open("/sent").reads(200, "/sent", "Opened; Taken back from 1")
	h.clock = h.clock.Add(91 * 24 * time.Hour)
	h.signedIn(unit, "/sent").reads(200, "/sent", "Never opened; Closed", "Opened; Taken back from 1; Closed")
}

// The head of the page leads staff to what they sent, and nobody else; an outsider
// who goes there finds nothing.
func TestSentIsForStaff(t *testing.T) {
	h := newHouse(t)
	h.send(plainMail, carer)
	if b := h.signedIn(officer, "/sent").reads(200, "/sent", "Care plan"); !strings.Contains(b.body, `href="/sent"`) {
		t.Error("the head leads not to Sent")
	}
	b := h.signedIn(carer, "/sent").reads(200, "/sent", "No secure message has been sent from this address").silent("Care plan")
	if strings.Contains(b.body, `<li><a href="/sent"`) || strings.Contains(b.body, `href="/servicedesk"`) {
		t.Error("an outsider's head leads to rooms of staff")
	}
}

// CYC-15: what is known of each person, and a failure in plain words with the other
// system's own below; without a report a message waits in the queue, and after six
// days nobody knows.
func TestStatesOfDelivery(t *testing.T) {
	for _, c := range []struct {
		name    string
		reports bool
		do      func(*house, letter)
		want    []string
	}{
		{"in our queue", true, func(*house, letter) {}, []string{"Waiting in our mail queue since today, 10:30 BST"}},
		{"no reports at all", false, func(*house, letter) {}, []string{"Handed over today, 10:30 BST, not opened yet"}},
		{"unknown", true, func(h *house, _ letter) { h.clock = h.clock.Add(6 * 24 * time.Hour) }, []string{"Nobody knows what became of it"}},
		{"just not unknown", true, func(h *house, _ letter) { h.clock = h.clock.Add(6*24*time.Hour - time.Second) }, []string{"Waiting in our mail queue"}},
		{"handed", true, func(h *house, l letter) { h.reports(l, carer, store.Handed, "mx.home.example", "") }, []string{"Handed to mx.home.example today, 10:30 BST"}},
		{"delayed", true, func(h *house, l letter) { h.reports(l, carer, store.Delayed, "", "") }, []string{"we go on trying"}},
		{"failed, known", true, func(h *house, l letter) { h.reports(l, carer, store.Failed, "mx", "552 5.2.2 quota <b>exceeded</b>") },
			[]string{"Not delivered today, 10:30 BST", "The mailbox is full.", "The other mail system said: 552 5.2.2 quota <b>exceeded</b>"}},
		{"failed, unknown", true, func(h *house, l letter) { h.reports(l, carer, store.Failed, "mx", "550 go away") }, []string{"Not delivered today, 10:30 BST. The other mail system said: 550 go away"}},
		{"failed and opened all the same", true, func(h *house, l letter) {
			h.reports(l, carer, store.Failed, "mx", "552 5.2.2 quota")
			h.browser().open(l.link).as(carer).reads(200, l.page)
		}, []string{"Opened today, 10:30 BST"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, func(p *portal.Config) { p.Reports = c.reports })
			l := h.send(plainMail, carer)
			c.do(h, l)
			h.signedIn(officer, "/sent/"+l.id.String()).reads(200, "", c.want...)
		})
	}
}

// Several transactions of one mail are one in the list and on the page, whichever
// is opened, and are taken back and kept open together; somebody else's message
// that bears the same Message-ID is none of them.
func TestTransactionsOfOneMail(t *testing.T) {
	h := newHouse(t)
	third := addr.MustParse("third@else.example")
	h.shape = func(r *store.Record) { r.OriginalID, r.To = "<split@example.gov.uk>", []string{"all@home.example"} }
	first := h.send(plainMail, carer)
	h.clock = h.clock.Add(time.Second)
	second := h.send(plainMail, other)
	h.shape = func(r *store.Record) {
		r.OriginalID, r.To = "<split@example.gov.uk>", []string{"all@home.example"}
		r.Sender = addr.MustParse("mallory@example.gov.uk")
	}
	foreign := h.send(plainMail, third)
	b := h.signedIn(officer, "/sent").reads(200, "/sent", "and 1 more").silent(third.String())
	if n := strings.Count(b.body, "Care plan"); n != 1 {
		t.Errorf("the mail stands %d times in the list", n)
	}
	for _, l := range []letter{first, second} {
		b.open("/sent/"+l.id.String()).reads(200, "", carer.String(), other.String()).silent(third.String())
	}
	b.press("Keep it open longer", map[string]string{"days": "30"}).reads(200, "/sent/"+first.id.String())
	b.open("/sent/"+second.id.String()).press("Take it back", map[string]string{"who": "all", "reason": "wrong file"})
	b.reads(200, "/sent/"+first.id.String(), "Taken back", carer.String()+": never opened", other.String()+": never opened")
	for _, l := range []letter{first, second, foreign} {
		r, err := h.store.EnvelopeForOperator(t.Context(), l.id)
		must(t, err)
		if got, want := !r.Destroyed.IsZero(), l.id != foreign.id; got != want {
			t.Errorf("key destroyed: got %v, want %v", got, want)
		}
		if got, want := r.ExpiresAt.Sub(r.SealedAt) > 100*24*time.Hour, l.id != foreign.id; got != want {
			t.Errorf("kept open: got %v, want %v", got, want)
		}
	}
}

// CYC-15: the page says at once for each person whether she had opened it.
func TestResultOfARecall(t *testing.T) {
	h := newHouse(t)
	h.shape = func(r *store.Record) { r.To = []string{carer.String(), other.String()} }
	l := h.send(plainMail, carer, other)
	h.browser().open(l.link).as(carer).reads(200, l.page)
	h.clock = h.clock.Add(11 * time.Minute)
	b := h.signedIn(officer, "/sent/"+l.id.String())
	b.press("Take it back", map[string]string{"who": "all"}).reads(200, "/sent/"+l.id.String(), carer.String()+": opened today, 10:30 BST", other.String()+": never opened")
	h.browser().open(l.link).as(other).reads(410, l.page, "This message was taken back").silent("plan starts")
}

// Issue 5, undo window: nobody opens a message before its time, who comes early
// reads from when, and a recall in time says that nobody can ever have read it.
func TestUndoWindow(t *testing.T) {
	h := newHouse(t)
	h.shape = func(r *store.Record) {
		r.ReadyAt, r.To, r.OriginalID = h.clock.Add(5*time.Minute), []string{carer.String(), other.String()}, fmt.Sprintf("<%d@example.gov.uk>", h.sent)
	}
	l, back := h.send(plainMail, carer, other), h.send(plainMail, carer)
	early := h.browser().open(l.link).as(carer).reads(403, l.page, "This message opens in a few minutes", "It can be read from 10:35 BST").silent("plan starts")
	if got := early.head.Get("Retry-After"); got != "300" {
		t.Errorf("Retry-After: got %q, want 300", got)
	}
	b := h.signedIn(officer, "/sent/"+l.id.String()).reads(200, "", "Nobody can read this message before 10:35 BST")
	h.clock = h.clock.Add(5*time.Minute - time.Millisecond)
	early.open(l.page).reads(403, l.page, "opens in a few minutes")
	b.open("/sent/"+back.id.String()).press("Take it back", map[string]string{"who": "all"}).reads(200, "", carer.String()+": never opened, it could not be read yet", "before anybody could read it")
	b.takesBackOne(l)
	h.clock = h.clock.Add(time.Millisecond)
	early.open(l.page).reads(200, l.page, "plan")
	h.browser().open(l.link).as(other).reads(410, l.page, "taken back")
}

// Issue 5, undo window: who opens the file too early is told from when, and the code
// that she typed still works then.
func TestUndoWindowInTheFile(t *testing.T) {
	h := newHouse(t)
	h.shape = func(r *store.Record) { r.ReadyAt = h.clock.Add(5 * time.Minute) }
	l := h.send(plainMail, carer)
	if status, got := h.call("code", l.call("address", carer.String())...); status != 200 {
		t.Fatalf("got %d %v", status, got)
	}
	typed := l.call("address", carer.String(), "code", h.code(carer))
	status, got := h.call("open", typed...)
	if want := "This message opens in a few minutes. It can be read from 10:35 BST. Come back at 10:35 BST, or keep this page open and try again then."; status != 403 || got["error"] != "not_yet" || got["text"] != want {
		t.Errorf("too early: got %d %v", status, got)
	}
	h.clock = h.clock.Add(5 * time.Minute)
	if status, got = h.call("open", typed...); status != 200 || got["key"] == nil {
		t.Errorf("in time, with the same code: got %d %v", status, got)
	}
}

// takesBackOne takes a message back from one of two people.
func (b *browser) takesBackOne(l letter) {
	b.h.t.Helper()
	b.open("/sent/"+l.id.String()).press("Take it back", map[string]string{"who": other.String()}).reads(200, "", other.String()+": never opened, it could not be read yet").silent(carer.String() + ": never")
}

// BOP-27: staff are recipients too: what an outsider sealed for one of ours opens by
// the same steps, and her account follows the same rules.
func TestStaffAreRecipientsToo(t *testing.T) {
	h := newHouse(t)
	h.shape = func(r *store.Record) {
		r.Sender, r.SenderName, r.EnvelopeFrom, r.To = other, "Otto Other", other, []string{officer.String()}
	}
	l := h.send(plainMail, officer)
	b := h.browser().open(l.link).byCode(officer).reads(200, l.page, "plan", "Otto Other")
	b.press("Sign out", nil)
	h.account(officer, "correct horse battery")
	c := h.browser().open(l.link)
	for range 20 {
		c.press("Sign in", map[string]string{"password": "not the right one"})
	}
	c.reads(429, "", "too many wrong tries")
	h.browser().open(l.link).byCode(officer).reads(200, l.page, "plan") // a lock on one way never shows on another
	h.signedIn(other, "/sent").reads(200, "/sent", "Care plan", officer.String(), "Opened")
}

// Issue 5, item 5: all verified addresses of an account count as the sender's: their
// messages are listed, extended and taken back; those of an address that was taken off
// are not.
func TestSentFromFurtherAddresses(t *testing.T) {
	h := newHouse(t)
	old := addr.MustParse("jane.smith@example.gov.uk") // before she married
	h.from(old, "From the old address")
	l := h.send(plainMail, carer)
	h.from(officer, "From the new address")
	h.send(plainMail, carer)
	h.account(officer, good)
	b := h.signInAt(officer, good)
	b.open("/sent").reads(200, "/sent", "From the new address").silent("From the old address")
	b.open("/sent/"+l.id.String()).reads(404, "")
	h.also(officer, old, good)
	b = h.signInAt(officer, good)
	b.open("/sent").reads(200, "/sent", "From the new address", "From the old address", "From "+old.String(), "Those from "+old.String())
	b.press("Search", map[string]string{"words": "old"}).reads(200, "/sent", "From the old address").silent("From the new address")
	path := "/sent/" + l.id.String()
	b.open(path).reads(200, path).press("Keep it open longer", map[string]string{"days": "30"}).reads(200, path)
	b.press("Take it back", map[string]string{"who": "all"}).reads(200, path, "Taken back")
	if got := h.trail(l); !strings.Contains(strings.Join(got, "\n"), "recalled") || !strings.Contains(strings.Join(got, "\n"), officer.Key()) {
		t.Errorf("the record does not say who: %q", got)
	}
	// The mailbox of the old address changes hands, and whoever has it takes it off.
	must(t, h.store.LeaveAccount(t.Context(), storetest.SignIn(t, h.store, old, "elsewhere", h.clock), h.clock))
	b.open("/sent").reads(200, "/sent", "From the new address").silent("From the old address")
	b.open(path).reads(404, "")
}
