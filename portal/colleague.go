package portal

import (
	"errors"
	"time"
	"unicode/utf8"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/store"
)

// Inviting a colleague (CJSM-10): a member types an address, and a mail of fixed
// words goes there. Nothing tells whether the address has an account.

// How often one member invites, and one address is invited by all of them.
var (
	quotaInvites = store.Quota{Name: "invites", Max: 10, Per: time.Hour} // an office; more is a mailing
	quotaInvited = store.Quota{Name: "invited", Max: 2, Per: 7 * 24 * time.Hour}
)

// inviteLife is how long an invitation waits to be sent.
const inviteLife = 24 * time.Hour

func (s *Server) colleaguePages(get, post func(path string, a action)) {
	if !s.invites() {
		return
	}
	get("/colleague", colleague)
	post("/colleague", submitColleague)
	get("/colleague/sent", colleagueSent)
}

// invites tells whether there is anything to invite people to.
func (s *Server) invites() bool { return s.Rooms.Switches != nil || s.joins() }

// memberPage is where an address of its kind joins; empty where it cannot.
func (s *Server) memberPage(a addr.Address) (page string, staff bool) {
	staff = s.colleague(a)
	switch {
	case staff && s.Rooms.Switches != nil && s.Rooms.Switches():
		return s.BaseURL + "/enable", true
	case !staff && s.joins():
		return s.BaseURL + "/join", false
	}
	return "", staff
}

// mayInvite gives the name of somebody who may invite: staff, and who has an account.
func (v *visit) mayInvite(p store.Proof) (name string, ok bool, err error) {
	ok = v.s.colleague(p.Address())
	for _, a := range append([]addr.Address{p.Address()}, p.Also()...) {
		account, err := v.s.Store.Account(v.ctx(), a)
		if err == nil {
			return account.FirstName + " " + account.LastName, true, nil
		}
		if !errors.Is(err, store.ErrNoAccount) {
			return "", false, err
		}
	}
	return "", ok, nil
}

func colleague(v *visit) error {
	p, ok, err := v.signedIn("/colleague")
	if err != nil || !ok {
		return err
	}
	return v.askColleague(p, "")
}

func (v *visit) askColleague(p store.Proof, typed string, problems ...problem) error {
	_, member, err := v.mayInvite(p)
	if err != nil {
		return err
	}
	return v.show("colleague", v.t("colleague.title"), map[string]any{"Address": typed, "Hint": v.t("colleague.hint"), "Member": member}, problems...)
}

// submitColleague mails the invitation. What follows is the same for every address.
func submitColleague(v *visit) error {
	p, err := v.bearerOf()
	if err != nil {
		return err
	}
	name, member, err := v.mayInvite(p)
	if err != nil {
		return err
	}
	if !member {
		return v.askColleague(p, "")
	}
	typed := v.picked()
	a, err := addr.Parse(typed)
	if err != nil || utf8.RuneCountInString(typed) > maxAddress {
		return v.askColleague(p, typed, problem{"address", v.t("colleague.address-wrong")})
	}
	page, staff := v.s.memberPage(a)
	if page == "" {
		return v.askColleague(p, typed, problem{"address", v.t("colleague.address-other")})
	}
	room, err := v.s.Store.Take(v.ctx(), quotaInvites, v.now, p.Address().Key())
	if err != nil {
		return err
	}
	if !room {
		return v.askColleague(p, typed, problem{"address", v.t("colleague.too-often")})
	}
	if room, err = v.s.Store.Take(v.ctx(), quotaInvited, v.now, a.Key()); err != nil {
		return err
	}
	if room {
		data := notice.ColleagueData{Name: name, From: p.Address().String(), Staff: staff, Page: page, Lang: v.spoken()}
		if err := v.s.post(v, notice.Colleague, a, data, inviteLife); err != nil {
			return err
		}
	}
	v.see("/colleague/sent")
	return nil
}

func colleagueSent(v *visit) error {
	if _, ok, err := v.signedIn("/colleague"); err != nil || !ok {
		return err
	}
	return v.show("colleague", v.t("colleague.sent-title"), map[string]any{"Sent": true, "Service": v.s.Brand.Service.String()})
}
