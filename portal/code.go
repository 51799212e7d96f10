package portal

import (
	"encoding/json"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/store"
)

// codeMethod is the sign-in by 8 digits sent to the mailbox (SCC-7 to 10).
type codeMethod struct{}

func (codeMethod) name() string { return "code" }

func (codeMethod) ask(v *visit, a addr.Address) error {
	return v.askCode(a, v.r.URL.Query().Get("ref"))
}

func (m codeMethod) answer(v *visit, a addr.Address) error {
	if v.field("do") == "send" {
		ref, err := v.s.sendCode(v, a, v.browser())
		if err != nil {
			v.s.failed(m.name(), err)
			return err
		}
		v.see("/signin/code?ref=" + url.QueryEscape(ref))
		return nil
	}
	ref, code := v.field("ref"), cleanCode(v.field("code"))
	if code == "" {
		return v.askCode(a, ref, problem{"code", v.t("code.empty")})
	}
	p, err := v.guessCode(a, v.browser(), code)
	if err == nil {
		return v.passed(m, p)
	}
	v.s.failed(m.name(), err)
	switch {
	case errors.Is(err, store.ErrWrong):
		return v.askCode(a, ref, problem{"code", v.t("code.wrong")})
	case errors.Is(err, store.ErrCodeExpired):
		return v.askCode(a, ref, problem{"code", v.t("code.expired")})
	}
	return err
}

// references are shown on the page and in the mail (C8); anything else is not repeated.
var references = regexp.MustCompile(`^[A-Z0-9]{1,6}$`)

func (v *visit) askCode(a addr.Address, ref string, problems ...problem) error {
	return v.askCodeAt(a, ref, "/signin/code", "/signin", problems...)
}

// askCodeAt asks for a code that action takes; back is another way.
func (v *visit) askCodeAt(a addr.Address, ref, action, back string, problems ...problem) error {
	if !references.MatchString(ref) {
		ref = ""
	}
	return v.show("code", v.t("code.title"), map[string]any{"Address": a.String(), "Service": v.s.Brand.Service.String(), "Reference": ref,
		"Action": action, "Back": back, "SignIn": action == "/signin/code"}, problems...)
}

// cleanCode takes what people put between digits: spaces and hyphens.
func cleanCode(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '-' || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
}

// sendCode makes a code for an address in a browser and puts its mail into the
// outbox, for every address alike.
func (s *Server) sendCode(v *visit, a addr.Address, b store.Browser) (ref string, err error) {
	held, err := v.held(a)
	if err != nil {
		return "", err
	}
	code, ref, err := s.Store.NewCode(v.ctx(), a, b, v.now, held)
	if errors.Is(err, store.ErrWithheld) {
		return ref, nil
	}
	if err != nil {
		return "", err
	}
	data := notice.CodeData{Code: code, Reference: ref, AskedAt: v.now, Minutes: int(store.CodeLife.Minutes()), Lang: v.spoken()}
	return ref, s.post(v, notice.Code, a, data, store.CodeLife)
}

// post puts a notice into the outbox and wakes the worker.
func (s *Server) post(v *visit, kind notice.Kind, to addr.Address, data any, life time.Duration) error {
	raw, err := json.Marshal(data)
	if err != nil {
		return err
	}
	err = s.Store.Enqueue(v.ctx(), store.Outgoing{Kind: string(kind), To: to, Data: raw, Due: v.now, Expires: v.now.Add(life)})
	if err == nil && s.Outbox != nil {
		s.Outbox.Kick()
	}
	return err
}
