package portal

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/words"
)

// visit is one request to a page, with what is known of who makes it.
type visit struct {
	s    *Server
	w    http.ResponseWriter
	r    *http.Request
	now  time.Time
	name store.Browser // empty until needed
	seen *store.Proof  // nil until asked
	flow *store.Flow   // nil until asked

	shown *store.Record // the message whose secret came with a call of securedoc.html

	script string // what the page may run; empty for nothing
	named  string // the organisation by the name of a message's profile; empty: its own

	tongue *words.Language // nil until asked

	free func() // ends what hold took; nil: nothing
}

// action answers a request, or gives the error that refuse turns into a page.
type action func(v *visit) error

// page wraps an action for GET. HEAD is answered without running it, so that
// nothing that looks at addresses can change anything.
func (s *Server) page(a action) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			w.Header().Set("Content-Type", htmlType)
			return
		}
		s.run(w, r, a)
	})
}

// form wraps an action for a POST of short fields that carries our form secret.
func (s *Server) form(a action) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, MaxForm)
		s.run(w, r, func(v *visit) error {
			if err := r.ParseForm(); err != nil {
				return tooBig(err)
			}
			if !v.genuine(r.PostForm.Get(formField)) {
				return errForm
			}
			return a(v)
		})
	})
}

// stream wraps an action that reads a large body by itself and checks for itself;
// until it has, the body is on a leash.
func (s *Server) stream(limit int64, a action) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		s.run(w, r, a)
	})
}

// patient grants an upload more time than a form; real sockets, so the real clock.
func patient(w http.ResponseWriter) {
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Now().Add(uploadTimeout)) // not supported by test recorders
	_ = c.SetWriteDeadline(time.Now().Add(uploadTimeout + writeTimeout))
}

func (s *Server) run(w http.ResponseWriter, r *http.Request, a action) {
	v := &visit{s: s, w: w, r: r, now: s.Now()}
	defer v.letGo()
	if err := a(v); err != nil {
		v.refuse(err)
	}
}

const (
	formField = "form"
	htmlType  = "text/html; charset=utf-8"
)

// tooBig says in our words what MaxBytesReader found.
func tooBig(err error) error {
	var max *http.MaxBytesError
	if errors.As(err, &max) {
		return errTooBig
	}
	return orFull(err, errForm)
}

func (v *visit) ctx() context.Context { return v.r.Context() }

// field gives one typed value.
func (v *visit) field(name string) string { return v.r.PostForm.Get(name) }

// browser gives the browser's name, making one when there is none. Only answers
// that carry a form or belong to a sign-in ask for it.
func (v *visit) browser() store.Browser {
	if v.name == "" {
		value := v.s.cookie(v.r, browserCookie)
		if value == "" {
			value = random()
			v.s.setCookie(v.w, browserCookie, value)
		}
		v.name = store.Browser(value)
	}
	return v.name
}

// person gives who is signed in; the zero Proof for nobody.
func (v *visit) person() (store.Proof, error) {
	if v.seen != nil {
		return *v.seen, nil
	}
	var p store.Proof
	if token := v.s.cookie(v.r, sessionCookie); token != "" {
		var err error
		if p, err = v.s.Store.Session(v.ctx(), token, v.now); err != nil && !errors.Is(err, store.ErrNoSession) {
			return store.Proof{}, err
		}
	}
	v.seen = &p
	return p, nil
}

// brought gives what this browser brought along; a browser that we do not know brought nothing.
func (v *visit) brought() (store.Flow, error) {
	if v.flow == nil {
		f := store.Flow{}
		if value := v.s.cookie(v.r, browserCookie); value != "" {
			var err error
			if f, err = v.s.Store.Flow(v.ctx(), store.Browser(value), v.now); err != nil {
				return f, err
			}
		}
		v.flow = &f
	}
	return *v.flow, nil
}

// bring adds to it.
func (v *visit) bring(f store.Flow) error {
	v.flow = nil
	return v.s.Store.SetFlow(v.ctx(), v.browser(), f, v.now)
}

// address gives the address that was typed in this browser, or errNoAddress.
func (v *visit) address() (addr.Address, error) {
	f, err := v.brought()
	if err == nil && f.Address.IsZero() {
		err = errNoAddress
	}
	return f.Address, err
}

// link gives the secret that this browser brought for a message, or that of a
// message of who is signed in. Without it the message might as well not exist:
// ErrNotFound, as for a wrong id.
func (v *visit) link(id envelope.ID) (envelope.Secret, error) {
	f, err := v.brought()
	if err != nil {
		return envelope.Secret{}, err
	}
	secret, ok := f.Secrets[id]
	if !ok {
		return v.ownLink(id)
	}
	return secret, nil
}

// enter makes the session of a person who has just shown who she is and leads on.
func (v *visit) enter(p store.Proof, to string) error {
	token, err := v.s.Store.NewSessionOn(v.ctx(), p, deviceOf(v.r.UserAgent()), v.now)
	if err != nil {
		return err
	}
	if old := v.s.cookie(v.r, sessionCookie); old != "" { // what was signed in here before is over
		if err := v.s.Store.EndSession(v.ctx(), old); err != nil {
			return err
		}
	}
	v.s.setCookie(v.w, sessionCookie, token)
	v.see(to)
	return nil
}

// see leads on by GET (303), so that going back does not send a form again.
func (v *visit) see(to string) {
	v.w.Header().Set("Location", to)
	v.w.WriteHeader(http.StatusSeeOther)
}

// next is where a sign-in leads.
func (v *visit) next() (string, error) {
	f, err := v.brought()
	if err != nil || !localPage(f.Next) {
		return "/", err
	}
	return f.Next, nil
}

// message reads the id of the address. What is none is answered as an unknown one.
func (v *visit) message() (envelope.ID, error) {
	id, err := envelope.ParseID(v.r.PathValue("id"))
	if err != nil {
		return id, store.ErrNotFound
	}
	return id, nil
}
