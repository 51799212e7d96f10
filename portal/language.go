package portal

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/postseal/postseal/words"
)

// languageCookie remembers a choice of language and nothing else. It outlives the
// browser's session: it says nothing about who somebody is.
const (
	languageCookie = "l"
	languageYear   = 365 * 24 * 3600 // seconds that the choice is kept
)

// maxAcceptLanguage bounds the header field that is looked at; browsers send some dozen octets.
const maxAcceptLanguage = 500

// lang gives the language of this visit: what securedoc.html says it speaks, or
// what was chosen in this browser, or what the browser asks for, or the
// organisation's own.
func (v *visit) lang() *words.Language {
	if v.tongue == nil {
		v.tongue = words.In(v.s.languages[0])
		for _, tag := range []string{v.field("lang"), v.chosen(), v.s.accepted(v.r.Header.Get("Accept-Language"))} {
			if l := v.s.language(tag); l != nil {
				v.tongue = l
				break
			}
		}
	}
	return v.tongue
}

// language gives the language of a tag, nil for none of ours.
func (s *Server) language(tag string) *words.Language {
	if !slices.Contains(s.languages, tag) {
		return nil
	}
	return words.In(tag)
}

// t says a sentence in the language of this visit, without markup.
func (v *visit) t(key string, values ...any) string { return v.lang().Text(key, values...) }

// spoken is the tag for a mail that this visit asked for; empty where there is one
// language only.
func (v *visit) spoken() string {
	if len(v.s.languages) < 2 {
		return ""
	}
	return v.lang().Tag()
}

// chosen gives the tag that the browser's cookie names.
func (v *visit) chosen() string {
	c, err := v.r.Cookie(v.s.cookieName(languageCookie))
	if err != nil {
		return ""
	}
	return c.Value
}

// accepted gives the first of our languages that a browser asks for (RFC 9110
// section 12.5.4), regions set aside; empty for none.
func (s *Server) accepted(field string) string {
	best, most := "", 0.0
	for _, item := range strings.Split(field[:min(len(field), maxAcceptLanguage)], ",") {
		name, weight, weighted := strings.Cut(item, ";")
		q := 1.0
		if weighted {
			var err error
			if q, err = strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(weight), "q="), 64); err != nil {
				continue
			}
		}
		tag, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(name)), "-")
		if q > most && slices.Contains(s.languages, tag) {
			best, most = tag, q
		}
	}
	return best
}

// speak answers POST /language: it keeps the choice in a cookie of its own and
// leads back to the page on which it was made. It has no authority, so that it
// carries no form secret and works on pages that are the same for everybody. With a
// page's form it comes as that form (retype), whose secret counts.
func speak(v *visit) error {
	if err := v.r.ParseForm(); err != nil {
		return tooBig(err)
	}
	tag := v.field("lang")
	typed := v.r.PostForm.Has(formField)
	if v.s.foreign(v.r) || v.s.language(tag) == nil || typed && !v.genuine(v.field(formField)) {
		return errForm
	}
	if p, err := v.person(); err != nil {
		return err
	} else if !p.Address().IsZero() { // the account keeps it, and mails follow it
		if err := v.s.Store.SetLanguage(v.ctx(), p, tag, v.now); err != nil {
			return err
		}
	}
	http.SetCookie(v.w, &http.Cookie{Name: v.s.cookieName(languageCookie), Value: tag, Path: "/", MaxAge: languageYear,
		HttpOnly: true, Secure: !v.s.Insecure, SameSite: http.SameSiteLaxMode})
	back := backTo(v.r.Form.Get("back"))
	if typed {
		return v.retype(back, tag)
	}
	v.see(back)
	return nil
}

// backTo gives a path of this site as it was asked for, or the first page: what
// could lead anywhere else is not followed.
func backTo(asked string) string {
	u, err := url.Parse(asked)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" || u.Fragment != "" ||
		!strings.HasPrefix(u.Path, "/") || u.Path != path.Clean(u.Path) || strings.ContainsAny(u.Path, "\\\r\n\t") {
		return "/"
	}
	return (&url.URL{Path: u.Path, RawQuery: u.RawQuery}).String()
}

// otherLanguage is one button of the switch.
type otherLanguage struct{ Tag, Lang, Name string }

// others are the languages to change to.
func (v *visit) others() []otherLanguage {
	var out []otherLanguage
	for _, tag := range v.s.languages {
		if l := words.In(tag); l != v.lang() {
			out = append(out, otherLanguage{tag, l.Lang(), l.Name()})
		}
	}
	return out
}

// back is where the switch leads from this page.
func (v *visit) back() string {
	if v.r.Method == http.MethodGet {
		return v.r.URL.RequestURI()
	}
	to := v.r.URL.Path
	for to != "/" && !v.s.hasPage(to) { // some addresses take forms only
		to = path.Dir(to)
	}
	if t := v.field("t"); t != "" {
		return to + "?t=" + url.QueryEscape(t)
	}
	return to
}

// hasPage tells whether there is anything at an address but the page that says no.
func (s *Server) hasPage(to string) bool {
	_, pattern := s.mux.Handler(&http.Request{Method: http.MethodGet, URL: &url.URL{Path: to}})
	return pattern != "/"
}
