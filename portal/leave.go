package portal

import (
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/store"
)

// askDelete says what goes and what stays, and asks once more. Who has no account
// but passkeys can delete those the same way.
func (v *visit) askDelete(problems ...problem) error {
	p, ok, err := v.sure("delete")
	if !ok {
		return err
	}
	d, err := v.s.Store.Duties(v.ctx(), p, v.now)
	if err != nil {
		return err
	}
	if len(d.Last) > 0 { // told before the form, not after it
		return store.ErrLastOwner
	}
	return v.show("own-delete", v.t("own.delete-title"), map[string]any{"Address": p.Address().String(), "Also": texts(p.Also()),
		"Desks": texts(d.Desks), "Units": texts(d.Units)}, problems...)
}

// submitDelete ends the account, and with it every session. What this browser
// brought and has not sent goes too.
func submitDelete(v *visit) error {
	p, ok, err := v.sure("delete")
	if !ok {
		return err
	}
	if v.field("agree") != "yes" {
		return v.askDelete(problem{"agree", v.t("own.delete-agree-wrong")})
	}
	f, err := v.brought()
	if err != nil {
		return err
	}
	if err := v.s.Store.DeleteAccount(v.ctx(), p, v.now); err != nil {
		return err
	}
	v.tellOwner(p.Address(), notice.AccountDeleted, "")
	for id := range f.Secrets {
		if err := v.s.Store.EndDraft(v.ctx(), v.browser(), id); err != nil {
			return err
		}
	}
	v.s.setCookie(v.w, sessionCookie, "")
	if err := v.s.Store.EndFlow(v.ctx(), v.browser()); err != nil {
		return err
	}
	v.see("/account/deleted")
	return nil
}

// deleted is the page after it, for nobody.
func deleted(v *visit) error { return v.show("own-deleted", v.t("own.deleted-title"), nil) }
