package robot_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/extract/extracttest"
	"github.com/postseal/postseal/robot"
)

// What of ours an outsider can copy into a mail of his own, or claim in it.
var forged = map[string]string{
	"a mark of ours":           "Subject: [SECURE] x\r\n",
	"our envelope's field":     "X-Postseal: envelope; v=1\r\n",
	"our domain":               "From: Jane Doe <jane.doe@example.gov.uk>\r\n",
	"the service itself":       "From: Borough of Example <secure@example.gov.uk>\r\n",
	"one of our own addresses": "From: b+none@secure.example.gov.uk\r\n",
	"checks of our server":     "Authentication-Results: mail.example.gov.uk.evil.example; dmarc=pass header.from=evil.example\r\n",
	"checks, with a version":   "Authentication-Results: mx.evil.example 1; dmarc=pass header.from=evil.example\r\n",
	"checks, in a comment":     "Authentication-Results: (mail.example.gov.uk) mx.evil.example; dmarc=pass header.from=evil.example\r\n",
	"checks, folded":           "X-A: b\r\n Authentication-Results: mail.example.gov.uk; dmarc=pass header.from=evil.example\r\n",
	"checks, without a name":   "Authentication-Results: ; dmarc=pass header.from=evil.example\r\n",
	"ARC":                      "ARC-Authentication-Results: i=1; mail.example.gov.uk; dmarc=pass header.from=evil.example\r\n",
	"our signature":            "DKIM-Signature: v=1; a=rsa-sha256; d=example.gov.uk; s=x; h=from; bh=YQ==; b=YQ==\r\n",
	"who sent it on":           "Resent-From: bob@firm.example\r\nX-Postseal: envelope; v=1\r\n",
	"two writers":              "From: bob@firm.example, eve@evil.example\r\n",
	"the recipient as name":    "From: \"bob@firm.example\" <eve@evil.example>\r\n",
	"a trusted list":           "Received-SPF: pass\r\nX-Spam-Status: No\r\nX-MS-Exchange-Organization-AuthAs: Internal\r\n",
}

// A mail from outside to any of our addresses that bears what only we or our servers
// write brings nobody anything but what any mail brings: links to recorded
// recipients' own addresses, an answer to the sender marked as not secure, and
// never a word to whoever forged it.
func TestForgedMailGainsNothing(t *testing.T) {
	for name, fields := range forged {
		for _, about := range []string{"{{.Link}}", "nothing of yours"} {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t)
				base := "From: Eve <eve@evil.example>\r\nTo: x\r\nSubject: x\r\n"
				for _, name := range []string{"From", "Subject"} {
					if strings.Contains("\r\n"+fields, "\r\n"+name+":") {
						base = strings.Replace(base, name+":", "X-Old:", 1)
					}
				}
				raw := w.fill(fields + base + "Message-ID: <e@evil.example>\r\n\r\n" + about + "\r\n")
				for _, own := range []addr.Address{to, w.own("b"), w.own("reply"), addr.MustParse("b+none@secure.example.gov.uk")} {
					_ = w.deliver(own, "eve@evil.example", raw)
				}
				names, _ := w.sent()
				for _, n := range names {
					kind, who, _ := strings.Cut(n, " ")
					if who != bob.String() && who != carol.String() || kind != "rescue" && kind != "plain-reply-told" {
						t.Errorf("it made us write %s", n)
					}
				}
				if about != "{{.Link}}" && slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, "rescue ") }) {
					t.Errorf("got %v for a mail that names no message", names)
				}
				if b, c := w.known(); b.State != "" || c.State != "" {
					t.Errorf("got %+v and %+v, want nothing believed", b, c)
				}
				for _, s := range w.inbound.Sent() {
					if !bytes.Contains(s.Bytes, []byte("Subject: [not secure]")) || s.Recipients[0].Address.Key() != jane.Key() {
						t.Errorf("passed on to %v as\n%.600s", s.Recipients, s.Bytes)
					}
				}
			})
		}
	}
}

// A report that says more than its writer can know is believed in nothing but that
// the mail failed for a recipient of it (docs/security.md says so).
func TestForgedReportIsNotBelieved(t *testing.T) {
	for _, c := range []struct{ name, mark, blocks string }{
		{"relayed, no mark", "", relayed},
		{"relayed, the id as mark", "Original-Envelope-Id: {{.ID}}\n", relayed},
		{"relayed, an empty mark", "Original-Envelope-Id: \n", relayed},
		{"relayed, the mark in the text", "X: y\n", relayed + "\nX-Original-Envelope-Id: {{.Mark}}"},
		{"delayed, no mark", "", delayed},
		{"failed, nobody of ours", "", strings.ReplaceAll(refused, "bob@firm.example", "dora@firm.example")},
		{"failed, a longer address", "", strings.ReplaceAll(refused, "bob@firm.example", "bob@firm.example.evil.example")},
		{"failed, our own sender", "", strings.ReplaceAll(refused, "bob@firm.example", "jane.doe@example.gov.uk")},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.must(w.deliver(w.own("b"), "", w.fill(fmt.Sprintf(dsnMail, "Undelivered", c.mark, c.blocks))))
			if b, other := w.known(); b.State != "" || other.State != "" {
				t.Errorf("got %+v and %+v, want nothing known", b, other)
			}
			if got, _ := w.sent(); len(got) != 0 {
				t.Errorf("got %v, want nobody told", got)
			}
		})
	}
}

// No text of a mail from outside, in whatever coding, adds a field, a recipient or a
// part to what goes on inside; a file stays a file, its name one line.
func TestHeaderInjectionThroughAnAnswer(t *testing.T) {
	const evil = "a\r\nBcc: evil@evil.example\r\n\r\n.\r\nb\rc\nd\x00e\u0085f\u2028g\u202eh%0d%0ai"
	coded := "=?utf-8?B?" + base64.StdEncoding.EncodeToString([]byte(evil)) + "?="
	hex := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", "\x00", "%00", "\u0085", "%C2%85", "\u2028", "%E2%80%A8", "\u202e", "%E2%80%AE", " ", "%20", ":", "%3A").Replace(evil)
	for place, change := range map[string][2]string{
		"Subject":               {"Subject: Re: ", "Subject: " + coded + " "},
		"display name":          {"From: Bob Builder", "From: " + coded},
		"Message-ID":            {"<answer@firm.example>", "<answer" + coded + "@firm.example>"},
		"file name":             {`filename="form.pdf"`, `filename="` + coded + `"`},
		"file name, RFC 2231":   {`filename="form.pdf"`, "filename*=utf-8''" + hex},
		"file name, continued":  {`filename="form.pdf"`, "filename*0*=utf-8''" + hex + "; filename*1*=%0D%0A" + hex + "; filename*2=\"x.pdf\""},
		"name and type":         {`application/pdf; name="form.pdf"`, "text/x-" + coded + "; charset=\"a" + coded + "\"; name=\"" + coded + "\""},
		"text":                  {"Here it is", "\n.\n\r\n.\r\nMAIL FROM:<evil@evil.example>\r\nHere it is"},
		"the answer's boundary": {"Here it is", "--b2=0D=0A--=5F"},
	} {
		t.Run(place, func(t *testing.T) {
			w := newWorld(t)
			raw := w.fill(answer)
			if !strings.Contains(raw, change[0]) {
				t.Fatalf("no %q in the answer", change[0])
			}
			w.must(w.deliver(w.own("reply"), "bob@firm.example", strings.ReplaceAll(raw, change[0], change[1])))
			sent := w.inbound.Sent()
			if len(sent) != 1 || len(sent[0].Recipients) != 1 || sent[0].Recipients[0].Address.Key() != jane.Key() {
				t.Fatalf("got %d mails", len(sent))
			}
			oneLinePerField(t, sent[0].Bytes)
			if bytes.Count(sent[0].Bytes, []byte("Content-Disposition:")) != 1 {
				t.Errorf("more or fewer files than came:\n%s", sent[0].Bytes)
			}
		})
	}
}

func oneLinePerField(t *testing.T, raw []byte) {
	t.Helper()
	if bytes.ContainsAny(bytes.ReplaceAll(raw, []byte("\r\n"), nil), "\r\n\x00") {
		t.Error("lone CR, LF or NUL in what goes on")
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range m.Header {
		said, err := new(mime.WordDecoder).DecodeHeader(values[0])
		if name == "Bcc" || len(values) != 1 || err != nil || strings.ContainsAny(said, "\r\n\x00\u0085\u2028\u202e") {
			t.Errorf("%d fields %s, the first %q (%v)", len(values), name, said, err)
		}
	}
	for line := range strings.SplitSeq(string(raw), "\r\n") {
		if strings.HasPrefix(line, "Content-Disposition:") && strings.ContainsAny(line, "\u202e\u2028") {
			t.Errorf("a file is called %q", line)
		}
	}
}

// Mails made to cost time and memory: each is done with, within bounds, whichever
// address it comes to, and brings no more than any mail.
func TestBombsAtTheRobot(t *testing.T) {
	const longest, most = 20 * time.Second, 256 << 20
	fields := func(n int, field string) string { return strings.Repeat(field, n) }
	for name, c := range map[string]func() string{
		"a million fields":            func() string { return fields(1<<20, "X: y\r\n") + "\r\nx" },
		"a field of 16 MB":            func() string { return "X: " + strings.Repeat("a", 16<<20) + "\r\n\r\nx" },
		"a field of a million folds":  func() string { return "X: a" + fields(1<<20, "\r\n ") + "\r\n\r\nx" },
		"16 MB of header and no body": func() string { return fields(16<<20/80, "X-Long: "+strings.Repeat("b", 70)+"\r\n") },
		"a million From":              func() string { return fields(1<<20, "From: a@b.example\r\n") + "\r\nx" },
		"a million addresses":         func() string { return "From: " + fields(1<<20, "a@b.example,\r\n ") + "c@d.example\r\n\r\nx" },
		"a million encoded words":     func() string { return "Subject: " + fields(1<<20, "=?utf-8?B?YQ==?=\r\n ") + "\r\n\r\nx" },
		"a million References":        func() string { return "References: " + fields(1<<20, "<a@b.example>\r\n ") + "\r\n\r\nx" },
		"a million continuations":     func() string { return "Content-Type: text/plain; " + continued(1<<20) + "\r\n\r\nx" },
		"a thousand signatures": func() string {
			return fields(1000, "DKIM-Signature: v=1; a=rsa-sha256; d=evil.example; s=x; h=from; bh=YQ==; b=YQ==\r\n") + "\r\nx"
		},
		"100,000 parts": func() string { return multipart + fields(100_000, "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n") },
		"100,000 attached mails": func() string {
			return multipart + fields(100_000, "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\n\r\n")
		},
		"mails in mails, 100,000 deep": func() string { return fields(100_000, "Content-Type: message/rfc822\r\n\r\n") + "x" },
		"multiparts 8000 deep":         func() string { return nested(8000) },
		"base64 of nothing": func() string {
			return multipart + "--b\r\nContent-Transfer-Encoding: base64\r\n\r\n" + fields(4<<20/4, "=\r\n=")
		},
		"lines like boundaries":       func() string { return multipart + fields(4<<20/3, "--\n") },
		"a text of 16 MB":             func() string { return "Content-Type: text/html\r\n\r\n" + fields(16<<20/16, "<p>a<b>c</b></p>") },
		"a million tags never closed": func() string { return "Content-Type: text/html\r\n\r\n" + fields(1<<20, "<div>") },
		"percent signs":               func() string { return "\r\n" + fields(1<<20, "%zz ") },
		"ids that are none":           func() string { return "\r\n" + fields(1<<16, "aaaaaaaaaaaaaaaaaaaaaaaaaa ") },
		"a report of a million recipients": func() string {
			return report(fields(1<<18, "\nFinal-Recipient: rfc822; bob@firm.example.x\nAction: failed\n"))
		},
		"a report of a million folds":      func() string { return report("\nFinal-Recipient: a" + fields(1<<20, "\n a")) },
		"9 mails in base64 in one another": func() string { return inOneAnother(9) },
		"pages that are none, 16 MB together": func() string {
			return multipart + fields(16, "--b\r\nContent-Type: text/html; name=securedoc.html\r\nContent-Disposition: attachment\r\n\r\n"+strings.Repeat("<p>x", 1<<18)+"\r\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			raw := c()
			for _, own := range []addr.Address{to, w.own("b"), w.own("reply")} {
				took, memory := extracttest.Measured(func() {
					m, err := robot.ReadMail(w.robot.Spool, addr.MustParse("eve@evil.example"), strings.NewReader("From: eve@evil.example\r\n"+raw))
					if err != nil {
						t.Fatal(err)
					}
					defer m.Close()
					_ = w.robot.Deliver(t.Context(), own, m)
				})
				if took > longest || memory > most {
					t.Errorf("%s: took %v and %d MB, want at most %v and %d MB", own.Local()[:1], took.Round(time.Millisecond), memory>>20, longest, most>>20)
				}
				t.Logf("%s: %v, %d MB", own.Local()[:1], took.Round(time.Millisecond), memory>>20)
			}
			if got, _ := w.sent(); len(got) > 0 || len(w.inbound.Sent()) > 2 {
				t.Errorf("got %v and %d mails passed on", got, len(w.inbound.Sent()))
			}
		})
	}
}

const multipart = "Content-Type: multipart/mixed; boundary=b\r\n\r\n"

func continued(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "name*%d=a;\r\n ", i)
	}
	return b.String() + "x=y"
}

func nested(n int) string {
	var b strings.Builder
	b.WriteString("Content-Type: multipart/mixed; boundary=b0\r\n\r\n")
	for i := range n {
		fmt.Fprintf(&b, "--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n", i, i+1)
	}
	return b.String()
}

func report(text string) string {
	return "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x.example\n" + text + "\r\n--b--\r\n"
}

func inOneAnother(n int) string {
	inner := "Subject: x\r\n\r\n" + strings.Repeat("text\r\n", 1<<15)
	for range n {
		inner = "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte(inner))
	}
	return inner
}
