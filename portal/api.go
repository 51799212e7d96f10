package portal

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/words"
)

// apiAction answers a call with what is written as JSON, or with an error of the table.
type apiAction func(v *visit) (any, error)

// apiRoutes add what securedoc.html speaks: forms of simple types, so that no
// browser asks beforehand; any origin, since a file has none; no cookies at all.
func (s *Server) apiRoutes(handle func(pattern string, h http.Handler)) {
	handle("POST /api/v1/code", s.api(MaxForm, apiForm(apiCode)))
	handle("POST /api/v1/open", s.api(MaxForm, apiForm(apiOpen)))
	handle("POST /api/v1/signout", s.api(MaxForm, apiForm(apiSignout)))
	handle("POST /api/v1/invitation", s.api(maxAnswerForm, apiForm(apiShowInvitation)))
	handle("POST /api/v1/answer", s.api(maxAnswerForm, apiForm(apiAnswerInvite)))
	handle("POST /api/v1/reply", s.api(s.replyBound(), apiReply))
	handle("OPTIONS /api/v1/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.hardenAPI(w)
		w.Header().Set("Access-Control-Allow-Methods", "POST")
		w.Header().Set("Access-Control-Allow-Headers", "Content-Type")
		w.Header().Set("Access-Control-Max-Age", "600")
		w.WriteHeader(http.StatusNoContent)
	}))
}

func (s *Server) hardenAPI(w http.ResponseWriter) {
	sandboxed(w.Header(), filePolicy)
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Access-Control-Expose-Headers", "Retry-After")
}

func (s *Server) api(limit int64, a apiAction) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.hardenAPI(w)
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		r.Header.Del("Cookie") // nothing here may depend on one
		v := &visit{s: s, w: w, r: r, now: s.Now()}
		defer v.letGo()
		answer, err := a(v)
		if err != nil {
			v.apiRefuse(err)
			return
		}
		v.json(http.StatusOK, answer)
	})
}

// apiForm reads the short fields first.
func apiForm(a apiAction) apiAction {
	return func(v *visit) (any, error) {
		if err := v.r.ParseForm(); err != nil {
			return nil, tooBig(err)
		}
		return a(v)
	}
}

func (v *visit) json(status int, answer any) {
	v.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	v.w.WriteHeader(status)
	_ = json.NewEncoder(v.w).Encode(answer) // the reader went away: nobody to tell
}

// apiRefuse gives the same words as the pages.
func (v *visit) apiRefuse(err error) {
	what := v.explain(err)
	v.s.note(what, err, v.r)
	if what.retry > 0 {
		v.w.Header().Set("Retry-After", strconv.Itoa(int(what.retry.Seconds())))
	}
	text := what.title + ". " + what.cause
	if what.quote != "" {
		text += " " + v.t("layout.reason", "reason", what.quote)
	}
	text += " " + what.next
	v.json(what.status, map[string]string{"error": what.code, "text": text, "next": what.next})
}

// apiCall is what every call but reply and signout begins with.
type apiCall struct {
	id      envelope.ID
	secret  envelope.Secret
	rec     store.Record
	address addr.Address
	browser store.Browser
}

// apiMessage reads it. A wrong id and a wrong secret are the same 404, and come first.
func (v *visit) apiMessage() (c *apiCall, err error) {
	c = new(apiCall)
	if c.id, err = envelope.ParseID(v.field("id")); err != nil {
		return c, store.ErrNotFound
	}
	if c.secret, err = envelope.ParseSecret(v.field("t")); err != nil {
		return c, store.ErrNotFound
	}
	if c.rec, err = v.s.Store.Envelope(v.ctx(), c.id, c.secret); err != nil {
		return c, err
	}
	v.shown = &c.rec
	if c.address, err = addr.Parse(v.field("address")); err != nil {
		return c, store.ErrWrong
	}
	c.browser, err = pageBrowser(v.field("browser"))
	return c, err
}

// pageBrowser names a page by its nonce, apart from every cookie.
func pageBrowser(nonce string) (store.Browser, error) {
	if len(nonce) < minBrowserName || len(nonce) > maxBrowserName {
		return "", errForm
	}
	return store.PageBrowser(nonce), nil
}

// apiCode sends a code; the answer is the same for every address.
func apiCode(v *visit) (any, error) {
	c, err := v.apiMessage()
	if err != nil {
		return nil, err
	}
	ref, err := v.s.sendCode(v, c.address, c.browser)
	if err != nil {
		v.s.failed("code", err)
		return nil, err
	}
	return map[string]any{"sent": true, "reference": ref}, nil
}

// apiOpened is what a page needs to open and show its container. What it shows
// of sender, subject, time and recipients is from the record.
type apiOpened struct {
	Key       string        `json:"key"`
	Digest    string        `json:"digest"`
	Digests   []string      `json:"digests"`
	Session   string        `json:"session"`
	From      string        `json:"from"`
	To        []string      `json:"to"`
	Cc        []string      `json:"cc"`
	Subject   string        `json:"subject"`
	SealedAt  string        `json:"sealed_at"`
	ExpiresAt string        `json:"expires_at"`
	Marking   string        `json:"marking"`
	Reply     *apiReplyInfo `json:"reply,omitempty"`
}

// apiOpen signs in and gives the key, by the one gate.
func apiOpen(v *visit) (any, error) {
	c, err := v.apiMessage()
	if err != nil {
		return nil, err
	}
	if v.now.Before(c.rec.ReadyAt) && c.rec.Destroyed.IsZero() { // before a code is used up that she needs again in some minutes
		return nil, &store.NotYetError{Until: c.rec.ReadyAt}
	}
	p, err := v.apiSignIn(c)
	if err != nil {
		return nil, err
	}
	key, rec, err := v.s.Store.Release(v.ctx(), store.ReleaseRequest{ID: c.id, Secret: c.secret, Person: p, Purpose: forOpen, Now: v.now})
	if err != nil {
		return nil, v.toldNow(err, c.rec, c.secret, p.For(c.rec).Address())
	}
	v.s.Metrics.opens.WithLabelValues("file").Inc()
	session, err := v.s.Store.NewSessionOn(v.ctx(), p, deviceOf(v.r.UserAgent()), v.now)
	if err != nil {
		return nil, err
	}
	// A later reply names the session alone; its message's secret waits under it.
	flow := store.Flow{Secrets: map[envelope.ID]envelope.Secret{c.id: c.secret}}
	if err := v.s.Store.SetFlow(v.ctx(), sessionBrowser(session), flow, v.now); err != nil {
		return nil, err
	}
	return v.s.apiAnswer(key, rec, p.For(rec).Address(), session, v.field("digest"), v.lang()), nil
}

func sessionBrowser(session string) store.Browser { return store.Browser("session:" + session) }

func (v *visit) apiSignIn(c *apiCall) (p store.Proof, err error) {
	method := "password"
	if password := v.field("password"); password != "" {
		p, err = v.guessPassword(c.address, password)
	} else {
		method = "code"
		p, err = v.guessCode(c.address, c.browser, v.field("code"))
	}
	if err != nil {
		v.s.failed(method, err)
		return p, err
	}
	v.s.Metrics.signins.WithLabelValues(method, "ok").Inc()
	return p, nil
}

// apiAnswer says which containers are genuine: digests are all of them, digest the
// newest, or the one that the page says it has when that is one of them.
func (s *Server) apiAnswer(key envelope.Key, rec store.Record, reader addr.Address, session, has string, l *words.Language) apiOpened {
	out := apiOpened{Key: base64.RawURLEncoding.EncodeToString(key.Bytes()), Session: session, From: fromLine(rec, l),
		To: list(rec.To), Cc: list(rec.Cc), Subject: rec.Subject, SealedAt: rfc3339(rec.SealedAt), ExpiresAt: rfc3339(rec.ExpiresAt), Marking: rec.Marking}
	for _, d := range rec.Digests {
		text := hex.EncodeToString(d[:])
		out.Digests = append(out.Digests, text)
		if out.Digest = text; text == has {
			break
		}
	}
	if s.mayReply(rec) == nil {
		out.Reply = s.replyInfo(rec, reader, l)
	}
	return out
}

func list(in []string) []string {
	if in == nil {
		return []string{}
	}
	return in
}

func rfc3339(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// apiSignout ends a page's session; an unknown one has ended already.
func apiSignout(v *visit) (any, error) {
	session := v.field("session")
	if len(session) < minBrowserName || len(session) > maxBrowserName {
		return map[string]any{"signed_out": true}, nil
	}
	if err := v.s.Store.EndSession(v.ctx(), session); err != nil && !errors.Is(err, store.ErrNoSession) {
		return nil, err
	}
	return map[string]any{"signed_out": true}, v.s.Store.EndFlow(v.ctx(), sessionBrowser(session))
}
