package portal

import (
	"errors"
	"time"
	"unicode/utf8"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/store"
)

// Switching secure mail on (CYC-3 to 5): the address, a mail with the way to go, a
// sign-in, the terms. Nothing on the way tells whether an address has an account.

// How often instructions are mailed to one address, and asked for from one source.
var (
	quotaEnableMail = store.Quota{Name: "enable-mail", Max: 5, Per: time.Hour}
	quotaEnableFrom = store.Quota{Name: "enable-from", Max: 60, Per: time.Hour} // a whole office may begin on one day
)

// enableLife is how long instructions wait to be sent; they hold nothing that ends.
const enableLife = 24 * time.Hour

func (s *Server) enablePages(get, post func(path string, a action)) {
	if s.Rooms.Switches == nil {
		return
	}
	get("/enable", whereOn(enable))
	post("/enable", whereOn(submitEnable))
	get("/enable/sent", whereOn(enableSent))
	get("/enable/terms", whereOn(enableTerms))
	post("/enable/terms", whereOn(submitTerms))
}

// whereOn leaves a page out where the rules say that nobody switches anything on.
func whereOn(a action) action {
	return func(v *visit) error {
		if !v.s.Rooms.Switches() {
			return errPage
		}
		return a(v)
	}
}

// enable asks for the address. Who is signed in goes on to the terms.
func enable(v *visit) error {
	p, err := v.person()
	if err != nil {
		return err
	}
	if !p.Address().IsZero() {
		v.see("/enable/terms")
		return nil
	}
	return v.askEnable("")
}

func (v *visit) askEnable(typed string, problems ...problem) error {
	return v.show("enable", v.t("enable.title"), map[string]any{"Address": typed, "Hint": v.t("enable.hint")}, problems...)
}

// submitEnable mails the instructions. The answer is the same for every address of
// the organisation, with an account, without, and when it was asked too often.
func submitEnable(v *visit) error {
	typed := v.picked()
	a, err := addr.Parse(typed)
	if err != nil || utf8.RuneCountInString(typed) > maxAddress || !v.s.colleague(a) {
		return v.askEnable(typed, problem{"address", v.t("enable.address-wrong", "organisation", v.s.Brand.In(v.lang().Tag()).Organisation)})
	}
	if err := v.spend(quotaEnableFrom); err != nil {
		return err
	}
	if err := v.bring(store.Flow{Address: a, Next: "/enable/terms"}); err != nil {
		return err
	}
	if err := v.mailInstructions(a); err != nil {
		return err
	}
	v.see("/enable/sent")
	return nil
}

func (v *visit) mailInstructions(a addr.Address) error {
	_, err := v.s.Store.Account(v.ctx(), a)
	known := err == nil
	if err != nil && !errors.Is(err, store.ErrNoAccount) {
		return err
	}
	on, err := v.s.Store.SwitchedOn(v.ctx(), a, v.s.Rooms.Terms.Version)
	if err != nil {
		return err
	}
	room, err := v.s.Store.Take(v.ctx(), quotaEnableMail, v.now, a.Key())
	if err != nil || !room {
		return err
	}
	data := notice.EnableData{Page: v.s.BaseURL + "/enable/terms", AskedAt: v.now, Known: known, On: on, Tag: v.s.Tag, Lang: v.spoken()}
	return v.s.post(v, notice.Enable, a, data, enableLife)
}

func enableSent(v *visit) error {
	a, err := v.address()
	if err != nil {
		return err
	}
	return v.show("enable", v.t("sent.title"), map[string]any{"Sent": true, "Address": a.String(), "Service": v.s.Brand.Service.String()})
}

// enableTerms shows what to agree to, or what was agreed to and when.
func enableTerms(v *visit) error {
	p, ok, err := v.signedIn("/enable/terms")
	if err != nil || !ok {
		return err
	}
	return v.askTerms(p)
}

func (v *visit) askTerms(p store.Proof, problems ...problem) error {
	t := v.s.Rooms.Terms
	agreed, have, err := v.s.Store.AgreedTo(v.ctx(), p.Address())
	if err != nil {
		return err
	}
	data := map[string]any{"Terms": t.in(append([]string{v.lang().Tag()}, v.s.languages...)...), "Version": t.Version, "Ours": v.s.colleague(p.Address()),
		"Address": p.Address().String(), "Signed": true, "Changed": have, "Tag": v.s.Tag}
	title := v.t("enable.terms-title")
	if have && agreed.Version == t.Version {
		data["On"], title = v.when(agreed.At), v.t("enable.on-title")
	}
	return v.show("enable", title, data, problems...)
}

// submitTerms notes the agreement. The version that was on the page must be the
// one that counts: nobody agrees to what she has not seen.
func submitTerms(v *visit) error {
	p, err := v.bearerOf()
	if err != nil {
		return err
	}
	if !v.s.colleague(p.Address()) {
		return v.askTerms(p)
	}
	t := v.s.Rooms.Terms
	switch {
	case v.field("version") != t.Version:
		return v.askTerms(p, problem{"agree", v.t("enable.changed")})
	case len(t.Text) > 0 && v.field("agree") != "yes":
		return v.askTerms(p, problem{"agree", v.t("enable.agree-wrong")})
	}
	if err := v.s.Store.Agree(v.ctx(), p, t.Version, v.now); err != nil {
		return err
	}
	v.s.Log.Info("secure mail switched on", "version", t.Version)
	v.listColleague(p)
	v.see("/enable/terms")
	return nil
}

// colleague tells whether an address is the organisation's own.
func (s *Server) colleague(a addr.Address) bool {
	if s.Rooms.Ours != nil {
		return s.Rooms.Ours(a)
	}
	return s.Inside(a)
}
