package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// maxPage bounds what a visitor reads of one answer: a page, or a saved message.
const maxPage = 64 << 20

// visitor is a browser without script: it keeps cookies, follows links and
// redirects, and fills in forms as they stand on the page, hidden fields
// included. What it cannot do, nobody without script can.
type visitor struct {
	client *http.Client
	at     *url.URL   // of the page that is open
	page   *html.Node // nil before the first
}

func newVisitor() (*visitor, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	return &visitor{client: &http.Client{Jar: jar}}, nil
}

// open follows a link, which may be relative to the page that is open.
func (v *visitor) open(ctx context.Context, address string) error {
	body, err := v.fetch(ctx, address)
	if err != nil {
		return err
	}
	return v.show(body)
}

// fetch gives the bytes behind a link, as saving it would.
func (v *visitor) fetch(ctx context.Context, address string) ([]byte, error) {
	u, err := v.resolve(address)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	return v.do(req)
}

func (v *visitor) resolve(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || v.at == nil {
		return u, err
	}
	return v.at.ResolveReference(u), nil
}

func (v *visitor) do(req *http.Request) ([]byte, error) {
	r, err := v.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(r.Body, maxPage))
	if err != nil {
		return nil, err
	}
	if r.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %s: %s", req.Method, req.URL.Path, r.Status)
	}
	v.at = r.Request.URL
	return body, nil
}

func (v *visitor) show(body []byte) (err error) {
	v.page, err = html.Parse(bytes.NewReader(body))
	return err
}

// text gives all that stands on the page.
func (v *visitor) text() string {
	var b strings.Builder
	for n := range v.page.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
	}
	return b.String()
}

// links gives where the page's links lead.
func (v *visitor) links() []string {
	var out []string
	for n := range v.page.Descendants() {
		if n.Type == html.ElementNode && n.Data == "a" && attribute(n, "href") != "" {
			out = append(out, attribute(n, "href"))
		}
	}
	return out
}

// link gives the first link that contains part.
func (v *visitor) link(part string) (string, error) {
	for _, l := range v.links() {
		if strings.Contains(l, part) {
			return l, nil
		}
	}
	return "", fmt.Errorf("the page %q has no link with %q", v.title(), part)
}

func (v *visitor) title() string {
	for n := range v.page.Descendants() {
		if n.Type == html.ElementNode && n.Data == "title" && n.FirstChild != nil {
			return n.FirstChild.Data
		}
	}
	return ""
}

// entry is one field of a form, in the order of the page.
type entry struct{ name, value string }

// submit fills in the form that has all these fields and sends it.
func (v *visitor) submit(ctx context.Context, values map[string]string, files ...File) error {
	form, entries, err := v.form(values)
	if err != nil {
		return err
	}
	fields := url.Values{}
	for i, e := range entries {
		if value, typed := values[e.name]; typed {
			entries[i].value = value
		}
		fields.Set(e.name, entries[i].value)
	}
	target, err := v.resolve(attribute(form, "action"))
	if err != nil {
		return err
	}
	body, kind := strings.NewReader(fields.Encode()), "application/x-www-form-urlencoded"
	if attribute(form, "enctype") == "multipart/form-data" {
		if body, kind, err = multipartForm(entries, files); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Origin", target.Scheme+"://"+target.Host)
	answer, err := v.do(req)
	if err != nil {
		return err
	}
	return v.show(answer)
}

// multipartForm writes the fields in their order and the files, all named
// "file", behind them.
func multipartForm(entries []entry, files []File) (body *strings.Reader, kind string, err error) {
	var b strings.Builder
	w := multipart.NewWriter(&b)
	var errs []error
	for _, e := range entries {
		if e.name != "file" {
			errs = append(errs, w.WriteField(e.name, e.value))
		}
	}
	for _, f := range files {
		part, err := w.CreateFormFile("file", f.Name)
		if err == nil {
			_, err = part.Write(f.Body)
		}
		errs = append(errs, err)
	}
	errs = append(errs, w.Close())
	return strings.NewReader(b.String()), w.FormDataContentType(), errors.Join(errs...)
}

// form finds the first form that has fields of all these names and gives it
// with the values that stand in it.
func (v *visitor) form(wanted map[string]string) (*html.Node, []entry, error) {
	for form := range v.page.Descendants() {
		if form.Type != html.ElementNode || form.Data != "form" {
			continue
		}
		var entries []entry
		names := map[string]bool{}
		for n := range form.Descendants() {
			if name := attribute(n, "name"); n.Type == html.ElementNode && name != "" && slices.Contains([]string{"input", "select", "textarea"}, n.Data) {
				entries = append(entries, entry{name, attribute(n, "value")})
				names[name] = true
			}
		}
		has := true
		for name := range wanted {
			has = has && names[name]
		}
		if has {
			return form, entries, nil
		}
	}
	return nil, nil, fmt.Errorf("the page %q has not the form that was looked for", v.title())
}

// option gives the first value of a select that is not empty.
func (v *visitor) option(name string) (string, error) {
	for n := range v.page.Descendants() {
		if n.Type != html.ElementNode || n.Data != "select" || attribute(n, "name") != name {
			continue
		}
		for o := range n.Descendants() {
			if o.Type != html.ElementNode || o.Data != "option" {
				continue
			}
			if value := attribute(o, "value"); value != "" {
				return value, nil
			} else if !hasAttribute(o, "value") && o.FirstChild != nil {
				return o.FirstChild.Data, nil
			}
		}
	}
	return "", fmt.Errorf("the page %q offers nothing for %q", v.title(), name)
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func hasAttribute(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}
