package portal

import (
	"errors"
	"net/http"
	"slices"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/store"
)

// method is one way to show who one is. A new one is a file with a type and a
// line in methods.
type method interface {
	// name is what a profile's sign_in calls it, a metric label and part of the address.
	name() string
	// ask answers GET /signin/NAME for the address typed before.
	ask(v *visit, a addr.Address) error
	// answer answers POST /signin/NAME: it ends in passed, in the form again, or in an error.
	answer(v *visit, a addr.Address) error
}

// methods are the ways in, in the order in which they are offered.
var methods = []method{codeMethod{}, oidcMethod{}, passkeyMethod{}, passwordMethod{}}

// signinPages adds each method's pages.
func (s *Server) signinPages(handle func(pattern string, h http.Handler)) {
	for _, m := range methods {
		handle("GET /signin/"+m.name(), s.page(func(v *visit) error {
			a, err := v.address()
			if err != nil {
				return err
			}
			return m.ask(v, a)
		}))
		handle("POST /signin/"+m.name(), s.form(func(v *visit) error {
			a, err := v.address()
			if errors.Is(err, errNoAddress) && m.name() == store.ByPasskey {
				err = nil // the key knows whose it is
			}
			if err != nil {
				return err
			}
			return m.answer(v, a)
		}))
	}
	s.oidcPages(handle)
}

// passed ends a sign-in: the session, and on to what the person came for.
func (v *visit) passed(m method, p store.Proof) error {
	v.s.Metrics.signins.WithLabelValues(m.name(), "ok").Inc()
	to, err := v.next()
	if err != nil {
		return err
	}
	return v.enter(p, to)
}

// failed counts a sign-in that did not work out.
func (s *Server) failed(m string, err error) {
	outcome := "unavailable"
	for _, row := range []struct {
		err  error
		name string
	}{{store.ErrWrong, "wrong"}, {store.ErrLocked, "locked"}, {store.ErrCodeExpired, "expired"}, {store.ErrTooMany, "too_many"},
		{errSource, "too_many"}, {errPasskey, "wrong"}, {store.ErrCopied, "copied"}} {
		if errors.Is(err, row.err) {
			outcome = row.name
			break
		}
	}
	s.Metrics.signins.WithLabelValues(m, outcome).Inc()
}

// accepts tells whether a message may be opened by a way of signing in; its
// profile lists them, and an empty list is all.
func accepts(rec store.Record, method string) bool {
	return len(rec.SignIn) == 0 || slices.Contains(rec.SignIn, method)
}

// choose is the page after the address: all ways in that the waiting message
// takes, the same for every address.
func (v *visit) choose(a addr.Address, problems ...problem) error {
	rec, waiting := v.waiting()
	data := map[string]any{"Address": a.String()}
	for _, m := range methods {
		data[m.name()] = accepts(rec, m.name())
	}
	if accepts(rec, store.ByOIDC) {
		data["Providers"] = v.s.offered(a)
	}
	if v.s.passkeys == nil {
		data[store.ByPasskey] = false
	}
	v.scripted(data[store.ByPasskey] == true)
	title := v.t("signin.title")
	if waiting {
		v.under(rec)
		title, data["From"] = v.t("signin.title-waiting"), fromLine(rec, v.lang())
	}
	return v.show("signin", title, data, problems...)
}

// waiting gives the message that this browser came for; its bearer holds the
// mail, which names the sender anyway.
func (v *visit) waiting() (store.Record, bool) {
	id, secret, ok := v.deepLink()
	if !ok {
		return store.Record{}, false
	}
	rec, err := v.s.Store.Envelope(v.ctx(), id, secret)
	return rec, err == nil
}
