package portal_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/store"
)

// floods lets a stranger ask for everything in somebody's name until all is refused,
// and guess codes until the way is closed; each time in another browser. It gives how
// many mails came of it.
func (h *house) floods(a addr.Address) (mails int) {
	h.t.Helper()
	for _, ask := range []func(b *browser) *browser{
		func(b *browser) *browser { return b.press("Send me a code", nil) },
		func(b *browser) *browser { return b.open("/forgot").press("Send me the link", nil) },
		func(b *browser) *browser { return b.open("/register").press("Continue", person(good)) },
	} {
		refused := false
		for range 3 * store.CodeMailsHour {
			b := ask(h.browser().open("/").press("Continue", map[string]string{"address": a.String()}))
			if refused = b.status >= 400; refused {
				break
			}
			if strings.Contains(b.at.Path, "/signin/code") {
				for range store.CodeTries {
					b.press("Continue", map[string]string{"code": "00000000"})
				}
			}
		}
		if !refused {
			h.t.Fatal("a stranger is never refused")
		}
	}
	return len(h.mails())
}

// Issue 5, item 2: a stranger can neither lock out, nor flood, nor use up the codes
// of somebody else, who never signed in here before.
func TestStrangersUseUpNoCodesOfSomebodyElse(t *testing.T) {
	for name, reads := range map[string]func(*house, letter){
		"by link": func(h *house, l letter) {
			h.browser().open(l.link).byCode(carer).reads(200, l.page, "starts")
		},
		"by file": func(h *house, l letter) {
			if status, got := h.call("code", l.call("address", carer.String())...); status != 200 {
				h.t.Fatalf("no code: %d %v", status, got)
			}
			if status, got := h.call("open", l.call("address", carer.String(), "code", h.code(carer))...); status != 200 || got["key"] == nil {
				h.t.Errorf("not opened: %d %v", status, got)
			}
		},
		"by handing the file in": func(h *house, l letter) {
			h.browser().stage(l.fields()...).byCode(carer).reads(200, l.page, "starts")
		},
		"registering by link": func(h *house, l letter) {
			b := h.browser().open(l.link).follow("Set up a password").press("Continue", person(good)).reads(200, "/register/sent")
			b.open(h.activation(carer).Link).press("Activate my account", nil).reads(200, "/activated")
		},
		"forgotten password by link": func(h *house, l letter) {
			h.browser().open(l.link).open("/forgot").press("Send me the link", nil).reads(200, "/forgot/sent")
			if got := h.reset(carer); !got.First {
				h.t.Errorf("got %+v", got)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			l := h.send(plainMail, carer)
			// Fifteen wrong codes are three mails; after them codes are closed for a day.
			if got, most := h.floods(carer), store.CodeMailsHour+store.LinkMailsHour; got > most {
				t.Errorf("%d mails, want at most %d in an hour", got, most)
			}
			h.browser().open("/").press("Continue", map[string]string{"address": carer.String()}).press("Send me a code", nil).reads(429, "/signin/code")
			reads(h, l)
		})
	}
}

// Who holds another's message gets no further mails out of it, and the answer does
// not tell that the address is none of its recipients.
func TestMessageOfAnotherGetsNoMails(t *testing.T) {
	h := newHouse(t)
	l := h.send(plainMail, other)
	h.floods(carer)
	if status, _ := h.call("code", l.call("address", carer.String())...); status != 200 {
		t.Errorf("by file: got %d, want what a recipient is told", status)
	}
	if got := h.mails(); len(got) != 0 {
		t.Errorf("%d mails were sent: %v", len(got), notice.Kind(got[0].Kind))
	}
}

// One source cannot have codes sent to any number of addresses; who comes from there
// by her message, and who comes from elsewhere, has hers (ASVS 2.4.1).
func TestOneSourceSpraysSoManyMails(t *testing.T) {
	h := newHouse(t)
	l := h.send(plainMail, carer)
	ask := func(i int) *browser {
		return h.browser().open("/").press("Continue", map[string]string{"address": fmt.Sprintf("p%d@spray.example", i)}).press("Send me a code", nil)
	}
	for i := range 300 {
		ask(i).reads(200, "/signin/code")
	}
	for len(h.mails()) > 0 { // those that went out
	}
	ask(300).reads(429, "", "Please wait a little", "from where you are", "10 minutes")
	if got := h.mails(); len(got) != 0 {
		t.Errorf("%d mails beyond the bound", len(got))
	}
	h.browser().open(l.link).byCode(carer).reads(200, l.page, "starts")
	h.clock = h.clock.Add(10 * time.Minute)
	ask(301).reads(200, "/signin/code")
}
