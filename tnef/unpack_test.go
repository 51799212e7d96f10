package tnef_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/postseal/postseal/tnef"
	tt "github.com/postseal/postseal/tnef/tneftest"
)

// scratch keeps in memory.
type scratch struct{ b []byte }

func (s *scratch) Write(p []byte) (int, error) { s.b = append(s.b, p...); return len(p), nil }
func (s *scratch) ReadAt(p []byte, off int64) (int, error) {
	return bytes.NewReader(s.b).ReadAt(p, off)
}

// unpack gives the message with its winmail.dat taken apart, or as it was.
func unpack(t *testing.T, raw string) (out string, doubts []string) {
	t.Helper()
	m, doubts, err := tnef.Unpack(strings.NewReader(raw), int64(len(raw)), func() tnef.Scratch { return &scratch{} })
	if err != nil {
		t.Fatal(err)
	}
	if m == nil {
		return raw, doubts
	}
	first, err := io.ReadAll(m.Reader())
	if err != nil {
		t.Fatal(err)
	}
	again, _, _ := tnef.Unpack(strings.NewReader(raw), int64(len(raw)), func() tnef.Scratch { return &scratch{} })
	second, err := io.ReadAll(iotest.HalfReader(again.Reader()))
	if err != nil || !bytes.Equal(first, second) {
		t.Fatalf("a second run gives other octets (%v)", err)
	}
	for _, line := range strings.Split(string(first), "\r\n") {
		if len(line) > 998 {
			t.Errorf("a line of %d octets", len(line))
		}
	}
	return string(first), doubts
}

// leaf is a part without parts.
type leaf struct{ in, kind, how, name, id, text string }

// leaves reads a message with Go's own readers.
func leaves(t *testing.T, raw string) []leaf {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatalf("no message: %v\n%.2000s", err, raw)
	}
	return walk(t, "", map[string][]string(m.Header), m.Body)
}

func walk(t *testing.T, in string, header map[string][]string, body io.Reader) (out []leaf) {
	t.Helper()
	get := func(name string) string { return mail.Header(header).Get(name) }
	kind, p, err := mime.ParseMediaType(get("Content-Type"))
	if err != nil {
		kind = "text/plain"
	}
	switch get("Content-Transfer-Encoding") {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	if strings.HasPrefix(kind, "multipart/") {
		r := multipart.NewReader(body, p["boundary"])
		for {
			part, err := r.NextRawPart()
			if err == io.EOF {
				return out
			}
			if err != nil {
				t.Fatalf("multipart: %v", err)
			}
			out = append(out, walk(t, in+strings.TrimPrefix(kind, "multipart/")+"/", part.Header, part)...)
		}
	}
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatalf("%s: %v", kind, err)
	}
	if kind == "message/rfc822" {
		m, err := mail.ReadMessage(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		in += "mail(" + m.Header.Get("Subject") + ")/"
		return walk(t, in, map[string][]string(m.Header), m.Body)
	}
	how, hp, _ := mime.ParseMediaType(get("Content-Disposition"))
	return []leaf{{in, kind, how, hp["filename"], get("Content-Id"), string(text)}}
}

func show(list []leaf) string {
	out := ""
	for _, l := range list {
		out += fmt.Sprintf("%s%s %s %q %s %.80q\n", l.in, l.kind, l.how, l.name, l.id, l.text)
	}
	return out
}

const head = "From: jane@council.example\r\nTo: bob@firm.example\r\nSubject: [SECURE] x\r\nMIME-Version: 1.0\r\n"

// mixed puts parts into a multipart/mixed.
func mixed(parts ...string) string {
	return head + "Content-Type: multipart/mixed;\r\n boundary=\"outer\"\r\n\r\npreamble\r\n--outer\r\n" + strings.Join(parts, "\r\n--outer\r\n") + "\r\n--outer--\r\nepilogue\r\n"
}

const plainText = "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nDear Bob,=20\r\nGr=FC=DFe from Jane\r\n"

func noise(n int, seed byte) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

const wrapped = `{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}{\f1\fnil\fcharset238 Arial CE;}}{\*\generator Riched;}
{\*\htmltag19 <html>}{\*\htmltag34 <head>}{\*\htmltag1 <meta http-equiv="Content-Type" content="text/html; charset=us-ascii">}{\*\htmltag41 </head>}{\*\htmltag50 <body>}
{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Dear Bob,\htmlrtf\par}\htmlrtf0 {\*\htmltag84 &nbsp;}\htmlrtf \'a0\htmlrtf0 {\*\mhtmltag84 <b>}{\*\htmltag116 <br>}\htmlrtf \line \htmlrtf0
Gr\'fc\u223?e from Jane{\*\htmltag84 <img src="cid:pic@1">}{\f1 \'e8}\u-10179?\u-8704?\{x\}{\*\htmltag72 </p>}\par{\*\htmltag58 </body>}{\*\htmltag27 </html>}}` + "\x00"

// C14: files come out with name, type, id and every octet; the rest stays.
func TestFilesComeOut(t *testing.T) {
	long := strings.Repeat("Übersicht über die Maßnahmen ", 12) + ".pdf"
	big := noise(300_001, 1)
	s := tt.New().Class("IPM.Microsoft Mail.Note").
		Message(tt.Unicode(0x001a, "IPM.Note"), tt.Many(0x3a58, "a", "bcd"), tt.NamedText("Keywords", tt.Unicode(0x8000, "red")), tt.Long(0x3fde, 65001)).
		Attach("SCAN~1.PDF", big, tt.Unicode(0x3707, long), tt.Unicode(0x370e, "application/pdf"), tt.Long(0x3705, 1)).
		Attach("empty.txt", []byte{}, tt.Long(0x3705, 1)).
		Attach("", nil, tt.String8(0x3707, "gr\xfcn.png"), tt.Binary(0x3701, noise(1000, 2)), tt.Unicode(0x3712, "pic@1")).
		Attach("evil\r\nBcc: x@y.example\".exe", []byte("x"), tt.Unicode(0x370e, "multipart/mixed; boundary=a"))
	raw := mixed(plainText, tt.Part(s.Bytes()), "Content-Type: application/x-other\r\n\r\nstays \x80 as it is\n\n")
	out, doubts := unpack(t, raw)
	got := leaves(t, out)
	if len(doubts) > 0 || len(got) != 6 || strings.Contains(out, "ms-tnef") {
		t.Fatalf("got doubts %q and\n%s", doubts, show(got))
	}
	runes := []rune(strings.TrimSuffix(long, ".pdf"))
	want := []leaf{
		{"mixed/", "application/pdf", "attachment", strings.TrimSpace(string(runes[:251])) + ".pdf", "", string(big)},
		{"mixed/", "text/plain", "attachment", "empty.txt", "", ""},
		{"mixed/", "image/png", "attachment", "grün.png", "<pic@1>", string(noise(1000, 2))},
		{"mixed/", "application/octet-stream", "attachment", `evil  Bcc: x@y.example".exe`, "", "x"},
	}
	for i, w := range want {
		if g := got[i+1]; g != w {
			t.Errorf("got  %.300q\nwant %.300q", g, w)
		}
	}
	before, rest, _ := strings.Cut(raw, "--outer\r\nContent-Type: application/ms-tnef")
	after := rest[strings.Index(rest, "--outer\r\nContent-Type: application/x-other"):]
	if !strings.HasPrefix(out, before) || !strings.HasSuffix(out, after) {
		t.Error("octets outside winmail.dat were changed")
	}
}

// The body in all its forms, and what stands beside it.
func TestBodies(t *testing.T) {
	html := "<html><body>Dear Bob,<br>Grüße from Jane</body></html>"
	const dearBob = "Dear Bob,\nGr\xfc\xdfe from Jane"
	page := "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=us-ascii\"></head><body><p>Dear Bob,&nbsp;<br>Grüße from Jane<img src=\"cid:pic@1\">č😀{x}</p>\r\n</body></html>"
	other := "Content-Type: text/plain\r\n\r\nsomething else"
	for _, c := range []struct {
		name  string
		s     *tt.Stream
		parts []string
		want  string
	}{
		{"text alone", tt.New().Message(tt.Unicode(0x1000, "Grüße\nJane")), nil, "text/plain  \"\"  \"Grüße\\r\\nJane\"\n"},
		{"old text attribute", tt.New().Attribute(tt.OfMessage, 0x0002800c, []byte("Gr\xfc\xdfe\x00")), nil, "text/plain  \"\"  \"Grüße\"\n"},
		{"the text is there already", tt.New().Message(tt.String8(0x1000, dearBob)).Attach("a", []byte("b")), []string{plainText},
			"mixed/text/plain  \"\"  \"Dear Bob, \\r\\nGr\\xfc\\xdfe from Jane\\r\\n\"\nmixed/application/octet-stream attachment \"a\"  \"b\"\n"},
		{"a page becomes the text's other version", tt.New().Message(tt.Binary(0x1013, []byte(html))), []string{plainText},
			"mixed/alternative/text/plain  \"\"  \"Dear Bob, \\r\\nGr\\xfc\\xdfe from Jane\\r\\n\"\nmixed/alternative/text/html  \"\"  \"" + html + "\"\n"},
		{"another text beside it", tt.New().Message(tt.Binary(0x1013, []byte(html)), tt.Unicode(0x1000, "Dear Bob")), []string{other},
			"mixed/text/plain  \"\"  \"something else\"\nmixed/alternative/text/plain  \"\"  \"Dear Bob\"\nmixed/alternative/text/html  \"\"  \"" + html + "\"\n"},
		{"both there already", tt.New().Message(tt.Binary(0x1013, []byte(html))).Attach("a", []byte("b")),
			[]string{"Content-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\n" + plainText + "\r\n--i\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + html + "\r\n--i--\r\n"},
			"mixed/alternative/text/plain  \"\"  \"Dear Bob, \\r\\nGr\\xfc\\xdfe from Jane\\r\\n\"\nmixed/alternative/text/html  \"\"  \"" + html + "\"\nmixed/application/octet-stream attachment \"a\"  \"b\"\n"},
		{"page in RTF", tt.New().Message(tt.Binary(0x1009, tt.PackedRTF(wrapped))).Attach("p.png", []byte("png"), tt.Unicode(0x3712, "<pic@1>")), nil,
			fmt.Sprintf("related/text/html  \"\"  %.80q\nrelated/image/png inline \"p.png\" <pic@1> \"png\"\n", page)},
		{"RTF not compressed", tt.New().Message(tt.Binary(0x1009, tt.PlainRTF(`{\rtf1\ansi\ansicpg1250 P\'f8\'edli\'9a\par{\field{\*\fldinst HYPERLINK "https://a.example/"}{\fldrslt here}}}`))), nil,
			"text/plain  \"\"  \"Příliš\\r\\n<https://a.example/> here\"\n"},
		{"RTF with a picture", tt.New().Message(tt.Unicode(0x1000, "see"), tt.Binary(0x1009, tt.PackedRTF(`{\rtf1 see{\pict\pngblip 89}}`))), nil,
			"mixed/text/plain  \"\"  \"see\"\nmixed/application/rtf attachment \"message.rtf\"  \"{\\\\rtf1 see{\\\\pict\\\\pngblip 89}}\"\n"},
		{"nothing but properties", tt.New().Message(tt.Long(0x0e07, 1)), []string{plainText}, "mixed/text/plain  \"\"  \"Dear Bob, \\r\\nGr\\xfc\\xdfe from Jane\\r\\n\"\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw := head + tt.Part(c.s.Bytes())
			if c.parts != nil {
				raw = mixed(append(c.parts, tt.Part(c.s.Bytes()))...)
			}
			out, doubts := unpack(t, raw)
			if got := show(leaves(t, out)); got != c.want || len(doubts) > 0 {
				t.Errorf("got\n%swant\n%s%q", got, c.want, doubts)
			}
			if c.name == "page in RTF" {
				if got := leaves(t, out)[0].text; got != page {
					t.Errorf("got  %q\nwant %q", got, page)
				}
			}
		})
	}
}

// All of a message can be winmail.dat; fields that say nothing of it stay.
func TestWholeMessage(t *testing.T) {
	s := tt.New().Message(tt.Unicode(0x1000, "hello")).Attach("a.bin", []byte("b"))
	raw := "X-First: 1\r\n" + head + strings.Replace(tt.Part(s.Bytes()), "\r\n\r\n", "\r\nX-Last:\tkept  as\r\n it is\r\n\r\n", 1)
	out, _ := unpack(t, raw)
	got := leaves(t, out)
	if len(got) != 2 || got[0].text != "hello" || got[1].text != "b" || strings.Contains(out, "winmail") {
		t.Errorf("got\n%s", show(got))
	}
	if !strings.HasPrefix(out, "X-First: 1\r\n"+head) || !strings.Contains(out, "X-Last:\tkept  as\r\n it is\r\n\r\n") || strings.Count(out, "Content-Type: multipart") != 1 {
		t.Errorf("got %.600q", out)
	}
}

// Where winmail.dat is found, and where not.
func TestPlaces(t *testing.T) {
	s := tt.New().Message(tt.Unicode(0x1000, "hello")).Attach("a.bin", []byte("b"))
	part := tt.Part(s.Bytes())
	named := "Content-Type: application/octet-stream; name==?utf-8?Q?x?=\r\nContent-Disposition: attachment; filename=WINMAIL.DAT\r\nContent-Transfer-Encoding: base64\r\n\r\n" + tt.Base64(s.Bytes())
	inner := func(kind, part string) string {
		return "Content-Type: multipart/" + kind + "; boundary=inner\r\n\r\n--inner\r\nContent-Type: text/plain\r\n\r\nhi\r\n--inner\r\n" + part + "\r\n--inner--\r\n"
	}
	for _, c := range []struct {
		name, raw, want string
	}{
		{"by name", mixed(named), "mixed/text/plain mixed/application/octet-stream"},
		{"mixed in mixed", mixed(inner("mixed", part)), "mixed/mixed/text/plain mixed/mixed/text/plain mixed/mixed/application/octet-stream"},
		{"alternative", mixed(inner("alternative", part)), "mixed/alternative/text/plain mixed/alternative/mixed/text/plain mixed/alternative/mixed/application/octet-stream"},
		{"attached mail", mixed("Content-Type: message/rfc822\r\n\r\nSubject: in\r\n" + part), "mixed/mail(in)/mixed/text/plain mixed/mail(in)/mixed/application/octet-stream"},
		{"signed stays", mixed(inner("signed", part)), "mixed/signed/text/plain mixed/signed/application/ms-tnef"},
		{"two of them", mixed(part, part), "mixed/text/plain mixed/application/octet-stream mixed/text/plain mixed/application/octet-stream"},
		{"not ended", strings.TrimSuffix(mixed(part), "\r\n--outer--\r\nepilogue\r\n"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, _ := unpack(t, c.raw)
			if c.want == "" { // Go's reader wants an end
				out += "--outer--\r\n"
				c.want = "mixed/text/plain mixed/application/octet-stream"
			}
			var got []string
			for _, l := range leaves(t, out) {
				got = append(got, l.in+l.kind)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got  %s\nwant %s", strings.Join(got, " "), c.want)
			}
		})
	}
}

func TestMessageInMessage(t *testing.T) {
	inner := tt.New().Message(tt.Unicode(0x0037, "Größe und "+strings.Repeat("weiter ", 30)), tt.Unicode(0x0c1a, "Ann"), tt.Unicode(0x5d01, "ann@a.example"), tt.Unicode(0x1000, "inner text"),
		tt.Time(0x0039, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))).Attach("deep.bin", noise(100, 3))
	s := tt.New().Attach("Fwd", nil, tt.Long(0x3705, 5), tt.Inside(inner.Bytes()))
	out, doubts := unpack(t, mixed(tt.Part(s.Bytes())))
	got := leaves(t, out)
	if len(got) != 2 || len(doubts) > 0 || got[0].text != "inner text" || got[1].text != string(noise(100, 3)) || !strings.HasPrefix(got[0].in, "mixed/mail(=?utf-8?B?") {
		t.Errorf("got %q\n%s", doubts, show(got))
	}
	for _, want := range []string{"From: Ann <ann@a.example>\r\n", "Date: Fri, 02 Jan 2026 03:04:05 +0000\r\n", `filename="Fwd.eml"`} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %.1500q", want, out)
		}
	}
	for range 10 {
		s = tt.New().Attach("x", nil, tt.Long(0x3705, 5), tt.Inside(s.Bytes()))
	}
	raw := mixed(tt.Part(s.Bytes()))
	if out, doubts := unpack(t, raw); out != raw || len(doubts) != 1 {
		t.Errorf("ten in one another: got %q", doubts)
	}
}

// What cannot be read to its last octet stays octet for octet, and is told.
func TestDamagedStays(t *testing.T) {
	whole := tt.New().Message(tt.Unicode(0x1000, "hello"), tt.Binary(0x1009, tt.PackedRTF(wrapped))).Attach("a.bin", noise(500, 1), tt.Unicode(0x3707, "a.bin")).Bytes()
	flipped := bytes.Clone(whole)
	flipped[len(whole)/2] ^= 1
	badRTF := tt.PackedRTF(wrapped)
	badRTF[40] ^= 1
	cases := map[string]string{
		"empty":                tt.Part(nil),
		"no TNEF":              tt.Part([]byte("PK\x03\x04 something else that is long enough")),
		"a flipped bit":        tt.Part(flipped),
		"garbage behind":       tt.Part(append(bytes.Clone(whole), "garbage"...)),
		"bad base64":           strings.Replace(tt.Part(whole), "\r\neJ8", "\r\ne*8", 1),
		"cut base64":           strings.TrimRight(tt.Part(whole), "=\r\n")[:len(tt.Part(whole))-40],
		"unknown coding":       strings.Replace(tt.Part(whole), "base64", "x-own", 1),
		"two types":            "Content-Type: text/plain\r\n" + tt.Part(whole),
		"file without content": tt.Part(tt.New().Attach("x", nil, tt.Long(0x3705, 2)).Bytes()),
		"bad RTF":              tt.Part(tt.New().Message(tt.Binary(0x1009, badRTF)).Bytes()),
		"short list":           tt.Part(tt.New().Attribute(tt.OfMessage, 0x00069003, []byte{9, 0, 0, 0, 3, 0}).Bytes()),
		"huge list":            tt.Part(tt.New().Attribute(tt.OfMessage, 0x00069003, []byte{255, 255, 255, 255, 3, 0}).Bytes()),
		"unknown codepage":     tt.Part(tt.New().Attribute(tt.OfMessage, 0x00069007, []byte{0x39, 0x30, 0, 0}).Message(tt.String8(0x1000, "\xff\xfe")).Bytes()),
	}
	for n := 1; n < len(whole); n += 37 {
		if n == len(tt.New().Bytes()) { // a stream may end between attributes
			continue
		}
		cases[fmt.Sprintf("first %d octets", n)] = tt.Part(whole[:n])
	}
	for name, part := range cases {
		for place, raw := range map[string]string{"inside": mixed(plainText, part), "whole": head + part} {
			out, doubts := unpack(t, raw)
			if name == "two types" && place == "inside" && out == raw && len(doubts) == 0 {
				continue // read as the text that its first type says
			}
			if out != raw || len(doubts) != 1 || !strings.Contains(doubts[0], "winmail.dat") {
				t.Errorf("%s, %s: got doubts %q, changed %t", name, place, doubts, out != raw)
			}
		}
	}
}

// A reader that fails is no damage: the message must not leave half read.
func TestReaderThatFails(t *testing.T) {
	broken := errors.New("disk")
	raw := mixed(plainText, tt.Part(tt.New().Attach("a", noise(200_000, 1)).Bytes()))
	for _, at := range []int64{0, 100, 70_000, 200_000} {
		_, _, err := tnef.Unpack(failing{strings.NewReader(raw), at, broken}, int64(len(raw)), func() tnef.Scratch { return &scratch{} })
		if !errors.Is(err, broken) {
			t.Errorf("at %d: got %v, want %v", at, err, broken)
		}
	}
}

type failing struct {
	r   io.ReaderAt
	at  int64
	err error
}

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > f.at {
		return 0, f.err
	}
	return f.r.ReadAt(p, off)
}

func TestMessagesWithoutStay(t *testing.T) {
	for _, raw := range []string{"", "\r\n", head, head + "\r\nwinmail.dat", mixed(plainText), mixed(plainText, "Content-Type: application/pdf; name=\"x.pdf\"\r\n\r\nx")} {
		if out, doubts := unpack(t, raw); out != raw || doubts != nil {
			t.Errorf("got %q, doubts %q", out, doubts)
		}
	}
}
