package e2e_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"math/rand/v2"
	"mime"
	"mime/quotedprintable"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/internal/e2e/e2etest"
)

// scanLetter is one mail of a run, from which its twins are made: the message itself,
// which is sealed, and a newsletter with the same sender, recipients and subject.
type scanLetter struct {
	sender, from string
	to, cc       []string // as the header has them
	rcpts        []string
	subject      string
	kind, body   string // content type with its further fields, and body with LF
	attached     bool
}

var scanSenders = []struct{ address, shown string }{
	{"jane.doe@example.gov.uk", "Jane Doe <jane.doe@example.gov.uk>"},
	{"jane.doe@example.gov.uk", "jane.doe@example.gov.uk"},
	{"sian.llyr@example.gov.uk", "=?utf-8?Q?Si=C3=A2n_Ll=C5=B7r?= <sian.llyr@example.gov.uk>"},
	{"o.brien@children.example.gov.uk", `"O'Brien, Pat (Children's Services)" <o.brien@children.example.gov.uk>`},
	{"housing@example.gov.uk", `"Borough of Example: Housing" <housing@example.gov.uk>`},
}

var scanReaders = []struct{ to, cc, rcpts []string }{
	{[]string{"Bob <bob@firm.example>"}, nil, []string{"bob@firm.example"}},
	{[]string{"bob@firm.example"}, nil, []string{"bob@firm.example"}},
	{[]string{"Bob <bob@firm.example>", `"Carey, Carla" <carla@solicitors.example>`}, []string{"dan@homes.example"}, []string{"bob@firm.example", "carla@solicitors.example", "dan@homes.example"}},
	{nil, nil, []string{"bob@firm.example"}}, // Bcc alone
	{[]string{"Bob <bob@firm.example>"}, []string{"Mate <mate@example.gov.uk>"}, []string{"bob@firm.example"}},
}

// scanSizes are octets of an attachment; 0: none. Few are big: SpamAssassin takes
// seconds for a megabyte.
var scanSizes = []int{0, 0, 4 << 10, 0, 0, 40 << 10, 0, 0, 0, 250 << 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 << 20}

var caseLine = regexp.MustCompile(`(?m)^=== .*\n`)

// scanLetters gives n of them out of the messages of testdata/pid and testdata/mail.
func scanLetters(t *testing.T, n int) []scanLetter {
	t.Helper()
	var all []scanLetter
	for _, name := range []string{"dev-none.txt", "dev-pid.txt", "dev-a-none.txt", "dev-a-pid.txt"} {
		for _, one := range caseLine.Split(string(read(t, filepath.Join(e2etest.Root(t), "testdata", "pid", "messages", name))), -1)[1:] {
			one, _, _ = strings.Cut(one, "\n--- attachment ")
			subject, text, _ := strings.Cut(strings.TrimPrefix(one, "Subject:"), "\n")
			all = append(all, scanLetter{subject: strings.TrimSpace(subject), kind: "text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit", body: text})
		}
	}
	files, err := filepath.Glob(filepath.Join(e2etest.Root(t), "testdata", "mail", "[cmot]*.eml"))
	if err != nil || len(files) == 0 || len(all) < n/2 {
		t.Fatalf("%d messages, %d files, %v", len(all), len(files), err)
	}
	stride := max(1, len(files)*2/n)
	var out []scanLetter
	for i := 0; len(out) < n; i++ {
		l := all[i%len(all)]
		if i%2 == 1 {
			l = eml(t, files[i/2*stride%len(files)])
		}
		s, r := scanSenders[i%len(scanSenders)], scanReaders[(i/len(scanSenders)+i)%len(scanReaders)]
		l.sender, l.from, l.to, l.cc, l.rcpts = s.address, s.shown, r.to, r.cc, r.rcpts
		if size := scanSizes[i%len(scanSizes)]; size > 0 {
			l.attach(size, i)
		}
		out = append(out, l)
	}
	return out
}

// eml takes subject, type and body of a case of testdata/mail.
func eml(t *testing.T, path string) scanLetter {
	t.Helper()
	_, raw, _ := strings.Cut(strings.ReplaceAll(string(read(t, path)), "\r\n", "\n"), "\n\n")
	head, body, _ := strings.Cut(raw, "\n\n")
	l := scanLetter{kind: "text/plain", body: body}
	for _, f := range regexp.MustCompile(`(?m)^\S.*(?:\n[ \t].*)*`).FindAllString(head, -1) {
		name, value, _ := strings.Cut(f, ":")
		switch strings.ToLower(name) {
		case "subject":
			text, err := new(mime.WordDecoder).DecodeHeader(strings.Join(strings.Fields(value), " "))
			if l.subject = strings.ToValidUTF8(text, "?"); err != nil {
				l.subject = "Notes of Tuesday"
			}
		case "content-type":
			l.kind = strings.TrimSpace(value)
		case "content-transfer-encoding":
			l.kind += "\n" + f
		}
	}
	return l
}

// attach puts a file of noise beside the text.
func (l *scanLetter) attach(size, seed int) {
	noise := make([]byte, size)
	rng := rand.New(rand.NewPCG(uint64(seed), 1))
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	coded := base64.StdEncoding.EncodeToString(noise)
	var b strings.Builder
	fmt.Fprintf(&b, "--=_letter\nContent-Type: %s\n\n%s\n--=_letter\nContent-Type: application/pdf; name=\"plan %d.pdf\"\nContent-Disposition: attachment; filename=\"plan %d.pdf\"\nContent-Transfer-Encoding: base64\n\n", l.kind, l.body, seed, seed)
	for line := range slices.Chunk([]byte(coded), 76) {
		b.Write(append(line, '\n'))
	}
	b.WriteString("--=_letter--\n")
	l.kind, l.body, l.attached = `multipart/mixed; boundary="=_letter"`, b.String(), true
}

// mail writes the letter with a content, as a staff mail program would.
func (l *scanLetter) mail(id, more, kind, body string, at time.Time) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "From: %s\n", l.from)
	for _, f := range []struct {
		name string
		list []string
	}{{"To", l.to}, {"Cc", l.cc}} {
		if len(f.list) > 0 {
			fmt.Fprintf(&b, "%s: %s\n", f.name, strings.Join(f.list, ",\n "))
		}
	}
	if len(l.to) == 0 {
		b.WriteString("To: undisclosed-recipients:;\n")
	}
	fmt.Fprintf(&b, "Subject: %s\nDate: %s\nMessage-ID: <%s@example.gov.uk>\n%sMIME-Version: 1.0\nContent-Type: %s\n\n%s\n",
		mime.QEncoding.Encode("utf-8", l.subject), at.Format(time.RFC1123Z), id, more, kind, body)
	return crlf(b.String())
}

// newsletters gives the contents of the comparison: content type and body each.
func newsletters(t *testing.T) (out [][2]string) {
	t.Helper()
	for _, one := range strings.Split("\n"+string(read(t, filepath.Join(e2etest.Root(t), "testdata", "scan", "newsletters.txt"))), "\n=== ")[1:] {
		title, rest, _ := strings.Cut(one, "\n")
		text, page := title+"\n\n", "<h1 style=\"font-size:22px\">"+html.EscapeString(title)+"</h1>\n"
		for line := range strings.Lines(rest) {
			line = strings.TrimSpace(line)
			label, address, isLink := strings.Cut(strings.TrimPrefix(line, "> "), " | ")
			switch {
			case line == "":
			case isLink:
				text += label + ": " + address + "\n\n"
				page += "<p><a href=\"" + address + "\">" + html.EscapeString(label) + "</a></p>\n"
			default:
				text += line + "\n\n"
				page += "<p>" + html.EscapeString(line) + "</p>\n"
			}
		}
		page = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>" + html.EscapeString(title) + "</title></head>\n<body style=\"font-family:Arial,sans-serif\">\n" +
			page + "<p>Borough of Example, Town Hall, Market Place. You get this letter because you asked for it.</p>\n</body>\n</html>\n"
		part := func(kind, s string) string {
			return "--=_news\nContent-Type: " + kind + "; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n" + quoted(s) + "\n"
		}
		out = append(out, [2]string{`multipart/alternative; boundary="=_news"`, part("text/plain", text) + part("text/html", page) + "--=_news--"})
	}
	return out
}

func quoted(s string) string {
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return strings.ReplaceAll(b.String(), "\r\n", "\n")
}

// configured makes the daemon's pages and mails come in both languages, and gives
// the site the address that a site has: scanners look askance at numbers in links.
func configured(t *testing.T, s *e2etest.Postseal, bilingual bool) {
	t.Helper()
	text := string(read(t, s.Config))
	text = regexp.MustCompile(`portal: \{url: "[^"]*"`).ReplaceAllString(text, `portal: {url: "https://secure.example.gov.uk"`)
	if bilingual {
		text = strings.Replace(text, "organisation: {", "organisation: {languages: [en, cy], bilingual: true, ", 1)
	}
	if err := os.WriteFile(s.Config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
