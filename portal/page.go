package portal

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/words"
)

//go:embed web
var web embed.FS

// pages are the parsed templates and what all pages share.
type pages struct {
	byName map[string]func() (*template.Template, error) // parsed when first shown: all together take six megabytes
	style  []byte
	path   string // of the style sheet, with its hash
	code   []byte // the one script, for passkeys
	script string // its path, with its hash
	policy string
	logo   string // its path; empty: none
}

// pageNames are the files of web that hold a "content".
var pageNames = []string{"start", "signin", "code", "inbox", "write", "letterdone", "written", "drafts", "register", "sent", "activate", "activated", "forgot", "reset",
	"message", "answered", "reply", "replied", "home", "signedout", "status", "refusal", "help", "privacy",
	"asked", "elsewhere", "leaving", "ways", "sentlist", "servicedesk", "servicemail", "enable", "confirm", "own-name", "own-password", "own-question", "own-delete", "own-deleted", "own-addresses", "own-address-code", "own-sessions"}

func loadPages(s *Server) (pages, error) {
	p := pages{byName: map[string]func() (*template.Template, error){}, policy: pagePolicy, logo: logoPath(s.Brand.Logo)}
	base, err := template.ParseFS(web, "web/layout.html", "web/upload.html", "web/offer.html", "web/passkey.html", "web/address.html", "web/mailstate.html", "web/messages.html", "web/announced.html")
	if err != nil {
		return p, fmt.Errorf("portal: %w", err)
	}
	for _, name := range slices.Concat(pageNames, roomNames) {
		p.byName[name] = sync.OnceValues(func() (*template.Template, error) {
			t, err := base.Clone()
			if err != nil {
				return nil, err
			}
			return t.ParseFS(web, "web/"+name+".html")
		})
	}
	css, err := web.ReadFile("web/style.css")
	if err != nil {
		return p, fmt.Errorf("portal: %w", err)
	}
	p.style = append([]byte(brandColours(s.Brand.Colour)), css...)
	sum := sha256.Sum256(p.style)
	p.path = "/assets/" + hex.EncodeToString(sum[:8]) + ".css"
	if p.code, err = web.ReadFile("web/passkey.js"); err != nil {
		return p, fmt.Errorf("portal: %w", err)
	}
	sum = sha256.Sum256(p.code)
	p.script = "/assets/" + hex.EncodeToString(sum[:8]) + ".js"
	return p, nil
}

var colourForm = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// brandColours gives the organisation's colour and black or white upon it,
// whichever is easier to read (WCAG 2.2, 1.4.3).
func brandColours(colour string) string {
	if !colourForm.MatchString(colour) {
		colour = notice.DefaultColour
	}
	on := "#ffffff"
	if luminance(colour) > 0.179 { // where black and white contrast equally
		on = "#0b0c0c"
	}
	return ":root{--brand:" + colour + ";--on-brand:" + on + "}\n"
}

// sheet is what a template sees.
type sheet struct {
	Title     string
	Data      any
	Problems  []problem
	Person    string // address signed in; empty for nobody
	Nav       []navLink
	Announced []announcement // what the operator tells everybody now

	Organisation, Logo, Style, MoreHelp, Privacy string
	Address                                      []string
	Form                                         template.HTML
	script                                       string
	Lang                                         *words.Language
	Others                                       []otherLanguage
	Back                                         string // where a change of language leads
	Content                                      template.HTML
	Typed                                        *typedIn // the form in which people type; nil: there is none
}

// T gives a sentence in the visitor's language, with its markup:
// {{.T "code.sent" "address" .Data.Address}}.
func (s sheet) T(key string, values ...any) template.HTML { return s.Lang.HTML(key, values...) }

// Script is the path of the script that this page may run; empty for none.
func (s sheet) Script() string { return s.script }

// problem is one thing to put right, with the field it belongs to.
type problem struct{ Field, Text string }

// Wrong tells whether something is wrong with a field.
func (s sheet) Wrong(field string) bool { return s.Error(field) != nil }

// Error gives what is wrong with a field, nil for nothing.
func (s sheet) Error(field string) *wrong {
	for _, p := range s.Problems {
		if p.Field == field {
			return &wrong{p, s.T("layout.error")}
		}
	}
	return nil
}

// wrong is a problem as it stands at its field.
type wrong struct {
	problem
	Label template.HTML
}

// Attr ties a field to its hint and its error for those who do not see them
// (WCAG 2.2, 3.3.1). Its arguments are written in templates only.
func (s sheet) Attr(field, hint string) template.HTMLAttr {
	by := hint
	if s.Wrong(field) {
		by = strings.TrimSpace(by + " " + field + "-error")
	}
	switch {
	case by == "":
		return ""
	case s.Wrong(field):
		return template.HTMLAttr(`aria-invalid="true" aria-describedby="` + by + `"`) //nolint:gosec // names from our templates
	}
	return template.HTMLAttr(`aria-describedby="` + by + `"`) //nolint:gosec // names from our templates
}

// under puts the page under the name that a message's profile gives the
// organisation, as the mail that led here was.
func (v *visit) under(rec store.Record) {
	if v.s.Profile != nil {
		v.named = v.s.Profile(rec.Profile).Organisation
	}
}

// show writes a page with status 200, or 422 when there are problems.
func (v *visit) show(name, title string, data any, problems ...problem) error {
	status := http.StatusOK
	if len(problems) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return v.showStatus(status, name, title, data, true, problems...)
}

// showStatus writes a page. bare pages (forms false) set no cookie and carry no
// form secret, so that they are the same bytes for everybody.
func (v *visit) showStatus(status int, name, title string, data any, forms bool, problems ...problem) error {
	brand := v.s.Brand.In(v.lang().Tag())
	s := sheet{Title: title, Data: data, Problems: problems, Lang: v.lang(), Others: v.others(), Back: v.back(),
		Organisation: brand.Organisation, Logo: v.s.pages.logo, Style: v.s.pages.path, MoreHelp: brand.HelpURL, Privacy: "/privacy"}
	s.Organisation = or(v.named, s.Organisation)
	if brand.PrivacyURL != "" {
		s.Privacy = brand.PrivacyURL
	}
	if brand.Address != "" {
		s.Address = strings.Split(brand.Address, "\n")
	}
	if forms {
		if p, err := v.person(); err == nil && !p.Address().IsZero() {
			s.Person, s.Nav = p.Address().String(), v.nav(p)
		}
		s.Announced = v.announced(s.Person != "")
		s.Form = template.HTML(`<input type="hidden" name="` + formField + `" value="` + csrf(v.browser()) + `">`) //nolint:gosec // base64url only
	}
	s.script = v.script
	b, err := v.s.pages.write(name, s)
	if err != nil {
		return fmt.Errorf("portal: page %s: %w", name, err)
	}
	v.w.Header().Set("Content-Type", htmlType)
	v.w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	v.w.WriteHeader(status)
	_, _ = v.w.Write(b.Bytes()) // the reader went away: nobody to tell
	return nil
}

// write makes a page: what is its own first, since the head of the page looks
// whether there is a form in it.
func (p *pages) write(name string, s sheet) (b bytes.Buffer, err error) {
	t, err := p.byName[name]()
	if err != nil {
		return b, err
	}
	if err = t.ExecuteTemplate(&b, "content", s); err != nil {
		return b, err
	}
	s.Content = template.HTML(b.String()) //nolint:gosec // our template wrote it
	if len(s.Others) > 0 {
		s.Typed = typing(b.Bytes())
	}
	b.Reset()
	return b, t.ExecuteTemplate(&b, "layout", s)
}

// style serves the style sheet, which never changes under its name.
func (s *Server) style(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, "style.css", time.Time{}, bytes.NewReader(s.pages.style))
}

// when says a time as people do: "today, 14:36 BST" or with its date.
func (v *visit) when(t time.Time) string { return v.lang().When(t, v.now, v.s.Location) }

// until says a time of the near future: "14:36 BST", with its date when that is not today's.
func (v *visit) until(t time.Time) string { return v.lang().Until(t, v.now, v.s.Location) }

// capital begins a sentence.
func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// localPages are the pages that a sign-in may lead to; nothing else is ever
// followed, whatever a form or a record says.
var localPages = regexp.MustCompile(`^/(m|sent|servicedesk)/[a-z2-7]{26}$|^/m/[a-z2-7]{26}/reply$|^/(sent|servicedesk)$`)

func localPage(to string) bool {
	return localPages.MatchString(to) || localRooms.MatchString(to) || localWriting.MatchString(to)
}

// luminance is WCAG's relative luminance of "#rrggbb".
func luminance(colour string) float64 {
	n, _ := strconv.ParseUint(colour[1:], 16, 32)
	return 0.2126*linear(n>>16) + 0.7152*linear(n>>8) + 0.0722*linear(n)
}

func linear(n uint64) float64 {
	c := float64(n&255) / 255
	if c <= 0.04045 {
		return c / 12.92
	}
	return math.Pow((c+0.055)/1.055, 2.4)
}
