package portal

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/policy"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/shelf"
	"github.com/postseal/postseal/store"
)

// Sender hands what an outsider wrote to Postfix's inbound port; relay.SMTP is one.
type Sender interface {
	Send(ctx context.Context, m relay.Mail) (reply string, err error)
}

// Sealer gives everybody in m.Recipients an envelope of the named profile around
// the mail that m writes, in the name of its author; milter.Filter.SealAnswer is
// one. Errors of package relay are told apart, any other says that nobody is known
// to have it; the same mail again serves nobody twice.
type Sealer func(ctx context.Context, m relay.Mail, author addr.Named, profile string) error

// Kicker is told that a notice was put into the outbox; outbox.Worker is one.
type Kicker interface{ Kick() }

// Config is what a Server works with.
type Config struct {
	BaseURL     string                  // "https://secure.example.gov.uk", no final slash; must be set
	Brand       notice.Brand            // name, colour, help and privacy addresses; Organisation, Service and ServiceDomain must be set
	Store       *store.Store            // must be set
	Shelf       shelf.Shelf             // must be set
	Inbound     Sender                  // for replies to staff; nil: replies are refused as unavailable
	Notices     *notice.Notices         // nil: made from Brand and Location
	Outbox      Kicker                  // nil: the worker finds new notices by itself
	Seal        Sealer                  // for replies to anybody else; nil: those are refused
	Partner     func(addr.Address) bool // who may be answered where a profile says domains; nil: as Inside
	Inside      func(addr.Address) bool // whose mail may be handed in clear to Inbound; nil: nobody's
	Tag         string                  // put in front of a reply's subject once; must make an answer be sealed (BCC-22)
	Spool       string                  // private directory for opened messages; must be set and exist with mode 0700
	SpoolFree   int64                   // octets that must stay free there; 0: DefaultSpoolFree, or an eighth of a smaller disk; below 0: none
	Now         func() time.Time        // nil: time.Now
	Log         *slog.Logger            // nil: discards
	Metrics     *Metrics                // nil: not counted
	AttachLimit int64                   // sum of decoded attachments of a reply; 0: DefaultAttachLimit
	Location    *time.Location          // of times on pages; nil: UTC
	Insecure    bool                    // plain http on loopback (demo): cookies without Secure and __Host-
	Providers   []Provider              // OpenID providers to sign in with, in the order of their buttons; none: none
	Passkeys    bool                    // offer passkeys, where PasskeysPossible
	Rooms       Rooms                   // pages beside reading and writing

	Writing  Writing
	Servers  []string                         // key servers' base URLs that files name, BaseURL first; empty: BaseURL alone
	Formerly []string                         // base URLs that this service had before: files that name them are ours too
	Profile  func(name string) policy.Profile // how messages of a profile are sent; nil: as the defaults are

	Reports         bool                    // delivery reports are read (package robot), so that a message without one still waits
	ServiceDesk     func(addr.Address) bool // who is of the service desk; nil: nobody
	ServiceSubjects bool                    // the service desk sees subjects
}

// Server answers pages and API. It is an http.Handler, safe for concurrent use.
type Server struct {
	Config
	mux     *http.ServeMux
	surface []string // the patterns of mux: tests attack each of them
	origin  string   // scheme and host of BaseURL
	pages   pages

	languages []string // tags, the organisation's own first
	opening   chan struct{}
	showing   chan struct{}
	held      holds
	staging   chan struct{}
	staged    rate
	providers []*provider
	passkeys  *webauthn.WebAuthn // nil: none offered
	sends     sends
}

// New checks the settings and makes the Server. It does not need Redis.
func New(c Config) (*Server, error) {
	u, err := url.Parse(c.BaseURL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && c.Insecure) || strings.HasSuffix(c.BaseURL, "/"):
		return nil, errors.New("portal: the base address must be https://HOST without a final slash")
	case c.Store == nil || c.Shelf == nil:
		return nil, errors.New("portal: store and shelf must be set")
	case c.Spool == "":
		return nil, errors.New("portal: the spool directory must be set")
	case c.Brand.Organisation == "" || c.Brand.ServiceDomain == "" || c.Brand.Service.IsZero():
		return nil, errors.New("portal: organisation, service address and service domain must be set")
	}
	s := &Server{Config: c.orDefault(), languages: c.Brand.Tags(), origin: u.Scheme + "://" + u.Host,
		opening: make(chan struct{}, maxOpening), showing: make(chan struct{}, maxShowing), held: holds{wait: heldWait}, staging: make(chan struct{}, maxStaging)}
	if s.pages, err = loadPages(s); err != nil {
		return nil, err
	}
	if s.providers, err = newProviders(s.Config); err != nil {
		return nil, err
	}
	if s.passkeys, err = newPasskeys(s.Config, s.origin); err != nil {
		return nil, err
	}
	s.routes()
	return s, nil
}

func (c Config) orDefault() Config {
	if c.Location == nil {
		c.Location = time.UTC
	}
	if c.Notices == nil {
		c.Notices = notice.New(c.Brand, c.Location)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Inside == nil {
		c.Inside = func(addr.Address) bool { return false }
	}
	if c.Partner == nil {
		c.Partner = c.Inside
	}
	if c.AttachLimit <= 0 {
		c.AttachLimit = DefaultAttachLimit
	}
	if c.Metrics == nil {
		c.Metrics = NewMetrics(nil)
	}
	return c
}

// HTTPServer gives a server with time limits that suit the handler: a slow head
// or form is cut, uploads and downloads get longer where they happen.
func HTTPServer(listen string, h http.Handler) *http.Server {
	return &http.Server{Addr: listen, Handler: h, ReadHeaderTimeout: headTimeout, ReadTimeout: readTimeout,
		WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeadBytes}
}
