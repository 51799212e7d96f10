package portal_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/relay"
)

// BOP-12, SCC-11: when and how often, in words, on UK clocks.
func TestInvitationWords(t *testing.T) {
	names, err := filepath.Glob("../testdata/calendar/*.txt")
	if err != nil || len(names) < 30 {
		t.Fatal(len(names), err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			b, err := os.ReadFile(name)
			must(t, err)
			head, text, _ := strings.Cut(string(b), "\n\n")
			want := map[string]string{}
			for l := range strings.SplitSeq(head, "\n") {
				k, v, _ := strings.Cut(l, ":")
				want[k] = strings.TrimSpace(v)
			}
			when, repeats, ok := portal.EventWords(crlf(text), "en", london(t))
			if !ok || when != want["When"] || repeats != want["Repeats"] {
				t.Errorf("got  %q %q\nwant %q %q", when, repeats, want["When"], want["Repeats"])
			}
			if _, welsh, _ := portal.EventWords(crlf(text), "cy", london(t)); (welsh == "") != (repeats == "") || strings.Contains(welsh, "invite.") {
				t.Errorf("Welsh: %q", welsh)
			}
		})
	}
}

const inviteText = `BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VEVENT
UID:meeting-1@example.gov.uk
SEQUENCE:3
DTSTART:20260707T130000Z
DTEND:20260707T143000Z
RRULE:FREQ=WEEKLY;COUNT=6
SUMMARY:Case conference
LOCATION:https://meet.example.gov.uk/42
ORGANIZER;CN=Jane Doe:mailto:ORGANISER
ATTENDEE;CN=Carla Carer;PARTSTAT=NEEDS-ACTION:mailto:carer@home.example
END:VEVENT
END:VCALENDAR
`

// calendarPart takes the answer out of a mail.
func calendarPart(t *testing.T, raw []byte) (header mail.Header, ics string) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	must(t, err)
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("the answer is %q %v", kind, err)
	}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if err != nil {
			t.Fatal("no text/calendar part with method=REPLY")
		}
		if kind, params, _ := mime.ParseMediaType(p.Header.Get("Content-Type")); kind == "text/calendar" && params["method"] == "REPLY" {
			b, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, p))
			must(t, err)
			return m.Header, strings.ReplaceAll(string(b), "\r\n ", "")
		}
	}
}

// BOP-12, CYC-9, CYC-10: an invitation is answered without script; the answer goes
// to the organiser alone, as ordinary mail with an iTIP REPLY (RFC 5546, RFC 6047).
func TestAnswerInvitation(t *testing.T) {
	for button, c := range map[string]struct{ title, status, subject string }{
		"Accept":    {"You have accepted", "ACCEPTED", "[SECURE] Accepted: Case conference"},
		"Tentative": {"You have accepted tentatively", "TENTATIVE", "[SECURE] Tentative: Case conference"},
		"Decline":   {"You have declined", "DECLINED", "[SECURE] Declined: Case conference"},
	} {
		t.Run(button, func(t *testing.T) {
			h := newHouse(t)
			l := h.send(viewerMail("boss@example.gov.uk"), carer)
			b := h.browser().open(l.link).byCode(carer)
			action, fields := b.form(button)
			b.post(action, "application/x-www-form-urlencoded", strings.NewReader(values(fields, "answer", strings.ToLower(c.status))))
			b.reads(200, l.page+"/answered", c.title, "The organiser has been told.")
			sent := h.staff.Sent()
			if len(sent) != 1 || len(sent[0].Recipients) != 1 || sent[0].Recipients[0].Address.String() != "boss@example.gov.uk" {
				t.Fatalf("got %d mails %+v, want one to the organiser", len(sent), sent)
			}
			head, ics := calendarPart(t, sent[0].Bytes)
			if got := head.Get("Subject"); got != c.subject {
				t.Errorf("subject %q, want %q", got, c.subject)
			}
			if got := head.Get("Reply-To"); !strings.Contains(got, carer.String()) {
				t.Errorf("Reply-To %q", got)
			}
			for _, want := range []string{"METHOD:REPLY\r\n", "UID:meeting-1@example.gov.uk\r\n", "SEQUENCE:3\r\n", "DTSTART:20260707T130000Z\r\n",
				"mailto:boss@example.gov.uk\r\n", "ATTENDEE;PARTSTAT=" + c.status + `;CN="Carla Carer":mailto:carer@home.example` + "\r\n"} {
				if !strings.Contains(ics, want) {
					t.Errorf("the answer lacks %q:\n%s", want, ics)
				}
			}
		})
	}
}

// One answer however often the form is sent; thinking better of it is another one,
// and so is going back to the first. An answer that was not sent is sent by the
// next press, as the same mail.
func TestInvitationIsAnsweredOnce(t *testing.T) {
	h := newHouse(t)
	l := h.send(viewerMail("boss@example.gov.uk"), carer)
	b := h.browser().open(l.link).byCode(carer)
	action, fields := b.form("Accept")
	press := func(said string, want int) {
		t.Helper()
		b.post(action, "application/x-www-form-urlencoded", strings.NewReader(values(fields, "answer", said)))
		b.reads(200, l.page+"/answered")
		if got := len(h.staff.Sent()); got != want {
			t.Fatalf("%s: got %d mails, want %d", said, got, want)
		}
		h.clock = h.clock.Add(time.Minute)
	}
	press("accepted", 1)
	press("accepted", 1)
	press("declined", 2)
	press("declined", 2)
	press("accepted", 3)
	press("accepted", 3)
	ids := map[string]bool{}
	for _, m := range h.staff.Sent() {
		head, _ := calendarPart(t, m.Bytes)
		ids[head.Get("Message-Id")] = true
	}
	if len(ids) != 3 {
		t.Errorf("got %d Message-IDs, want 3: mail systems drop what they know", len(ids))
	}
	_, fields = b.open(l.page).form("Accept") // the page anew: asked for again
	press("accepted", 4)

	// Two at one time.
	_, fields = b.open(l.page).form("Accept")
	body := values(fields, "answer", "tentative")
	done := make(chan int, 2)
	for range 2 {
		go func() {
			resp, err := b.client.Post(h.full(action), "application/x-www-form-urlencoded", strings.NewReader(body))
			if err != nil {
				done <- 0
				return
			}
			_ = resp.Body.Close()
			done <- resp.StatusCode
		}()
	}
	for range 2 {
		if got := <-done; got != 200 {
			t.Errorf("got %d", got)
		}
	}
	if got := len(h.staff.Sent()); got != 5 {
		t.Errorf("got %d mails, want 5", got)
	}

	_, fields = b.open(l.page).form("Accept")
	h.staff.Fail = func(relay.Mail) error { return relay.ErrTemporary }
	b.post(action, "application/x-www-form-urlencoded", strings.NewReader(values(fields, "answer", "declined")))
	b.reads(503, "")
	h.staff.Fail = nil
	press("declined", 6)
}

func values(fields map[string]string, more ...string) string {
	v := url.Values{}
	for k, f := range fields {
		v.Set(k, f)
	}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return v.Encode()
}

// BOP-12: nothing goes to an organiser outside, whatever the form says.
func TestAnswerOnlyInside(t *testing.T) {
	h := newHouse(t)
	l := h.send(viewerMail("somebody@else.example"), carer)
	b := h.browser().open(l.link).byCode(carer)
	b.reads(200, l.page, "You are invited", "This invitation cannot be answered here.").silent(">Accept<")
	form := formSecret.FindString(b.body)
	secret := strings.TrimSuffix(strings.TrimPrefix(form, `name="form" value="`), `"`)
	for _, more := range [][]string{{"part", "2"}, {"part", "3"}, {"part", "99"}} {
		b.post(l.page+"/answer", "application/x-www-form-urlencoded", strings.NewReader(values(map[string]string{"form": secret, "answer": "accepted"}, more...)))
		if b.status < 400 {
			t.Errorf("%v: got %d", more, b.status)
		}
	}
	b.post(l.page+"/answer", "application/x-www-form-urlencoded", strings.NewReader(values(map[string]string{"answer": "accepted", "part": "2"})))
	if b.status != 403 {
		t.Errorf("without our form: got %d", b.status)
	}
	if n := len(h.staff.Sent()); n != 0 {
		t.Errorf("%d mails were sent", n)
	}
}

// BOP-12: the page asks in words and answers; where the message is on the shelf, what it
// says counts and not what the page sends, and where it is not, only the sender
// is answered.
func TestPageAnswersInvitation(t *testing.T) {
	h := newHouse(t)
	shelved, gone := h.send(viewerMail("boss@example.gov.uk"), carer), h.seal(viewerMail("boss@example.gov.uk"), carer)
	b := h.browser()
	call := func(l letter, session, call string, fields map[string]string) (status int, answer map[string]any) {
		fields["id"], fields["t"], fields["session"] = l.id.String(), l.secret.Encode(), session
		b.post("/api/v1/"+call, "application/x-www-form-urlencoded", strings.NewReader(values(fields)))
		must(t, json.Unmarshal([]byte(b.body), &answer))
		return b.status, answer
	}
	page := strings.Repeat("ab", 16)
	sign := func(l letter) string {
		fields := map[string]string{"address": carer.String(), "browser": page}
		call(l, "", "code", fields)
		fields["code"] = h.code(carer)
		status, answer := call(l, "", "open", fields)
		if status != 200 {
			t.Fatalf("open: %d %v", status, answer)
		}
		return answer["session"].(string)
	}
	session := sign(shelved)
	ics := crlf(strings.ReplaceAll(inviteText, "ORGANISER", "boss@example.gov.uk"))
	status, said := call(shelved, session, "invitation", map[string]string{"calendar": ics})
	if text := fmt.Sprint(said); status != 200 || !strings.Contains(text, "Tuesday 7 July 2026, 14:00 to 15:30 BST") || !strings.Contains(text, "declined Decline") {
		t.Errorf("got %d %v", status, said)
	}
	if status, _ := call(shelved, "nobody-nobody-nobody-nobody", "invitation", map[string]string{"calendar": ics}); status != 401 {
		t.Errorf("without a session: got %d", status)
	}
	forged := strings.ReplaceAll(ics, "boss@", "victim@")
	for range 2 { // the box's once-id makes it one answer
		if status, answer := call(shelved, session, "answer", map[string]string{"calendar": forged, "answer": "declined", "once": fmt.Sprint(said["once"])}); status != 200 {
			t.Errorf("got %d %v", status, answer)
		}
	}
	other := strings.ReplaceAll(ics, "UID:meeting-1", "UID:another")
	if status, _ := call(shelved, session, "answer", map[string]string{"calendar": other, "answer": "accepted"}); status != 403 {
		t.Errorf("another appointment: got %d", status)
	}
	sent := h.staff.Sent()
	if len(sent) != 1 || sent[0].Recipients[0].Address.String() != "boss@example.gov.uk" {
		t.Fatalf("got %+v, want one mail to the organiser of the message itself", sent)
	}
	session = sign(gone)
	if status, _ := call(gone, session, "answer", map[string]string{"calendar": forged, "answer": "accepted"}); status != 403 {
		t.Errorf("somebody inside who is not the sender, with no copy to look at: got %d", status)
	}
	own := strings.ReplaceAll(ics, "boss@", "jane.doe@")
	if status, answer := call(gone, session, "answer", map[string]string{"calendar": own, "answer": "accepted"}); status != 200 || len(h.staff.Sent()) != 2 {
		t.Errorf("the sender: got %d %v", status, answer)
	}
}
