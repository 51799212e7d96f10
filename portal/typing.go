package portal

import (
	"bytes"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A change of language keeps what was typed. On a page with a form the buttons of
// the switch belong to that form: they send it to /language, which changes nothing
// but the language, shows the page anew and fills the form in again. It works
// without script, and no page needs to know of it but by the id of its form.

// typedForm is the id of the form of a page in which people type.
const typedForm = "typed"

const (
	// maxTyped bounds a form on its way to another language: a text and its look, with
	// each byte written as three.
	maxTyped = 2*3*MaxReplyText + MaxForm
	// maxRetyped bounds the page that is filled in; the largest of ours have some 100 KB.
	maxRetyped = 4 << 20
	// maxRetypedWay bounds how many addresses lead on to the page (GET /start to /).
	maxRetypedWay = 3
)

// errRetype is for a page that can no longer be had; mostly its visitor was signed out.
var errRetype = errors.New("portal: no page to keep what was typed")

// retyped is an error with what was typed, so that its writer can copy it.
type retyped struct {
	error
	text string
}

func (r retyped) Unwrap() error { return r.error }

// typedIn is the form in which people type: where it goes, and the button that
// Enter presses (HTML, "implicit submission"), of which a copy stands before the
// switch, since the switch stands before the form.
type typedIn struct{ Action, Name, Value string }

// typing finds the form in which people type on a page; nil without one.
func typing(content []byte) *typedIn {
	if !bytes.Contains(content, []byte(`id="`+typedForm+`"`)) {
		return nil
	}
	var form *typedIn
	for z := html.NewTokenizer(bytes.NewReader(content)); z.Next() != html.ErrorToken; {
		t := z.Token()
		switch {
		case t.DataAtom == atom.Form && t.Type == html.StartTagToken:
			if tagAttr(t, "id") == typedForm {
				form = &typedIn{Action: tagAttr(t, "action")}
			}
		case form != nil && t.DataAtom == atom.Button && t.Type == html.StartTagToken && tagAttr(t, "type") != "button":
			form.Name, form.Value = tagAttr(t, "name"), tagAttr(t, "value")
			return form
		}
	}
	return nil
}

// retype shows the page at an address of ours in another language, with what was
// typed in it.
func (v *visit) retype(to, tag string) error {
	typed, form := v.r.PostForm, v.r.URL.Query().Get("of")
	for range maxRetypedWay {
		page := &keptPage{head: http.Header{}, status: http.StatusOK}
		v.s.mux.ServeHTTP(page, v.asking(to, tag))
		if lead := page.head.Get("Location"); lead != "" && page.status == http.StatusSeeOther {
			to = backTo(lead)
			continue
		}
		body, ok := refill(page.body.Bytes(), form, typed)
		if !ok || page.over {
			break
		}
		for name, values := range page.head {
			if name != "Set-Cookie" {
				v.w.Header()[name] = values
				continue
			}
			v.w.Header()[name] = append(v.w.Header()[name], values...)
		}
		v.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		v.w.WriteHeader(page.status)
		_, _ = v.w.Write(body) // the reader went away: nobody to tell
		return nil
	}
	if text := strings.TrimSpace(typed.Get("text")); text != "" {
		return retyped{errRetype, text}
	}
	v.see(to)
	return nil
}

// asking is the same browser that asks for a page in the language that it has just
// chosen.
func (v *visit) asking(to, tag string) *http.Request {
	r := v.r.Clone(v.ctx())
	r.Method, r.Body, r.ContentLength, r.Form, r.PostForm, r.MultipartForm = http.MethodGet, http.NoBody, 0, nil, nil, nil
	r.RequestURI = to
	r.URL, _ = url.Parse(to) // backTo made it
	r.Header.Del("Cookie")
	for _, c := range v.r.Cookies() {
		if c.Name != v.s.cookieName(languageCookie) {
			r.AddCookie(c)
		}
	}
	r.AddCookie(&http.Cookie{Name: v.s.cookieName(languageCookie), Value: tag})
	return r
}

// keptPage is an answer that goes no further yet.
type keptPage struct {
	head   http.Header
	status int
	body   bytes.Buffer
	over   bool // it was no page of ours
}

func (k *keptPage) Header() http.Header { return k.head }

func (k *keptPage) WriteHeader(status int) { k.status = status }

func (k *keptPage) Write(b []byte) (int, error) {
	if k.over = k.over || k.body.Len()+len(b) > maxRetyped; k.over {
		return 0, errTooBig
	}
	return k.body.Write(b)
}

// refill puts what was typed into the form of a page that goes to action; false
// without that form. Files cannot be put back by anybody, passwords are typed again, and the form's
// own secret stays. Every other byte of the page is left as it is.
func refill(page []byte, action string, typed url.Values) ([]byte, bool) {
	var out bytes.Buffer
	f := filling{action: action, typed: typed}
	z := html.NewTokenizer(bytes.NewReader(page))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return out.Bytes(), f.found
		}
		raw := slices.Clone(z.Raw()) // reading the token changes them
		out.Write(f.token(raw, z.Token()))
	}
}

// filling is where refill stands on its page.
type filling struct {
	action string
	typed  url.Values
	found  bool
	within bool   // the form
	list   string // name of the select; empty: none
	text   string // name of the textarea; empty: none
}

// token gives what stands on the page in place of one token.
func (f *filling) token(raw []byte, t html.Token) []byte {
	start := t.Type == html.StartTagToken || t.Type == html.SelfClosingTagToken
	name := tagAttr(t, "name")
	switch {
	case t.DataAtom == atom.Form:
		f.within = start && tagAttr(t, "id") == typedForm && tagAttr(t, "action") == f.action
		f.found = f.found || f.within
	case !f.within:
	case t.DataAtom == atom.Select:
		f.list = ""
		if start && f.typed.Has(name) {
			f.list = name
		}
	case t.DataAtom == atom.Option && start && f.list != "":
		return mark(t, "selected", slices.Contains(f.typed[f.list], tagAttr(t, "value")))
	case t.DataAtom == atom.Textarea && start && f.typed.Has(name):
		f.text = name
		return append(raw, "\n"+template.HTMLEscapeString(f.typed.Get(name))...)
	case t.DataAtom == atom.Textarea:
		f.text = ""
	case f.text != "":
		return nil // what stood in it before
	case t.DataAtom == atom.Input && start:
		return f.input(raw, t, name)
	}
	return raw
}

// input fills one field in.
func (f *filling) input(raw []byte, t html.Token, name string) []byte {
	switch tagAttr(t, "type") {
	case "checkbox", "radio":
		return mark(t, "checked", slices.Contains(f.typed[name], tagAttr(t, "value")))
	case "password", "file", "submit":
		return raw
	}
	if name == formField || !f.typed.Has(name) {
		return raw
	}
	value := f.typed.Get(name)
	if name == "html" { // a script makes elements of it
		value = readRich(strings.ToValidUTF8(value, "\uFFFD")).page
	}
	t.Attr = append(without(t.Attr, "value"), html.Attribute{Key: "value", Val: value})
	return []byte(t.String())
}

// mark gives a tag with an attribute that is there or not.
func mark(t html.Token, key string, yes bool) []byte {
	t.Attr = without(t.Attr, key)
	if yes {
		t.Attr = append(t.Attr, html.Attribute{Key: key})
	}
	return []byte(t.String())
}

func without(all []html.Attribute, key string) []html.Attribute {
	return slices.DeleteFunc(slices.Clone(all), func(a html.Attribute) bool { return a.Key == key })
}

func tagAttr(t html.Token, key string) string {
	for _, a := range t.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
