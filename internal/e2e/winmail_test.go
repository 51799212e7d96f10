package e2e_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"strings"
	"testing"

	"github.com/postseal/postseal/internal/e2e/e2etest"
	tt "github.com/postseal/postseal/tnef/tneftest"
)

// C14: through a real Postfix a marked mail with winmail.dat opens with its
// files and without winmail.dat; the colleague inside gets it as it was sent.
func TestWinmailIsTakenApart(t *testing.T) {
	t.Parallel()
	s := newSite(t, e2etest.PostfixOptions{})
	letter := bytes.Repeat([]byte(planted+"\x00\xff\r\n"), 5000)
	stream := tt.New().Class("IPM.Microsoft Mail.Note").
		Message(tt.Unicode(0x1000, "Dear Bob"), tt.Binary(0x1009, tt.PackedRTF(`{\rtf1\ansi\fromhtml1 {\*\htmltag64 <p>}Dear {\*\htmltag84 <b>}Bob{\*\htmltag92 </b>}{\*\htmltag72 </p>}}`))).
		Attach("LETTER~1.DOC", letter, tt.Unicode(0x3707, "Brief über Bob.doc"), tt.Long(0x3705, 1)).
		Attach("second.txt", []byte("second"), tt.Long(0x3705, 1)).Bytes()
	raw := append(crlf("From: Jane Doe <jane.doe@example.gov.uk>\nTo: bob@firm.example\nSubject: [SECURE] letter\nDate: Sat, 21 Nov 2026 10:00:00 +0000\n"+
		"Message-ID: <winmail@client.example.gov.uk>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\nContent-Type: text/plain; charset=us-ascii\n\nDear Bob\n\n--b\n"),
		tt.Part(stream)+"\r\n--b--\r\n"...)
	s.accepted(staff, []string{outside, mate}, raw)

	d := s.sealedFor(s.Outside, outside)
	opened := e2etest.NewReader(t, s.seal, s.Outside, outside).Open(d.Raw)
	if bytes.Contains(opened, []byte("ms-tnef")) || bytes.Contains(opened, []byte("winmail.dat")) {
		t.Errorf("the recipient gets winmail.dat:\n%.2000s", opened)
	}
	m, err := netmail.ReadMessage(bytes.NewReader(opened))
	if err != nil {
		t.Fatal(err)
	}
	_, p, _ := mime.ParseMediaType(m.Header.Get("Content-Type"))
	files := map[string]string{}
	for r := multipart.NewReader(m.Body, p["boundary"]); ; {
		part, err := r.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(part)
		if part.Header.Get("Content-Transfer-Encoding") == "base64" {
			body, err = io.ReadAll(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(body)))
		}
		if err != nil {
			t.Fatal(err)
		}
		name := part.FileName()
		if name == "" {
			name, _, _ = strings.Cut(part.Header.Get("Content-Type"), ";")
		}
		files[name] = string(body)
	}
	if len(files) != 3 || files["Brief über Bob.doc"] != string(letter) || files["second.txt"] != "second" {
		t.Errorf("got %d parts; want the body and both files, every octet of them:\n%.3000s", len(files), opened)
	}
	if body := files["multipart/alternative"]; !strings.Contains(body, "\r\n\r\nDear Bob\r\n\r\n--") || !strings.Contains(body, "<p>Dear <b>Bob</b></p>") {
		t.Errorf("got %.2000q, want text and page as one body", body)
	}
	inside := s.Inside.WaitFor("the mail", func(d e2etest.Delivery) bool { return d.Has(mate) })
	if got := withoutReceived(inside.Raw); !bytes.Equal(got, raw) {
		t.Error("the colleague inside got something else than was sent")
	}
	s.WaitIdle()
	once(t, s.Outside, outside)
}
