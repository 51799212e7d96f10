package envelope_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	cdppage "github.com/chromedp/cdproto/page"
	cdp "github.com/chromedp/chromedp"

	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/internal/hostile"
)

// opened seals a mail, opens its page from a file and signs in.
func opened(t *testing.T, b *tab, s *standIn, mail []byte) {
	t.Helper()
	var container []byte
	container, s.digest = seal(t, mail, options(mail))
	p := page(envelope.Classic)
	p.Servers, p.To = []string{s.URL}, []string{"jane@solicitors.example"}
	b.do(cdp.Navigate(asFile(t, p, container)), cdp.SendKeys(cdp.CSS("#password"), "right\r"), cdp.WaitVisible(cdp.CSS("h1.subject")))
}

// Every payload of testdata/html as a mail of its own, all in one message, opened
// one after the other in the page from a file: no script runs, and nothing is
// fetched, counted by a server to which every name leads. SCC-11, BOP-21
func TestViewerHostileMail(t *testing.T) {
	payloads := hostile.Payloads(t)
	var mail bytes.Buffer
	mail.WriteString("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=outer\r\n\r\n")
	for _, p := range payloads {
		fmt.Fprintf(&mail, "--outer\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: text/html; charset=utf-8\r\n\r\n%s\r\n", strings.ReplaceAll(p, "\n", "\r\n"))
	}
	mail.WriteString("--outer--\r\n")
	tr, s := hostile.NewTrap(t), newStandIn(t)
	b := newTab(t, 1280, 900, cdp.Flag("host-resolver-rules", tr.Rules()))
	ran := atomic.Int64{}
	if err := cdp.Listen(b.ctx, func(ev any) {
		if _, ok := ev.(*cdppage.EventJavascriptDialogOpening); ok {
			ran.Add(1)
		}
	}); err != nil {
		t.Fatal(err)
	}
	opened(t, b, s, mail.Bytes())
	shown := get(b, cdp.Evaluate[int](`(async () => {
		const frames = () => new Promise((ok) => requestAnimationFrame(() => requestAnimationFrame(ok)));
		const count = document.querySelectorAll(".attachments li").length;
		let shown = 0;
		for (let i = 0; i < count; i++) {
			document.querySelectorAll(".attachments li button")[i].click();
			const f = document.querySelector("iframe");
			if (!f) throw new Error("payload " + i + ": " + document.querySelector("#app").innerText);
			await new Promise((ok) => { f.addEventListener("load", ok); });
			await frames();
			const d = f.contentDocument;
			d.querySelectorAll("form").forEach((e) => { try { e.requestSubmit(); } catch {} });
			d.querySelectorAll("button,input,summary").forEach((e) => e.click());
			await frames();
			if (d.body && document.title.startsWith("Secure message")) shown++;
			[...document.querySelectorAll("button")].find((e) => e.textContent.startsWith("Back to")).click();
		}
		return shown;
	})()`, cdp.EvalAwaitPromise))
	if shown != len(payloads) {
		t.Errorf("%d of %d payloads were shown", shown, len(payloads))
	}
	if calls := tr.Heard(); len(calls) != 0 || ran.Load() != 0 {
		t.Errorf("the mail made %d calls and %d scripts run: %q", len(calls), ran.Load(), calls)
	}
	if title := get(b, cdp.Title()); !strings.HasPrefix(title, "Secure message") {
		t.Errorf("title %q", title)
	}
	// The trap works: a page without our frame falls into it.
	control := filepath.Join(t.TempDir(), "control.html")
	if err := os.WriteFile(control, []byte(`<img src="http://tracker.example/pixel.png">`), 0o600); err != nil {
		t.Fatal(err)
	}
	b.do(cdp.Navigate("file://" + control))
	if len(tr.Heard()) == 0 {
		t.Error("the trap does not catch an ordinary page's picture")
	}
}

// twoHundred gives the message of testdata/attachments and the sums of its files.
func twoHundred(t *testing.T) (mail []byte, sums []string) {
	t.Helper()
	mail, err := os.ReadFile("../testdata/attachments/two-hundred.eml")
	text, err2 := os.ReadFile("../testdata/attachments/two-hundred.txt")
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	sums = strings.Fields(string(text))
	if len(sums) != 200 {
		t.Fatalf("%d sums", len(sums))
	}
	return mail, sums
}

// C30, BOP-4, BOP-24: 200 attachments with odd names, types, charsets and encodings are
// saved byte for byte, one by one and all in the zip, under names that nothing
// can be done with.
func TestViewerTwoHundredFiles(t *testing.T) {
	mail, sums := twoHundred(t)
	s := newStandIn(t)
	b := newTab(t, 1280, 900)
	// What a download would save is seen where the page hands it to the browser.
	_, err := cdp.Call(b.ctx, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{
		Source: `window.blobs = {}; const make = URL.createObjectURL; URL.createObjectURL = (b) => { const u = make.call(URL, b); blobs[u] = b; return u; };`})
	if err != nil {
		t.Fatal(err)
	}
	opened(t, b, s, mail)
	got := get(b, cdp.Evaluate[[][2]string](`Promise.all([...document.querySelectorAll(".attachments li > a[download]")].map(async (a) => {
		const sum = await crypto.subtle.digest("SHA-256", await blobs[a.href].arrayBuffer());
		return [[...new Uint8Array(sum)].map((b) => b.toString(16).padStart(2, "0")).join(""), a.download];
	}))`, cdp.EvalAwaitPromise))
	if len(got) != len(sums) {
		t.Fatalf("%d files are listed, want %d", len(got), len(sums))
	}
	for i, want := range sums {
		if got[i][0] != want {
			t.Errorf("file %d (%s): SHA-256 %s, want %s", i, got[i][1], got[i][0], want)
		}
		if name := got[i][1]; name == "" || len(name) > 200 || strings.ContainsAny(name, "/\\:*?\"<>|\x00\r\n\u202e") || strings.HasPrefix(strings.ToLower(name), "con.") {
			t.Errorf("file %d is saved as %q", i, name)
		}
	}
	b.press("Save all attachments in one zip file")
	checkZip(t, b, sums)
}

func checkZip(t *testing.T, b *tab, sums []string) {
	t.Helper()
	name := b.saved("Care plan for your mother.zip")
	z, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = z.Close() }()
	seen := map[string]bool{}
	for i, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(readAll(t, r))
		if got := hex.EncodeToString(sum[:]); got != sums[i] {
			t.Errorf("%s in the zip: SHA-256 %s, want %s", f.Name, got, sums[i])
		}
		if low := strings.ToLower(f.Name); seen[low] {
			t.Errorf("%s stands twice in the zip", f.Name)
		} else {
			seen[low] = true
		}
	}
	if len(z.File) != len(sums) {
		t.Errorf("%d files in the zip, want %d", len(z.File), len(sums))
	}
}

// everything is a mail with all that the viewer shows beside its text.
func everything() []byte {
	png := "iVBORw0KGgoAAAANSUhEUgAAABgAAAAYCAIAAABvFaqvAAAAKUlEQVR4nGNgGAWjYBSMglEwCkbBKBgFo2AUjIJRMApGwSgYBaNgFIyCUQAABQ4AAbF3xVEAAAAASUVORK5CYII="
	return []byte(strings.ReplaceAll(`MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: multipart/alternative; boundary=a

--a
Content-Type: text/html; charset=utf-8

<h2>Case conference</h2><p>Please read <a id=l1 href="https://www.example.gov.uk/care">the page on care</a>, or
<a id=l2 href="https://evil.example/login">www.example.gov.uk</a>, or <a id=l3 href="https://www.example.gov.uk/">www.example.gov.uk</a>,
<a id=l4 href="https://example.gov.uk@evil.example/">here</a>, <a id=l5 href="javascript:alert(1)">there</a> or <a id=l6 href="mailto:jane.doe@example.gov.uk">write</a>.</p>
<img src="https://tracker.example/pixel.png">
--a
Content-Type: text/calendar; method=REQUEST; charset=utf-8

BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VEVENT
UID:1
DTSTART:20260707T130000Z
SUMMARY:Case
  conference
DESCRIPTION:long
ORGANIZER:mailto:jane.doe@example.gov.uk
END:VEVENT
END:VCALENDAR
--a--
--m
Content-Type: application/octet-stream
Content-Disposition: attachment; filename="invoice.pdf.exe"
Content-Transfer-Encoding: base64

TVqQAAM=
--m
Content-Type: application/pdf
Content-Disposition: attachment; filename="report.pdf"

MZ program
--m
Content-Type: image/png
Content-Disposition: attachment; filename="house.png"
Content-Transfer-Encoding: base64

`+png+`
--m
Content-Type: text/plain; charset=iso-8859-1
Content-Disposition: attachment; filename="notes.txt"
Content-Transfer-Encoding: quoted-printable

caf=E9 notes
--m
Content-Type: message/rfc822

From: =?utf-8?Q?S=C3=B8ren?= <soren@example.gov.uk>
To: jane.doe@example.gov.uk
Subject: The letter before
Date: Thu, 02 Jul 2026 09:00:00 +0000

Inner text, see https://www.example.gov.uk/plan.
--m--
`, "\n", "\r\n"))
}

// SCC-11, BOP-12, BOP-24: links show where they lead, programs are warned of,
// pictures and text open in place, attached mails open, invitations are answered,
// and nothing is kept on the device.
func TestViewerShows(t *testing.T) {
	for _, size := range pictured() {
		t.Run(fmt.Sprint(size.w), func(t *testing.T) {
			s := newStandIn(t)
			b := newTab(t, size.w, size.h)
			opened(t, b, s, everything())
			b.do(cdp.WaitVisible(cdp.CSS(".invite h2")))
			links := get(b, cdp.Evaluate[string](`new Promise((ok) => { const f = document.querySelector("iframe"), go = () => { const l = f.contentDocument?.querySelectorAll("a"); l?.length === 6 ? ok([...l].map((a) => a.textContent + "|" + (a.getAttribute("href") || "")).join("\n")) : setTimeout(go, 20) }; go() })`, cdp.EvalAwaitPromise))
			want := strings.Join([]string{"the page on care (leads to www.example.gov.uk)|https://www.example.gov.uk/care", "www.example.gov.uk (really leads to evil.example)|https://evil.example/login",
				"www.example.gov.uk|https://www.example.gov.uk/", "here (leads to evil.example)|https://evil.example/", "there|", "write (leads to jane.doe@example.gov.uk)|mailto:jane.doe@example.gov.uk"}, "\n")
			if links != want {
				t.Errorf("links:\n%s\nwant\n%s", links, want)
			}
			shown := b.text("#app")
			for _, want := range []string{"Pictures that would be fetched", "5 attachments", "This is a program. It can harm", "really of the kind .exe", "this is a program, not what its name says",
				"Every week on Tuesday, 6 times", "Your answer goes to the organiser only."} {
				if !strings.Contains(shown, want) {
					t.Errorf("%q is not said:\n%s", want, shown)
				}
			}
			b.shot("1 message")
			b.press("Accept")
			b.do(cdp.WaitVisible(cdp.Search(`//*[@role="status"][contains(., "You have accepted")]`)))
			s.mu.Lock()
			if s.reply["answer"] != "accepted s1" || !strings.Contains(s.reply["calendar"], "SUMMARY:Case conference\r\n") || strings.Contains(s.reply["calendar"], "DESCRIPTION") {
				t.Errorf("the server got %q", s.reply)
			}
			s.mu.Unlock()
			for _, name := range []string{"house.png", "notes.txt"} {
				b.do(cdp.Click(cdp.CSS(fmt.Sprintf(`button[aria-label="Open %s"]`, name)), cdp.NodeVisible))
			}
			b.do(cdp.WaitVisible(cdp.CSS(`.attachments img[src^="data:image/png"]`)), cdp.WaitVisible(cdp.Search(`//pre[contains(., "café notes")]`)))
			b.shot("2 opened in place")
			b.do(cdp.Click(cdp.CSS(`button[aria-label="Open attachment-5.eml"]`), cdp.NodeVisible), cdp.WaitVisible(cdp.Search(`//h1[.="The letter before"]`)))
			inner := b.text("#app")
			for _, want := range []string{"Søren <soren@example.gov.uk>", "only what it says itself", "Thursday 2 July 2026", "Inner text"} {
				if !strings.Contains(inner, want) {
					t.Errorf("inside: %q is not said:\n%s", want, inner)
				}
			}
			b.shot("3 attached message")
			b.press("Back to the message around it")
			b.do(cdp.WaitVisible(cdp.Search(`//h1[.="Care plan for your mother"]`)))
			if kept := get(b, cdp.Evaluate[string](`(async () => JSON.stringify([localStorage.length, sessionStorage.length, document.cookie, (await indexedDB.databases()).length]))()`, cdp.EvalAwaitPromise)); kept != `[0,0,"",0]` {
				t.Errorf("kept on the device: %s", kept)
			}
			// Nobody touches it for an hour: locked, and it says why.
			get(b, cdp.Evaluate[bool](`((now) => { Date.now = () => now + 3600001; document.dispatchEvent(new Event("visibilitychange")); return true })(Date.now())`))
			b.do(cdp.WaitVisible(cdp.Search(`//p[contains(., "Nothing happened here for an hour")]`)))
			if html := get(b, cdp.OuterHTML(cdp.CSS("#app"))); strings.Contains(html, "conference") || strings.Contains(html, "blob:") {
				t.Error("the message is still in the page")
			}
			b.shot("4 put away")
		})
	}
}
