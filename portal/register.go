package portal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/store"
)

// questions to choose from, by the names of their words; the answer is for a
// forgotten password (BCC-3). The name is kept, so that the question is asked in
// the language of the day.
var questions = []string{"friend", "pet", "street", "teacher", "parents", "job", "car", "place"}

// choice is one question as a form offers it.
type choice struct{ Name, Text string }

func (v *visit) questions() []choice {
	var out []choice
	for _, q := range questions {
		out = append(out, choice{q, v.question(q)})
	}
	return out
}

// question gives the words of a question on file; what is none of our names is
// itself the question.
func (v *visit) question(q string) string {
	if !slices.Contains(questions, q) {
		return q
	}
	return v.t("question." + q)
}

// register shows the form for a password (BCC-3). Who is signed in by a code has
// proved the mailbox already and needs no further mail.
func register(v *visit) error {
	a, proved, err := v.registrant()
	if err != nil {
		return err
	}
	return v.askAccount(a, proved, store.Registration{})
}

// registrant is the person signed in, or else the address typed before.
func (v *visit) registrant() (a addr.Address, proved bool, err error) {
	p, err := v.person()
	if err != nil || !p.Address().IsZero() {
		return p.Address(), true, err
	}
	a, err = v.address()
	return a, false, err
}

func (v *visit) askAccount(a addr.Address, proved bool, r store.Registration, problems ...problem) error {
	return v.show("register", v.t("register.title"), map[string]any{"Address": a.String(), "Proved": proved,
		"First": r.FirstName, "Last": r.LastName, "Question": r.Question, "Questions": v.questions()}, problems...)
}

// submitRegister keeps what was typed until its link is pressed in this browser,
// and ends on the same page whether or not there is an account (BCC-5).
func submitRegister(v *visit) error {
	a, proved, err := v.registrant()
	if err != nil {
		return err
	}
	r, problems := v.typedAccount(a)
	if len(problems) > 0 {
		return v.askAccount(a, proved, r, problems...)
	}
	if r.Next, err = v.carry(); err != nil {
		return err
	}
	held, err := v.held(a)
	if err != nil {
		return err
	}
	token, exists, err := v.s.Store.Register(v.ctx(), a, r, v.browser(), v.now, held)
	withheld := errors.Is(err, store.ErrWithheld)
	if err != nil && !withheld {
		return err
	}
	if proved {
		if exists {
			return store.ErrExists
		}
		return v.activate(token, nil)
	}
	data := notice.ActivationData{Link: v.s.BaseURL + "/activate?t=" + url.QueryEscape(token), AskedAt: v.now,
		Minutes: int(store.LinkLife.Minutes()), Known: exists, Lang: v.spoken()}
	if !withheld {
		if err := v.s.post(v, notice.Activation, a, data, store.LinkLife); err != nil {
			return err
		}
	}
	v.setPending(a)
	v.see("/register/sent")
	return nil
}

func registerSent(v *visit) error {
	a, err := v.address()
	if err != nil {
		return err
	}
	return v.show("sent", v.t("sent.title"), map[string]any{"Address": a.String(), "Service": v.s.Brand.Service.String(),
		"Press": v.t("sent.press-register"), "Again": "/register", "Code": true})
}

// typedAccount reads and judges the fields of a registration.
func (v *visit) typedAccount(a addr.Address) (store.Registration, []problem) {
	r := store.Registration{FirstName: clean(v.field("first")), LastName: clean(v.field("last")), Password: v.field("password"),
		Question: v.field("question"), Answer: clean(v.field("answer")), Lang: v.spoken()}
	var out []problem
	need := func(field, value, text string, most int) {
		if value == "" || utf8.RuneCountInString(value) > most {
			out = append(out, problem{field, text})
		}
	}
	need("first", r.FirstName, v.t("account.first-wrong"), maxFirst)
	need("last", r.LastName, v.t("account.last-wrong"), maxFirst)
	out = append(out, v.typedPassword(a, r.FirstName, r.LastName)...)
	if !slices.Contains(questions, r.Question) {
		r.Question = ""
		out = append(out, problem{"question", v.t("account.question-wrong")})
	}
	need("answer", r.Answer, v.t("account.answer-wrong"), maxAnswer)
	return r, out
}

// typedPassword judges a new password and its repetition. Length is what counts
// (C11), and that it is not among the first to be guessed; no other rule, and it
// never runs out.
func (v *visit) typedPassword(a addr.Address, names ...string) []problem {
	first, again := v.field("password"), v.field("again")
	switch n := utf8.RuneCountInString(first); {
	case n < minPassword:
		return []problem{{"password", v.t("account.password-short")}}
	case n > maxPassword:
		return []problem{{"password", v.t("account.password-long")}}
	case guessable(first, v.ownWords(a, names...)):
		return []problem{{"password", v.t("own.password-common")}}
	case first != again:
		return []problem{{"again", v.t("account.again-wrong")}}
	}
	return nil
}

// clean makes one line out of what was typed, without what changes a line unseen.
func clean(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r) || unicode.IsSpace(r):
			return ' '
		case addr.Unseen(r):
			return -1
		}
		return r
	}, s)), " ")
}

// activationPage shows a button, or the form anew in another browser. It looks
// and changes nothing: mail scanners press links (C13).
func activationPage(v *visit) error {
	token := v.r.URL.Query().Get("t")
	a, _, same, err := v.s.Store.Activation(v.ctx(), token, v.browser(), v.now)
	if err != nil {
		return linkEnded(err)
	}
	return v.askActivation(a, token, same, store.Registration{})
}

func (v *visit) askActivation(a addr.Address, token string, same bool, r store.Registration, problems ...problem) error {
	return v.show("activate", v.t("activate.title"), map[string]any{"Address": a.String(), "Token": token, "Same": same,
		"First": r.FirstName, "Last": r.LastName, "Question": r.Question, "Questions": v.questions()}, problems...)
}

func submitActivation(v *visit) error {
	token := v.field("t")
	a, _, same, err := v.s.Store.Activation(v.ctx(), token, v.browser(), v.now)
	if err != nil {
		return linkEnded(err)
	}
	if same {
		return v.activate(token, nil)
	}
	r, problems := v.typedAccount(a)
	if len(problems) > 0 {
		return v.askActivation(a, token, same, r, problems...)
	}
	return v.activate(token, &r)
}

// activate uses the link up; the person is signed in from now on (BCC-8).
func (v *visit) activate(token string, r *store.Registration) error {
	p, next, err := v.s.Store.Activate(v.ctx(), token, v.browser(), r, v.now)
	if err != nil {
		return linkEnded(err)
	}
	if err := v.adopt(next, p.Address()); err != nil {
		return err
	}
	v.s.Metrics.signins.WithLabelValues("activation", "ok").Inc()
	return v.enter(p, "/activated")
}

func activated(v *visit) error {
	p, err := v.person()
	if err != nil {
		return err
	}
	if p.Address().IsZero() {
		return errSignIn
	}
	next, err := v.next()
	if err != nil {
		return err
	}
	return v.show("activated", v.t("activated.title"), map[string]any{"Address": p.Address().String(), "Next": next})
}

// linkEnded lets a link that nobody made look like one that has ended.
func linkEnded(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return store.ErrCodeExpired
	}
	return err
}

// carry gives the deep link with its secret, so that it also leads on in the
// browser in which the activation mail is opened (BCC-20). It rests sealed.
func (v *visit) carry() (string, error) {
	next, err := v.next()
	if err != nil {
		return "", err
	}
	if id, secret, ok := v.deepLink(); ok {
		next = "/m/" + id.String() + "?t=" + secret.Encode()
	}
	return next, nil
}

// adopt takes a carried deep link into this browser.
func (v *visit) adopt(next string, a addr.Address) error {
	f := store.Flow{Address: a, Next: "/"}
	path, query, _ := strings.Cut(next, "?t=")
	if localPage(path) {
		f.Next = path
		if secret, err := envelope.ParseSecret(query); err == nil {
			if id, err := envelope.ParseID(strings.TrimPrefix(path, "/m/")); err == nil {
				f.Secrets = map[envelope.ID]envelope.Secret{id: secret}
			}
		}
	}
	return v.bring(f)
}

const pendingCookie = "r"

// setPending remembers in the browser alone that a password was typed here for an
// address, so that a wrong password can be explained (BCC-7) without telling
// anybody else whether there is an account.
func (v *visit) setPending(a addr.Address) {
	v.s.setCookie(v.w, pendingCookie, pendingMark(v.browser(), a))
}

func (v *visit) pending(a addr.Address) bool {
	got := v.s.cookie(v.r, pendingCookie)
	return got != "" && hmac.Equal([]byte(got), []byte(pendingMark(v.browser(), a)))
}

func pendingMark(b store.Browser, a addr.Address) string {
	m := hmac.New(sha256.New, []byte(string(b)))
	m.Write([]byte("postseal pending " + a.Key()))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}
