package envelope_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"mime/quotedprintable"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/postseal/postseal/envelope"
)

func page(form envelope.Form) envelope.Page {
	id, err := envelope.ParseID("mfrggzdfmztwq2lkmfrggzdfma")
	if err != nil {
		panic(err)
	}
	secret, err := envelope.SecretFromBytes(noise(32, 7))
	if err != nil {
		panic(err)
	}
	return envelope.Page{
		Version: 1, ID: id, Secret: secret, Form: form,
		Servers:      []string{"https://secure.example.gov.uk", "https://old.example.gov.uk:8443/mail"},
		Ways:         []string{"Google", "Microsoft", envelope.ByPasskey},
		Organisation: "Borough of Example", Colour: "#00703c", HelpURL: "https://www.example.gov.uk/help",
		From: "Søren Keats <soren.keats@example.gov.uk>", To: []string{"Jane Doe <jane@solicitors.example>", "bob@firm.example"},
		Expires: time.Date(2026, 8, 21, 12, 21, 0, 0, time.FixedZone("BST", 3600)),
		Date:    time.Date(2026, 5, 21, 9, 5, 0, 0, time.FixedZone("BST", 3600)),
	}
}

func writePage(t testing.TB, p envelope.Page, container []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := envelope.WritePage(&b, p, bytes.NewReader(container)); err != nil {
		t.Fatalf("WritePage: %v", err)
	}
	return b.Bytes()
}

func readPage(b []byte, max int64) (envelope.Page, []byte, error) {
	var c bytes.Buffer
	p, err := envelope.ReadPage(bytes.NewReader(b), &c, max)
	return p, c.Bytes(), err
}

var forms = []envelope.Form{envelope.Classic, envelope.Passive}

func TestPageRoundTrip(t *testing.T) {
	crlf := func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) }
	for name, mangle := range map[string]func([]byte) []byte{
		"as written":   bytes.Clone,
		"CRLF":         crlf,
		"CR CR LF":     func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\r\n")) },
		"blank at end": func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte(" \n")) },
		"through mail": func(b []byte) []byte {
			var mail, back bytes.Buffer
			w := quotedprintable.NewWriter(&mail)
			_, _ = w.Write(b)
			_ = w.Close()
			_, _ = back.ReadFrom(quotedprintable.NewReader(bytes.NewReader(crlf(bytes.ReplaceAll(mail.Bytes(), []byte("\r\n"), []byte("\n"))))))
			return back.Bytes()
		},
	} {
		for _, form := range forms {
			for _, size := range []int{0, 1, 53, 54, 55, 100_000} {
				want, container := page(form), noise(size, 5)
				got, c, err := readPage(mangle(writePage(t, want, container)), int64(max(size, 1)))
				if err != nil || !bytes.Equal(c, container) {
					t.Errorf("%s, %s, %d bytes: container of %d, %v", name, form, size, len(c), err)
				}
				if !got.Expires.Equal(want.Expires) || !got.Date.Equal(want.Date) {
					t.Errorf("%s, %s: times %v and %v", name, form, got.Expires, got.Date)
				}
				got.Expires, got.Date = want.Expires, want.Date
				if !reflect.DeepEqual(got, want) {
					t.Errorf("%s, %s:\n got %+v\nwant %+v", name, form, got, want)
				}
			}
		}
	}
}

func TestReadPageRefuses(t *testing.T) {
	good := writePage(t, page(envelope.Classic), noise(5000, 5))
	area := bytes.Index(good, []byte("readonly>"))
	replace := func(old, to string) []byte { return bytes.Replace(good, []byte(old), []byte(to), 1) }
	for name, c := range map[string]struct {
		page []byte
		max  int64
		want error
	}{
		"nothing":               {nil, 0, envelope.ErrNotPage},
		"another page":          {[]byte("<!doctype html><textarea name=ct>AAAA</textarea>"), 0, envelope.ErrNotPage},
		"a container":           {[]byte{0xd2, 1, 2}, 0, envelope.ErrNotPage},
		"endless head":          {bytes.Repeat([]byte("<p>x</p>"), 1<<18), 0, envelope.ErrNotPage},
		"endless tag":           {append([]byte("<p x='"), bytes.Repeat([]byte("y"), 1<<20)...), 0, envelope.ErrNotPage},
		"id":                    {replace("mfrggzdfmztwq2lkmfrggzdfma", "mfrg"), 0, envelope.ErrNotPage},
		"not JSON":              {replace("{", "["), 0, envelope.ErrNotPage}, // the style's first brace is later than the meta's
		"version 2":             {replace(`"v": 1`, `"v": 2`), 0, envelope.ErrVersion},
		"no version":            {replace(`"v": 1,`, ""), 0, envelope.ErrVersion},
		"too big":               {good, 4999, envelope.ErrTooBig},
		"endless blanks":        {append(bytes.Clone(good[:area+9]), bytes.Repeat([]byte(" "), 1<<20)...), 5000, envelope.ErrTooBig},
		"cut before":            {good[:area], 0, envelope.ErrBroken},
		"cut inside":            {good[:area+1000], 0, envelope.ErrBroken},
		"cut at a line's end":   {good[:area+10+73*4], 0, envelope.ErrBroken},
		"cut in the end tag":    {good[:bytes.Index(good, []byte("</textarea>"))+5], 0, envelope.ErrBroken},
		"foreign character":     {append(append(bytes.Clone(good[:area+50]), '*'), good[area+50:]...), 0, envelope.ErrBroken},
		"tag inside":            {append(append(bytes.Clone(good[:area+50]), "<br>"...), good[area+50:]...), 0, envelope.ErrBroken},
		"one character missing": {append(bytes.Clone(good[:area+50]), good[area+51:]...), 0, envelope.ErrBroken},
	} {
		if _, _, err := readPage(c.page, c.max); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if _, c, err := readPage(good, 5000); err != nil || len(c) != 5000 {
		t.Errorf("the good page: %v", err)
	}
}

func TestWritePageRefuses(t *testing.T) {
	for name, change := range map[string]func(*envelope.Page){
		"no id":           func(p *envelope.Page) { p.ID = envelope.ID{} },
		"no secret":       func(p *envelope.Page) { p.Secret = envelope.Secret{} },
		"no server":       func(p *envelope.Page) { p.Servers = nil },
		"script server":   func(p *envelope.Page) { p.Servers = []string{"javascript:alert(1)"} },
		"policy in host":  func(p *envelope.Page) { p.Servers = []string{"https://a.example;script-src *"} },
		"blank in host":   func(p *envelope.Page) { p.Servers = []string{"https://a.example x.example"} },
		"wildcard":        func(p *envelope.Page) { p.Servers = []string{"https://*.example"} },
		"password in URL": func(p *envelope.Page) { p.Servers = []string{"https://u:p@a.example"} },
		"final slash":     func(p *envelope.Page) { p.Servers = []string{"https://a.example/"} },
		"query":           func(p *envelope.Page) { p.Servers = []string{"https://a.example?x"} },
		"colour":          func(p *envelope.Page) { p.Colour = "red}body{display:none" },
		"help":            func(p *envelope.Page) { p.HelpURL = "javascript:alert(1)" },
		"form":            func(p *envelope.Page) { p.Form = "other" },
	} {
		p := page(envelope.Classic)
		change(&p)
		var b bytes.Buffer
		if err := envelope.WritePage(&b, p, strings.NewReader("x")); err == nil || b.Len() > 0 {
			t.Errorf("%s: %v after %d bytes; want an error and nothing written", name, err, b.Len())
		}
	}
}

var policyMeta = regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`)

// The one script must be the one whose hash the policy names, also after a
// gateway turned line ends (browsers hash the text with LF).
func TestPolicy(t *testing.T) {
	for _, form := range forms {
		b := writePage(t, page(form), noise(100, 1))
		m := policyMeta.FindSubmatch(b)
		if m == nil {
			t.Fatalf("%s: no policy", form)
		}
		policy := html.UnescapeString(string(m[1]))
		for _, want := range []string{"default-src 'none'", "base-uri 'none'", "form-action https://secure.example.gov.uk https://old.example.gov.uk:8443"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: policy %q lacks %q", form, policy, want)
			}
		}
		var scripts []string
		walk(t, b, func(n *html.Node) {
			if n.Data == "script" {
				scripts = append(scripts, n.FirstChild.Data)
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") {
					t.Errorf("%s: handler %s in the markup", form, a.Key)
				}
			}
		})
		if form == envelope.Passive {
			if len(scripts) != 0 || strings.Contains(policy, "script-src") || bytes.Contains(b, []byte("password")) {
				t.Errorf("the passive form has a script or a password field")
			}
			continue
		}
		if len(scripts) != 1 {
			t.Fatalf("%d scripts", len(scripts))
		}
		sum := sha256.Sum256([]byte(scripts[0]))
		if want := "script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, want) {
			t.Errorf("policy %q lacks %q", policy, want)
		}
		for _, c := range scripts[0] {
			if c > 126 || c == '\r' {
				t.Fatalf("the script holds %q, which mail may change", c)
			}
		}
	}
}

func walk(t testing.TB, b []byte, f func(*html.Node)) {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			f(n)
		}
	}
}

// shape lists the elements and attribute names of a page.
func shape(t testing.TB, b []byte) string {
	var out strings.Builder
	walk(t, b, func(n *html.Node) {
		out.WriteString(n.Data)
		for _, a := range n.Attr {
			out.WriteString(" " + a.Key)
		}
		out.WriteString("\n")
	})
	return out.String()
}

// Nothing that a sender or an operator writes can change what the page is.
func TestHostileFields(t *testing.T) {
	for _, form := range forms {
		want := shape(t, writePage(t, page(form), noise(10, 1)))
		for _, evil := range []string{
			`</script><script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onload='x`, `</textarea><script>`, `</style><script>`,
			`<!--`, `-->`, `]]>`, `{{.Secret}}`, "a\nb\rc\x00d", "\xff\xfe", `&quot;&#34;`, `\u003cscript\u003e`, `</title><script>`, "\u2028</meta>",
		} {
			p := page(form)
			p.Organisation, p.From, p.To = evil, evil, []string{evil, evil}
			b := writePage(t, p, noise(10, 1))
			if got := shape(t, b); got != want {
				t.Errorf("%s: %q changed the page:\n%s", form, evil, got)
			}
			if _, _, err := readPage(b, 0); err != nil {
				t.Errorf("%s: %q: %v", form, evil, err)
			}
		}
	}
}

// Characters that turn the direction of writing could make one address look
// like another.
func TestShownNamesKeepTheirDirection(t *testing.T) {
	p := page(envelope.Passive)
	p.From = "moc.elpmaxe@a\u202e <evil@bad.example>"
	got, _, err := readPage(writePage(t, p, nil), 0)
	if err != nil || got.From != "moc.elpmaxe@a <evil@bad.example>" {
		t.Errorf("From %q, %v", got.From, err)
	}
}

// The parts of the page that a person reads without script.
func TestPageSays(t *testing.T) {
	for _, form := range forms {
		b := string(writePage(t, page(form), noise(10, 1)))
		for _, want := range []string{
			"<title>Secure message from Borough of Example</title>", "Søren Keats &lt;soren.keats@example.gov.uk&gt;", "jane@solicitors.example",
			"Friday 21 August 2026, 12:21 BST", "Thursday 21 May 2026, 09:05 BST", "Open message", "secure.example.gov.uk",
			`action="https://secure.example.gov.uk/open"`, `enctype="multipart/form-data"`, `method="post"`,
			`name="id" value="mfrggzdfmztwq2lkmfrggzdfma"`, `name="t" value="` + page(form).Secret.Encode() + `"`, "--brand:#00703c", "https://www.example.gov.uk/help",
		} {
			if !strings.Contains(b, want) {
				t.Errorf("%s: the page lacks %q", form, want)
			}
		}
	}
}

// C20: no line of the container reads like the address of a Bitcoin account, for
// which SpamAssassin adds a point (PDS_BTC_ID); lines stay whole fours of at most 72.
func TestContainerIsNoBitcoinAddress(t *testing.T) {
	coin := regexp.MustCompile(`\b[13][a-km-zA-HJ-NP-Z1-9]{29,34}\b`)
	container := noise(1<<20, 9)
	wrapped := regexp.MustCompile(`.{1,72}`).ReplaceAllString(base64.StdEncoding.EncodeToString(container), "$0\n")
	if got := len(coin.FindAllString(wrapped, -1)); got == 0 {
		t.Fatal("lines of 72 hold no such address: the test shows nothing")
	}
	written := string(writePage(t, page(envelope.Passive), container))
	_, area, _ := strings.Cut(written, "<textarea")
	_, area, _ = strings.Cut(area, "\n")
	area, _, _ = strings.Cut(area, "</textarea>")
	if got := coin.FindString(area); got != "" {
		t.Errorf("the container holds %q", got)
	}
	for line := range strings.Lines(area) {
		if n := len(strings.TrimSuffix(line, "\n")); n > 72 || n%4 != 0 {
			t.Fatalf("a line of %d", n)
		}
	}
	if got, want := len(area), len(wrapped)+len(wrapped)/2000; got > want {
		t.Errorf("%d octets, want at most %d", got, want)
	}
}
