package e2e_test

import (
	"bytes"
	"encoding/base64"
	"html"
	"math/rand/v2"
	"mime"
	"mime/quotedprintable"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"

	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/internal/redistest"
)

// newEscrowSite is newSite with an escrow certificate. It gives the files of the
// secret key and of a stranger's.
func newEscrowSite(t *testing.T, rules string) (s *site, secret, stranger string) {
	t.Helper()
	e2etest.NeedRoot(t)
	s = &site{t: t, Postfix: e2etest.NewPostfix(t, e2etest.PostfixOptions{}), redis: redistest.StartRedis(t)}
	s.seal = e2etest.NewPostseal(t, e2etest.PostsealOptions{Postfix: s.Postfix, Redis: s.redis.Addr, Rules: rules})
	cert, secret := escrowFiles(t, s.seal.Dir, "escrow")
	_, stranger = escrowFiles(t, s.seal.Dir, "stranger")
	text := bytes.Replace(read(t, s.seal.Config), []byte("keys: {"), []byte(`keys: {escrow: ["`+cert+`"], `), 1)
	if err := os.WriteFile(s.seal.Config, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s.seal.Start()
	s.seal.WaitReady()
	s.Start()
	return s, secret, stranger
}

func escrowFiles(t *testing.T, dir, name string) (cert, secret string) {
	t.Helper()
	e, err := openpgp.NewEntity(name, "", name+"@example.gov.uk", &packet.Config{Algorithm: packet.PubKeyAlgoEd25519, V6Keys: true})
	if err != nil {
		t.Fatal(err)
	}
	cert, secret = filepath.Join(dir, name+".pub"), filepath.Join(dir, name+".key")
	var pub, priv bytes.Buffer
	if err := e.Serialize(&pub); err != nil {
		t.Fatal(err)
	}
	if err := e.SerializePrivateWithoutSigning(&priv, nil); err != nil {
		t.Fatal(err)
	}
	for file, b := range map[string][]byte{cert: pub.Bytes(), secret: priv.Bytes()} {
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, secret
}

// A delivered page opens with the organisation's key and no server at all; the
// recipient opens the same page as always.
func TestEscrowOpensWithoutTheServer(t *testing.T) {
	t.Parallel()
	s, secret, stranger := newEscrowSite(t, "")
	raw := composed("[SECURE] for the record", "", planted)
	s.accepted(staff, []string{outside}, raw)
	d := s.envelopeFor(s.Outside, outside, raw)
	page := filepath.Join(t.TempDir(), e2etest.SealedName)
	if err := os.WriteFile(page, e2etest.ReadSealed(t, d.Raw).HTML, 0o600); err != nil {
		t.Fatal(err)
	}
	opened := strings.TrimSuffix(page, ".html") + ".eml"
	s.seal.Stop()
	s.redis.Stop()

	if out, err := s.seal.Command("open", "--escrow", stranger, page); err == nil || !strings.Contains(out, "the message is not encrypted to this key") {
		t.Errorf("a stranger's key: %v, %q", err, out)
	}
	if _, err := os.Stat(opened); err == nil {
		t.Error("a stranger's key left a file")
	}
	out, err := s.seal.Command("open", "--escrow", secret, page)
	if err != nil || !strings.Contains(out, "origin not proved") {
		t.Fatalf("postseal open: %v\n%s", err, out)
	}
	if got := read(t, opened); !bytes.Equal(got, raw) {
		t.Errorf("got  %q\nwant %q", got, raw)
	}
}

// withAttachment makes a mail with an attachment of n random bytes in base64.
func withAttachment(n int) []byte {
	data := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{7}).Read(data)
	var b bytes.Buffer
	b.Write(crlf(`From: Jane Doe <jane.doe@example.gov.uk>
To: Bob <bob@firm.example>
Subject: [SECURE] scan
Date: Sat, 21 Nov 2026 10:00:00 +0000
Message-ID: <wire@client.example.gov.uk>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain

see attached

--b
Content-Type: application/pdf; name="scan.pdf"
Content-Disposition: attachment; filename="scan.pdf"
Content-Transfer-Encoding: base64

`))
	text := base64.StdEncoding.EncodeToString(data)
	for i := 0; i < len(text); i += 76 {
		b.WriteString(text[i:min(i+76, len(text))] + "\r\n")
	}
	b.WriteString("\r\n--b--\r\n")
	return b.Bytes()
}

// On the wire a sealed mail is at most the original plus 4 % and 80 KB, with
// escrow, too; the page around the container at most 64 KiB.
func TestSizeOnTheWire(t *testing.T) {
	t.Parallel()
	s, _, _ := newEscrowSite(t, "")
	for rcpt, raw := range map[string][]byte{
		"big@firm.example":   withAttachment(7 << 20),
		"small@firm.example": composed("[SECURE] short", "", "hello"),
	} {
		s.accepted(staff, []string{rcpt}, raw)
		d := s.sealedFor(s.Outside, rcpt)
		if got, limit := len(d.Raw), len(raw)*104/100+80_000; got > limit {
			t.Errorf("%s: %d bytes on the wire, want at most %d (original %d)", rcpt, got, limit, len(raw))
		}
		page := e2etest.ReadSealed(t, d.Raw)
		_, container, _ := bytes.Cut(page.HTML, []byte(`name="ct"`))
		container, _, _ = bytes.Cut(container, []byte("</textarea"))
		around := len(page.HTML) - len(container)
		if len(container) == 0 || around > 64<<10 {
			t.Errorf("%s: the page has %d bytes around its container, want at most %d", rcpt, around, 64<<10)
		}
		t.Logf("%s: original %d, wire %d (%+.2f %%), page %d", rcpt, len(raw), len(d.Raw), 100*float64(len(d.Raw)-len(raw))/float64(len(raw)), around)
	}
}

// plantedShapes are the places where a word can stand in a mail, each in an
// encoding of its own. Nothing of them may be seen outside.
var plantedShapes = map[string]string{
	"encoded subject":  "Subject: =?utf-8?B?" + base64.StdEncoding.EncodeToString([]byte("[SECURE] Pflegeplan Zwölfender")) + "?=\n =?iso-8859-1?Q?_f=FCr_Annabel?=\nContent-Type: text/plain\n\nhello\n",
	"near fields":      "Subject: [SECURE] Annabel\nThread-Topic: Pflegeplan\nThread-Index: UGZsZWdlcGxhbg==\nKeywords: Zwoelfender\nX-Patient: 943 476 5919\nComments: =?utf-8?Q?Pflegeplan?=\nContent-Type: text/plain\n\nhello\n",
	"identifiers":      "Subject: [SECURE] QQ 12 34 56 C and 943 476 5919\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nNI QQ123456C, NHS 9434765919, Annabel Zw=C3=B6lfender\n",
	"html":             "Subject: [SECURE] x\nContent-Type: text/html; charset=utf-8\n\n<title>Pflegeplan</title><p>Annabel Zw&ouml;lfender<img src=\"https://example.gov.uk/Annabel.png\" alt=\"Pflegeplan\">\n",
	"file names":       "Subject: [SECURE] x\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/pdf; name=\"=?utf-8?Q?Pflegeplan_Zw=C3=B6lfender.pdf?=\"\nContent-Disposition: attachment; filename*=utf-8''Annabel%20Zw%C3%B6lfender.pdf\nContent-Description: Pflegeplan\nContent-ID: <Annabel@example.gov.uk>\n\nQQ123456C\n--b--\n",
	"base64 and UTF16": "Subject: [SECURE] x\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString(utf16le("Annabel Zwölfender")) + "\n--b\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString([]byte("<p>Pflegeplan 9434765919")) + "\n--b--\n",
	"edges of MIME":    "Subject: [SECURE] x\nContent-Type: multipart/mixed; boundary=\"Annabel\"\n\npreamble Pflegeplan\n--Annabel\nContent-Type: message/rfc822\n\nSubject: Zwoelfender\n\nQQ123456C\n--Annabel--\nepilogue 9434765919\n",
	"calendar":         "Subject: [SECURE] x\nContent-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nSUMMARY:Pflegeplan Annabel\nLOCATION:Zwoelfender\nEND:VEVENT\nEND:VCALENDAR\n",
}

var plantedWords = []string{"Pflegeplan", "Zwölfender", "Zwoelfender", "Annabel", "QQ 12 34 56 C", "QQ123456C", "943 476 5919", "9434765919"}

func utf16le(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

// No word of subject, names or text is to be seen in a sealed mail in any
// encoding, neither in one that carries the page nor in one with a link only,
// where the policy hides the subject.
func TestNoPlantedWordInAnyEncoding(t *testing.T) {
	t.Parallel()
	rules := strings.NewReplacer("official-sensitive: {", "official-sensitive: {attach_up_to: 1B, ", "subject: keep", "subject: hide",
		"attach_up_to: 60MB", "attach_up_to: 60MB, subject: hide").Replace(e2etest.Rules)
	s, _, _ := newEscrowSite(t, rules)
	for name, shape := range plantedShapes {
		if len(seenIn(t, crlf("MIME-Version: 1.0\n"+shape))) == 0 {
			t.Fatalf("%s: this test would not see a word of it", name)
		}
		for form, mark := range map[string]string{"page": "", "link": "X-Protective-Marking: OFFICIAL-SENSITIVE\n"} {
			rcpt := strings.ReplaceAll(name, " ", ".") + "." + form + "@firm.example"
			s.accepted(staff, []string{rcpt}, crlf("From: Jane Doe <jane.doe@example.gov.uk>\nTo: Bob <bob@firm.example>\nDate: Sat, 21 Nov 2026 10:00:00 +0000\n"+
				"Message-ID: <"+rcpt+">\nMIME-Version: 1.0\n"+mark+shape))
			d := s.Outside.WaitTo(rcpt)
			if got, want := e2etest.IsSealed(t, d.Raw), form == "page"; got != want {
				t.Errorf("%s, %s: carries a page: %v, want %v\n%.1500s", name, form, got, want, d.Raw)
			}
			for _, seen := range seenIn(t, d.Raw) {
				t.Errorf("%s, %s: the mail shows %s", name, form, seen)
			}
		}
	}
}

// seenIn gives the planted words that a mail shows in any reading of it.
func seenIn(t *testing.T, raw []byte) []string {
	t.Helper()
	readings := []string{string(raw)}
	for _, f := range e2etest.Leaves(t, raw) {
		readings = append(readings, string(f.Body), f.Name)
	}
	for _, r := range readings[:len(readings):len(readings)] {
		if words, err := new(mime.WordDecoder).DecodeHeader(strings.ReplaceAll(r, "\r\n ", " ")); err == nil {
			readings = append(readings, words)
		}
		readings = append(readings, html.UnescapeString(r))
		if plain, err := url.PathUnescape(r); err == nil {
			readings = append(readings, plain)
		}
	}
	var seen []string
	for _, w := range plantedWords {
		for _, form := range formsOf(w) {
			for _, r := range readings {
				if strings.Contains(strings.ToLower(r), strings.ToLower(form)) {
					seen = append(seen, w+" as "+form)
				}
			}
		}
	}
	return seen
}

// formsOf spells a word in the encodings that could hide it: UTF-8, Latin-1 and
// UTF-16, quoted-printable, percent form, and base64 at each of its three places.
func formsOf(w string) []string {
	var qp strings.Builder
	q := quotedprintable.NewWriter(&qp)
	_, _ = q.Write([]byte(w))
	_ = q.Close()
	latin := make([]byte, 0, len(w))
	for _, r := range w {
		latin = append(latin, byte(r))
	}
	forms := []string{w, qp.String(), url.PathEscape(w), string(latin), string(utf16le(w))}
	for _, b := range [][]byte{[]byte(w), latin, utf16le(w)} {
		for shift := range 3 {
			text := base64.StdEncoding.EncodeToString(append(make([]byte, shift), b...))
			forms = append(forms, strings.TrimRight(text[4*min(shift, 1):len(text)-4], "="))
		}
	}
	return forms
}
