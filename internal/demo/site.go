package demo

import (
	"embed"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

//go:embed web
var web embed.FS

// maxForm bounds a posted message: a 25 MB attachment, the text and some room.
const maxForm = 32 << 20

// Site is the demonstration's web page. Its zero value is not usable; NewSite
// makes one.
type Site struct {
	front     string
	catcher   *Catcher
	files     string
	now       func() time.Time
	log       *slog.Logger
	templates *template.Template
}

// SiteConfig is what a Site needs. All fields must be set.
type SiteConfig struct {
	Front   string // address of Front, to which the compose form submits
	Catcher *Catcher
	Files   string // base URL at which Site.Files is served, without final slash: another origin than the page's
	Now     func() time.Time
	Log     *slog.Logger
}

// NewSite makes the page. The error is a fault of the embedded templates.
func NewSite(c SiteConfig) (*Site, error) {
	t, err := template.ParseFS(web, "web/*.html")
	if err != nil {
		return nil, err
	}
	return &Site{front: c.Front, catcher: c.Catcher, files: c.Files, now: c.Now, log: c.Log, templates: t}, nil
}

// policy of the page itself: its own style and script and nothing else.
const pageCSP = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Handler serves the page. It answers only requests that name this machine as
// their host and, where they change something, come from the page itself: a
// page elsewhere on the web must not read the inboxes through a visitor's
// browser, neither by a form nor by a name that points to loopback.
func (s *Site) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.index)
	mux.HandleFunc("POST /send", s.send)
	mux.HandleFunc("GET /boxes", s.boxes)
	mux.HandleFunc("GET /sample", s.sample)
	mux.HandleFunc("GET /mail/{number}", s.mail)
	mux.HandleFunc("GET /mail/{number}/body", s.body)
	mux.HandleFunc("GET /mail/{number}/source", s.source)
	mux.HandleFunc("GET /mail/{number}/message.eml", s.eml)
	mux.HandleFunc("GET /mail/{number}/file/{index}", s.file)
	mux.HandleFunc("GET /demo.css", asset("web/demo.css", "text/css; charset=utf-8"))
	mux.HandleFunc("GET /demo.js", asset("web/demo.js", "text/javascript; charset=utf-8"))
	return onlyLoopback(http.NewCrossOriginProtection().Handler(headers(mux)))
}

// Files serves securedoc.html as a browser shows a file from the disk: with an
// origin that is nobody's ("null"), to which no cookie and no other page
// belongs. It must have an origin of its own beside Handler's.
func (s *Site) Files() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{number}/"+PageName, func(w http.ResponseWriter, r *http.Request) {
		m, ok := s.find(r)
		if !ok || !m.Sealed() {
			s.notFound(w)
			return
		}
		// All that a file may do, and no allow-same-origin: that is what makes the origin opaque.
		w.Header().Set("Content-Security-Policy", "sandbox allow-scripts allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads allow-modals")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Disposition", "inline")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cache-Control", "no-store")
		s.write(w, m.Page().Body)
	})
	return onlyLoopback(mux)
}

// onlyLoopback refuses requests for a host name that is not this machine's:
// the guard against names that were made to point to loopback.
func onlyLoopback(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLoopback(r.Host) {
			http.Error(w, "The demo answers only at the address it has printed.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isLoopback tells whether a host, with or without port, is this machine by number or as localhost.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || (err == nil && ip.IsLoopback())
}

// headers sets what every answer of the page carries; a handler that shows a
// mail's own text sets a stricter policy.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", pageCSP)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func asset(name, kind string) http.HandlerFunc {
	body, err := web.ReadFile(name)
	return func(w http.ResponseWriter, r *http.Request) {
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(body) // the browser went away
	}
}

// render writes one page.
func (s *Site) render(w http.ResponseWriter, status int, name string, data any) {
	var b strings.Builder
	if err := s.templates.ExecuteTemplate(&b, name, data); err != nil {
		s.log.Error("the demo's page cannot be written", "page", name, "error", err)
		http.Error(w, "The page cannot be shown.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	s.write(w, []byte(b.String()))
}

// write ends an answer; an error only says that the browser went away.
func (s *Site) write(w http.ResponseWriter, b []byte) {
	if _, err := w.Write(b); err != nil {
		s.log.Debug("an answer was not taken", "error", err)
	}
}

func (s *Site) notFound(w http.ResponseWriter) {
	http.Error(w, fmt.Sprintf("There is no such mail here (any more). The demo keeps the newest %d.", MaxKept), http.StatusNotFound)
}
