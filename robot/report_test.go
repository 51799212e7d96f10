package robot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/store"
)

const dsnMail = `Return-Path: <>
Date: Sat, 21 Nov 2026 10:00:05 +0000 (GMT)
From: MAILER-DAEMON@mail.example.gov.uk (Mail Delivery System)
Subject: %s
To: b+{{.ID}}@secure.example.gov.uk
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="4F0ab1234z.1795255205/mail.example.gov.uk"
Content-Transfer-Encoding: 8bit
Message-Id: <20261121100005.4F0cd5678z@mail.example.gov.uk>

This is a MIME-encapsulated message.

--4F0ab1234z.1795255205/mail.example.gov.uk
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mail.example.gov.uk.

--4F0ab1234z.1795255205/mail.example.gov.uk
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.gov.uk
%sX-Postfix-Queue-ID: 4F0ab1234z
X-Postfix-Sender: rfc822; b+{{.ID}}@secure.example.gov.uk
Arrival-Date: Sat, 21 Nov 2026 10:00:04 +0000 (GMT)

%s

--4F0ab1234z.1795255205/mail.example.gov.uk
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

From: Jane Doe <jane.doe@example.gov.uk>
Subject: Message from Borough of Example

--4F0ab1234z.1795255205/mail.example.gov.uk--
`

const (
	marked  = "Original-Envelope-Id: {{.Mark}}\n"
	refused = "Final-Recipient: rfc822; bob@firm.example\nOriginal-Recipient: rfc822;bob@firm.example\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.firm.example\nDiagnostic-Code: smtp; 550 5.1.1 <bob@firm.example>: Recipient address\n    rejected: no such user"
	relayed = "Final-Recipient: rfc822; bob@firm.example\nOriginal-Recipient: rfc822;bob@firm.example\nAction: relayed\nStatus: 2.0.0\nRemote-MTA: dns; mx.firm.example\nDiagnostic-Code: smtp; 250 2.0.0 OK"
	delayed = "Final-Recipient: rfc822; bob@firm.example\nAction: delayed\nStatus: 4.4.1\nWill-Retry-Until: Thu, 26 Nov 2026 10:00:04 +0000 (GMT)"
)

func (w *world) own(kind string) addr.Address {
	return addr.MustParse(kind + "+" + w.record.ID.String() + "@secure.example.gov.uk")
}

// known gives what the store knows of bob and carol.
func (w *world) known() (b, c store.Delivery) {
	w.Helper()
	r, err := w.store.EnvelopeForOperator(context.Background(), w.record.ID)
	if err != nil {
		w.Fatal(err)
	}
	sb, _ := r.Recipient(bob)
	sc, _ := r.Recipient(carol)
	return sb.Delivery, sc.Delivery
}

// CYC-15, BCC-28: what reports say becomes the status of each recipient.
func TestReports(t *testing.T) {
	for _, c := range []struct {
		name, from, mail string
		want             store.DeliveryState
		host, told       string
	}{
		{"Postfix, refused by the other side", "", fmt.Sprintf(dsnMail, "Undelivered Mail Returned to Sender", marked, refused), store.Failed, "mx.firm.example", "bob@firm.example"},
		{"Postfix, relayed", "", fmt.Sprintf(dsnMail, "Successful Mail Delivery Report", marked, relayed), store.Handed, "mx.firm.example", ""},
		{"Postfix, delayed", "", fmt.Sprintf(dsnMail, "Delayed Mail (still being retried)", marked, delayed), store.Delayed, "", ""},
		{"relayed, said by somebody else", "", fmt.Sprintf(dsnMail, "Successful Mail Delivery Report", "", relayed), "", "", ""},
		{"relayed, with a guessed mark", "", fmt.Sprintf(dsnMail, "Successful", "Original-Envelope-Id: {{.ID}}\n", relayed), "", "", ""},
		{"refused behind the next host", "", fmt.Sprintf(dsnMail, "Undeliverable", "", refused), store.Failed, "mx.firm.example", "bob@firm.example"},
		{"a notice of ours", "", fmt.Sprintf(dsnMail, "Undelivered", "", strings.ReplaceAll(refused, "bob@firm.example", "jane.doe@example.gov.uk")), "", "", ""},
		{"xtext", "", fmt.Sprintf(dsnMail, "Undelivered", marked, strings.ReplaceAll(refused, "rfc822;bob@", "rfc822;bo+62@")), store.Failed, "mx.firm.example", "bob@firm.example"},
		{"Exchange, expanded elsewhere", "", fmt.Sprintf(dsnMail, "Undeliverable: Message", "", "Original-Recipient: rfc822;bob@firm.example\nFinal-Recipient: rfc822;robert@internal.firm.example\nAction: failed\nStatus: 5.7.1\nDiagnostic-Code: smtp;550 5.7.1 RESOLVER.RST.NotAuthorized"), store.Failed, "mail.example.gov.uk", "bob@firm.example"},
		{"Exim without a machine's part", "", "From: Mail Delivery System <Mailer-Daemon@mx.firm.example>\nAuto-Submitted: auto-replied\nX-Failed-Recipients: bob@firm.example\nSubject: Mail delivery failed: returning message to sender\nContent-Type: text/plain\n\nThis message was created automatically by mail delivery software.\n", store.Failed, "", "bob@firm.example"},
		{"qmail", "", "From: MAILER-DAEMON@mx.firm.example\nSubject: failure notice\n\nHi. This is the qmail-send program at mx.firm.example.\n\n<bob@firm.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <x>\nTo: carol@clinic.example\n", store.Failed, "", "bob@firm.example"},
		{"still tried, plain", "", "From: MAILER-DAEMON@mx.firm.example\nSubject: Warning: could not send message for past 4 hours\n\n<bob@firm.example>\n", "", "", ""},
		{"an absence notice with a word of failure", "", "From: bob@firm.example\nAuto-Submitted: auto-replied\nSubject: Out of office\n\nMail could not be delivered to me this week.\n", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			for try := range 2 { // Postfix may hand it over twice
				w.must(w.deliver(w.own("b"), c.from, w.fill(c.mail)))
				b, other := w.known()
				if b.State != c.want || b.Host != c.host || other.State != "" {
					t.Fatalf("got %+v and %+v, want %s by %q", b, other, c.want, c.host)
				}
				names, all := w.sent()
				var want []string
				if c.told != "" && try == 0 {
					want = []string{"bounce jane.doe@example.gov.uk"}
				}
				if !slices.Equal(names, want) {
					t.Fatalf("try %d: got %v, want %v", try, names, want)
				}
				for _, o := range all {
					if d := dataOf[notice.BounceData](w, o); !slices.Equal(d.Recipients, []string{c.told}) || d.Unclear || d.Opened {
						t.Errorf("got %+v", d)
					}
				}
			}
		})
	}
}

// Reports about notices without an envelope, and about envelopes that are gone,
// are counted and nobody hears of them.
func TestReportsAboutNothing(t *testing.T) {
	w := newWorld(t)
	for _, to := range []string{"b+none@secure.example.gov.uk", "b+aaaaaaaaaaaaaaaaaaaaaaaaae@secure.example.gov.uk"} {
		w.must(w.deliver(addr.MustParse(to), "", w.fill(fmt.Sprintf(dsnMail, "Undelivered", marked, refused))))
	}
	if got, _ := w.sent(); len(got) != 0 {
		t.Errorf("got %v, want nothing", got)
	}
}

// A bounce that names nobody: the sender of a message to several hears of it once
// a day, and no state is invented.
func TestUnclearBounce(t *testing.T) {
	w := newWorld(t)
	for range 2 {
		w.must(w.deliver(w.own("b"), "", "From: MAILER-DAEMON@mx.firm.example\r\nSubject: Returned mail\r\n\r\nSomething went wrong.\r\n"))
	}
	got, all := w.sent()
	if !slices.Equal(got, []string{"bounce jane.doe@example.gov.uk"}) || !dataOf[notice.BounceData](w, all[0]).Unclear {
		t.Fatalf("got %v", got)
	}
	if b, c := w.known(); b.State != "" || c.State != "" {
		t.Errorf("got %+v and %+v, want nothing known", b, c)
	}
}

// While Redis is away the mail stays with Postfix.
func TestStoreAway(t *testing.T) {
	w := newWorld(t)
	mails := map[addr.Address]string{w.own("b"): w.fill(fmt.Sprintf(dsnMail, "Undelivered", marked, refused)), w.own("reply"): w.fill(answer), to: w.fill(cases(t)["gmail-inline"][1])}
	w.must(w.store.Close())
	for to, mail := range mails {
		if err := w.deliver(to, "bob@firm.example", mail); err == nil || !strings.HasPrefix(err.Error(), "451") {
			t.Errorf("%s: got %v, want 451", to, err)
		}
	}
}

const answer = `From: Bob Builder <bob@firm.example>
To: reply+{{.ID}}@secure.example.gov.uk
Subject: Re: Message from Borough of Example
Date: Sat, 21 Nov 2026 11:00:00 +0000
Message-ID: <answer@firm.example>
In-Reply-To: {{.OuterID}}
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b1"

--b1
Content-Type: multipart/alternative; boundary="b2"

--b2
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Here it is, Jane. Caf=E9 at ten?

--b2
Content-Type: text/html; charset=iso-8859-1

<p>Here it is</p>

--b2--
--b1
Content-Type: application/pdf; name="form.pdf"
Content-Disposition: attachment; filename="form.pdf"
Content-Transfer-Encoding: base64

{{base64 "%PDF-1.4 the form"}}
--b1--
`

// A plain answer reaches the sender marked, its writer is told once (BCC-25).
func TestPlainAnswer(t *testing.T) {
	w := newWorld(t)
	for range 2 {
		w.must(w.deliver(w.own("reply"), "bob@firm.example", w.fill(answer)))
	}
	sent := w.inbound.Sent()
	if len(sent) != 2 || sent[0].Recipients[0].Address.Key() != jane.Key() || sent[0].From.Local() != "b+"+w.record.ID.String() {
		t.Fatalf("got %d mails: %+v", len(sent), sent)
	}
	raw := strings.ReplaceAll(string(sent[0].Bytes), "=\r\n", "") + string(sent[0].Bytes) // without quoted-printable's own line ends, and as it was
	for _, want := range []string{"Subject: [not secure] Re: Message from Borough of Example", "Caf=C3=A9 at ten?", "others could have read it on the way", `filename="form.pdf"`,
		inBase64("%PDF-1.4 the form"), "Reply-To: \"Bob Builder\" <bob@firm.example>", "In-Reply-To: <m1@council.example>", "Auto-Submitted:"} {
		if !strings.Contains(raw, want) {
			t.Errorf("%q is not in\n%s", want, raw)
		}
	}
	if messageID(raw) == "" || messageID(raw) != messageID(string(sent[1].Bytes)) {
		t.Errorf("got Message-IDs %q and %q, want the same for one answer", messageID(raw), messageID(string(sent[1].Bytes)))
	}
	if got, _ := w.sent(); !slices.Equal(got, []string{"plain-reply-told bob@firm.example"}) {
		t.Errorf("got %v, want the writer told once", got)
	}
}

func messageID(raw string) string {
	_, rest, _ := strings.Cut(raw, "\r\nMessage-ID: ")
	id, _, _ := strings.Cut(rest, "\r\n")
	return id
}

func TestAnswersNotPassedOn(t *testing.T) {
	for _, c := range []struct {
		name     string
		mail     func(string) string
		from     string
		code     string // of the refusal; empty: taken
		inbound  int
		answered int
	}{
		{"a stranger's, unproved", func(s string) string { return strings.ReplaceAll(s, "bob@firm.example", "eve@evil.example") }, "eve@evil.example", "", 1, 0},
		{"an absence notice", func(s string) string { return "Auto-Submitted: auto-replied\r\n" + s }, "bob@firm.example", "", 1, 0},
		{"an absence notice of a stranger", func(s string) string {
			return "Auto-Submitted: auto-replied\r\n" + strings.ReplaceAll(s, "bob@firm.example", "eve@evil.example")
		}, "eve@evil.example", "", 0, 0},
		{"the null sender", func(s string) string { return strings.ReplaceAll(s, "bob@firm.example", "eve@evil.example") }, "", "", 0, 0},
		{"staff, to the wrong address", func(s string) string { return strings.ReplaceAll(s, "bob@firm.example", "jane.doe@example.gov.uk") }, "jane.doe@example.gov.uk", "550", 0, 0},
		{"staff's absence notice", func(s string) string {
			return "Auto-Submitted: auto-replied\r\n" + strings.ReplaceAll(s, "bob@firm.example", "jane.doe@example.gov.uk")
		}, "", "", 0, 0},
		{"our own mail", func(s string) string { return "X-Postseal: notice; kind=plain-reply\r\n" + s }, "bob@firm.example", "", 0, 0},
		{"no writer", func(s string) string { return strings.Replace(s, "From: ", "X-From: ", 1) }, "bob@firm.example", "550", 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			for range 2 {
				err := w.deliver(w.own("reply"), c.from, c.mail(w.fill(answer)))
				if got := fmt.Sprint(err); c.code == "" && err != nil || !strings.HasPrefix(got, c.code) && c.code != "" {
					t.Fatalf("got %v, want %q", err, c.code)
				}
				w.Add(time.Hour)
			}
			want := c.inbound
			if want == 1 && !strings.Contains(c.name, "absence") {
				want = 2
			}
			if got := len(w.inbound.Sent()); got != want {
				t.Errorf("got %d passed on, want %d", got, want)
			}
			if got, _ := w.sent(); len(got) != c.answered {
				t.Errorf("got answers %v, want %d", got, c.answered)
			}
		})
	}
}

// What is too big stays behind, and staff are told its name.
func TestBigAttachmentsAreLeftOut(t *testing.T) {
	w := newWorld(t)
	w.robot.AttachLimit = 10
	w.must(w.deliver(w.own("reply"), "bob@firm.example", w.fill(answer)))
	raw := strings.ReplaceAll(string(w.inbound.Sent()[0].Bytes), "=\r\n", "")
	if strings.Contains(raw, "filename=") || !strings.Contains(raw, "- form.pdf") || !strings.Contains(raw, "too big to pass on") {
		t.Errorf("got\n%s", raw)
	}
}
