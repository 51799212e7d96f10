package portal_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	cdp "github.com/chromedp/chromedp"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
)

// signIn goes from the page of ways to sign in to what follows, by a code.
func (b *tab) signIn(h *house, a addr.Address, heading, picture string) {
	b.t.Helper()
	b.press("Send me a code")
	b.heading("Type the code", "")
	b.typed("#code", h.code(a)+"\r")
	b.heading(heading, picture)
}

// each runs a walk in a browser of its own, narrow and, for pictures, wide.
func each(t *testing.T, walk func(b *tab, h *house)) {
	for _, width := range widths() {
		t.Run(fmt.Sprint(width), func(t *testing.T) { walk(newTab(t, width, 800), newHouse(t)) })
	}
}

// C7, C29: a closed message, asked for by one button; the sender opens it again.
func TestBrowserExpired(t *testing.T) {
	t.Parallel()
	each(t, func(b *tab, h *house) {
		l := h.send(plainMail, carer)
		h.clock = h.clock.Add(91 * 24 * time.Hour)
		b.do(cdp.Navigate(h.full(l.link)))
		b.signIn(h, carer, "This message has closed", "refusal-expired")
		b.press("Ask the sender to open it again")
		b.heading("We have asked the sender", "refusal-expired-asked")
		h.mails()
		b.press("Sign out")
		b.heading("You are signed out", "")
		b.do(cdp.Navigate(h.full("/sent/" + l.id.String())))
		b.typed("#address", officer.String()+"\r")
		b.signIn(h, officer, "A message you sent", "sent-asked-open-again")
		b.press("Open it again")
		b.do(cdp.WaitVisible(cdp.Search(`//button[.="Keep it open longer"]`)))
		b.heading("A message you sent", "sent-opened-again")
		h.mails()
		b.press("Sign out")
		b.heading("You are signed out", "")
		b.do(cdp.Navigate(h.full(l.link)))
		b.signIn(h, carer, "Care plan", "")
	})
}

// C17, journey 7: not a recipient; both mailboxes are proved, the sender says yes.
func TestBrowserAnotherAddress(t *testing.T) {
	t.Parallel()
	each(t, func(b *tab, h *house) {
		h.shape = func(r *store.Record) {
			r.To, r.Cc = []string{"Carla Carer <" + carer.String() + ">"}, []string{"third@home.example"}
		}
		l := h.send(plainMail, carer, addr.MustParse("third@home.example"))
		b.do(cdp.Navigate(h.full(l.link)))
		b.heading("Read a secure message", "start-choices")
		b.typed("#address", other.String()+"\r")
		b.heading("Sign in to read your message", "")
		b.signIn(h, other, "This message was sent to another address", "refusal-not-recipient")
		b.press("I got this message at another address")
		b.heading("The message came to another address of yours", "elsewhere")
		b.do(cdp.Click(cdp.CSS(`input[value="`+carer.String()+`"]`), cdp.NodeVisible))
		b.press("Send me a code")
		b.heading("Type the code", "elsewhere-code")
		b.typed("#code", h.code(carer)+"\r")
		b.heading("We have asked the sender", "elsewhere-asked")
		b.press("Read the message")
		b.heading("Care plan", "")
		b.press("Sign out")
		b.heading("You are signed out", "")
		h.mails()
		b.do(cdp.Navigate(h.full("/sent/" + l.id.String())))
		b.typed("#address", officer.String()+"\r")
		b.signIn(h, officer, "A message you sent", "sent-asked-let-in")
		b.press("Let " + other.String() + " read it")
		b.do(cdp.WaitNotPresent(cdp.CSS("#asks")))
		h.mails()
		b.press("Sign out")
		b.heading("You are signed out", "")
		b.do(cdp.Navigate(h.full(l.link)))
		b.typed("#address", other.String()+"\r")
		b.signIn(h, other, "Care plan", "")
	})
}

// C6, BCC-18, BCC-24: the time of the link is up; the file is chosen, or the link
// renewed. And what is not here yet, taken back, or none of ours.
func TestBrowserOtherRefusals(t *testing.T) {
	t.Parallel()
	each(t, func(b *tab, h *house) {
		l := h.send(plainMail, carer)
		h.clock = h.clock.Add(15 * 24 * time.Hour)
		b.do(cdp.Navigate(h.full(l.link)))
		b.signIn(h, carer, "Please open the attached file", "refusal-link-over")
		name := filepath.Join(b.t.TempDir(), "securedoc.html")
		for _, c := range []struct {
			page             string
			heading, picture string
		}{
			{"<html>hello", "This is not one of our messages", "refusal-wrong-file"},
			{fileOf(b, envelope.ID{7}, l, "https://secure.elsewhere.example"), "This message is from another organisation", "refusal-other-organisation"},
			{cut(fileOf(b, l.id, l, h.web.URL)), "This file is not complete", "refusal-damaged"},
		} {
			must(b.t, os.WriteFile(name, []byte(c.page), 0o600))
			b.do(cdp.SetUploadFiles(cdp.CSS("#page"), []string{name}))
			b.press("Open this file")
			b.heading(c.heading, c.picture)
		}
		b.do(cdp.Navigate(h.full(l.page)))
		b.press("Let the link work again")
		b.heading("Care plan", "")
		b.do(cdp.Navigate(h.full("/m/" + envelope.ID{9}.String() + "?t=" + l.secret.Encode())))
		b.heading("This message is not here yet", "refusal-not-here")
		_, err := h.store.Recall(b.t.Context(), l.id, "sender:jane", nil, "It was meant for another Carla", h.clock)
		must(b.t, err)
		b.do(cdp.Navigate(h.full(l.page)))
		b.heading("This message was taken back", "refusal-recalled")

		h.shape = func(r *store.Record) { r.LinkUntil = r.ExpiresAt }
		big := h.send(plainMail, carer)
		b.do(cdp.Navigate(h.full(big.link)))
		b.heading("Care plan", "message-big")
	})
}

// fileOf writes the file of a message, naming a server.
func fileOf(b *tab, id envelope.ID, l letter, server string) string {
	var page bytes.Buffer
	must(b.t, envelope.WritePage(&page, envelope.Page{ID: id, Secret: l.secret, Servers: []string{server}, Organisation: "Borough of Example"}, bytes.NewReader(bytes.Repeat(l.container, 40))))
	return page.String()
}

// cut ends a file in the midst of its message.
func cut(page string) string { return page[:strings.Index(page, "readonly>")+300] }
