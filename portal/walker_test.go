package portal_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// browser is a person's browser without script: it follows links, keeps cookies
// and sends the forms of the page that it shows.
type browser struct {
	h      *house
	client *http.Client
	at     *url.URL
	status int
	head   http.Header
	body   string
	agent  string // what it says that it is; empty: Go's own words
}

func (h *house) browser() *browser {
	jar, err := cookiejar.New(nil)
	must(h.t, err)
	return &browser{h: h, client: &http.Client{Jar: jar}}
}

func (b *browser) do(r *http.Request) {
	b.h.t.Helper()
	if b.agent != "" {
		r.Header.Set("User-Agent", b.agent)
	}
	resp, err := b.client.Do(r)
	must(b.h.t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	must(b.h.t, err)
	b.at, b.status, b.head, b.body = resp.Request.URL, resp.StatusCode, resp.Header, string(body)
	if strings.Contains(b.body, `<main id="main"`) {
		b.lint()
	}
}

func (b *browser) open(path string) *browser {
	b.h.t.Helper()
	r, err := http.NewRequest(http.MethodGet, b.h.full(path), nil)
	must(b.h.t, err)
	b.do(r)
	return b
}

func (h *house) full(path string) string {
	if strings.HasPrefix(path, "http") {
		return path
	}
	return h.web.URL + path
}

// press sends the form whose button says so, with its hidden fields, what is
// chosen beforehand, and what is typed.
func (b *browser) press(button string, typed map[string]string) *browser {
	b.h.t.Helper()
	action, fields := b.form(button)
	maps.Copy(fields, typed)
	values := url.Values{}
	for k, v := range fields {
		values.Set(k, v)
	}
	b.post(action, "application/x-www-form-urlencoded", strings.NewReader(values.Encode()))
	return b
}

func (b *browser) post(path, kind string, body io.Reader) {
	b.h.t.Helper()
	r, err := http.NewRequest(http.MethodPost, b.h.full(path), body)
	must(b.h.t, err)
	r.Header.Set("Content-Type", kind)
	b.do(r)
}

// form finds a form on the page by the words on its button.
func (b *browser) form(button string) (action string, fields map[string]string) {
	b.h.t.Helper()
	doc, err := html.Parse(strings.NewReader(b.body))
	must(b.h.t, err)
	for n := range doc.Descendants() {
		if n.Data != "form" {
			continue
		}
		fields, found := map[string]string{}, false
		for c := range n.Descendants() {
			switch {
			case c.Data == "button" && text(c) == button:
				found = true
			case c.Data == "input" && (attr(c, "type") == "hidden" || attr(c, "value") != "" && attr(c, "type") != "radio"):
				fields[attr(c, "name")] = attr(c, "value")
			}
		}
		if found {
			return attr(n, "action"), fields
		}
	}
	b.h.t.Fatalf("%s has no button %q:\n%s", b.at, button, b.words())
	return "", nil
}

// follow goes where the link with these words leads.
func (b *browser) follow(words string) *browser {
	b.h.t.Helper()
	doc, err := html.Parse(strings.NewReader(b.body))
	must(b.h.t, err)
	for n := range doc.Descendants() {
		if n.Data == "a" && text(n) == words {
			to, err := b.at.Parse(attr(n, "href"))
			must(b.h.t, err)
			return b.open(to.String())
		}
	}
	b.h.t.Fatalf("%s has no link %q:\n%s", b.at, words, b.words())
	return b
}

func attr(n *html.Node, key string) string {
	i := slices.IndexFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
	if i < 0 {
		return ""
	}
	return n.Attr[i].Val
}

func text(n *html.Node) string {
	inline := map[string]bool{"a": true, "strong": true, "em": true, "b": true}
	var b strings.Builder
	for c := range n.Descendants() {
		switch {
		case c.Type == html.TextNode && c.Parent.Data != "style":
			b.WriteString(c.Data)
		case c.Type == html.ElementNode && !inline[c.Data]:
			b.WriteString(" ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// words is what a person reads on the page.
func (b *browser) words() string {
	doc, err := html.Parse(strings.NewReader(b.body))
	must(b.h.t, err)
	return text(doc)
}

// reads asks that the page is at an address and says these things.
func (b *browser) reads(status int, path string, words ...string) *browser {
	b.h.t.Helper()
	if b.status != status || path != "" && b.at.Path != path {
		b.h.t.Fatalf("got %d at %s, want %d at %s:\n%s", b.status, b.at.Path, status, path, b.words())
	}
	for _, w := range words {
		if !strings.Contains(b.words(), w) {
			b.h.t.Fatalf("%s does not say %q:\n%s", b.at.Path, w, b.words())
		}
	}
	return b
}

func (b *browser) silent(words ...string) *browser {
	b.h.t.Helper()
	for _, w := range words {
		if strings.Contains(b.body, w) {
			b.h.t.Fatalf("%s says %q:\n%s", b.at.Path, w, b.words())
		}
	}
	return b
}
