package portal_test

import (
	"encoding/base64"
	"fmt"
	"mime"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/words"
)

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

var relatedMail = crlf(`MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: multipart/alternative; boundary=a

--a
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Gr=FC=DFe =80
--a
Content-Type: multipart/related; boundary=r

--r
Content-Type: text/html; charset=utf-8

<html><head><base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=https://evil.example/"><script>alert("x")</script></head>
<body onload="x()"><p>Grüße</p><img alt=p src="cid:pic%401"><img src="https://evil.example/t.gif"><iframe src="//evil.example"></iframe></body></html>
--r
Content-Type: image/png; name=logo.png
Content-ID: <pic@1>
Content-Transfer-Encoding: base64

` + png + `
--r--

--a--

--m
Content-Type: text/plain; charset=utf-16; name="notes.txt"
Content-Disposition: attachment; filename="notes.txt"
Content-Transfer-Encoding: base64

//5oAGkA
--m
Content-Type: application/pdf
Content-Disposition: attachment; filename*0*=utf-8''%E2%82%AC%20pl; filename*1=an.pdf

%PDF
--m--
`)

func TestDisplay(t *testing.T) {
	got := portal.Display(strings.NewReader(relatedMail))
	if got.Text != "Grüße €" && got.Text != "Grüße \u0080" {
		t.Errorf("got text %q", got.Text)
	}
	for _, want := range []string{"<p>Grüße</p>", `src="data:image/png;base64,` + png[:20], `<base target="_blank">`} {
		if !strings.Contains(got.HTML, want) {
			t.Errorf("the frame lacks %q:\n%s", want, got.HTML)
		}
	}
	for _, bad := range []string{"<script", "alert(", "http-equiv", "base href", "<iframe", "cid:"} {
		if strings.Contains(got.HTML, bad) {
			t.Errorf("the frame has %q", bad)
		}
	}
	want := []portal.ShownFile{
		{N: 3, Name: "logo.png", Kind: "image/png", Size: int64(base64.StdEncoding.DecodedLen(len(png)) - 2), Hidden: true},
		{N: 4, Name: "notes.txt", Kind: "text/plain", Size: 6},
		{N: 5, Name: "€ plan.pdf", Kind: "application/pdf", Size: 4},
	}
	if !reflect.DeepEqual(got.Files, want) || got.Doubtful || got.Cut {
		t.Errorf("got %+v", got)
	}
}

func TestDisplayTolerates(t *testing.T) {
	many := strings.Repeat("--b\r\nContent-Type: image/png\r\n\r\nx\r\n", 600)
	deep := ""
	for i := range 60 {
		deep += fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	for name, c := range map[string]struct {
		mail            string
		text            string
		files           int
		doubtful, inCut bool
	}{
		"nothing":               {"", "", 0, false, false},
		"no header":             {"\r\nhello", "hello", 0, false, false},
		"no type":               {"Subject: x\r\n\r\nhello", "hello", 0, false, false},
		"broken header line":    {"From me\r\nSubject: x\r\n\r\nhello", "hello", 0, true, false},
		"broken type":           {"Content-Type: text/plain; charset=\"utf-8; x\r\n\r\nhello", "hello", 0, false, false},
		"unlabelled 1252":       {"Subject: x\r\n\r\n\x80 5", "€ 5", 0, true, false},
		"unknown charset":       {"Content-Type: text/plain; charset=klingon\r\n\r\nhello", "hello", 0, true, false},
		"lone LF":               {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b\nContent-Type: image/png\n\nx\n--b--\n", "hello", 1, false, false},
		"no end boundary":       {"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello", "hello", 0, true, false},
		"no boundary":           {"Content-Type: multipart/mixed\r\n\r\nhello", "", 1, false, false},
		"bad base64":            {"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!", "", 1, true, false},
		"unknown encoding":      {"Content-Type: image/png\r\nContent-Transfer-Encoding: rot13\r\n\r\nx", "", 1, true, false},
		"too many parts":        {"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + many + "--b--", "", portal.MaxParts, true, false},
		"too deep":              {deep, "", 1, true, false},
		"endless part header":   {"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nX: " + strings.Repeat("y", portal.MaxHeader) + "\r\n\r\nhello\r\n--b--", "", 0, true, false},
		"long text":             {"\r\n" + strings.Repeat("a", portal.MaxTextShown+1), strings.Repeat("a", portal.MaxTextShown), 0, false, true},
		"too deep HTML":         {"Content-Type: text/html\r\n\r\n" + strings.Repeat("<div>", 2000) + "hello", "", 0, true, false},
		"text between pictures": {"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b\r\n\r\ntwo\r\n--b--", "one\n\ntwo", 1, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := portal.Display(strings.NewReader(c.mail))
			if got.Text != c.text || len(got.Files) != c.files || got.Doubtful != c.doubtful || got.Cut != c.inCut {
				t.Errorf("got text %.80q, %d files, doubtful %v, cut %v", got.Text, len(got.Files), got.Doubtful, got.Cut)
			}
		})
	}
}

func TestCleanName(t *testing.T) {
	for in, want := range map[string]string{
		"plan.pdf": "plan.pdf", "../../etc/passwd": "passwd", `C:\Users\x\plan.pdf`: "plan.pdf", "a\r\nb: c.txt": "a b_ c.txt", "": "", "..": "", "/": "",
		"con.txt": "_con.txt", "fdp.\u202Eexe": "fdp.exe", ".htaccess": "htaccess", "x. ": "x", "ä\x00ö.doc": "äö.doc", "\xff.txt": "txt", "a\u200Bb": "ab",
		strings.Repeat("ü", 100) + ".docx": strings.Repeat("ü", 72) + ".docx",
	} {
		if got := portal.CleanName(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestDispositionReadsBack(t *testing.T) {
	for _, name := range []string{"plan.pdf", `he said "x"; y=z.txt`, "Grüße €.pdf", "50%20 off.pdf", "a+b c.txt"} {
		kind, params, err := mime.ParseMediaType(portal.DispositionOf(name))
		if err != nil || kind != "attachment" || params["filename"] == "" {
			t.Errorf("%q: got %q %v %v", name, kind, params, err)
		}
		if !strings.Contains(portal.DispositionOf(name), "filename*=UTF-8''") {
			t.Errorf("%q: no extended name", name)
		}
	}
}

func TestBrandColoursStayReadable(t *testing.T) {
	for colour, want := range map[string]string{"#ffff00": "#0b0c0c", "#003078": "#ffffff", "": "#ffffff", "red;}": "#ffffff", "#ffffff": "#0b0c0c"} {
		if got := portal.BrandColours(colour); !strings.Contains(got, "--on-brand:"+want) || strings.Contains(got, "red") {
			t.Errorf("%q: got %q", colour, got)
		}
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{0: "0 bytes", 1023: "1023 bytes", 64 << 10: "64 KB", 10 << 20: "10 MB", 10<<20 + 300<<10: "10.3 MB"} {
		if got := words.In("en").Size(n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}

// FuzzDisplay: no message stops the page, and its limits hold.
func FuzzDisplay(f *testing.F) {
	f.Add([]byte(crlf(plainMail)))
	f.Add([]byte(relatedMail))
	f.Add([]byte("Content-Type: multipart/alternative; boundary=\"\r\n\r\n--\r\n"))
	f.Add([]byte("Content-Type: text/html\r\n\r\n<img src=cid:x><base href=x><script>"))
	files, err := filepath.Glob("../testdata/mail/*.eml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		if b, err := os.ReadFile(name); err == nil && len(b) < 64<<10 {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, mail []byte) {
		got := portal.Display(strings.NewReader(string(mail)))
		if len(got.Files) > portal.MaxParts {
			t.Errorf("%d files", len(got.Files))
		}
		for _, file := range got.Files {
			if file.Name == "" || file.Name != portal.CleanName(file.Name) || strings.ContainsAny(file.Name, "/\\\r\n\x00") {
				t.Errorf("name %q", file.Name)
			}
		}
		doc, err := html.Parse(strings.NewReader(got.HTML))
		if err != nil {
			t.Fatalf("the frame cannot be read: %v", err)
		}
		for n := range doc.Descendants() {
			if n.Type == html.ElementNode && (n.Data == "script" || n.Data == "iframe" || n.Data == "base" && attr(n, "target") != "_blank") {
				t.Errorf("<%s> is left in the frame: %q", n.Data, got.HTML)
			}
		}
	})
}
