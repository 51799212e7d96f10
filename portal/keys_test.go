package portal_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	cdp "github.com/chromedp/chromedp"

	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/internal/e2e/e2etest"
)

// Issue 4: everything can be done by the keyboard alone. Opened by a code, read, an
// attachment saved, answered with an attachment, signed out: with the tabulator,
// Enter and the space bar, in the file and on the site.
func TestKeyboardAlone(t *testing.T) {
	v := newViewer(t)
	for name, walk := range map[string]func(*sight, letter){"file": fileByKeys, "site": siteByKeys} {
		t.Run(name, func(t *testing.T) {
			s := v.sight(t, "keys", "en")
			walk(s, s.h.send(hostileMail, carer))
			got := s.h.staff.Sent()
			if len(got) != 1 || !strings.Contains(string(got[0].Bytes), "Thank you.") || !strings.Contains(string(got[0].Bytes), "signed form.pdf") {
				t.Errorf("got %d answers, want one with its text and file", len(got))
			}
		})
	}
}

func fileByKeys(s *sight, l letter) {
	s.goTo(s.pageFile(l, envelope.Classic, nil))
	s.shows("#password")
	s.keysTo("Send me a code", "\r")
	s.shows("#code")
	s.keys(s.h.code(carer) + "\r") // the focus is there
	s.shows("h1.subject")
	s.keysTo("Care plan July 2026.pdf", "\r")
	s.Saved("Care plan July 2026.pdf")
	s.keysTo("Reply", " ")
	s.shows("#reply-text")
	s.keys("Thank you.")
	s.keysToFile("reply-files")
	s.keysTo("Send reply", " ")
	s.shows("h2.done")
	s.keysTo("Sign out", " ")
	s.await(`document.querySelector("h1.subject") === null && document.querySelector("h1") !== null`)
}

func siteByKeys(s *sight, l letter) {
	s.goTo(l.link)
	s.keysOn("Send me a code", "\r")
	s.keysIn("code", s.h.code(carer))
	s.keysOn("Continue", " ")
	s.keysTo("Care plan July 2026.pdf", "\r")
	s.Saved("Care plan July 2026.pdf")
	s.keysOn("Reply", "\r")
	s.keysIn("text", "Thank you.")
	s.keysToFile("file")
	s.keysOn("Send", " ")
	s.keysOn("Sign out", " ")
	s.await(`document.querySelector("h1").innerText === "You are signed out"`)
}

func (s *sight) keys(text string) { s.t.Helper(); s.Do(cdp.KeyEvent(text)) }

// keysTo goes on by the tabulator to what has these words, and presses a key.
func (s *sight) keysTo(words, key string) {
	s.t.Helper()
	s.tabTo(fmt.Sprintf(`document.activeElement.innerText.replace(/\s+/g, " ").trim() === %s && /^(A|BUTTON)$/.test(document.activeElement.tagName)`, quote(words)))
	s.keys(key)
}

// keysOn is keysTo what leads to another page, which it waits for.
func (s *sight) keysOn(words, key string) {
	s.t.Helper()
	e2etest.Get(s.Tab, cdp.Evaluate[bool]("(window.stays = true)"))
	s.keysTo(words, key)
	s.await(`!("stays" in window) && document.readyState === "complete"`)
}

func (s *sight) keysIn(id, text string) {
	s.t.Helper()
	s.tabTo(fmt.Sprintf(`document.activeElement.id === %q`, id))
	s.keys(text)
}

// keysToFile opens the choice of files by the space bar and chooses one.
func (s *sight) keysToFile(id string) {
	s.t.Helper()
	s.tabTo(fmt.Sprintf(`document.activeElement.id === %q`, id))
	s.Do(cdp.Func(func(ctx context.Context, _ *cdp.Target) error {
		asked := make(chan struct{}, 1)
		if err := cdp.Listen(ctx, func(ev any) {
			if _, ok := ev.(*page.EventFileChooserOpened); ok {
				asked <- struct{}{}
			}
		}); err != nil {
			return err
		}
		if _, err := cdp.Call(ctx, page.SetInterceptFileChooserDialog, page.SetInterceptFileChooserDialogParams{Enabled: true}); err != nil {
			return err
		}
		if err := cdp.Do(ctx, cdp.KeyEvent(" ")); err != nil {
			return err
		}
		select {
		case <-asked:
			return nil
		case <-time.After(e2etest.Patience / 4):
			return errors.New("the space bar opens no choice of files")
		}
	}))
	s.Attach("#"+id, s.saved("signed form.pdf", 1000))
}

// tabTo presses the tabulator until the focus is where it is wanted.
func (s *sight) tabTo(there string) {
	s.t.Helper()
	for range 60 {
		if so, err := e2etest.Try(s.Tab, cdp.Evaluate[bool](there)); err == nil && so {
			return
		}
		s.keys("\t")
	}
	s.t.Fatalf("no way there by the tabulator: %s", there)
}

func quote(text string) string {
	b, _ := json.Marshal(text) // a string always can be
	return string(b)
}
