package portal_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/store"
)

var partner = addr.MustParse("pat@partnership.example")

// writing is a house where people may write first, and where what is sealed lands
// in sealed.
func writing(t *testing.T, change ...func(*portal.Config)) (h *house, sealed *[]relay.Mail) {
	sealed = new([]relay.Mail)
	h = newHouse(t, append([]func(*portal.Config){func(c *portal.Config) {
		c.Partner = func(a addr.Address) bool { return c.Inside(a) || a.DomainKey() == "partnership.example" }
		c.Writing.Domains = func() []string { return []string{"example.gov.uk", "partnership.example"} }
		c.Seal = func(_ context.Context, m relay.Mail, _ addr.Named, _ string) error {
			*sealed = append(*sealed, m)
			return m.Write(io.Discard)
		}
	}}, change...)...)
	return h, sealed
}

// letter fills the form for a new message and presses a button.
func (b *browser) letter(to, subject, text string, more ...field) *browser {
	b.h.t.Helper()
	_, hidden := b.form("Send")
	all := []field{}
	for _, name := range []string{"form", "once", "draft"} {
		all = append(all, field{name: name, value: hidden[name]})
	}
	all = append(all, field{name: "to", value: to}, field{name: "subject", value: subject}, field{name: "text", value: text})
	kind, body := multipartForm(b.h.t, append(all, more...)...)
	b.post("/write", kind, body)
	return b
}

// BCC-1, BCC-9, BCC-10, BCC-11, BCC-15, journey 6: an outsider writes first; the officer gets an
// ordinary mail with the tag in front once, text and HTML, her address in Reply-To.
func TestWriteFirst(t *testing.T) {
	h, sealed := writing(t)
	b := h.signedIn(carer, "/").follow("Write a message").reads(200, "/write", "You can write to addresses at example.gov.uk, partnership.example.", "Send me a copy", "up to 64 KB")
	if strings.Contains(b.body, `name="copy" value="yes" checked`) {
		t.Error("a copy is asked for by default")
	}
	b.letter("Jane Doe <jane.doe@example.gov.uk>", "My boiler", "The boiler is broken.", field{name: "html", value: "<div>The <b onclick=x>boiler</b> is broken.<script>x</script></div>"},
		field{name: "file", file: "photo.jpg", kind: "image/jpeg", value: "JPEG"}, field{name: "do", value: "send"})
	b.reads(200, "/written/done", "Message sent", "Your secure message was sent successfully.", "New message", "Sign out")
	sent := h.staff.Sent()
	if len(sent) != 1 || len(*sealed) != 0 || sent[0].Kind != relay.KindInside || len(sent[0].Recipients) != 1 || !sent[0].Recipients[0].Address.Equal(officer) || sent[0].From.String() != "b+none@secure.example.gov.uk" {
		t.Fatalf("got %+v and %d sealed", sent, len(*sealed))
	}
	mail := string(sent[0].Bytes)
	for _, want := range []string{"Subject: [SECURE] My boiler\r\n", "Reply-To: carer@home.example\r\n", "(secure mail)", "photo.jpg", "SlBFRw", "The <b>boiler</b> is broken."} {
		if !strings.Contains(strings.ReplaceAll(mail, "=\r\n", ""), want) {
			t.Errorf("the mail lacks %q:\n%s", want, mail)
		}
	}
	if strings.Contains(mail, "onclick") || strings.Contains(mail, "script") {
		t.Error("the browser's own HTML went out")
	}
	b.open("/written").reads(200, "/written", "My boiler", "To jane.doe@example.gov.uk", "With photo.jpg").silent("Open your copy", "is broken")
	if got := h.browser().open("/written"); strings.Contains(got.body, "boiler") {
		t.Error("shown to nobody in particular")
	}

	// The tag is not doubled, and the same form sent again is the same message.
	b.open("/write").letter("jane.doe@example.gov.uk", "[secure] Again", "x", field{name: "do", value: "send"}).reads(200, "/written/done")
	if got := string(h.staff.Sent()[1].Bytes); !strings.Contains(got, "Subject: [secure] Again\r\n") {
		t.Errorf("got %.600s", got)
	}
	b.open("/write")
	page := b.body
	for range 2 {
		b.body = page
		b.letter("jane.doe@example.gov.uk", "Twice", "x", field{name: "do", value: "send"}).reads(200, "/written/done")
	}
	if n := len(h.staff.Sent()); n != 3 {
		t.Errorf("got %d mails, want 3", n)
	}
}

// BCC-13: outsiders write to the organisation and its partners alone, by To and Cc
// alike, whatever the form says; staff to everybody. What is outside is sealed.
func TestWhomToWriteTo(t *testing.T) {
	h, sealed := writing(t)
	b := h.signedIn(carer, "/write")
	for name, to := range map[string]string{"outside": other.String(), "below our domain": "a@evil.example.gov.uk.example", "routed": "other%work.example@example.gov.uk", "among others": officer.String() + ", " + other.String()} {
		b.open("/write").letter(to, "Hello", "keep me", field{name: "do", value: "send"}).reads(422, "/write", "keep me")
		if name != "routed" {
			b.reads(422, "", "You cannot write to", "You can write to addresses at example.gov.uk, partnership.example.")
		}
	}
	b.letter(officer.String(), "Hello", "keep me", field{name: "copies", value: other.String()}).reads(422, "/write", "You cannot write to other@work.example here.", "keep me")
	b.letter("", "", " ").reads(422, "/write", "Enter the address that you write to", "Enter a subject", "Write a message")
	b.letter("nobody", "Hello", "x").reads(422, "/write", "nobody is not an email address")
	b.letter(strings.Repeat(officer.String()+"x,", 51), "Hello", "x").reads(422, "/write")
	if len(h.staff.Sent())+len(*sealed) != 0 {
		t.Fatal("sent all the same")
	}
	b.open("/write").letter(`"Doe, Jane" <`+officer.String()+">; "+partner.String(), "Hello", "x", field{name: "copy", value: "yes"}).reads(200, "/written/done")
	if len(h.staff.Sent()) != 1 || len(*sealed) != 1 || len((*sealed)[0].Recipients) != 2 {
		t.Fatalf("got %d in clear and %+v", len(h.staff.Sent()), *sealed)
	}
	for i, want := range []addr.Address{partner, carer} {
		if got := (*sealed)[0].Recipients[i].Address; !got.Equal(want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	h.signedIn(officer, "/write").letter(other.String(), "From staff", "x").reads(200, "/written/done")
	if got := *sealed; len(got) != 2 || !got[1].Recipients[0].Address.Equal(other) {
		t.Errorf("got %+v", got)
	}
}

// CYC-3: staff who have not switched secure mail on write to colleagues alone.
func TestStaffSwitchOnBeforeTheyWrite(t *testing.T) {
	on := false
	h, sealed := writing(t, func(c *portal.Config) {
		c.Writing.MaySeal = func(context.Context, addr.Address) (bool, error) { return on, nil }
	})
	b := h.signedIn(officer, "/write")
	b.letter(other.String(), "Hello", "x").reads(422, "/write", "Secure mail is not switched on for you yet")
	b.letter("bob@example.gov.uk", "Hello", "x").reads(200, "/written/done")
	on = true
	b.open("/write").letter(other.String(), "Hello", "x").reads(200, "/written/done")
	if len(*sealed) != 1 || len(h.staff.Sent()) != 1 {
		t.Errorf("got %d sealed, %d in clear", len(*sealed), len(h.staff.Sent()))
	}
	h.signedIn(carer, "/write").letter(officer.String(), "Hello", "x").reads(200, "/written/done") // no rule for outsiders
}

// BCC-14: files to the limit together go, one byte more is refused with what was
// written kept; so is what the inbound listener refuses, with its reason in words.
func TestLetterRefused(t *testing.T) {
	h, _ := writing(t)
	b := h.signedIn(carer, "/write")
	half := strings.Repeat("x", 32<<10)
	send := func(second string) *browser {
		return b.letter(officer.String(), "Photos", "keep me", field{name: "file", file: "a.jpg", kind: "image/jpeg", value: half}, field{name: "file", file: "b.jpg", kind: "image/jpeg", value: second})
	}
	send(half+"y").reads(422, "/write", "bigger than 64 KB", "keep me", "Choose your files once more: a.jpg, b.jpg")
	for said, want := range map[string]struct {
		status int
		words  string
	}{
		"550 5.1.1 no such user":                 {422, "does not know one of these addresses"},
		"554 5.7.1 virus W32/Eicar in photo.jpg": {422, "Its answer was 554 5.7.1."},
		"552 5.2.2 over quota":                   {422, "The mailbox that you write to is full"},
		"552 5.3.4 too big":                      {422, "too big for the organisation's mail system"},
		"550 5.6.0 odd":                          {422, "did not take your message, so nobody has it. Its answer was 550 5.6.0."},
		"":                                       {503, "nothing has been sent"},
		"unknown":                                {502, "We do not know whether your message arrived"},
	} {
		h.staff.Fail = func(relay.Mail) error {
			switch said {
			case "":
				return relay.ErrTemporary
			case "unknown":
				return relay.ErrUnknown
			}
			r := &relay.Reply{Text: said[10:], Enhanced: said[4:9]}
			_, _ = fmt.Sscan(said, &r.Code)
			return fmt.Errorf("%w: %w", relay.ErrPermanent, r)
		}
		b.open("/write")
		send(half).reads(want.status, "/write", want.words, "keep me", "kept among your saved messages").silent("W32", "no such user")
	}
	h.staff.Fail = nil
	b.open("/drafts").reads(200, "/drafts", "Photos").follow("Photos").reads(200, "", "keep me", "Choose your files once more: a.jpg, b.jpg")
	send(half).reads(200, "/written/done")
	if n := strings.Count(b.open("/drafts").body, "<strong>Photos</strong>"); n != 6 {
		t.Errorf("got %d drafts, want 6: the one that was sent is gone", n)
	}
}

// Drafts wait for their writer on the server, and for nobody else; without script
// a draft with a look is plain text.
func TestDrafts(t *testing.T) {
	h, _ := writing(t)
	b := h.signedIn(carer, "/write")
	b.letter("jane.doe@example.gov.uk", "Half a letter", "Dear Jane,", field{name: "html", value: "Dear <i>Jane</i>,"}, field{name: "file", file: "a.jpg", kind: "image/jpeg", value: "x"},
		field{name: "copy", value: "yes"}, field{name: "do", value: "save"}).reads(200, "", "Saved. We keep it until Sunday 2 August 2026", "Attached files are not kept")
	at := b.at.Path
	b.reads(200, at, "Dear Jane,", "Choose your files once more: a.jpg")
	if !strings.Contains(b.body, `value="Dear &lt;i&gt;Jane&lt;/i&gt;," disabled`) || !strings.Contains(b.body, `name="copy" value="yes" checked`) || !strings.Contains(b.body, `value="Half a letter"`) {
		t.Errorf("the draft lost something:\n%s", b.body)
	}
	other := h.signedIn(other, "/drafts").reads(200, "/drafts", "You have no saved messages")
	other.open(at).reads(200, "/drafts", "You have no saved messages")
	b.open("/drafts").reads(200, "/drafts", "Half a letter", "Kept until").press("Delete Half a letter", nil).reads(200, "/drafts", "You have no saved messages")
	for i := range store.MaxDrafts + 1 {
		b.open("/write").letter("", fmt.Sprint("no ", i), "x", field{name: "do", value: "save"})
	}
	b.reads(422, "/write", "You have 20 saved messages", "x")
}

// Who was signed out while writing has her words still, and sends them when she is
// signed in again.
func TestSignedOutWhileWriting(t *testing.T) {
	h, _ := writing(t)
	b := h.signedIn(carer, "/write")
	page := b.body
	b.h.clock = b.h.clock.Add(store.SessionIdle + time.Minute)
	b.letter(officer.String(), "Long", "written for hours", field{name: "file", file: "a.jpg", value: "x"}).reads(401, "/write", "You were signed out", "written for hours", "Choose your files once more: a.jpg")
	if len(h.staff.Sent()) != 0 {
		t.Fatal("sent for nobody")
	}
	b.open("/messages").press("Continue", map[string]string{"address": carer.String()}).byCode(carer)
	b.body = page
	b.letter(officer.String(), "Long", "written for hours").reads(200, "/written/done")
}

// Whom the operator keeps from writing reads, and writes neither first nor back.
func TestBlockedWriter(t *testing.T) {
	h, _ := writing(t)
	l := h.send(plainMail, carer)
	must(t, h.store.BlockWriter(t.Context(), carer, audit.Operator("op"), "abuse of the help desk", h.clock))
	b := h.browser().open(l.link).byCode(carer).reads(200, l.page, "the plan")
	for _, path := range []string{"/write", l.page + "/reply"} {
		b.open(path).reads(403, path, "You cannot write messages here", "You can still read").silent("abuse")
	}
	must(t, h.store.UnblockWriter(t.Context(), carer, audit.Operator("op"), h.clock))
	b.open("/write")
	must(t, h.store.BlockWriter(t.Context(), carer, audit.Operator("op"), "", h.clock))
	b.letter(officer.String(), "x", "x").reads(403, "/write", "You cannot write messages here")
	if len(h.staff.Sent()) != 0 {
		t.Error("a blocked writer's message went out")
	}
}

// An office is not flooded: the messages of one hour are counted, and the next
// hour begins anew.
func TestWritingTooOften(t *testing.T) {
	h, _ := writing(t)
	b := h.signedIn(carer, "/write")
	for i := range 31 {
		b.open("/write").letter(officer.String(), fmt.Sprint("no ", i), "x")
	}
	b.reads(429, "/write", "You have sent 30 messages within an hour", "kept among your saved messages")
	if got := len(h.staff.Sent()); got != 30 {
		t.Errorf("got %d mails, want 30", got)
	}
	h.signedIn(other, "/write").letter(officer.String(), "another's", "x").reads(200, "/written/done")
	h.clock = h.clock.Add(time.Hour)
	h.signedIn(carer, "/write").letter(officer.String(), "an hour later", "x").reads(200, "/written/done")
}

// scanner finds what a scanner finds, or is away.
type scanner struct {
	away bool
	seen int
}

func (s *scanner) Scan(_ context.Context, r io.Reader) (string, error) {
	s.seen++
	b, err := io.ReadAll(r)
	switch {
	case s.away:
		return "", errors.New("connection refused")
	case strings.Contains(string(b), "EICAR"):
		return "Eicar-Test", err
	}
	return "", err
}

// With a scanner, nothing goes that it finds something in, and nothing while it is
// away; what was written is kept. Answers are looked at too.
func TestScannedUploads(t *testing.T) {
	by := &scanner{}
	h, _ := writing(t, func(c *portal.Config) { c.Writing.Scan = by })
	b := h.signedIn(carer, "/write")
	bad := field{name: "file", file: "photo.jpg", kind: "image/jpeg", value: "EICAR"}
	good := field{name: "file", file: "photo.jpg", kind: "image/jpeg", value: "fine"}
	b.letter(officer.String(), "Photo", "keep me", good, bad).reads(422, "/write", "photo.jpg may hold a virus", "keep me").silent("Eicar")
	by.away = true
	b.letter(officer.String(), "Photo", "keep me", good).reads(422, "/write", "We could not check your files", "keep me")
	b.letter(officer.String(), "No files", "nothing to scan").reads(200, "/written/done")
	l := h.send(plainMail, carer)
	b.open(l.link).follow("Reply").upload("Send", field{name: "text", value: "keep me"}, good).reads(422, "", "We could not check your files", "keep me")
	by.away = false
	b.upload("Send", field{name: "text", value: "keep me"}, bad).reads(422, "", "may hold a virus", "keep me")
	b.upload("Send", field{name: "text", value: "keep me"}, good).reads(200, l.page+"/replied")
	if n := len(h.staff.Sent()); n != 2 || by.seen != 6 {
		t.Errorf("got %d mails, %d files were looked at", n, by.seen)
	}
}
