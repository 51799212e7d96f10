package portal

import (
	"errors"
	"net/url"

	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/store"
)

// forgot is the page that offers the link for a new password (BCC-26, BOP-15).
func forgot(v *visit) error {
	a, err := v.address()
	if err != nil {
		return err
	}
	return v.show("forgot", v.t("forgot.title"), map[string]any{"Address": a.String()})
}

// submitForgot sends the link; the page that follows is the same for every address.
func submitForgot(v *visit) error {
	a, err := v.address()
	if err != nil {
		return err
	}
	held, err := v.held(a)
	if err != nil {
		return err
	}
	m, err := v.s.Store.StartReset(v.ctx(), a, v.browser(), v.now, held)
	if err == nil {
		err = v.postReset(m)
	}
	if err != nil && !errors.Is(err, store.ErrWithheld) {
		return err
	}
	v.see("/forgot/sent")
	return nil
}

func forgotSent(v *visit) error {
	a, err := v.address()
	if err != nil {
		return err
	}
	return v.show("sent", v.t("sent.title"), map[string]any{"Address": a.String(), "Service": v.s.Brand.Service.String(),
		"Press": v.t("sent.press-forgot"), "Again": "/forgot", "Code": true, "Elsewhere": v.t("forgotten.mailbox")})
}

// resetPage asks the question on file, or for the new password where there is
// none (BOP-16). It looks and changes nothing.
func resetPage(v *visit) error {
	token := v.r.URL.Query().Get("t")
	return v.askReset(token, v.r.URL.Query().Has("answered"))
}

func (v *visit) askReset(token string, answered bool, problems ...problem) error {
	a, question, err := v.s.Store.ResetQuestion(v.ctx(), token, v.now)
	if err != nil {
		return linkEnded(err)
	}
	v.browser() // the answer counts for this browser
	return v.show("reset", v.t("reset.title"), map[string]any{"Address": a.String(), "Service": v.s.Brand.Service.String(), "Question": v.question(question),
		"Asked": question != "" && !answered, "Token": token}, problems...)
}

// submitAnswer checks the answer; five wrong ones close the way for an hour (BOP-17).
func submitAnswer(v *visit) error {
	token, answer := v.field("t"), clean(v.field("answer"))
	if answer == "" {
		return v.askReset(token, false, problem{"answer", v.t("reset.answer-empty")})
	}
	err := v.s.Store.CheckAnswer(v.ctx(), token, v.browser(), answer, v.now)
	if errors.Is(err, store.ErrWrong) {
		return v.askReset(token, false, problem{"answer", v.t("reset.answer-wrong")})
	}
	if err != nil {
		return linkEnded(err)
	}
	v.see("/reset?answered=1&t=" + url.QueryEscape(token))
	return nil
}

// submitNewPassword sets it and lets the person sign in with it.
func submitNewPassword(v *visit) error {
	token := v.field("t")
	a, _, err := v.s.Store.ResetQuestion(v.ctx(), token, v.now)
	if err != nil {
		return linkEnded(err)
	}
	if problems := v.typedPassword(a); len(problems) > 0 {
		return v.askReset(token, true, problems...)
	}
	if err := v.s.Store.SetPassword(v.ctx(), token, v.browser(), v.field("password"), v.now); err != nil {
		return linkEnded(err)
	}
	v.tellOwner(a, notice.PasswordChanged, "")
	p, err := v.s.Store.CheckPassword(v.ctx(), a, v.field("password"), v.now)
	if err != nil {
		return err
	}
	if err := v.bring(store.Flow{Address: a}); err != nil {
		return err
	}
	return v.enter(p, "/activated")
}

// postReset sends the link. An address without an account gets a mail all the
// same, with the way to set a first password; only its owner sees the difference.
func (v *visit) postReset(m store.ResetMail) error {
	link := v.s.BaseURL + "/register"
	if m.Token != "" {
		link = v.s.BaseURL + "/reset?t=" + url.QueryEscape(m.Token)
	}
	data := notice.ResetData{Link: link, AskedAt: v.now, Minutes: int(store.LinkLife.Minutes()), First: m.Token == "", Lang: v.spoken()}
	return v.s.post(v, notice.Reset, m.To, data, store.LinkLife)
}
