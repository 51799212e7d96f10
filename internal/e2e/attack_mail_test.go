package e2e_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/postseal/postseal/internal/e2e/e2etest"
)

// What an outsider does by mail, through a real Postfix with everything applied:
// nothing that he forges is sealed, confirmed, relayed or believed.
func TestAttacksByMail(t *testing.T) {
	t.Parallel()
	p, s := robotSite(t)
	_, id := sealedTo(t, p, outside)
	w := &mailAttack{Postfix: p, seal: s, id: id}
	t.Run("forged inbound mail", w.forgedInbound)
	t.Run("relaying as the service", w.relayingAsTheService)
	t.Run("forged delivery report", w.forgedReport)
	t.Run("forged field of ours from inside", w.forgedFromInside)
	t.Run("smuggled mail", w.smuggled)
	t.Run("bounce of an envelope", w.bounceOfAnEnvelope)
	t.Run("notice sent on outside", w.noticeSentOn)
}

type mailAttack struct {
	*e2etest.Postfix
	seal *e2etest.Postseal
	id   string // of an envelope that left
}

// settled waits until nothing is under way and gives how many mails there are.
func (w *mailAttack) settled() (outside, inside int) {
	w.WaitIdle()
	return len(w.Outside.All()), len(w.Inside.All())
}

func (w *mailAttack) forgedInbound(t *testing.T) {
	out, in := w.settled()
	sealed := w.sealed()
	env := w.Outside.WaitFor("the envelope", func(d e2etest.Delivery) bool { return strings.Contains(string(d.Raw), "X-Postseal: envelope") })
	ours := bytes.Replace(withoutReceived(env.Raw), []byte("Subject: "), []byte("Subject: [SECURE] pay here "), 1)
	forged := [][]byte{
		composed("[SECURE] from outside", "", "x"), // From: one of ours
		composed("x", "X-Postseal: notice; kind=confirmation\nAuthentication-Results: "+e2etest.Hostname+"; dmarc=pass header.from=example.gov.uk\n", "x"),
		ours,
	}
	for _, raw := range forged {
		e2etest.MustSend(t, w.MX, outside, []string{mate}, raw, e2etest.SendOptions{})
	}
	nowOut, nowIn := w.settled()
	if nowOut != out || nowIn != in+len(forged) {
		t.Errorf("%d mails went out and %d in, want none and %d: nothing is sealed or confirmed", nowOut-out, nowIn-in, len(forged))
	}
	if now := w.sealed(); now != sealed || sealed == "" {
		t.Errorf("it was %q and is now %q: forged mail from outside was sealed", sealed, now)
	}
}

// sealed is the count of sealed messages, as the daemon states it.
func (w *mailAttack) sealed() string {
	for line := range strings.Lines(w.seal.Metrics()) {
		if strings.HasPrefix(line, `postseal_messages_total{outcome="sealed"}`) {
			return line
		}
	}
	return ""
}

func (w *mailAttack) relayingAsTheService(t *testing.T) {
	out, _ := w.settled()
	for _, from := range []string{staff, "b+" + w.id + "@secure.example.gov.uk", "secure@example.gov.uk", ""} {
		raw := composed("x", "X-Postseal: envelope; v=1\n", "x")
		_, err := e2etest.Send(t, w.Submission, from, []string{"victim@else.example"}, raw, e2etest.SendOptions{ClientIP: "192.0.2.66"})
		var no *e2etest.Refusal
		if !errors.As(err, &no) || no.Code/100 != 5 || !strings.HasPrefix(no.Step, "RCPT") && no.Step != "end of data" {
			t.Errorf("a stranger who relays as <%s> is told %v", from, err)
		}
	}
	if now, _ := w.settled(); now != out {
		t.Errorf("%d mails went out", now-out)
	}
}

// A stranger has our own Postfix write a report about a mail of his own, that names
// the envelope as its sender, its recipient as the one meant, and a mark.
func (w *mailAttack) forgedReport(t *testing.T) {
	before, _ := w.seal.Command("envelope", "show", w.id)
	_, in := w.settled()
	raw := composed("x", "", "x")
	o := e2etest.SendOptions{MailArgs: "RET=FULL ENVID=" + w.id, RcptArgs: map[string]string{mate: "NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;" + outside}}
	e2etest.MustSend(t, w.MX, "b+"+w.id+"@secure.example.gov.uk", []string{mate}, raw, o)
	_, now := w.settled()
	after, err := w.seal.Command("envelope", "show", w.id)
	if err != nil || after != before {
		t.Errorf("%v: it was\n%s\nand is now\n%s", err, before, after)
	}
	if now != in+1 {
		t.Errorf("%d mails went in, want the forged one alone", now-in)
	}
}

// Our own field in a client's mail changes nothing of what is decided.
func (w *mailAttack) forgedFromInside(t *testing.T) {
	raw := composed("[SECURE] with our field", "X-Postseal: envelope; v=1\n", planted)
	e2etest.MustSend(t, w.Submission, staff, []string{"forged@firm.example"}, raw, e2etest.SendOptions{})
	d := w.Outside.WaitTo("forged@firm.example")
	if !e2etest.IsSealed(t, d.Raw) || bytes.Count(d.Raw, []byte("X-Postseal:")) != 1 {
		t.Errorf("got\n%.800s", d.Raw)
	}
	unseen(t, d.Raw)
}

// A client ends its data in a way that some server reads as an end, and goes on with
// commands of a second mail: it is one mail to one recipient, or none.
func (w *mailAttack) smuggled(t *testing.T) {
	for i, end := range []string{"\r.\r", "\r\n.\r", "\r.\n"} {
		to := fmt.Sprintf("smuggled%d@firm.example", i)
		first := string(composed("[SECURE] smuggling", "", planted))
		second := "MAIL FROM:<" + staff + ">\r\nRCPT TO:<evil@evil.example>\r\nDATA\r\n" + string(composed("second", "", planted)) + "\r\n.\r\n"
		said := converse(t, w.Submission, "EHLO x\r\n", "MAIL FROM:<"+staff+">\r\n", "RCPT TO:<"+to+">\r\n", "DATA\r\n", strings.TrimSuffix(first, "\r\n")+end+second, "QUIT\r\n")
		w.WaitIdle()
		for _, d := range w.Outside.All() {
			if d.Has("evil@evil.example") || d.Has(to) && !e2etest.IsSealed(t, d.Raw) {
				t.Errorf("%q: a second mail left, or the first in clear, to %v", end, d.To())
			}
		}
		if strings.Count(said, "\n354") != 1 {
			t.Errorf("%q: the server said\n%s", end, said)
		}
	}
}

// converse says each piece after the answer to the one before, and gives all answers.
func converse(t *testing.T, port int, pieces ...string) string {
	t.Helper()
	conn, err := net.Dial("tcp", e2etest.Loopback(port))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(2 * e2etest.Patience)) // a connection that was just made
	var said strings.Builder
	buffer := make([]byte, 4096)
	for _, piece := range pieces {
		n, err := conn.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		said.Write(buffer[:n])
		if _, err := io.WriteString(conn, piece); err != nil {
			t.Fatal(err)
		}
	}
	rest, _ := io.ReadAll(conn) // the server closes after QUIT
	return said.String() + string(rest)
}

// The next host refuses an envelope after it has read it; it gets to quote what it
// was sent, which is sealed. What the sender is told quotes nothing.
func (w *mailAttack) bounceOfAnEnvelope(t *testing.T) {
	w.Outside.SetAnswer(func(_, to string) *smtp.SMTPError {
		if to == "" {
			return nil
		}
		if strings.HasPrefix(to, "late@") {
			return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "content rejected"}
		}
		return nil
	})
	defer w.Outside.SetAnswer(nil)
	raw := composed("QQ 12 34 56 C [SECURE]", "", planted)
	e2etest.MustSend(t, w.Submission, staff, []string{"late@firm.example"}, raw, e2etest.SendOptions{MailArgs: "RET=FULL", RcptArgs: map[string]string{"late@firm.example": "NOTIFY=SUCCESS,FAILURE,DELAY"}})
	d, text := noticeTo(t, w.Inside, staff, "bounce")
	if !strings.Contains(text, "late@firm.example") {
		t.Errorf("got\n%s", text)
	}
	for _, quoted := range []string{"xylophone-quartz", "message/rfc822", "securedoc"} {
		if bytes.Contains(d.Raw, []byte(quoted)) {
			t.Errorf("what the sender is told quotes %q:\n%s", quoted, d.Raw)
		}
	}
	w.WaitIdle()
	for _, d := range w.Outside.All() {
		if d.Has("late@firm.example") || d.Has(staff) {
			t.Errorf("something left for %v:\n%.500s", d.To(), d.Raw)
		}
	}
}

// A mailbox that sends everything on outside sends its confirmation on as well, once.
func (w *mailAttack) noticeSentOn(t *testing.T) {
	told, _ := noticeTo(t, w.Inside, staff, "confirmation")
	_, in := w.settled()
	e2etest.MustSend(t, w.Submission, staff, []string{"home@home.example"}, withoutReceived(told.Raw), e2etest.SendOptions{})
	if _, now := w.settled(); now != in {
		t.Errorf("%d mails went in for a confirmation that was sent on, want none", now-in)
	}
	if d := w.Outside.WaitTo("home@home.example"); !e2etest.IsSealed(t, d.Raw) {
		t.Errorf("a confirmation with the mark left in clear:\n%.500s", d.Raw)
	}
}

// The original goes on inside and cannot be delivered there: Postfix sends it back to
// the client's own envelope sender. One outside gets no word of what was marked.
func TestBounceOfTheOriginalStaysInside(t *testing.T) {
	t.Parallel()
	s := newSite(t, e2etest.PostfixOptions{})
	s.Inside.SetAnswer(func(_, to string) *smtp.SMTPError {
		if strings.HasPrefix(to, "gone@") {
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
		}
		return nil
	})
	raw := composed("[SECURE] to a colleague who left", "Cc: gone@example.gov.uk\n", planted)
	for i, from := range []string{staff, "jane@private.example"} {
		raw := bytes.Replace(raw, []byte("colleague"), []byte(fmt.Sprintf("colleague %d", i)), 1)
		e2etest.MustSend(t, s.Submission, from, []string{outside, "gone@example.gov.uk"}, raw, e2etest.SendOptions{Login: staff})
		s.WaitIdle()
	}
	back := 0
	for _, d := range s.Inside.All() {
		if d.Has(staff) && d.From == "" && bytes.Contains(d.Raw, []byte("xylophone-quartz")) {
			back++
		}
	}
	if back != 2 {
		t.Errorf("the sender inside had %d of her messages back, want both", back)
	}
	for _, d := range s.Outside.All() {
		if !notice(d) && !e2etest.IsSealed(t, d.Raw) {
			t.Errorf("in clear to %v:\n%.3000s", d.To(), d.Raw)
		}
	}
}
