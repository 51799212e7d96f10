package e2e_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	cdp "github.com/chromedp/chromedp"

	"github.com/postseal/postseal/internal/e2e/e2etest"
)

var requestInSubject = regexp.MustCompile(`request (\S+)`)

// joining is a partner's office that asks to join, and the council that answers.
type joining struct {
	*world
	p    *partnership
	list string // file of the TLS partners
}

// TestJoining walks from the first page to mail by the way of partners: a request by
// each of the two kinds, the operator's answer by command, and the next message.
func TestJoining(t *testing.T) {
	t.Parallel()
	list := filepath.Join(e2etest.ShortDir(t), "partners.txt")
	if err := os.WriteFile(list, []byte("first.example # connected already\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p := newPartnershipBy(t, "  - {name: TLS partners, to: {list: tls-partners}, do: tls}\n",
		"lists: {tls-partners: {file: \""+list+"\"}}\njoining: {address: information@example.gov.uk, list: tls-partners}\n")
	j := &joining{world: &world{site: p.site, web: e2etest.StartBrowser(t)}, p: p, list: list}
	t.Run("WebPage_CJSM-8_CJSM-9_CJSM-11", j.webPage)
	t.Run("MailServer_CJSM-9_SCC-16_SCC-18", j.mailServer)
}

// asks fills the form of one kind of connection, from the first page of help on, and
// gives the request's number, from the mail to who answers, and the link that its
// writer got.
func (j *joining) asks(t *testing.T, button, heading, who string, fields ...string) (b *e2etest.Tab, number, link string) {
	t.Helper()
	b = j.person(t, e2etest.TabOptions{})
	b.Open(j.seal.PortalURL + "/help")
	b.Press("Ask to join, for your office or yourself")
	b.Heading("Ask to join")
	b.Says("It takes about five minutes.")
	b.Says("What you agree to")
	b.Press(button)
	b.Heading(heading)
	b.Press("Send") // nothing typed: everything that is missing is named
	b.Heading("There is a problem")
	b.Says("Tick the box if you agree")
	for i := 0; i < len(fields); i += 2 {
		b.Type("#"+fields[i], fields[i+1])
	}
	b.Type("#address", who)
	b.Do(cdp.Click(cdp.CSS("#agree")))
	b.Press("Send")
	b.Heading("Thank you: your request is sent")
	told := mail(t, j.Inside, "the request", 1, func(d e2etest.Delivery) bool {
		return d.Has("information@example.gov.uk") && strings.Contains(plainText(t, d.Raw), who)
	})
	text := plainText(t, told.Raw)
	for i := 1; i < len(fields); i += 2 {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), strings.Join(strings.Fields(fields[i]), " ")) {
			t.Errorf("who answers is not told %q:\n%s", fields[i], text)
		}
	}
	d := mail(t, j.Outside, "the mail with the link", 1, func(d e2etest.Delivery) bool { return d.Has(who) && notice(d) })
	number = requestInSubject.FindStringSubmatch(e2etest.Header(t, d.Raw, "Subject"))[1]
	return b, number, linkTo(t, j.world, plainText(t, d.Raw), "/join/status/")
}

// For some people, on the web page: nothing technical is asked, an answer is promised
// within 48 hours, the link shows how it stands, and the answer's words reach the one
// who asked. CJSM-8, CJSM-9, CJSM-11, BCC-1
func (j *joining) webPage(t *testing.T) {
	const who = "greta@firm.example"
	b, number, link := j.asks(t, "Ask for the web page", "On the web page", who, "organisation", "Green and Law", "name", "Greta Green")
	b.Says("We answer within 48 hours.")
	if out := j.postseal(t, 0, "join", "list"); !strings.Contains(out, number+" mailbox waiting, due ") || !strings.Contains(out, "Green and Law") {
		t.Errorf("the list says\n%s", out)
	}
	b.Open(link)
	b.Heading("Request " + number)
	b.Says("We are looking at it. You hear from us by ")
	j.postseal(t, 0, "join", "approve", "--reply", "Welcome on the web page.", number)
	d := mail(t, j.Outside, "the answer", 2, func(d e2etest.Delivery) bool { return d.Has(who) && notice(d) })
	if text := plainText(t, d.Raw); !strings.Contains(text, "Welcome on the web page.") || !strings.Contains(text, "Your request is approved") {
		t.Errorf("the answer says\n%s", text)
	}
	b.Open(link)
	b.Says("Approved, today")
	b.Press("Begin")
	b.Heading("Read a secure message")
	if out := j.postseal(t, 0, "join", "list"); !strings.Contains(out, "nobody waits for an answer") {
		t.Errorf("the list says\n%s", out)
	}
}

// For a whole office, by its mail server: technical facts are asked, a consumer mail
// service is turned away at once, an answer is promised within 10 days. Mail is
// sealed until an operator has approved it and the rules are read again; the next
// message goes as it is, over verified TLS. CJSM-8, CJSM-9, SCC-16, SCC-17, SCC-18
func (j *joining) mailServer(t *testing.T) {
	sealed := composed("[SECURE] before", "", planted)
	j.p.accepted(staff, []string{"early@partner.example"}, sealed)
	if d := j.p.partner.Inside.WaitTo("early@partner.example"); !e2etest.IsSealed(t, d.Raw) {
		t.Fatalf("mail to somebody who only may ask is not sealed:\n%.400s", d.Raw)
	}

	c := j.person(t, e2etest.TabOptions{})
	c.Open(j.seal.PortalURL + "/join/server")
	c.Type("#domain", "gmail.com")
	c.Press("Send")
	c.Says("That is a mail service for everybody, which cannot be connected.")

	const who = "paul@firm.example"
	b, number, link := j.asks(t, "Ask for the connection", "By your mail server", who, "organisation", "Partner Trust", "name", "Paul Post",
		"phone", "01632 960004", "domain", "partner.example", "system", "Postfix 3.7", "servers", "mx.partner.example", "tls", " ")
	b.Says("We answer within 10 days.")
	if out := j.postseal(t, 0, "join", "show", number); !strings.Contains(out, "partner.example") || !strings.Contains(out, "Nobody has checked what was typed") {
		t.Errorf("the command says\n%s", out)
	}
	out := j.postseal(t, 0, "join", "approve", "--reply", "Your server is connected.", number)
	if !strings.Contains(out, "partner.example added to "+j.list) {
		t.Errorf("the command says\n%s", out)
	}
	d := mail(t, j.Outside, "the answer", 2, func(d e2etest.Delivery) bool { return d.Has(who) && notice(d) })
	if !strings.Contains(plainText(t, d.Raw), "Your server is connected.") {
		t.Errorf("the answer says\n%s", plainText(t, d.Raw))
	}
	b.Open(link)
	b.Says("Approved, today")

	j.seal.Reload()
	j.p.proved(2)
	raw := composed("[SECURE] after", "", planted)
	j.p.accepted(staff, []string{partnerAt}, raw)
	j.p.arrived(partnerAt, raw)
}
