package portal_test

import (
	"maps"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"

	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/store"
)

// entries are what a browser sends of the form in which people type (HTML,
// "constructing the entry list"): what stands in it, as the visitor left it.
func (b *browser) entries() url.Values {
	b.h.t.Helper()
	doc, err := html.Parse(strings.NewReader(b.body))
	must(b.h.t, err)
	out := url.Values{}
	for form := range doc.Descendants() {
		if form.Data != "form" || attr(form, "id") != "typed" {
			continue
		}
		for n := range form.Descendants() {
			name, kind := attr(n, "name"), attr(n, "type")
			ticks := kind == "checkbox" || kind == "radio"
			switch {
			case name == "" || has(n, "disabled") || ticks && !has(n, "checked"):
			case n.Data == "input":
				out.Add(name, attr(n, "value"))
			case n.Data == "textarea":
				if out.Add(name, ""); n.FirstChild != nil {
					out[name] = []string{strings.ReplaceAll(n.FirstChild.Data, "\n", "\r\n")}
				}
			case n.Data == "select":
				for o := range n.Descendants() {
					if o.Data == "option" && has(o, "selected") {
						out.Set(name, attr(o, "value"))
					}
				}
			}
		}
		return out
	}
	b.h.t.Fatalf("%s has no form to type in:\n%s", b.at, b.words())
	return nil
}

func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

// speaks types into the form and then presses the button of another language.
func (b *browser) speaks(button string, typed url.Values) *browser {
	b.h.t.Helper()
	doc, err := html.Parse(strings.NewReader(b.body))
	must(b.h.t, err)
	for n := range doc.Descendants() {
		if n.Data == "button" && text(n) == button && attr(n, "form") == "typed" {
			all := b.entries()
			maps.Copy(all, typed)
			all.Set(attr(n, "name"), attr(n, "value"))
			b.post(attr(n, "formaction"), attr(n, "formenctype"), strings.NewReader(all.Encode()))
			return b
		}
	}
	b.h.t.Fatalf("%s has no button %q of its form", b.at, button)
	return nil
}

// still asks that fields hold what was typed.
func (b *browser) still(want url.Values) *browser {
	b.h.t.Helper()
	got := b.entries()
	for name, w := range want {
		if g := got[name]; !slices.Equal(g, w) {
			b.h.t.Errorf("%s: %s holds %q, want %q", b.at, name, g, w)
		}
	}
	return b
}

// Issue 4: who changes the language in the middle of a form keeps what was typed:
// lines, what stands for markup, ticks, choices, and the name by which a message
// is sent once. Nothing is sent by it.
func TestLanguageKeepsWhatWasTyped(t *testing.T) {
	const words = "Dear Jane,\r\n\r\n1 < 2 & \"so on\" </textarea><b>"
	h, sealed := writing(t, bilingual)
	h.shape = many
	l := h.send(plainMail, carer, other)
	b := h.browser().open(l.link).press("Continue", map[string]string{"choice": carer.String()}).byCode(carer)
	for name, c := range map[string]struct {
		path  string
		typed url.Values
	}{
		"write":    {"/write", url.Values{"to": {`jane "x" <jane.doe@example.gov.uk>`}, "copies": {"a@b"}, "subject": {"  It's <b>"}, "text": {words}, "copy": {"yes"}}},
		"answer":   {l.page + "/reply?all=1", url.Values{"text": {words}, "cc": {other.String()}, "copy": {"yes"}, "quote": nil}},
		"register": {"/register", url.Values{"first": {"Ann"}, "last": {`O"Neil`}, "question": {"pet"}, "answer": {"Tom & Tim"}}},
	} {
		b.open(c.path).reads(200, "")
		once := b.entries().Get("once")
		b.speaks("Cymraeg", c.typed).reads(200, "/language", "Preifatrwydd").holds(`<html lang="cy">`)
		b.still(c.typed)
		if got := b.entries().Get("once"); got != once {
			t.Errorf("%s: it would be sent as another message: %q, want %q", name, got, once)
		}
		b.speaks("English", nil).reads(200, "/language").still(c.typed)
	}
	if len(*sealed)+len(h.staff.Sent()) != 0 {
		t.Error("a change of language sends the message")
	}
}

// What a change of language shows is made of what this browser's page sent: no
// other site's form is shown, no password comes back, no script of anybody's, and
// only pages of ours are shown.
func TestLanguageKeepsNothingElse(t *testing.T) {
	h, _ := writing(t, bilingual)
	l := h.send(plainMail, carer)
	b := h.browser().open(l.link).byCode(carer).open("/register")
	b.speaks("Cymraeg", url.Values{"first": {"Ann"}, "password": {"correct horse battery"}}).reads(200, "/language").still(url.Values{"first": {"Ann"}})
	if strings.Contains(b.body, "horse") {
		t.Error("the password stands on the page")
	}
	b.open("/register").speaks("English", url.Values{"form": {"AAAA"}, "first": {"Ann"}}).reads(403, "/language")
	if strings.Contains(b.body, "Ann") {
		t.Error("another site's form is shown")
	}
	b.open("/write").speaks("English", url.Values{"html": {`<b onclick="x()">Hello</b><script>x()</script><img src=x onerror=x()>`}}).reads(200, "/language")
	if !strings.Contains(b.body, `value="&lt;b&gt;Hello&lt;/b&gt;`) || strings.Contains(b.body, "onclick") || strings.Contains(b.body, "onerror") {
		t.Errorf("the look of the text: %s", b.body)
	}
	for back, at := range map[string]string{"//evil.example/x": "/", "/help": "/help", l.page + "/message.eml": l.page + "/message.eml", "/start": "/"} {
		b.open("/register")
		all := b.entries()
		all.Set("lang", "en")
		b.post("/language?of=/register&back="+url.QueryEscape(back), "application/x-www-form-urlencoded", strings.NewReader(all.Encode()))
		if b.at.Path != at && b.at.Path != "/language" || b.status != 200 || b.at.Host != strings.TrimPrefix(h.web.URL, "http://") {
			t.Errorf("%s leads to %s (%d)", back, b.at, b.status)
		}
	}
}

// Who was signed out meanwhile gets what she wrote back, and the language too.
func TestLanguageAfterTheSession(t *testing.T) {
	h, _ := writing(t, bilingual)
	b := h.signedIn(carer, "/").open("/write")
	h.clock = h.clock.Add(store.SessionIdle + time.Minute)
	b.speaks("Cymraeg", url.Values{"text": {"The boiler <is> broken."}}).reads(401, "/language", "Mewngofnodwch eto", "Yr hyn a ysgrifennoch")
	b.holds("The boiler &lt;is&gt; broken.</textarea>")
	b.open("/write").reads(200, "/write").holds(`<html lang="cy">`)
}

// The page of an answer that no address gives (POST alone) is left for the page
// above it.
func TestLanguageOfAFormsAnswer(t *testing.T) {
	h := newHouse(t, bilingual)
	b := h.browser().open("/").press("Continue", map[string]string{"address": "jane@"}).reads(422, "/start", "There is a problem")
	b.speaks("Cymraeg", url.Values{"address": {"jane@nowhere"}}).reads(200, "/language").holds(`<html lang="cy">`)
	b.still(url.Values{"address": {"jane@nowhere"}})
	sent := h.send(plainMail, carer)
	b = h.signedIn(officer, "/sent/"+sent.id.String()).press("Keep it open longer", map[string]string{"days": "-1"}).reads(422, "/sent/"+sent.id.String()+"/extend")
	b.speaks("Cymraeg", url.Values{"reason": {"the wrong Carla"}}).reads(200, "/language", "Care plan").still(url.Values{"reason": {"the wrong Carla"}})
}

// Every form in which people type is the one that the switch belongs to. A form
// with a password alone, with a file, or with one short name may stand without.
func TestFormsToTypeIn(t *testing.T) {
	free := map[string]bool{"mailstate /extend": true, "ways /account/rename": true, "ways /account/passkey": true, "confirm /account/confirm": true}
	form, names := regexp.MustCompile(`(?s)<form ([^>]*)>(.*?)</form>`), regexp.MustCompile(`<(input|textarea|select)\b[^>]*`)
	pages, err := portal.WebPages()
	must(t, err)
	found := 0
	for _, page := range pages {
		text, err := os.ReadFile("web/" + page + ".html")
		must(t, err)
		for _, m := range form.FindAllStringSubmatch(string(text), -1) {
			types := strings.Contains(m[2], `{{template "address"`) || strings.Contains(m[2], `{{template "account"`) || slices.ContainsFunc(names.FindAllString(m[2], -1), func(tag string) bool {
				return !strings.Contains(tag, `type="hidden"`) && !strings.Contains(tag, `type="password"`) && !strings.Contains(tag, `type="file"`) && !strings.Contains(tag, `aria-hidden`)
			})
			action := regexp.MustCompile(`action="(?:\{\{[^}]*\}\})?([^"]*)"`).FindStringSubmatch(m[1])[1]
			if is := strings.HasPrefix(m[1], `id="typed"`); types && !is && !free[page+" "+action] {
				t.Errorf("%s: what is typed in the form for %s is lost with a change of language", page, action)
			} else if is {
				found++
			}
		}
	}
	if found < 20 {
		t.Errorf("%d forms", found)
	}
}

// Whatever was typed, the page that is filled in has the same elements as before,
// and the fields hold it.
func FuzzRefill(f *testing.F) {
	const page = `<form id="typed" action="/x"><input name="line" value="old"><input type="hidden" name="form" value="secret"><input type="radio" name="pick" value="a" checked><textarea name="text">
old &lt;</textarea><select name="list"><option value="1" selected>One</option><option value="2">Two</option></select><input type="password" name="password"></form><p>End</p>`
	for _, seed := range []string{"plain", `"><script>x()</script>`, "</textarea><p>", "\r\n\r\nlines", "\x00\xff", "2", "a"} {
		f.Add(seed)
	}
	elements := func(t testing.TB, page []byte) (tags []string, line, text string) {
		doc, err := html.Parse(strings.NewReader(string(page)))
		must(t, err)
		for n := range doc.Descendants() {
			if n.Type == html.ElementNode {
				tags = append(tags, n.Data)
			}
			switch {
			case attr(n, "name") == "line":
				line = attr(n, "value")
			case n.Data == "textarea" && n.FirstChild != nil:
				text = n.FirstChild.Data
			}
		}
		return tags, line, text
	}
	before, _, _ := elements(f, []byte(page))
	f.Fuzz(func(t *testing.T, value string) {
		out, ok := portal.Refill([]byte(page), "/x", url.Values{"line": {value}, "text": {value}, "pick": {value}, "list": {value}, "form": {value}, "password": {value}})
		after, line, text := elements(t, out)
		if want := strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "\uFFFD").Replace(value); !ok || !slices.Equal(before, after) || !strings.Contains(string(out), `value="secret"`) ||
			utf8.ValidString(value) && !strings.Contains(value, "\x00") && text != want {
			t.Errorf("%q: elements %v, text %q", value, after, text)
		}
		if utf8.ValidString(value) && !strings.ContainsAny(value, "\x00\r") && line != value {
			t.Errorf("the line holds %q, want %q", line, value)
		}
		if _, ok := portal.Refill([]byte(page), "/y", url.Values{"line": {value}}); ok {
			t.Error("another form is filled in")
		}
	})
}
