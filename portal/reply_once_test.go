package portal_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/store"
)

// A double press, a press after the answer was lost, and two presses at one time
// send once; a changed text is another message and is sent too.
func TestReplyIsSentOnce(t *testing.T) {
	h, s, l := answers(t, "all")
	b := h.reader(l, carer).open(l.page + "/reply")
	action, hidden := b.form("Send")
	form := func(text string) []field {
		return []field{{name: "form", value: hidden["form"]}, {name: "t", value: hidden["t"]}, {name: "once", value: hidden["once"]}, {name: "cc", value: other.String()},
			{name: "text", value: text}, {name: "file", file: "a.bin", kind: "application/pdf", value: "bytes"}}
	}
	press := func(text string) {
		kind, body := multipartForm(t, form(text)...)
		b.post(action, kind, body)
	}
	count := func(want int) {
		t.Helper()
		if len(h.staff.Sent()) != want || len(s.sent) != want {
			t.Fatalf("got %d inside and %d sealed, want %d", len(h.staff.Sent()), len(s.sent), want)
		}
	}
	for range 3 {
		press("first")
		b.reads(200, l.page+"/replied")
		h.clock = h.clock.Add(time.Minute)
	}
	count(1)
	press("changed")
	count(2)

	// Two at one time: the second waits for the first and finds it sent.
	s.hold, s.came = make(chan struct{}), make(chan struct{}, 2)
	answered := make(chan string, 2)
	for range 2 {
		go func() {
			kind, body := multipartForm(t, form("together")...)
			resp, err := b.client.Post(h.full(action), kind, body)
			if err != nil {
				answered <- err.Error()
				return
			}
			defer func() { _ = resp.Body.Close() }()
			answered <- resp.Request.URL.Path
		}()
	}
	<-s.came
	close(s.hold)
	for range 2 {
		if got := <-answered; got != l.page+"/replied" {
			t.Errorf("got %s", got)
		}
	}
	count(3)

	// What was not sent is sent by the next press, with the same bytes.
	s.hold, s.fail = nil, relay.ErrTemporary
	press("again")
	b.reads(503, "", "Nothing has been sent", "again", "Choose your files once more: a.bin")
	count(3)
	s.fail, h.staff.Fail = nil, func(relay.Mail) error { return relay.ErrTemporary }
	press("again")
	b.reads(503, "", "Some of the people have your message", "again")
	h.staff.Fail = nil
	h.clock = h.clock.Add(10 * time.Minute)
	press("again")
	b.reads(200, l.page+"/replied")
	if n := len(s.sent); s.sent[n-1].text != s.sent[n-2].text {
		t.Error("another try wrote other bytes, which the ledger takes for another message")
	}
	for range 2 { // by the page, which has its once-id too
		if status, answer := h.apiReply(l, field{name: "once", value: strings.Repeat("o", 22)}, field{name: "text", value: "by the file"}); status != 200 {
			t.Errorf("got %d %v", status, answer)
		}
	}
	if n := len(h.staff.Sent()); n != 5 {
		t.Errorf("got %d mails inside, want 5", n)
	}
}

// The session ends while somebody writes: the text, who was chosen and the names
// of the files are there again after signing in, for her alone.
func TestDraftSurvivesTheSession(t *testing.T) {
	for name, away := range map[string]time.Duration{"the session only": 0, "the browser's visit too": store.FlowLife + store.SessionIdle} {
		t.Run(name, func(t *testing.T) {
			h, s, l := answers(t, "all")
			b := h.reader(l, carer).open(l.page + "/reply")
			if away == 0 {
				must(t, h.store.EndSession(t.Context(), b.cookie("s")))
			}
			h.clock = h.clock.Add(away)
			form := []field{{name: "cc", value: other.String()}, {name: "copy", value: "yes"}, {name: "text", value: "Dear Jane,\r\n<b>long</b> letter"},
				{name: "file", file: "plan.pdf", kind: "application/pdf", value: strings.Repeat("x", 70<<10)}}
			b.upload("Send", form...).reads(401, "", "Please sign in again", "What you wrote is kept", "Nothing has been sent")
			kept := b.client.Jar
			b.follow("Sign in").as(carer).reads(200, l.page+"/reply", "Here is what you wrote", "Dear Jane, <b>long</b> letter", "plan.pdf")
			if got := b.ticked(); !slices.Equal(got, []string{other.String()}) || !strings.Contains(b.body, `name="copy" value="yes" checked`) {
				t.Errorf("got chosen %v, or no copy", got)
			}
			b.upload("Send", form[:3]...).reads(200, l.page+"/replied")
			if len(h.staff.Sent()) != 1 || len(s.sent) != 1 {
				t.Error("not sent")
			}
			b.open(l.page + "/reply").silent("Dear Jane")

			// Somebody else signs in on the same computer.
			must(t, h.store.EndSession(t.Context(), b.cookie("s")))
			b.upload("Send", field{name: "text", value: "my secret draft"}).reads(401, "")
			strange := &browser{h: h, client: &http.Client{Jar: kept}}
			strange.open("/signin?change=1").press("Continue", map[string]string{"address": other.String()})
			strange.byCode(other).open(l.page+"/reply").reads(200, "").silent("my secret draft")
			strange.open(l.page + "/reply").silent("my secret draft")
		})
	}
}

func (b *browser) cookie(short string) string {
	u, err := url.Parse(b.h.web.URL)
	must(b.h.t, err)
	for _, c := range b.client.Jar.Cookies(u) {
		if strings.HasSuffix(c.Name, "postseal-"+short) {
			return c.Value
		}
	}
	return ""
}

// A stranger's form is kept nowhere.
func TestDraftNeedsTheLink(t *testing.T) {
	h, _, l := answers(t, "all")
	b := h.browser().open("/signin")
	_, hidden := b.form("Continue")
	for _, secret := range []string{"", "x", h.keys.Secret(h.keys.EnvelopeID([]byte("other"), "default")).Encode()} {
		kind, body := multipartForm(t, field{name: "form", value: hidden["form"]}, field{name: "t", value: secret}, field{name: "text", value: "draft"})
		b.post(l.page+"/reply", kind, body)
		b.reads(404, "")
	}
	for _, k := range h.redis.Keys() {
		if strings.HasPrefix(k, "d:") {
			t.Errorf("%s was kept", k)
		}
	}
}
