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

// CYC-15: somebody who opens a message once is recorded as having opened it once,
// though the page's frame fetches the text by itself.
func TestOpenedOnce(t *testing.T) {
	h := newHouse(t)
	l := h.send(strings.Replace(plainMail, "text/plain", "text/html", 1), carer)
	h.browser().open(l.link).byCode(carer).open(l.page+"/body").reads(200, "")
	trail, err := h.store.Trail(t.Context(), l.id)
	must(t, err)
	got := map[string]int{}
	for _, e := range trail.Entries {
		if e.Action == audit.Released {
			purpose, _, _ := strings.Cut(e.Reason, " ")
			got[purpose]++
		}
	}
	if got["open"] != 1 || got["frame"] != 1 {
		t.Errorf("got releases %v, want one opening and its frame", got)
	}
}
