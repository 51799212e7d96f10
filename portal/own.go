package portal

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/store"
)

// What people change on their own accounts (issue 5). What an account rests on is
// changed only by who has just shown who she is: by her sign-in, or anew on
// /account/confirm.

// ownPages add the pages below /account.
func (s *Server) ownPages(handle func(pattern string, h http.Handler)) {
	get := func(path string, a action) { handle("GET /account/"+path, s.page(a)) }
	post := func(path string, a action) { handle("POST /account/"+path, s.form(a)) }
	get("confirm", func(v *visit) error { return v.askConfirm("") })
	post("confirm", submitConfirm)
	for _, f := range []struct {
		path         string
		show, submit func(*visit) error
	}{
		{"name", func(v *visit) error { return v.askName() }, submitName},
		{"password", func(v *visit) error { return v.askPassword() }, submitPassword},
		{"question", func(v *visit) error { return v.askQuestion("") }, submitQuestion},
		{"delete", func(v *visit) error { return v.askDelete() }, submitDelete},
		{"addresses", func(v *visit) error { return v.askAddresses("") }, submitAddress},
		{"addresses/code", addressCode, submitAddressCode},
		{"sessions", sessions, submitSessions},
	} {
		get(f.path, f.show)
		post(f.path, f.submit)
	}
	post("addresses/remove", removeAddress)
	post("addresses/leave", leaveAccount)
	get("deleted", deleted)
	for _, path := range []string{"addresses/remove", "addresses/leave"} { // loaded again by hand
		get(path, func(v *visit) error { v.see("/account/addresses"); return nil })
	}
}

// sureFor are the pages that ask first who somebody is; strict ones ask always
// anew, and the sign-in does not count.
var sureFor = map[string]bool{"": false, "question": false, "addresses": false, "sessions": false, "password": true, "delete": true}

// sure gives who is signed in when she has shown lately enough who she is for the
// page named; otherwise she is led to where she does, and false comes back.
func (v *visit) sure(page string) (store.Proof, bool, error) {
	p, err := v.person()
	if err != nil {
		return p, false, err
	}
	if p.Address().IsZero() {
		return p, false, errSignIn
	}
	if p.Confirmed(v.now) || !sureFor[page] && p.Fresh(v.now) {
		return p, true, nil
	}
	v.see("/account/confirm?to=" + page)
	return p, false, nil
}

// askConfirm asks anew for the password or a code.
func (v *visit) askConfirm(ref string, problems ...problem) error {
	p, err := v.person()
	if err != nil {
		return err
	}
	if p.Address().IsZero() {
		return errSignIn
	}
	to, query := v.confirmTo(), v.r.URL.Query()
	if ref == "" {
		ref = query.Get("ref")
	}
	if !references.MatchString(ref) {
		ref = ""
	}
	_, err = v.s.Store.Account(v.ctx(), p.Address())
	if err != nil && !errors.Is(err, store.ErrNoAccount) {
		return err
	}
	return v.show("confirm", v.t("own.confirm-title"), map[string]any{"Address": p.Address().String(), "Service": v.s.Brand.Service.String(), "To": to, "Reference": ref,
		"Password": err == nil, "Sent": ref != ""}, problems...)
}

// confirmTo is the page that wanted to know; the names are a closed set.
func (v *visit) confirmTo() string {
	to := v.field("to")
	if to == "" {
		to = v.r.URL.Query().Get("to")
	}
	if _, ok := sureFor[to]; !ok {
		return ""
	}
	return to
}

// submitConfirm takes it. The session goes on as a new one.
func submitConfirm(v *visit) error {
	p, err := v.person()
	if err != nil {
		return err
	}
	if p.Address().IsZero() {
		return errSignIn
	}
	to, ref := v.confirmTo(), v.field("ref")
	var by store.Proof
	switch v.field("do") {
	case "send":
		ref, err := v.s.sendCode(v, p.Address(), v.browser())
		if err != nil {
			return err
		}
		v.see("/account/confirm?to=" + to + "&ref=" + url.QueryEscape(ref))
		return nil
	case "code":
		by, err = v.s.Store.CheckCode(v.ctx(), p.Address(), v.browser(), cleanCode(v.field("code")), v.now)
		switch {
		case errors.Is(err, store.ErrWrong):
			return v.askConfirm(ref, problem{"code", v.t("code.wrong")})
		case errors.Is(err, store.ErrCodeExpired):
			return v.askConfirm(ref, problem{"code", v.t("code.expired")})
		}
	default:
		by, err = v.s.Store.CheckPassword(v.ctx(), p.Address(), v.field("password"), v.now)
		if errors.Is(err, store.ErrWrong) {
			return v.askConfirm(ref, problem{"password", v.t("signin.password-wrong")})
		}
	}
	if err != nil {
		return err
	}
	token, err := v.s.Store.Reenter(v.ctx(), v.s.cookie(v.r, sessionCookie), by, deviceOf(v.r.UserAgent()), v.now)
	if err != nil {
		return err
	}
	v.s.setCookie(v.w, sessionCookie, token)
	if to != "" {
		to = "/" + to
	}
	v.see("/account" + to)
	return nil
}

// owner gives who is signed in with her account; who has none is led to where she
// makes one, and false comes back.
func (v *visit) owner() (store.Proof, store.Account, bool, error) {
	p, err := v.person()
	if err != nil {
		return p, store.Account{}, false, err
	}
	if p.Address().IsZero() {
		return p, store.Account{}, false, errSignIn
	}
	a, err := v.s.Store.Account(v.ctx(), p.Address())
	if errors.Is(err, store.ErrNoAccount) {
		v.see("/account")
		return p, a, false, nil
	}
	return p, a, err == nil, err
}

func (v *visit) askName(problems ...problem) error {
	_, a, ok, err := v.owner()
	if !ok {
		return err
	}
	first, last := a.FirstName, a.LastName
	if len(problems) > 0 {
		first, last = v.field("first"), v.field("last")
	}
	return v.show("own-name", v.t("own.name-title"), map[string]any{"First": first, "Last": last}, problems...)
}

func submitName(v *visit) error {
	p, _, ok, err := v.owner()
	if !ok {
		return err
	}
	first, last := clean(v.field("first")), clean(v.field("last"))
	var wrong []problem
	for _, f := range []struct{ field, text string }{{"first", first}, {"last", last}} {
		if f.text == "" || len([]rune(f.text)) > maxFirst {
			wrong = append(wrong, problem{f.field, v.t("account." + f.field + "-wrong")})
		}
	}
	if len(wrong) > 0 {
		return v.askName(wrong...)
	}
	if err := v.s.Store.SetName(v.ctx(), p, first, last, v.now); err != nil {
		return err
	}
	v.see("/account?done=name")
	return nil
}

func (v *visit) askPassword(problems ...problem) error {
	if _, _, ok, err := v.owner(); !ok {
		return err
	}
	if _, ok, err := v.sure("password"); !ok {
		return err
	}
	return v.show("own-password", v.t("own.password-title"), nil, problems...)
}

// submitPassword sets it; all other sessions end.
func submitPassword(v *visit) error {
	_, a, ok, err := v.owner()
	if !ok {
		return err
	}
	p, ok, err := v.sure("password")
	if !ok {
		return err
	}
	if problems := v.typedPassword(p.Address(), a.FirstName, a.LastName); len(problems) > 0 {
		return v.askPassword(problems...)
	}
	p, err = v.s.Store.ChangePassword(v.ctx(), p, v.field("password"), v.now)
	if err != nil {
		return err
	}
	v.tellOwner(p.Address(), notice.PasswordChanged, "")
	return v.enter(p, "/account?done=password")
}

func (v *visit) askQuestion(question string, problems ...problem) error {
	_, a, ok, err := v.owner()
	if !ok {
		return err
	}
	if _, ok, err := v.sure("question"); !ok {
		return err
	}
	if len(problems) == 0 {
		question = a.Question
	}
	return v.show("own-question", v.t("own.question-title"), map[string]any{"Question": question, "Questions": v.questions(), "Have": a.Question != ""}, problems...)
}

func submitQuestion(v *visit) error {
	_, _, ok, err := v.owner()
	if !ok {
		return err
	}
	p, ok, err := v.sure("question")
	if !ok {
		return err
	}
	question, answer := v.field("question"), clean(v.field("answer"))
	if v.field("do") == "remove" {
		question, answer = "", ""
	} else {
		var wrong []problem
		if !slices.Contains(questions, question) {
			wrong = append(wrong, problem{"question", v.t("account.question-wrong")})
		}
		if answer == "" || len([]rune(answer)) > maxAnswer {
			wrong = append(wrong, problem{"answer", v.t("account.answer-wrong")})
		}
		if len(wrong) > 0 {
			return v.askQuestion(question, wrong...)
		}
	}
	if err := v.s.Store.SetQuestion(v.ctx(), p, question, answer, v.now); err != nil {
		return err
	}
	v.tellOwner(p.Address(), notice.QuestionChanged, "")
	v.see("/account?done=question")
	return nil
}

// tellOwner puts a mail about a change into the outbox. The change stands; when
// the mail cannot be put in, that is logged.
func (v *visit) tellOwner(a addr.Address, what, name string) {
	data := notice.AccountChangedData{What: what, Name: name, At: v.now, Page: v.s.BaseURL + "/account", Lang: v.spoken()}
	if err := v.s.post(v, notice.AccountChanged, a, data, store.OutboxLife); err != nil {
		v.s.Log.Error("who owns an account was not told of a change", "what", what, "err", err)
	}
}
