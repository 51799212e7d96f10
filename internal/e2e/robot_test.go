package e2e_test

import (
	"fmt"
	"net/http/cookiejar"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/internal/redistest"
)

// site is a Postfix with everything applied, and a daemon that reads mail to the
// service's own addresses.
func robotSite(t *testing.T) (*e2etest.Postfix, *e2etest.Postseal) {
	t.Helper()
	p := e2etest.StartPostfix(t, e2etest.PostfixOptions{Robot: true})
	s := e2etest.StartPostseal(t, e2etest.PostsealOptions{Postfix: p, Redis: redistest.StartRedis(t).Addr, Robot: true})
	return p, s
}

var (
	inPath = regexp.MustCompile(`^b\+([a-z2-7]{26})@secure\.example\.gov\.uk$`)
	aLink  = regexp.MustCompile(`https://[^\s"]+/m/[a-z2-7]{26}\?t=[A-Za-z0-9_-]{43}`)
)

// sealedTo sends a marked message and gives its envelope as it left, and its id.
func sealedTo(t *testing.T, p *e2etest.Postfix, rcpts ...string) (e2etest.Delivery, string) {
	t.Helper()
	raw := crlf(strings.Replace(plainMail, "Subject: hello", "Subject: [SECURE] hello", 1))
	e2etest.MustSend(t, p.Submission, staff, rcpts, raw, e2etest.SendOptions{})
	d := p.Outside.WaitFor("the envelope", func(d e2etest.Delivery) bool { return strings.Contains(string(d.Raw), "X-Postseal: envelope") })
	m := inPath.FindStringSubmatch(d.From)
	if m == nil {
		t.Fatalf("MAIL FROM: got %q, want b+ID@", d.From)
	}
	return d, m[1]
}

// noticeTo waits for one of our mails of a kind and gives its text.
func noticeTo(t *testing.T, sink *e2etest.Sink, to, kind string) (e2etest.Delivery, string) {
	t.Helper()
	d := sink.WaitFor(kind+" to "+to, func(d e2etest.Delivery) bool {
		return d.Has(to) && strings.Contains(string(d.Raw), "X-Postseal: notice; kind="+kind+"\r\n")
	})
	return d, strings.ReplaceAll(strings.ReplaceAll(string(d.Raw), "=\r\n", ""), "=3D", "=")
}

// BOP-20: the whole mail, forwarded to the rescue address from another mailbox,
// brings a link to the recorded recipient; nobody else gets one.
func TestRescueThroughPostfix(t *testing.T) {
	t.Parallel()
	p, s := robotSite(t)
	env, id := sealedTo(t, p, outside)
	if got := e2etest.Header(t, env.Raw, "Reply-To"); !strings.Contains(got, "reply+"+id+"@secure.example.gov.uk") {
		t.Errorf("Reply-To: got %q", got)
	}
	forward := "From: Bob at home <bob@home.example>\r\nTo: mobile@secure.example.gov.uk\r\nSubject: Fwd: x\r\nMessage-ID: <f@home.example>\r\n" +
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=f\r\n\r\n--f\r\nContent-Type: text/plain\r\n\r\ncannot open\r\n--f\r\nContent-Type: message/rfc822\r\n\r\n" +
		string(env.Raw) + "\r\n--f--\r\n"
	e2etest.MustSend(t, p.MX, "bob@home.example", []string{"mobile@secure.example.gov.uk"}, []byte(forward), e2etest.SendOptions{})
	d, text := noticeTo(t, p.Outside, outside, "rescue")
	if d.From != "" || len(d.To()) != 1 {
		t.Errorf("got MAIL FROM %q to %v, want the null sender and one recipient", d.From, d.To())
	}
	link := aLink.FindString(text)
	if !strings.Contains(link, "/m/"+id+"?t=") {
		t.Fatalf("no link in\n%s", text)
	}
	client := *s.Client
	client.Jar, _ = cookiejar.New(nil) // never fails without options; the page moves what proves the mail out of the address
	r, err := client.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != 200 {
		t.Errorf("the link: got %s", r.Status)
	}
	p.WaitIdle()
	for _, got := range p.Outside.All() {
		if got.Has("bob@home.example") {
			t.Errorf("the stranger was answered without proof:\n%s", got.Raw)
		}
	}
}

// CYC-15: a recipient whom the other side refuses: her sender hears of it, and the
// status says so; of the other recipient the host that took it is known.
func TestReportsThroughPostfix(t *testing.T) {
	t.Parallel()
	p, s := robotSite(t)
	p.Outside.SetAnswer(func(_, to string) *smtp.SMTPError {
		if strings.HasPrefix(to, "nobody@") {
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user here"}
		}
		return nil
	})
	_, id := sealedTo(t, p, outside, "nobody@firm.example")
	d, text := noticeTo(t, p.Inside, staff, "bounce")
	if !strings.Contains(text, "nobody@firm.example") || !strings.Contains(text, "no such user here") || strings.Contains(text, "..stay") {
		t.Errorf("got\n%s", text)
	}
	if inPath.FindStringSubmatch(d.From) == nil {
		t.Errorf("MAIL FROM of the notice: got %q", d.From)
	}
	e2etest.Eventually(t, "both states", func() bool {
		out, err := s.Command("envelope", "show", id)
		return err == nil && strings.Contains(out, "failed") && strings.Contains(out, "handed to 127.0.0.1")
	})
	if m := s.Metrics(); !strings.Contains(m, `postseal_robot_mails_total{outcome="told",to="report"} 1`) || !strings.Contains(m, `postseal_robot_mails_total{outcome="recorded",to="report"} 1`) {
		t.Errorf("metrics: got\n%s", m)
	}
}

// BCC-25: a plain answer to an envelope arrives marked, and its writer is told.
func TestPlainAnswerThroughPostfix(t *testing.T) {
	t.Parallel()
	p, _ := robotSite(t)
	_, id := sealedTo(t, p, outside)
	answer := "From: Bob <bob@firm.example>\r\nTo: reply+" + id + "@secure.example.gov.uk\r\nSubject: Re: hello\r\nMessage-ID: <a@firm.example>\r\n\r\nYes, Thursday.\r\n"
	e2etest.MustSend(t, p.MX, outside, []string{"reply+" + id + "@secure.example.gov.uk"}, []byte(answer), e2etest.SendOptions{})
	d, text := noticeTo(t, p.Inside, staff, "plain-reply")
	if got := e2etest.Header(t, d.Raw, "Subject"); got != "[not secure] Re: hello" {
		t.Errorf("subject: got %q", got)
	}
	if !strings.Contains(text, "Yes, Thursday.") || !strings.Contains(text, "others could have read it on the way") {
		t.Errorf("got\n%s", text)
	}
	told, _ := noticeTo(t, p.Outside, outside, "plain-reply-told")
	if told.From != "" {
		t.Errorf("MAIL FROM: got %q, want the null sender", told.From)
	}
}

// Only the service's own addresses are taken in its domain, and check proves the
// way to the daemon, before and after it is taken out.
func TestRobotWiring(t *testing.T) {
	t.Parallel()
	p, s := robotSite(t)
	for to, want := range map[string]string{
		"mobile@secure.example.gov.uk": "", "b+none@secure.example.gov.uk": "", "b+abcdefghijklmnopqrstuvwxyq@secure.example.gov.uk": "",
		"anybody@secure.example.gov.uk": "550", "b+short@secure.example.gov.uk": "550",
	} {
		got := ""
		if err := probe(p.MX, to); err != nil {
			got = fmt.Sprint(err)
		}
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("RCPT TO %s: got %q, want %q", to, got, want)
		}
	}
	if out, err := s.Command("check"); err != nil || strings.Contains(out, "transport_maps") || strings.Contains(out, "relay_domains") {
		t.Errorf("check: %v\n%s", err, out)
	}
	p.Set("transport_maps=", "sender_dependent_default_transport_maps=")
	out, err := s.Command("check")
	if err == nil || !strings.Contains(out, "mail for mobile@secure.example.gov.uk does not go to") || !strings.Contains(out, "Postfix does not say itself who took a message") {
		t.Errorf("check without the way: %v\n%s", err, out)
	}
}

// probe asks whether a listener takes an address.
func probe(port int, to string) error {
	c, err := smtp.Dial(e2etest.Loopback(port))
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Mail("", nil); err != nil {
		return err
	}
	return c.Rcpt(to, nil)
}

// apply -r and undo leave the files as they were; a later apply keeps -r.
func TestRobotScript(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPostfix(t, e2etest.PostfixOptions{Main: map[string]string{"transport_maps": "inline:{ { x.example = smtp:[y.example] } }", "relay_recipient_maps": "inline:{ { a@example.gov.uk = x } }"}})
	show := func(name string) string {
		out, err := exec.Command(e2etest.Need(t, "postconf"), "-c", p.ConfigDir, "-h", name).CombinedOutput()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(out))
	}
	before := show("transport_maps")
	p.Script("apply", "-g", p.Guard(), "-r", "secure.example.gov.uk", "-r", "Secure.OldBorough.example")
	p.Script("apply", "-g", p.Guard()) // keeps them
	for name, want := range map[string][]string{
		"transport_maps":                          {"@secure[.]example[.]gov[.]uk$$/ lmtp:unix:postseal/robot.sock", "@secure[.]oldborough[.]example$$/ error:5.1.1", before},
		"relay_domains":                           {"example.gov.uk", "secure.oldborough.example"},
		"relay_recipient_maps":                    {"a@example.gov.uk", "@secure.oldborough.example = robot"},
		"sender_dependent_default_transport_maps": {"@secure.example.gov.uk = postseal-out:"},
	} {
		for _, w := range want {
			if got := show(name); !strings.Contains(got, w) {
				t.Errorf("%s: got %q, want %q in it", name, got, w)
			}
		}
	}
	p.Script("undo")
	if got := show("transport_maps"); got != before {
		t.Errorf("after undo: got %q, want %q", got, before)
	}
}
