package portal_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/store"
)

// sealer records what would be sealed.
type sealer struct {
	mu   sync.Mutex
	sent []sealedAnswer
	fail error
	hold chan struct{} // nil: at once
	came chan struct{}
}

type sealedAnswer struct {
	to      []string
	author  addr.Named
	profile string
	mail    *mail.Message
	text    string
}

func (s *sealer) seal(_ context.Context, m relay.Mail, author addr.Named, profile string) error {
	if s.hold != nil {
		s.came <- struct{}{}
		<-s.hold
	}
	if s.fail != nil {
		return s.fail
	}
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		return err
	}
	a := sealedAnswer{author: author, profile: profile, text: b.String()}
	a.mail, _ = mail.ReadMessage(&b)
	for _, r := range m.Recipients {
		a.to = append(a.to, r.Address.String())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, a)
	return nil
}

// answers makes a house whose answers to outsiders are sealed by s, and a message
// to many people under a profile.
func answers(t testing.TB, profile string, shape ...func(*store.Record)) (*house, *sealer, letter) {
	s := &sealer{}
	h := newHouse(t, func(c *portal.Config) {
		c.Seal = s.seal
		c.Partner = func(a addr.Address) bool {
			return a.DomainKey() == "example.gov.uk" || a.DomainKey() == "partner.example"
		}
	})
	h.shape = func(r *store.Record) {
		r.Reply = profile
		r.To = []string{carer.String(), "Bob, the Boss <bob@example.gov.uk>", other.String()}
		r.Cc = []string{"Pat <pat@partner.example>", "pat@partner.example", "sam@firm.example", "not an address"}
		for _, f := range shape {
			f(r)
		}
	}
	return h, s, h.send(plainMail, carer, other)
}

// BCC-21, CYC-9, SCC-13: whom a profile lets be chosen, and what arrives where.
func TestReplyAllByProfile(t *testing.T) {
	for profile, want := range map[string][]string{
		"sender":  nil,
		"":        nil,
		"nothing": nil,
		"domains": {"bob@example.gov.uk", "pat@partner.example"},
		"all":     {"bob@example.gov.uk", other.String(), "pat@partner.example", "sam@firm.example"},
	} {
		t.Run(profile, func(t *testing.T) {
			h, s, l := answers(t, profile)
			b := h.reader(l, carer)
			if offered := strings.Contains(b.words(), "Reply to all"); offered != (want != nil) {
				t.Errorf("reply to all is offered: %v", offered)
			}
			b.open(l.page + "/reply?all=1")
			_, fields := b.form("Send")
			if got := b.ticked(); !slices.Equal(got, want) {
				t.Fatalf("got ticked %v, want %v", got, want)
			}
			b.open(l.page + "/reply")
			if got := b.ticked(); got != nil {
				t.Errorf("a plain reply has ticked %v", got)
			}
			form := []field{{name: "text", value: "Dear all"}, {name: "copy", value: "yes"}}
			for _, a := range want {
				form = append(form, field{name: "cc", value: a})
			}
			b.upload("Send", form...).reads(200, l.page+"/replied")
			inside, sealed := []string{officer.String()}, []string{}
			for _, a := range want {
				if strings.HasSuffix(a, "@example.gov.uk") {
					inside = append(inside, a)
				} else {
					sealed = append(sealed, a)
				}
			}
			sealed = append(sealed, carer.String())
			if got := h.staff.Sent(); len(got) != 1 || !slices.Equal(recipients(got[0].Mail), inside) || !strings.Contains(string(got[0].Bytes), "Subject: [SECURE] Re: Care plan\r\n") {
				t.Errorf("got inside %+v, want one tagged mail to %v", got, inside)
			}
			if len(s.sent) != 1 || !slices.Equal(s.sent[0].to, sealed) || s.sent[0].profile != "default" || !s.sent[0].author.Address.Equal(carer) {
				t.Fatalf("got sealed %+v, want one to %v", s.sent, sealed)
			}
			m := s.sent[0].mail.Header
			if got := m.Get("Subject"); got != "Re: Care plan" {
				t.Errorf("got subject %q of the sealed mail", got)
			}
			cc, _ := m.AddressList("Cc")
			if len(cc) != len(want) || strings.Contains(m.Get("Cc"), carer.String()) {
				t.Errorf("got Cc %q, want %v", m.Get("Cc"), want)
			}
			_ = fields
		})
	}
}

// reader signs in by the link of a message.
func (h *house) reader(l letter, a addr.Address) *browser { return h.browser().open(l.link).as(a) }

// as types the address where it is asked for, and a code.
func (b *browser) as(a addr.Address) *browser {
	b.h.t.Helper()
	if strings.Contains(b.body, `name="address"`) {
		b.press("Continue", map[string]string{"address": a.String()})
	}
	return b.byCode(a)
}

func recipients(m relay.Mail) (out []string) {
	for _, r := range m.Recipients {
		out = append(out, r.Address.String())
	}
	return out
}

// ticked gives the people chosen on a form.
func (b *browser) ticked() (out []string) {
	for _, tag := range strings.Split(b.body, "<input ")[1:] {
		tag, _, _ = strings.Cut(tag, ">")
		if strings.Contains(tag, `name="cc"`) && strings.Contains(tag, " checked") {
			_, value, _ := strings.Cut(tag, `value="`)
			value, _, _ = strings.Cut(value, `"`)
			out = append(out, value)
		}
	}
	return out
}

// CYC-9: whoever the browser names beside them is refused, whatever the form said,
// and the draft comes back; nothing was sent to anybody.
func TestForgedRecipient(t *testing.T) {
	for profile, forged := range map[string][]string{
		"sender":  {"bob@example.gov.uk", other.String(), "evil@evil.example"},
		"domains": {other.String(), "sam@firm.example", "stranger@example.gov.uk", "evil@partner.example"},
		"all":     {"evil@evil.example", "stranger@example.gov.uk", "not an address", "bob@example.gov.uk, evil@evil.example", "<script>"},
	} {
		h, s, l := answers(t, profile)
		b := h.reader(l, carer).open(l.page + "/reply")
		for _, a := range forged {
			b.upload("Send", field{name: "cc", value: a}, field{name: "text", value: "keep <me>"}).reads(422, "", "cannot be written to", "keep <me>")
			status, answer := h.apiReply(l, field{name: "cc", value: a}, field{name: "text", value: "x"})
			if status != 403 || answer["error"] != "not_among" {
				t.Errorf("%s: the API answers %d %v to %q", profile, status, answer, a)
			}
		}
		if len(h.staff.Sent())+len(s.sent) != 0 {
			t.Errorf("%s: something was sent", profile)
		}
	}
}

// The message was taken back from somebody: an answer with its text does not
// reach him either.
func TestReplyAllLeavesOutWhoItWasTakenBackFrom(t *testing.T) {
	h, s, l := answers(t, "all")
	b := h.reader(l, carer).open(l.page + "/reply?all=1")
	if !slices.Contains(b.ticked(), other.String()) {
		t.Fatal("not offered before")
	}
	_, err := h.store.Recall(t.Context(), l.id, audit.Actor("sender:"+officer.Key()), []addr.Address{other}, "wrong person", h.clock)
	must(t, err)
	b.upload("Send", field{name: "cc", value: other.String()}, field{name: "text", value: "hello"}).reads(422, "", "cannot be written to", "hello")
	if b.open(l.page + "/reply?all=1"); slices.Contains(b.ticked(), other.String()) || len(s.sent) != 0 {
		t.Error("still offered, or sent")
	}
}

// apiReply signs in by the page's calls and answers.
func (h *house) apiReply(l letter, fields ...field) (int, map[string]any) {
	h.t.Helper()
	session := h.apiSession(l)
	return h.apiReplyWith(session, l, fields...)
}

func (h *house) apiSession(l letter) string {
	h.t.Helper()
	form := url.Values{"id": {l.id.String()}, "t": {l.secret.Encode()}, "address": {carer.String()}, "browser": {strings.Repeat("n", 32)}}
	h.apiPost("/api/v1/code", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	form.Set("code", h.code(carer))
	_, answer := h.apiPost("/api/v1/open", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	session, _ := answer["session"].(string)
	return session
}

func (h *house) apiReplyWith(session string, l letter, fields ...field) (int, map[string]any) {
	h.t.Helper()
	kind, body := multipartForm(h.t, append([]field{{name: "session", value: session}, {name: "id", value: l.id.String()}}, fields...)...)
	return h.apiPost("/api/v1/reply", kind, body)
}

func (h *house) apiPost(path, kind string, body io.Reader) (int, map[string]any) {
	h.t.Helper()
	resp, err := http.Post(h.full(path), kind, body)
	must(h.t, err)
	defer func() { _ = resp.Body.Close() }()
	var answer map[string]any
	must(h.t, json.NewDecoder(resp.Body).Decode(&answer))
	return resp.StatusCode, answer
}

// What a page is told of whom it may write to.
func TestReplyInfo(t *testing.T) {
	h, _, l := answers(t, "domains")
	form := url.Values{"id": {l.id.String()}, "t": {l.secret.Encode()}, "address": {carer.String()}, "browser": {strings.Repeat("n", 32)}}
	h.apiPost("/api/v1/code", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	form.Set("code", h.code(carer))
	_, answer := h.apiPost("/api/v1/open", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	got := fmt.Sprint(answer["reply"])
	want := "map[copy:true limit:65536 people:[map[address:bob@example.gov.uk text:Bob, the Boss (bob@example.gov.uk)] map[address:pat@partner.example text:Pat (pat@partner.example)]] subject:Re: Care plan to:[Jane Doe (jane.doe@example.gov.uk)]]"
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

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

// Taken back between reading and answering: the words have the sender's reason.
func TestReplyToWhatWasTakenBack(t *testing.T) {
	h, s, l := answers(t, "sender")
	b := h.reader(l, carer).open(l.page + "/reply")
	session := h.apiSession(l)
	_, err := h.store.Recall(t.Context(), l.id, audit.Actor("sender:"+officer.Key()), nil, "Sent to the wrong carer", h.clock)
	must(t, err)
	b.upload("Send", field{name: "text", value: "hello"}).reads(410, "", "taken back", "Sent to the wrong carer")
	status, answer := h.apiReplyWith(session, l, field{name: "text", value: "x"})
	if words, _ := answer["text"].(string); status != 410 || !strings.Contains(words, "Sent to the wrong carer") {
		t.Errorf("got %d %v", status, answer)
	}
	if len(h.staff.Sent())+len(s.sent) != 0 {
		t.Error("sent all the same")
	}
}

// The text of the message stands below the answer, line by line, without its HTML.
func TestReplyQuotes(t *testing.T) {
	htmlMail := strings.Replace(plainMail, "text/plain", "text/html", 1)
	htmlMail = htmlMail[:strings.Index(htmlMail, "Dear")] + "<style>p{}</style><p>Dear Carla,</p><div>the <b>plan</b><br>starts &amp; ends<script>alert(1)</script></div>\n"
	for name, c := range map[string]struct{ mail, want string }{
		"plain": {plainMail, "> Dear Carla,\n>\n> the plan <b>starts</b> on Monday & costs £5."},
		"html":  {htmlMail, "> Dear Carla,\n>\n> the plan\n> starts & ends"},
	} {
		h, _, _ := answers(t, "sender")
		l := h.send(c.mail, carer)
		h.reader(l, carer).open(l.page+"/reply").upload("Send", field{name: "quote", value: "yes"}, field{name: "text", value: "Thank you\r\n"}).reads(200, l.page+"/replied")
		body := firstText(t, h.staff.Sent()[0].Bytes)
		if want := "Thank you\n\nJane Doe wrote (today, 10:30 BST):\n" + c.want; !strings.Contains(body, want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, body, want)
		}
		if n := h.releases(l); n != 2 { // one to read, one to answer
			t.Errorf("%s: the key was released %d times, want 2", name, n)
		}
	}
	h, _, _ := answers(t, "sender")
	l := h.seal(plainMail, carer) // not on the shelf any more
	h.reader(l, carer).open(l.page+"/reply").upload("Send", field{name: "quote", value: "yes"}, field{name: "text", value: "keep me"}).
		reads(422, "", "cannot be added just now", "keep me")
	if len(h.staff.Sent()) != 0 {
		t.Error("sent without what was asked for")
	}
}

func (h *house) releases(l letter) (n int) {
	trail, err := h.store.Trail(h.t.Context(), l.id)
	must(h.t, err)
	for _, e := range trail.Entries {
		if e.Action == audit.Released {
			n++
		}
	}
	return n
}

// firstText gives the plain text of a mail.
func firstText(t *testing.T, raw []byte) string {
	t.Helper()
	_, rest, _ := strings.Cut(string(raw), "Content-Type: text/plain")
	head, rest, _ := strings.Cut(rest, "\r\n\r\n")
	body, _, _ := strings.Cut(rest, "\r\n--=_")
	switch {
	case strings.Contains(head, "base64"):
		b, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(body, "\r\n", ""))
		must(t, err)
		body = string(b)
	case strings.Contains(head, "quoted-printable"):
		body, _ = new(mime.WordDecoder).Decode("=?utf-8?q?" + strings.NewReplacer("=\r\n", "", "\r\n", "=0A", " ", "_", "_", "=5F", "?", "=3F").Replace(body) + "?=")
	}
	return strings.ReplaceAll(body, "\r\n", "\n")
}

// C5: a proxy in front changes the Host; forms of our own pages are taken by the
// name that people see, and by no other.
func TestFormsBehindAProxy(t *testing.T) {
	h := newHouse(t, func(c *portal.Config) { c.BaseURL = "https://secure.example.gov.uk" })
	b := h.browser().open("/signin")
	_, hidden := b.form("Continue")
	for origin, want := range map[string]int{"https://secure.example.gov.uk": 200, "HTTPS://Secure.example.gov.uk": 200, "null": 200, "": 200,
		h.web.URL: 403, "https://evil.example": 403, "http://secure.example.gov.uk": 403} {
		r, err := http.NewRequest(http.MethodPost, h.full("/start"), strings.NewReader(url.Values{"form": {hidden["form"]}, "address": {carer.String()}}.Encode()))
		must(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		if b.do(r); b.status != want {
			t.Errorf("Origin %q: got %d, want %d", origin, b.status, want)
		}
	}
}
