package portal

import (
	"errors"
	"net/url"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/store"
)

// Several addresses on one account: the other mailbox is proved by a code, in this
// browser; where it has an account of its own, that is proved too, by its password.

func texts(list []addr.Address) []string {
	var out []string
	for _, a := range list {
		out = append(out, a.String())
	}
	return out
}

func (v *visit) askAddresses(typed string, problems ...problem) error {
	p, err := v.person()
	if err != nil {
		return err
	}
	if p.Address().IsZero() {
		return errSignIn
	}
	on, err := v.s.Store.On(v.ctx(), p.Address())
	if err != nil {
		return err
	}
	_, err = v.s.Store.Account(v.ctx(), p.Address())
	if err != nil && !errors.Is(err, store.ErrNoAccount) {
		return err
	}
	return v.show("own-addresses", v.t("own.addresses-title"), map[string]any{"Own": p.Address().String(), "Also": texts(p.Also()), "On": !on.IsZero() && !on.Equal(p.Address()),
		"Account": err == nil, "More": err == nil && len(p.Also()) < store.MaxAlso, "Address": typed}, problems...)
}

// submitAddress sends a code to the other address, whatever it is.
func submitAddress(v *visit) error {
	if _, _, ok, err := v.owner(); !ok {
		return err
	}
	p, ok, err := v.sure("addresses")
	if !ok {
		return err
	}
	typed := v.field("address")
	a, err := addr.Parse(typed)
	if err != nil || len(typed) > maxAddress || a.Equal(p.Address()) {
		return v.askAddresses(typed, problem{"address", v.t("own.address-wrong")})
	}
	if err := v.bring(store.Flow{Address: a}); err != nil {
		return err
	}
	return v.sendAddressCode(a)
}

func (v *visit) sendAddressCode(a addr.Address) error {
	ref, err := v.s.sendCode(v, a, v.browser())
	if err != nil {
		return err
	}
	v.see("/account/addresses/code?ref=" + url.QueryEscape(ref))
	return nil
}

func addressCode(v *visit) error {
	a, err := v.address()
	if err != nil {
		return err
	}
	return v.askAddressCode(a, v.r.URL.Query().Get("ref"), false)
}

// askAddressCode asks for the code, and with own for the password of the account
// that the address has.
func (v *visit) askAddressCode(a addr.Address, ref string, own bool, problems ...problem) error {
	if _, _, ok, err := v.owner(); !ok {
		return err
	}
	if !references.MatchString(ref) {
		ref = ""
	}
	return v.show("own-address-code", v.t("code.title"), map[string]any{"Address": a.String(), "Service": v.s.Brand.Service.String(), "Reference": ref, "Own": own}, problems...)
}

// submitAddressCode takes the code and puts the address on the account.
func submitAddressCode(v *visit) error {
	if _, _, ok, err := v.owner(); !ok {
		return err
	}
	p, ok, err := v.sure("addresses")
	if !ok {
		return err
	}
	a, err := v.address()
	if err != nil {
		return err
	}
	if v.field("do") == "send" {
		return v.sendAddressCode(a)
	}
	ref := v.field("ref")
	own, err := v.ownToo(a)
	if errors.Is(err, store.ErrWrong) { // before the code, which serves once
		return v.askAddressCode(a, ref, true, problem{"password", v.t("signin.password-wrong")})
	}
	if err != nil {
		return err
	}
	code, err := v.guessCode(a, v.browser(), v.field("code"))
	switch {
	case errors.Is(err, store.ErrWrong):
		return v.askAddressCode(a, ref, v.field("own") != "", problem{"code", v.t("code.wrong")})
	case errors.Is(err, store.ErrCodeExpired):
		return v.askAddressCode(a, ref, v.field("own") != "", problem{"code", v.t("code.expired")})
	case err != nil:
		return err
	}
	switch err := v.s.Store.AddAddress(v.ctx(), p, code, own, v.now); {
	case errors.Is(err, store.ErrExists):
		return v.askOwnToo(a)
	case errors.Is(err, store.ErrConflict):
		return v.askAddresses(a.String(), problem{"address", v.t("own.address-elsewhere")})
	case errors.Is(err, store.ErrTooMany):
		return v.askAddresses(a.String(), problem{"address", v.t("own.address-too-many")})
	case err != nil:
		return err
	}
	v.tellOwner(p.Address(), notice.AddressAdded, a.String())
	v.see("/account/addresses")
	return nil
}

// ownToo proves the account that the other address has, when its password was typed.
func (v *visit) ownToo(a addr.Address) (store.Proof, error) {
	typed := v.field("password")
	if typed == "" {
		return store.Proof{}, nil
	}
	return v.guessPassword(a, typed)
}

// askOwnToo asks for that password beside another code, since the one before was
// used up.
func (v *visit) askOwnToo(a addr.Address) error {
	ref, err := v.s.sendCode(v, a, v.browser())
	if err != nil {
		return err
	}
	return v.askAddressCode(a, ref, true, problem{"password", v.t("own.address-has-account")})
}

// removeAddress takes one off. All other sessions end with it.
func removeAddress(v *visit) error {
	p, ok, err := v.sure("addresses")
	if !ok {
		return err
	}
	a, err := addr.Parse(v.field("address"))
	if err != nil {
		v.see("/account/addresses")
		return nil
	}
	p, err = v.s.Store.RemoveAddress(v.ctx(), p, a, v.now)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrNoAccount) { // taken off already, in another window
		v.see("/account/addresses")
		return nil
	}
	if err != nil {
		return err
	}
	v.tellOwner(p.Address(), notice.AddressRemoved, a.String())
	return v.enter(p, "/account/addresses")
}

// leaveAccount takes the address that is signed in off another's account.
func leaveAccount(v *visit) error {
	p, ok, err := v.sure("addresses")
	if !ok {
		return err
	}
	on, err := v.s.Store.On(v.ctx(), p.Address())
	if err == nil {
		err = v.s.Store.LeaveAccount(v.ctx(), p, v.now)
	}
	switch {
	case errors.Is(err, store.ErrNotFound): // it has left already
	case err != nil:
		return err
	default:
		v.tellOwner(on, notice.AddressRemoved, p.Address().String())
	}
	v.s.setCookie(v.w, sessionCookie, "")
	v.see("/signin")
	return nil
}
