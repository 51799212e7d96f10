package e2e_test

import (
	"os"
	"strings"
	"testing"

	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/internal/redistest"
)

// officeSettings are those of a council with everything that people meet beside
// reading and writing; who may send without switching it on is named.
const officeSettings = `
secure_suffix: safe.example
senders: {enable: true, only: [anton@example.gov.uk, dirk@example.gov.uk, housing.office@example.gov.uk, school.office@example.gov.uk]}
service_desk: {people: [` + senderDesk + `]}
help_desk: {hours: "weekdays, 8am to 7pm", phone: "+44 1632 960123", email: help@example.gov.uk}
joining: {address: information@example.gov.uk}
`

// officer of the office who may send, for walks that only need a message.
const anton = "anton@example.gov.uk"

// newOffice starts the council, which works together with partner.example.
func newOffice(t *testing.T) *world {
	t.Helper()
	return newWorldOf(t, e2etest.PostfixOptions{}, e2etest.PostsealOptions{More: officeSettings}, "organisation: {", "organisation: {partners: [partner.example], ")
}

// newWorldOf is newWorld for a daemon in whose configuration texts are replaced.
func newWorldOf(t *testing.T, mta e2etest.PostfixOptions, o e2etest.PostsealOptions, oldnew ...string) *world {
	t.Helper()
	e2etest.NeedRoot(t)
	s := &site{t: t, Postfix: e2etest.NewPostfix(t, mta), redis: redistest.StartRedis(t)}
	o.Postfix, o.Redis = s.Postfix, s.redis.Addr
	s.seal = e2etest.NewPostseal(t, o)
	text := strings.NewReplacer(oldnew...).Replace(string(read(t, s.seal.Config)))
	if err := os.WriteFile(s.seal.Config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.seal.Start()
	s.seal.WaitReady()
	s.Start()
	return &world{site: s, web: e2etest.StartBrowser(t)}
}

// enters opens a page in a browser of somebody's own and signs in there by a code,
// which is the nth to that address.
func (w *world) enters(t *testing.T, path string, box *e2etest.Sink, who string, nth int) *e2etest.Tab {
	t.Helper()
	b := w.person(t, e2etest.TabOptions{})
	b.Open(w.seal.PortalURL + path)
	w.signInByCode(t, b, box, who, nth)
	return b
}

// TestOffice walks what people of a council do beside reading and writing.
func TestOffice(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	for _, way := range []struct {
		name string
		walk func(*testing.T, *world)
	}{
		{"Directory", walkDirectory},
		{"InviteColleague_CJSM-10", inviteColleague},
		{"Announcements_CJSM-12", announcements},
		{"HelpDesk_CJSM-14", helpDesk},
		{"Team_CYC-12", team},
		{"EnabledUnitsOnly_BOP-25", enabledUnitsOnly},
		{"ThreadStaysSecure_SCC-15", threadStaysSecure},
		{"HelpInEveryMail_BOP-26", helpInEveryMail},
	} {
		t.Run(way.name, func(t *testing.T) { way.walk(t, w) })
	}
}

// Only units that are named, and who has switched it on, may send; what somebody
// else marks is refused and leaves in no form. BOP-25
func enabledUnitsOnly(t *testing.T, w *world) {
	const unit, other, to, subject = "housing.office@example.gov.uk", "parks.office@example.gov.uk", "uma@home.example", "[SECURE] Limited to units"
	_, err := e2etest.Send(t, w.Submission, other, []string{to}, note(other, to, subject, "Not yet."), e2etest.SendOptions{})
	refused, ok := err.(*e2etest.Refusal)
	if !ok || refused.Code != 550 || !strings.Contains(refused.Error(), w.seal.PortalURL+"/enable") {
		t.Fatalf("got %v, want 550 and where to switch it on", err)
	}
	w.send(t, unit, []string{to}, note(unit, to, subject, "From the unit."))
	w.WaitIdle()
	for _, d := range w.Outside.All() {
		if d.Has(to) && !strings.Contains(string(d.Raw), unit) {
			t.Errorf("something left for %s that is not the unit's:\n%.400s", to, d.Raw)
		}
	}
}

// Somebody outside asks by ordinary mail; the marked answer opens the thread, and
// from then on every answer in it is secure in both directions, from the newest
// message and from the first. SCC-15
func threadStaysSecure(t *testing.T, w *world) {
	const inside, outsider = anton, "theo@clinic.example"
	ask := note(outsider, inside, "Could we write securely?", "Please answer marked OFFICIAL-SENSITIVE.")
	e2etest.MustSend(t, w.MX, outsider, []string{inside}, ask, e2etest.SendOptions{})
	w.Inside.WaitTo(inside)
	subject := "OFFICIAL-SENSITIVE Re: Could we write securely?"
	first := w.send(t, inside, []string{outsider}, note(inside, outsider, subject, "Here it is safe.", "In-Reply-To: "+e2etest.Header(t, ask, "Message-ID")))
	b := w.person(t, e2etest.TabOptions{})
	w.signInByLink(t, b, first, outsider, 1)
	b.Heading(subject)

	answers := func(l letter, heading, text string) string {
		b.Open(l.link)
		b.Heading(heading)
		b.Press("Reply")
		b.Heading("Reply")
		b.Type("#text", text)
		b.Press("Send")
		b.Heading("Message sent")
		d := mail(t, w.Inside, "answer "+text, 1, func(d e2etest.Delivery) bool {
			return d.Has(inside) && strings.Contains(plainText(t, d.Raw), text)
		})
		return e2etest.Header(t, d.Raw, "Subject")
	}
	next := answers(first, subject, "The first answer.")
	// The answer to it from Outlook, its subject as it came, is sealed by itself.
	e2etest.MustSend(t, w.Submission, inside, []string{outsider}, note(inside, outsider, next, "And the second."), e2etest.SendOptions{})
	second := w.received(t, mail(t, w.Outside, "staff's answer, sealed", 2, func(d e2etest.Delivery) bool { return d.Has(outsider) && e2etest.IsSealed(t, d.Raw) }))
	again := answers(second, next, "The second answer.")
	if strings.Count(again, "OFFICIAL-SENSITIVE") != 1 {
		t.Errorf("the marking of the thread became %q", again)
	}
	answers(first, subject, "One more to the first message.")
	for _, d := range w.Outside.All() {
		if strings.Contains(string(d.Raw), "answer.") || strings.Contains(string(d.Raw), "One more to") {
			t.Errorf("an answer left in clear to %v", d.To())
		}
	}
}

// Every mail that the service has written on this site, whatever for, leads to help
// in its text and in its HTML. BOP-26, CYC-7
func helpInEveryMail(t *testing.T, w *world) {
	w.WaitIdle()
	subjects, help := map[string]bool{}, w.seal.PortalURL+"/help"
	for _, box := range []*e2etest.Sink{w.Inside, w.Outside} {
		for _, d := range box.All() {
			if !notice(d) && !e2etest.IsSealed(t, d.Raw) {
				continue // what people wrote
			}
			subject := e2etest.Header(t, d.Raw, "Subject")
			subjects[subject] = true
			for _, f := range e2etest.Leaves(t, d.Raw) {
				if (f.Type == "text/plain" || f.Type == "text/html" && f.Name == "") && !strings.Contains(string(f.Body), help) {
					t.Errorf("%q to %v: its %s leads to no help", subject, d.To(), f.Type)
				}
			}
		}
	}
	if len(subjects) < 5 {
		t.Errorf("only %d kinds of mail were looked at: %v", len(subjects), subjects)
	}
}
