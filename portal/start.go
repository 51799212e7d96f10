package portal

import (
	"strings"
	"unicode/utf8"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
)

// start is the first page: the address (BCC-2). Somebody signed in sees where
// to find messages instead.
func start(v *visit) error {
	p, err := v.person()
	if err != nil {
		return err
	}
	if p.Address().IsZero() {
		return v.askAddress("", "")
	}
	rows, err := v.newest(p)
	if err != nil {
		return err
	}
	return v.show("home", v.t("home.title"), map[string]any{"Offer": v.offer(p), "Rows": rows, "Write": v.mayWrite(p), "Invite": v.s.invites()})
}

// askAddress shows the address form; next is where the sign-in leads.
func (v *visit) askAddress(typed, next string, problems ...problem) error {
	title, hint := v.t("start.title"), v.t("start.hint")
	if next == "/sent" || strings.HasPrefix(next, "/sent/") {
		title, hint = v.t("start.title-sent"), v.t("start.hint-sent")
	}
	var choices []string
	if strings.HasPrefix(next, "/m/") {
		if rec, ok := v.waiting(); ok {
			shared := false
			if choices, shared = v.own(offered(rec)); shared {
				hint, choices = v.t("desk.sign-in-hint"), nil
			}
		}
	}
	v.scripted(v.s.passkeys != nil)
	return v.show("start", title, map[string]any{"Address": typed, "Next": next, "Hint": hint, "Passkey": v.s.passkeys != nil, "Choices": choices}, problems...)
}

// typeAddress takes the address; the same next page follows for every one.
func typeAddress(v *visit) error {
	typed, next := v.picked(), v.field("next")
	if !localPage(next) {
		next = "/"
	}
	a, err := addr.Parse(typed)
	if err != nil || utf8.RuneCountInString(typed) > maxAddress {
		return v.askAddress(typed, next, problem{"address", v.t("start.address-wrong")})
	}
	if err := v.bring(store.Flow{Address: a, Next: next}); err != nil {
		return err
	}
	v.see("/signin")
	return nil
}

// signin shows the ways in for the address typed before, or asks for it.
func signin(v *visit) error {
	f, err := v.brought()
	if err != nil {
		return err
	}
	if f.Address.IsZero() || v.r.URL.Query().Has("change") {
		return v.askAddress("", f.Next)
	}
	return v.choose(f.Address)
}

// signout ends the session here and in the store.
func signout(v *visit) error {
	if token := v.s.cookie(v.r, sessionCookie); token != "" {
		if err := v.s.Store.EndSession(v.ctx(), token); err != nil {
			return err
		}
	}
	v.s.setCookie(v.w, sessionCookie, "")
	if v.field("then") == "signin" {
		v.see("/signin?change=1")
		return nil
	}
	if err := v.s.Store.EndFlow(v.ctx(), v.browser()); err != nil {
		return err
	}
	v.see("/signedout")
	return nil
}

// signedOut says that the session is over; with a message in the address, that it
// was put away because nothing happened on its page.
func signedOut(v *visit) error {
	if from := "/m/" + v.r.URL.Query().Get("from"); localPage(from) {
		return v.show("signedout", v.t("signedout.idle-title"), map[string]any{"From": from})
	}
	return v.show("signedout", v.t("signedout.title"), nil)
}

func help(v *visit) error {
	return v.show("help", v.t("help.title"), map[string]any{"Service": v.s.Brand.Service.String(), "Base": v.s.BaseURL, "Domain": v.s.Brand.ServiceDomain,
		"HelpDesk": v.helpDesk(), "Join": v.s.joins()})
}

func privacy(v *visit) error { return v.show("privacy", v.t("privacy.title"), nil) }

// deepLink gives the message that this browser came for.
func (v *visit) deepLink() (envelope.ID, envelope.Secret, bool) {
	f, err := v.brought()
	if err != nil || len(f.Next) < len("/m/") || f.Next[:3] != "/m/" {
		return envelope.ID{}, envelope.Secret{}, false
	}
	id, err := envelope.ParseID(strings.TrimSuffix(f.Next[3:], "/reply"))
	secret, ok := f.Secrets[id]
	return id, secret, err == nil && ok
}
