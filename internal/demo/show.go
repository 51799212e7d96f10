package demo

import (
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxSource bounds what "Show source" shows; the .eml is always whole.
const maxSource = 512 << 10

// mailView is one mail as its page shows it.
type mailView struct {
	Title, Organisation string
	Number              int
	Subject             string
	Badge               badge
	Fields              []fieldView // what a mail program shows
	Wire                []fieldView // what SMTP said
	Answer              string      // URL; empty when nobody of staff has it
	PageURL, PageName   string
	PageSize            string
	PageIndex           int
	Files               []fileView
	Text, HTML          string
}

type fieldView struct{ Name, Value string }

type fileView struct{ Name, Type, Size, URL string }

// find gives the mail that the path names.
func (s *Site) find(r *http.Request) (*Mail, bool) {
	number, err := strconv.Atoi(r.PathValue("number"))
	if err != nil {
		return nil, false
	}
	return s.catcher.Mail(number)
}

func (s *Site) mail(w http.ResponseWriter, r *http.Request) {
	m, ok := s.find(r)
	if !ok {
		s.notFound(w)
		return
	}
	v := mailView{Title: subject(m) + " - postseal demo", Organisation: Organisation, Number: m.Number, Subject: subject(m), Badge: badgeOf(m),
		Text: m.Parsed.Text, HTML: m.Parsed.HTML, Answer: answerURL(m)}
	for _, f := range []fieldView{{"From", m.Parsed.From}, {"Reply to", m.Parsed.ReplyTo}, {"To", m.Parsed.To}, {"Cc", m.Parsed.Cc},
		{"Received", m.At.Format("Monday 2 January 2006, 15:04:05")}} {
		if f.Value != "" {
			v.Fields = append(v.Fields, f)
		}
	}
	v.Wire = []fieldView{{"Sender", orNull(m.From)}, {"Recipients", strings.Join(m.To, ", ")}, {"Size", size(len(m.Raw))}, {"Came by", string(m.Way)}}
	for i, f := range m.Parsed.Files {
		if m.Page() == &m.Parsed.Files[i] {
			v.PageURL = fmt.Sprintf("%s/%d/%s", s.files, m.Number, PageName)
			v.PageName, v.PageSize, v.PageIndex = PageName, size(len(f.Body)), i
			continue
		}
		v.Files = append(v.Files, fileView{f.Name, f.Type, size(len(f.Body)), fmt.Sprintf("/mail/%d/file/%d", m.Number, i)})
	}
	s.render(w, http.StatusOK, "mail", v)
}

func orNull(address string) string {
	if address == "" {
		return "<> (nobody: no report comes back)"
	}
	return address
}

// answerURL opens the compose form with an answer, when one of the staff has
// the mail and somebody can be answered.
func answerURL(m *Mail) string {
	i := slices.IndexFunc(Staff(), func(p Person) bool { return m.For(p.Address) })
	if i < 0 || m.Service() || m.Sealed() {
		return ""
	}
	return "/?" + url.Values{"answer": {strconv.Itoa(m.Number)}, "as": {Staff()[i].Address}}.Encode() + "#compose"
}

// body gives the HTML part for the frame on the mail's page. A mail may hold
// anything: no script, no form and nothing from elsewhere, and links open in a
// window of their own.
func (s *Site) body(w http.ResponseWriter, r *http.Request) {
	m, ok := s.find(r)
	if !ok || m.Parsed.HTML == "" {
		s.notFound(w)
		return
	}
	w.Header().Set("Content-Security-Policy", "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'self'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	s.write(w, []byte(blankTargets(m.Parsed.HTML)))
}

// blankTargets puts <base target="_blank"> where the browser still heeds it:
// behind <head> or a doctype, else in front.
func blankTargets(page string) string {
	const base = `<base target="_blank">`
	lower := strings.ToLower(page)
	for _, opening := range []string{"<head", "<!doctype"} {
		if at := strings.Index(lower, opening); at >= 0 {
			if end := strings.IndexByte(page[at:], '>'); end >= 0 {
				return page[:at+end+1] + base + page[at+end+1:]
			}
		}
	}
	return base + page
}

func (s *Site) source(w http.ResponseWriter, r *http.Request) {
	m, ok := s.find(r)
	if !ok {
		s.notFound(w)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	s.write(w, m.Raw[:min(len(m.Raw), maxSource)])
	if len(m.Raw) > maxSource {
		s.write(w, []byte("\n\n[the rest is left out here; Download .eml has it]\n"))
	}
}

func (s *Site) eml(w http.ResponseWriter, r *http.Request) {
	m, ok := s.find(r)
	if !ok {
		s.notFound(w)
		return
	}
	s.download(w, fmt.Sprintf("mail-%d.eml", m.Number), "message/rfc822", m.Raw)
}

func (s *Site) file(w http.ResponseWriter, r *http.Request) {
	m, ok := s.find(r)
	index, err := strconv.Atoi(r.PathValue("index"))
	if !ok || err != nil || index < 0 || index >= len(m.Parsed.Files) {
		s.notFound(w)
		return
	}
	f := m.Parsed.Files[index]
	s.download(w, f.Name, "application/octet-stream", f.Body)
}

// download sends bytes that the browser must save and never show.
func (s *Site) download(w http.ResponseWriter, name, kind string, body []byte) {
	w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'")
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	s.write(w, body)
}

// size gives a number of octets as people say it.
func size(n int) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	case n < 1000*1000:
		return fmt.Sprintf("%d KB", (n+500)/1000)
	default:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
}
