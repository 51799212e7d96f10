package portal

import (
	"errors"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/store"
)

// passwordMethod is the sign-in of people who set a password (BCC-4, BOP-2).
type passwordMethod struct{}

func (passwordMethod) name() string { return "password" }

func (passwordMethod) ask(v *visit, a addr.Address) error { return v.choose(a) }

func (m passwordMethod) answer(v *visit, a addr.Address) error {
	typed := v.field("password")
	if typed == "" {
		return v.choose(a, problem{"password", v.t("signin.password-empty")})
	}
	p, err := v.guessPassword(a, typed)
	if err == nil {
		return v.passed(m, p)
	}
	v.s.failed(m.name(), err)
	if errors.Is(err, store.ErrWrong) && v.pending(a) {
		return errPending // BCC-7: known from this browser alone, never from the account
	}
	if errors.Is(err, store.ErrWrong) {
		return v.choose(a, problem{"password", v.t("signin.password-wrong")})
	}
	return err
}
