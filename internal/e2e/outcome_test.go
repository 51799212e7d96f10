package e2e_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/postseal/postseal/internal/e2e/e2etest"
)

// What is marked is sealed, whatever the mark and wherever it stands, and opens
// byte for byte.
func TestMarksAreSealed(t *testing.T) {
	t.Parallel()
	s := newSite(t, e2etest.PostfixOptions{})
	body := "Her number is " + planted + "."
	for i, c := range []struct{ name, subject, more, body string }{
		{"tag at the start", "[SECURE] report", "", body},
		{"tag in the middle", "the [secure] report", "", body},
		{"tag at the end", "report [Encrypt]", "", body},
		{"tag encoded", "=?utf-8?B?" + base64.StdEncoding.EncodeToString([]byte("Bericht [SECURE] für Sie")) + "?=", "", body},
		{"tag encoded in two words", "=?utf-8?Q?report_[SEC?=\n =?utf-8?Q?URE]?=", "", body},
		{"tag folded", "the report\n [SECURE]", "", body},
		{"tag folded inside", "a long subject that ends with [SECURE\n ]", "", body},
		{"Company-Confidential", "report", "Sensitivity: Company-Confidential\n", body},
		{"company-confidential", "report", "Sensitivity: company-confidential\n", body},
		{"OFFICIAL-SENSITIVE in the subject", "OFFICIAL-SENSITIVE: report", "", body},
		{"official sensitive in the subject", "report - Official Sensitive", "", body},
		{"OFFICIAL-SENSITIVE in a label field", "report", "X-Protective-Marking: OFFICIAL-SENSITIVE\n", body},
		{"OFFICIAL-SENSITIVE as Purview label", "report", "msip_labels: MSIP_Label_1_Enabled=true;\n MSIP_Label_1_Name=OFFICIAL-SENSITIVE\n", body},
		{"OFFICIAL-SENSITIVE in the first line", "report", "", "OFFICIAL-SENSITIVE\n\n" + body},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := s.in(t)
			rcpt := fmt.Sprintf("mark%d@firm.example", i)
			raw := composed(c.subject, c.more, c.body)
			s.accepted(staff, []string{rcpt}, raw)
			s.envelopeFor(s.Outside, rcpt, raw)
			s.WaitIdle()
			once(t, s.Outside, rcpt)
		})
	}
}

// in gives the site with another test to fail.
func (s *site) in(t *testing.T) *site { c := *s; c.t = t; return &c }

func TestUnmarkedAndInsideStayAsTheyAre(t *testing.T) {
	t.Parallel()
	s := newSite(t, e2etest.PostfixOptions{})
	plain, inside := composed("lunch", "", "At noon?"), composed("[SECURE] inside only", "", "Her number is "+planted)
	s.accepted(staff, []string{outside}, plain)
	s.accepted(staff, []string{mate, "carer@" + e2etest.LocalDomain}, inside)
	if got := withoutReceived(s.Outside.WaitTo(outside).Raw); !bytes.Equal(got, plain) {
		t.Errorf("unmarked: got %q, want %q", got, plain)
	}
	for _, rcpt := range []string{mate, "carer@" + e2etest.LocalDomain} {
		// local(8) adds fields in front; everything from From on is as it was.
		if got := s.Inside.WaitTo(rcpt).Raw; !bytes.HasSuffix(got, inside) {
			t.Errorf("inside, %s: got %q, want it to end with %q", rcpt, got, inside)
		}
	}
	s.WaitIdle()
	if got := len(s.Outside.All()) + len(s.Inside.All()); got != 3 {
		t.Errorf("got %d deliveries, want 3: no confirmation of what was not sealed", got)
	}
}

// Inside people get the original, outside people the envelope, each exactly
// once; the sender is told once; people in Bcc are named nowhere.
func TestMixedRecipientsAndBcc(t *testing.T) {
	t.Parallel()
	s := newSite(t, e2etest.PostfixOptions{})
	sent := composed("[SECURE] mixed", "Cc: mate@example.gov.uk, ann@firm.example\nBcc: hidden@firm.example, veiled@example.gov.uk\n", "Her number is "+planted)
	original := bytes.Replace(sent, []byte("Bcc: hidden@firm.example, veiled@example.gov.uk\r\n"), nil, 1)
	people := []string{outside, "ann@firm.example", "hidden@firm.example"}
	s.accepted(staff, append([]string{mate, "veiled@example.gov.uk"}, people...), sent)
	for _, rcpt := range people {
		s.envelopeFor(s.Outside, rcpt, original)
	}
	for _, rcpt := range []string{mate, "veiled@example.gov.uk"} {
		if got := withoutReceived(s.Inside.WaitTo(rcpt).Raw); !bytes.Equal(got, original) {
			t.Errorf("%s: got %q, want %q", rcpt, got, original)
		}
	}
	told := s.Inside.WaitFor("the confirmation", confirmation)
	if !told.Has(staff) {
		t.Errorf("the confirmation went to %v, want %s", told.To(), staff)
	}
	s.WaitIdle()
	once(t, s.Outside, people...)
	once(t, s.Inside, mate, "veiled@example.gov.uk")
	if n := len(slices.DeleteFunc(s.Inside.All(), func(d e2etest.Delivery) bool { return !confirmation(d) })); n != 1 {
		t.Errorf("got %d confirmations, want 1", n)
	}
	for _, d := range append(s.Outside.All(), s.Inside.All()...) {
		if confirmation(d) || (len(d.To()) == 1 && d.Has("hidden@firm.example")) {
			continue // the sender knows, and so does she
		}
		all := bytes.Clone(d.Raw)
		for _, f := range e2etest.Leaves(t, d.Raw) {
			all = append(all, f.Body...)
		}
		if bytes.Contains(all, []byte("hidden@")) {
			t.Errorf("the message for %v names somebody in Bcc", d.To())
		}
		if d.Has("hidden@firm.example") && len(d.To()) > 1 && !notice(d) {
			t.Logf("one transaction carries %v", d.To()) // SMTP recipients are seen by the next server only
		}
	}
}

func TestRefusalNamesTheRecipient(t *testing.T) {
	t.Parallel()
	s := newSite(t, e2etest.PostfixOptions{})
	r := s.refused(550, staff, []string{outside, "x@blocked.example", mate}, composed("[SECURE] x", "", planted))
	if !strings.Contains(r.Text, "x@blocked.example") || !strings.Contains(r.Text, "Mail to blocked.example is not allowed.") {
		t.Errorf("got %q, want the recipient and the rule's words", r.Text)
	}
	s.WaitIdle()
	if got := len(s.Outside.All()) + len(s.Inside.All()); got != 0 {
		t.Errorf("got %d deliveries, want none: one refusal refuses all, before anything is stored", got)
	}
}

// An outsider may not use the guarded listener for mail to the outside, and the
// listener for the internet is not judged.
func TestInternetListenerIsLeftAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t, e2etest.PostfixOptions{})
	raw := composed("[SECURE] from outside", "", "hello")
	e2etest.MustSend(t, s.MX, outside, []string{mate}, raw, e2etest.SendOptions{})
	if got := withoutReceived(s.Inside.WaitTo(mate).Raw); !bytes.Equal(got, raw) {
		t.Errorf("got %q, want %q", got, raw)
	}
	s.WaitIdle()
	once(t, s.Inside, mate)
}

const meetingRequest = `From: Jane Doe <jane.doe@example.gov.uk>
To: Bob <bob@firm.example>
Subject: Case conference
Date: Sat, 21 Nov 2026 10:00:00 +0000
Message-ID: <invitation@client.example.gov.uk>
Sensitivity: Company-Confidential
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="b"

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Fallkonferenz über xylophone-quartz

--b
Content-Type: text/calendar; charset=utf-8; method=REQUEST
Content-Transfer-Encoding: 8bit

BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VEVENT
UID:1@example.gov.uk
SUMMARY:Case conference xylophone-quartz
DTSTART:20261130T100000Z
END:VEVENT
END:VCALENDAR

--b--
`

func TestCalendarInvitation(t *testing.T) {
	t.Parallel()
	s := newSite(t, e2etest.PostfixOptions{})
	raw := crlf(meetingRequest)
	e2etest.MustSend(t, s.Submission, staff, []string{outside, mate}, raw, e2etest.SendOptions{Body: "8BITMIME"})
	s.envelopeFor(s.Outside, outside, raw)
	if got := withoutReceived(s.Inside.WaitFor("the meetingRequest", func(d e2etest.Delivery) bool { return d.Has(mate) }).Raw); !bytes.Equal(got, raw) {
		t.Errorf("inside: got %q, want %q", got, raw)
	}
}

// Non-ASCII everywhere: addresses of RFC 6531, raw UTF-8 in the header, encoded
// words and file names of both kinds, an 8-bit body.
//
// The sinks offer no DSN: Postfix 3.7 writes "ORCPT=rfc822;" before an address
// that is not ASCII, where RFC 6533 wants "utf-8;", and the sinks' library
// refuses that.
func TestNonASCII(t *testing.T) {
	t.Parallel()
	s := newSite(t, e2etest.PostfixOptions{Outside: e2etest.NewSink(t, e2etest.SinkOptions{NoDSN: true}), Inside: e2etest.NewSink(t, e2etest.SinkOptions{NoDSN: true})})
	raw := crlf(`From: Jürgen Groß <jürgen@example.gov.uk>
To: Žofia <žofia@příklad.example>
Subject: Größe [SECURE] žluťoučký 日本
Date: Sat, 21 Nov 2026 10:00:00 +0000
Message-ID: <utf8@client.example.gov.uk>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Příliš xylophone-quartz kůň

--b
Content-Type: application/octet-stream; name="=?utf-8?Q?z=C3=BC.bin?="
Content-Disposition: attachment; filename*=utf-8''z%C3%BC.bin
Content-Transfer-Encoding: base64

eHlsb3Bob25lLXF1YXJ0eg==

--b--
`)
	e2etest.MustSend(t, s.Submission, "jürgen@example.gov.uk", []string{"žofia@příklad.example"}, raw, e2etest.SendOptions{UTF8: true, Body: "8BITMIME"})
	d := s.envelopeFor(s.Outside, "žofia@příklad.example", raw)
	if !d.MailOptions.UTF8 {
		t.Error("the envelope went on without SMTPUTF8 although its recipient needs it")
	}
	told := s.Inside.WaitFor("the confirmation", confirmation)
	if !told.Has("jürgen@example.gov.uk") {
		t.Errorf("the confirmation went to %v", told.To())
	}
}

// 25 MB that do not compress: delivered, opened, and on the wire no more than
// the original plus 4 % and 80 KB.
func TestBigAttachment(t *testing.T) {
	t.Parallel()
	s := newSite(t, e2etest.PostfixOptions{})
	data := make([]byte, 25<<20)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(data)
	var b bytes.Buffer
	b.Write(crlf("From: Jane Doe <jane.doe@example.gov.uk>\nTo: Bob <bob@firm.example>\nSubject: [SECURE] scans\nDate: Sat, 21 Nov 2026 10:00:00 +0000\n" +
		"Message-ID: <big@client.example.gov.uk>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\nContent-Type: text/plain\n\nsee " + planted + "\n\n" +
		"--b\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename=\"scan.bin\"\nContent-Transfer-Encoding: base64\n\n"))
	text := base64.StdEncoding.EncodeToString(data)
	for len(text) > 0 {
		n := min(76, len(text))
		b.WriteString(text[:n] + "\r\n")
		text = text[n:]
	}
	b.WriteString("\r\n--b--\r\n")
	raw := b.Bytes()
	s.accepted(staff, []string{outside}, raw)
	d := s.envelopeFor(s.Outside, outside, raw)
	if got, limit := len(d.Raw), len(raw)*104/100+80_000; got > limit {
		t.Errorf("the envelope has %d bytes on the wire, want at most %d (original %d)", got, limit, len(raw))
	}
	s.WaitIdle()
	once(t, s.Outside, outside)
}

// Null senders, redirected and automatic mail are judged like any other.
func TestAutomaticAndRedirectedMail(t *testing.T) {
	t.Parallel()
	s := newSite(t, e2etest.PostfixOptions{})
	away := composed("Automatic reply: [SECURE] report", "Auto-Submitted: auto-replied\n", "I am away. "+planted)
	s.accepted("", []string{"away@firm.example"}, away)
	s.envelopeFor(s.Outside, "away@firm.example", away)

	// An inside mailbox sends on what an outsider wrote: his envelope sender, his From.
	redirected := bytes.Replace(composed("RE: [SECURE] report", "Resent-From: jane.doe@example.gov.uk\nResent-Date: Sat, 21 Nov 2026 11:00:00 +0000\nResent-Message-ID: <resent@example.gov.uk>\n", planted), []byte("Jane Doe <jane.doe@example.gov.uk>"), []byte("Carl <carl@else.example>"), 1)
	s.accepted("carl@else.example", []string{"private@home.example"}, redirected)
	s.envelopeFor(s.Outside, "private@home.example", redirected)

	// What a program on the mail server itself sends, Sieve's redirect among it.
	local := composed("[SECURE] by sendmail", "", planted)
	if err := s.Sendmail("carl@else.example", []string{"sieve@home.example"}, bytes.ReplaceAll(local, []byte("\r\n"), []byte("\n"))); err != nil {
		t.Fatal(err)
	}
	s.envelopeFor(s.Outside, "sieve@home.example", local)
	s.WaitIdle()
	once(t, s.Outside, "away@firm.example", "private@home.example", "sieve@home.example")
}

// Inside means delivered inside: whatever leads outside is judged as outside.
func TestAliasesThatLeadOutside(t *testing.T) {
	t.Parallel()
	s := newSite(t, e2etest.PostfixOptions{Tables: map[string]string{
		"virtual": "list@example.gov.uk  mate@example.gov.uk, virtual@firm.example\nnested@example.gov.uk team@local.example.gov.uk\n",
		"aliases": "team: local@firm.example, carer\n",
	}, Main: map[string]string{"virtual_alias_domains": ""}})

	for _, c := range []struct {
		rcpt, outside, inside string
	}{
		{"list@example.gov.uk", "virtual@firm.example", mate},
		{"team@" + e2etest.LocalDomain, "local@firm.example", "carer@" + e2etest.LocalDomain},
		{"nested@example.gov.uk", "local@firm.example", "carer@" + e2etest.LocalDomain},
	} {
		out, in := len(messages(s.Outside, c.outside)), len(messages(s.Inside, c.inside))
		raw := composed("[SECURE] to "+c.rcpt, "", planted)
		s.accepted(staff, []string{c.rcpt}, raw)
		s.WaitIdle()
		if got := messages(s.Outside, c.outside); len(got) != out+1 || !e2etest.IsSealed(t, got[out].Raw) {
			t.Errorf("%s: %s got %d messages, want one more, sealed", c.rcpt, c.outside, len(got)-out)
			continue
		}
		if got := e2etest.NewReader(t, s.seal, s.Outside, c.outside).Open(messages(s.Outside, c.outside)[out].Raw); !bytes.Equal(got, raw) {
			t.Errorf("%s: opened\n%q\nwant\n%q", c.rcpt, got, raw)
		}
		if got := messages(s.Inside, c.inside); len(got) != in+1 || e2etest.IsSealed(t, got[in].Raw) {
			t.Errorf("%s: %s got %d messages, want one more, in clear", c.rcpt, c.inside, len(got)-in)
		}
	}
	for _, rcpt := range []string{"x%firm.example@example.gov.uk", "firm.example!x@" + e2etest.LocalDomain} {
		var no *e2etest.Refusal
		if _, err := e2etest.Send(t, s.Submission, staff, []string{rcpt}, composed("[SECURE] percent", "", planted), e2etest.SendOptions{}); err != nil && !errors.As(err, &no) {
			t.Fatal(err)
		}
	}
	s.WaitIdle()
	// Taken or refused, no such form reaches the host that it names.
	never(t, s.Outside, "x@firm.example")
	for _, d := range s.Outside.All() {
		if !notice(d) && !e2etest.IsSealed(t, d.Raw) {
			t.Errorf("in clear to %v", d.To())
		}
	}
}

// A .forward file is not read once contrib's settings are applied; the control
// shows that it was before.
func TestForwardFile(t *testing.T) {
	t.Parallel()
	user := "nobody"
	for name, plain := range map[string]bool{"control": true, "applied": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := e2etest.PostfixOptions{Plain: plain, Main: map[string]string{"forward_path": "@DIR@/forward-$user"}}
			p := e2etest.NewPostfix(t, o)
			forward(t, p, user, "elsewhere@firm.example\n")
			p.Start()
			raw := composed("to a user with .forward", "", "x")
			e2etest.MustSend(t, p.MX, outside, []string{user + "@" + e2etest.LocalDomain}, raw, e2etest.SendOptions{})
			p.WaitIdle()
			if got := len(messages(p.Outside, "elsewhere@firm.example")) == 1; got != plain {
				t.Errorf("forwarded outside: %v, want %v", got, plain)
			}
			if got := len(messages(p.Inside, user+"@"+e2etest.LocalDomain)) == 1; got == plain {
				t.Errorf("delivered inside: %v, want %v", got, !plain)
			}
		})
	}
}

// The confirmation reaches a sender whose address is an alias, as most are where
// mailboxes have other names than people.
func TestConfirmationReachesAliasedSender(t *testing.T) {
	t.Parallel()
	s := newSite(t, e2etest.PostfixOptions{Tables: map[string]string{"virtual": "jane.doe@example.gov.uk jdoe@example.gov.uk\n"}, Main: map[string]string{"virtual_alias_domains": ""}})
	s.accepted(staff, []string{outside}, composed("[SECURE] told", "", planted))
	told := s.Inside.WaitFor("the confirmation", confirmation)
	if got := told.To(); len(got) != 1 || got[0] != "jdoe@example.gov.uk" {
		t.Errorf("the confirmation went to %v, want the alias's mailbox jdoe@example.gov.uk", got)
	}
}
