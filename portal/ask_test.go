package portal_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/store"
)

// C7, C29: a message that has closed says when, and by one button its sender is
// asked to open it again; a day's presses make one mail. The sender does it on the
// page that the mail leads to, and who asked is told.
func TestClosedMessageIsOpenedAgain(t *testing.T) {
	h := newHouse(t)
	l := h.send(plainMail, carer)
	h.clock = h.clock.Add(91 * 24 * time.Hour) // Friday 2 October 2026, 10:30 BST
	b := h.browser().open(l.link).byCode(carer)
	b.reads(410, l.page, "This message has closed", "It was open until Thursday 1 October 2026, 10:30 BST", "We can ask Jane Doe")
	b.press("Ask the sender to open it again", nil).reads(200, l.page+"/asked", "We have asked the sender", "Jane Doe").silent("Read the message")
	var asked notice.AskedData
	h.mail(officer, notice.Asked, &asked)
	if asked.LetIn || asked.From != carer.String() || asked.Page != h.web.URL+"/sent/"+l.id.String() {
		t.Errorf("the sender is asked %+v", asked)
	}
	b.open(l.page).press("Ask the sender to open it again", nil).reads(200, l.page+"/asked")
	if got := h.mails(); len(got) != 0 {
		t.Errorf("asked twice within a day: %d mails", len(got))
	}

	sender := h.browser().open(asked.Page).press("Continue", map[string]string{"address": officer.String()}).byCode(officer)
	sender.reads(200, "/sent/"+l.id.String(), carer.String()+" asks you to open this message again")
	sender.press("Open it again", map[string]string{"days": "8000"}).reads(422, "", "Choose how long")
	sender.press("Open it again", map[string]string{"days": "30"}).reads(200, "/sent/"+l.id.String(), "Open until", "1 November 2026").silent("asks you")
	var answer notice.AskAnsweredData
	h.mail(carer, notice.AskAnswered, &answer)
	if want := h.clock.Add(30 * 24 * time.Hour); !answer.Until.Equal(want) || answer.Sender != "Jane Doe" {
		t.Errorf("told %+v, want until %v", answer, want)
	}
	b.open(l.page).reads(200, l.page, "the plan") // the link was moved with it

	h.clock = h.clock.Add(30*24*time.Hour + store.KeepClosed)
	b = h.browser().open(l.link).byCode(carer).reads(410, l.page, "This message has closed")
	b.press("Ask the sender to open it again", nil).reads(410, "", "closed for so long", "Ask Jane Doe to send it once more")
	sender = h.browser().open(asked.Page).press("Continue", map[string]string{"address": officer.String()}).byCode(officer)
	sender.press("Open it again", map[string]string{"days": "30"}).reads(422, "", "It cannot be opened again")
}

// Only the sender keeps a message open, and only who is a recipient can ask.
func TestOnlyTheSenderExtends(t *testing.T) {
	h := newHouse(t)
	l := h.send(plainMail, carer)
	path := "/sent/" + l.id.String()
	b := h.browser().open(path).press("Continue", map[string]string{"address": other.String()}).byCode(other)
	b.reads(404, path)
	for _, to := range []string{path + "/extend", path + "/people"} {
		b.post(to, "application/x-www-form-urlencoded", strings.NewReader("days=30&who=other%40work.example&do=yes"))
		b.reads(403, "", "Please do that once more")
	}
	h.clock = h.clock.Add(91 * 24 * time.Hour)
	b = h.browser().open(l.link).follow("Change the email address").press("Continue", map[string]string{"address": other.String()}).byCode(other)
	b.reads(403, l.page, "sent to another address").silent("Ask the sender to open it again")
}

// C17: "I got this message at another address": both mailboxes are proved by
// codes, the sender says yes by one button, and from then on the other address
// opens the message too.
func TestLetInAtAnotherAddress(t *testing.T) {
	h := newHouse(t)
	l := h.send(plainMail, carer)
	b := h.browser().open(l.link).follow("Change the email address").press("Continue", map[string]string{"address": other.String()}).byCode(other)
	b.reads(403, l.page, "You are signed in as "+other.String()).follow("I got this message at another address")
	b.reads(200, l.page+"/elsewhere", "You have shown that "+other.String()+" is yours", carer.String())
	b.press("Send me a code", map[string]string{"choice": "", "address": other.String()}).reads(422, "", "Enter the other address")
	stranger := addr.MustParse("stranger@else.example")
	b.press("Send me a code", map[string]string{"address": stranger.String()}).reads(200, l.page+"/elsewhere/code", stranger.String())
	b.press("Continue", map[string]string{"code": h.code(stranger)}).reads(422, "", "was not sent to "+stranger.String()+" either")
	b.press("Send me a code", map[string]string{"choice": carer.String()}).reads(200, l.page+"/elsewhere/code", carer.String())
	code := h.code(carer)
	b.press("Continue", map[string]string{"code": "1"}).reads(422, "", "not the digits")
	b.press("Continue", map[string]string{"code": code}).reads(200, l.page+"/asked", "We have asked the sender", "as "+carer.String())
	b.follow("Read the message").reads(200, l.page, "the plan")
	var asked notice.AskedData
	h.mail(officer, notice.Asked, &asked)
	if !asked.LetIn || asked.From != other.String() || asked.As != carer.String() {
		t.Errorf("the sender is asked %+v", asked)
	}
	mine := h.browser().open(l.link).follow("Change the email address").press("Continue", map[string]string{"address": other.String()}).byCode(other)
	mine.reads(403, l.page)

	sender := h.browser().open(asked.Page).press("Continue", map[string]string{"address": officer.String()}).byCode(officer)
	sender.reads(200, "", other.String()+" asks to read this message too", "the same person has the mailboxes")
	sender.press("Let "+other.String()+" read it", map[string]string{"do": "yes"}).reads(200, "/sent/"+l.id.String(), other.String()).silent("asks to read")
	var answer notice.AskAnsweredData
	h.mail(other, notice.AskAnswered, &answer)
	mine.open(l.page).reads(200, l.page, "the plan")
}

// C6, BCC-18: after the time of the link the page says until when it worked (UK
// time), leads to the file, and lets a recipient who has shown who she is renew it.
func TestLinkIsRenewed(t *testing.T) {
	h := newHouse(t)
	l := h.send(plainMail, carer)
	h.clock = time.Date(2026, 7, 17, 9, 29, 59, 0, time.UTC)
	h.browser().open(l.link).byCode(carer).reads(200, l.page, "the plan")
	h.clock = h.clock.Add(time.Second)
	stranger := h.browser().open(l.link).follow("Change the email address").press("Continue", map[string]string{"address": other.String()}).byCode(other)
	stranger.reads(403, l.page).silent("Let the link work again")
	b := h.browser().open(l.link).byCode(carer).reads(410, l.page, "Please open the attached file", "worked until today, 10:30 BST",
		"open until Thursday 1 October 2026, 10:30 BST", "choose it here or drag it")
	b.press("Let the link work again", nil).reads(200, l.page, "the plan")
	h.browser().open(l.link).byCode(carer).reads(200, l.page, "the plan")
	rec, err := h.store.EnvelopeForOperator(t.Context(), l.id)
	must(t, err)
	if want := h.clock.Add(14 * 24 * time.Hour); !rec.LinkUntil.Equal(want) {
		t.Errorf("the link works until %v, want %v", rec.LinkUntil, want)
	}
	// In winter the time is GMT.
	h.shape = func(r *store.Record) {
		r.LinkUntil = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
		r.ExpiresAt = r.LinkUntil.AddDate(0, 1, 0)
	}
	w := h.send(plainMail, carer)
	h.clock = time.Date(2026, 12, 2, 12, 0, 0, 0, time.UTC)
	h.browser().open(w.link).byCode(carer).reads(410, w.page, "worked until Tuesday 1 December 2026, 12:00 GMT")
}

// Who handed the file in reads by the link for a day, although its time was over.
func TestStagedFileRenewsTheLink(t *testing.T) {
	h := newHouse(t)
	l := h.send(plainMail, carer)
	h.clock = h.clock.Add(20 * 24 * time.Hour)
	h.browser().open(l.link).byCode(carer).reads(410, l.page)
	h.browser().stage(l.fields()...).byCode(carer).reads(200, l.page, "the plan")
	h.clock = h.clock.Add(24 * time.Hour)
	h.browser().open(l.link).byCode(carer).reads(410, l.page)
}

// BCC-19 and Bcc: who is named is filled in or to choose from; nobody sees from
// the form that somebody else has the message too.
func TestAddressesToChoose(t *testing.T) {
	h := newHouse(t)
	hidden := addr.MustParse("hidden@bcc.example")
	for _, c := range []struct {
		name    string
		to, cc  []string
		sealed  []addr.Address
		filled  string
		choices []string
	}{
		{"one", []string{"Carla <carer@home.example>"}, nil, []addr.Address{carer}, "carer@home.example", nil},
		{"one and a Bcc", []string{"Carla <carer@home.example>"}, nil, []addr.Address{carer, hidden}, "carer@home.example", nil},
		{"two and a Bcc", []string{"carer@home.example"}, []string{"other@work.example"}, []addr.Address{carer, other, hidden}, "", []string{"carer@home.example", "other@work.example"}},
		{"a colleague in To", []string{"mate@example.gov.uk", "carer@home.example"}, nil, []addr.Address{carer}, "carer@home.example", nil},
		{"a Bcc alone", []string{"mate@example.gov.uk"}, nil, []addr.Address{hidden}, "hidden@bcc.example", nil},
		{"two Bcc", []string{"mate@example.gov.uk"}, nil, []addr.Address{hidden, other}, "", nil},
	} {
		h.shape = func(r *store.Record) { r.To, r.Cc = c.to, c.cc }
		b := h.browser().open(h.send(plainMail, c.sealed...).link).reads(200, "/signin")
		if c.filled != "" {
			b.reads(200, "/signin", "Your email address "+c.filled, "Send me a code")
		} else {
			b.reads(200, "/signin", "Please enter your email address")
			if got := strings.Count(b.body, `name="choice" value="`); got != len(c.choices)+min(1, len(c.choices)) {
				t.Errorf("%s: %d choices", c.name, got)
			}
			b.reads(200, "", c.choices...)
			b.press("Continue", map[string]string{"address": hidden.String()}).reads(200, "/signin", hidden.String())
			continue
		}
		if c.filled != hidden.String() {
			b.silent(hidden.String())
		}
	}
}

// BCC-24: the page for a message that is not here yet looks again by itself, some times.
func TestNotHereYetLooksAgain(t *testing.T) {
	h := newHouse(t)
	l := h.send(plainMail, carer)
	var none envelope.ID
	none[3] = 1
	early := "/m/" + none.String() + "?t=" + l.secret.Encode()
	b := h.browser().open(early).reads(404, "", "not here yet", "Try again")
	if got, want := b.head.Get("Refresh"), "20; url=?t="+l.secret.Encode()+"&again=1"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if b.open(early + "&again=15"); b.head.Get("Refresh") != "" {
		t.Error("a forgotten tab asks for ever")
	}
	if b.open("/m/" + none.String()); b.head.Get("Refresh") != "" {
		t.Error("without a link there is nothing to wait for")
	}
}

// Big mail: what came without its file offers it on the page; it is the same file
// that a smaller mail carries, and opens.
func TestBigMailOffersTheFile(t *testing.T) {
	h := newHouse(t, func(c *portal.Config) {
		c.Servers = []string{"https://secure.example.gov.uk", "https://two.example.gov.uk"}
	})
	small := h.send(plainMail, carer)
	b := h.browser().open(small.link).byCode(carer).reads(200, small.page)
	b.silent("securedoc.html\"")
	h.shape = func(r *store.Record) { r.LinkUntil = r.ExpiresAt }
	l := h.send(plainMail, carer)
	b.open(l.link).reads(200, l.page, "too big to come with the email", "save the file securedoc.html")
	resp, err := b.client.Get(h.full(l.page + "/securedoc.html"))
	must(t, err)
	defer func() { _ = resp.Body.Close() }()
	if got := resp.Header.Get("Content-Disposition"); !strings.HasPrefix(got, `attachment; filename="securedoc.html"`) || !strings.HasPrefix(resp.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("disposition %s", got)
	}
	var box, original bytes.Buffer
	page, err := envelope.ReadPage(resp.Body, &box, 0)
	must(t, err)
	must(t, envelope.Open(&original, &box, l.key, 0))
	if !bytes.Equal(original.Bytes(), l.original) || page.ID != l.id || page.Secret != l.secret || len(page.Servers) != 2 || page.From != "Jane Doe <jane.doe@example.gov.uk>" {
		t.Errorf("got %+v", page)
	}
	rec, err := h.store.EnvelopeForOperator(t.Context(), l.id)
	must(t, err)
	if rec.Recipients[0].Opens != 1 {
		t.Errorf("saving the locked file counts as opening: %d", rec.Recipients[0].Opens)
	}
	h.browser().open(l.link).open(l.page+"/securedoc.html").reads(200, "/signin")
	stranger := h.browser().open(l.link).follow("Change the email address").press("Continue", map[string]string{"address": other.String()}).byCode(other)
	stranger.open(l.page+"/securedoc.html").reads(403, "")
	if files, err := os.ReadDir(h.spool); err != nil || len(files) > 0 {
		t.Errorf("left in the spool: %v %v", files, err)
	}
}
