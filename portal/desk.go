package portal

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/store"
)

// Shared mailboxes (BOP-23, journey 3): who reads them signs in as herself. Which
// of them opens what is decided by store.Release alone; these pages change lists.

// How often people are put on lists, and shared addresses written to, by one person.
var (
	quotaDeskMember = store.Quota{Name: "desk-member", Max: 60, Per: 24 * time.Hour} // an office on its first day
	quotaDeskBegun  = store.Quota{Name: "desk-begun", Max: 5, Per: 24 * time.Hour}
)

func (s *Server) deskPages(get, post func(path string, a action)) {
	get("/desk", desks)
	get("/desk/new", newDesk)
	post("/desk/new", submitDesk)
	get("/desk/new/code", deskCode)
	post("/desk/new/code", submitDeskCode)
	post("/desk/stop", stopDesk)
	get("/desk/{id}", oneDesk)
	post("/desk/{id}/add", addSeat)
	post("/desk/{id}/owner", setOwner)
	post("/desk/{id}/remove", removeSeat)
	again(get, "/desk", "/desk/stop", "/desk/{id}/add", "/desk/{id}/owner", "/desk/{id}/remove")
}

// sitsSomewhere is who sees the room in the head of the page.
func sitsSomewhere(_ *visit, p store.Proof) bool { return p.Sits() }

// deskLine is a desk as a page names it.
type deskLine struct {
	Address, Page, State string
	People               int
}

// desks lists those of the person. Whoever is signed in with an address that is
// becoming one can stop it here.
func desks(v *visit) error {
	p, ok, err := v.signedIn("/desk")
	if err != nil || !ok {
		return err
	}
	all, err := v.s.Store.DesksOf(v.ctx(), p, v.now)
	if err != nil {
		return err
	}
	var lines []deskLine
	for _, d := range all {
		lines = append(lines, deskLine{d.Address.String(), "/desk/" + v.s.Store.DeskID(d.Address), v.deskState(d), len(d.Seats)})
	}
	data := map[string]any{"Desks": lines, "Address": p.Address().String()}
	own, is, err := v.s.Store.Desk(v.ctx(), p.Address())
	if err != nil {
		return err
	}
	if is && own.There(v.now) {
		var people []string
		for _, seat := range own.Seats {
			people = append(people, seat.Address.String())
		}
		data["Own"], data["People"], data["Begun"] = v.deskState(own), people, own.Active(v.now)
	}
	return v.show("desk", v.t("desk.title"), data)
}

// deskState says in a sentence how it stands.
func (v *visit) deskState(d store.Desk) string {
	switch {
	case d.Active(v.now):
		return v.t("desk.active")
	case d.ActiveAt.IsZero():
		return v.t("desk.begun", "time", v.when(d.BegunAt.Add(store.DeskBegun)))
	}
	return v.t("desk.waiting", "time", v.when(d.ActiveAt))
}

// newDesk asks for the address.
func newDesk(v *visit) error {
	_, ok, err := v.signedIn("/desk/new")
	if err != nil || !ok {
		return err
	}
	return v.askDesk("")
}

func (v *visit) askDesk(typed string, problems ...problem) error {
	return v.show("desk-new", v.t("desk.new-title"), map[string]any{"Address": typed, "Hint": v.t("desk.new-hint")}, problems...)
}

// submitDesk sends a code to the shared mailbox, whatever it is.
func submitDesk(v *visit) error {
	p, err := v.bearerOf()
	if err != nil {
		return err
	}
	typed := v.picked()
	a, err := addr.Parse(typed)
	if err != nil || utf8.RuneCountInString(typed) > maxAddress || a.Equal(p.Address()) {
		return v.askDesk(typed, problem{"address", v.t("desk.address-wrong")})
	}
	if err := v.bring(store.Flow{Address: a}); err != nil {
		return err
	}
	return v.sendDeskCode(a)
}

func (v *visit) sendDeskCode(a addr.Address) error {
	ref, err := v.s.sendCode(v, a, v.browser())
	if err != nil {
		return err
	}
	v.see("/desk/new/code?ref=" + url.QueryEscape(ref))
	return nil
}

func deskCode(v *visit) error {
	if _, ok, err := v.signedIn("/desk/new"); err != nil || !ok {
		return err
	}
	a, err := v.address()
	if err != nil {
		return err
	}
	return v.askCodeAt(a, v.r.URL.Query().Get("ref"), "/desk/new/code", "/desk/new")
}

// submitDeskCode takes the code that shows the shared mailbox to be the person's to
// read: she is one of the two whom a desk needs.
func submitDeskCode(v *visit) error {
	p, err := v.bearerOf()
	if err != nil {
		return err
	}
	a, err := v.address()
	if err != nil {
		return err
	}
	if v.field("do") == "send" {
		return v.sendDeskCode(a)
	}
	ref := v.field("ref")
	mailbox, err := v.guessCode(a, v.browser(), v.field("code"))
	switch {
	case errors.Is(err, store.ErrWrong):
		return v.askCodeAt(a, ref, "/desk/new/code", "/desk/new", problem{"code", v.t("code.wrong")})
	case errors.Is(err, store.ErrCodeExpired):
		return v.askCodeAt(a, ref, "/desk/new/code", "/desk/new", problem{"code", v.t("code.expired")})
	case err != nil:
		return err
	}
	if err := v.may(quotaDeskBegun, p.Address()); err != nil {
		return err
	}
	d, done, err := v.s.Store.BeginDesk(v.ctx(), p, mailbox, v.now)
	switch {
	case errors.Is(err, store.ErrExists):
		return v.askDesk(a.String(), problem{"address", v.t("desk.exists")})
	case errors.Is(err, store.ErrConflict):
		return v.askDesk(a.String(), problem{"address", v.t("desk.address-wrong")})
	case err != nil:
		return err
	}
	if err := v.tellDesk(d, p, done); err != nil {
		return err
	}
	v.see("/desk/" + v.s.Store.DeskID(a))
	return nil
}

// tellDesk writes to the shared address itself, so that all who read it know.
func (v *visit) tellDesk(d store.Desk, p store.Proof, done bool) error {
	data := notice.DeskData{People: []string{p.Address().String()}, Begun: !done, Page: v.s.BaseURL + "/desk"}
	if done {
		data.People, data.From = nil, d.ActiveAt
		for _, seat := range d.Seats {
			data.People = append(data.People, seat.Address.String())
		}
	}
	v.s.Log.Info("a shared mailbox is begun", "second", done)
	return v.s.post(v, notice.Desk, d.Address, data, store.OutboxLife)
}

// stopDesk ends what has not begun yet, by whoever is signed in with the address.
func stopDesk(v *visit) error {
	p, err := v.bearerOf()
	if err != nil {
		return err
	}
	if _, err = v.s.Store.StopDesk(v.ctx(), p, v.now); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	v.see("/desk")
	return nil
}

// seatLine is one person of a desk.
type seatLine struct {
	Address, Since string
	Owner, Self    bool
}

// oneDesk shows a desk to its people. To anybody else there is no such page.
func oneDesk(v *visit) error {
	p, ok, err := v.signedIn(v.r.URL.Path)
	if err != nil || !ok {
		return err
	}
	return v.showDesk(p, "")
}

// desk finds the desk of the page's address among those of the person.
func (v *visit) desk(p store.Proof) (store.Desk, error) {
	all, err := v.s.Store.DesksOf(v.ctx(), p, v.now)
	if err != nil {
		return store.Desk{}, err
	}
	i := slices.IndexFunc(all, func(d store.Desk) bool { return v.s.Store.DeskID(d.Address) == v.r.PathValue("id") })
	if i < 0 {
		return store.Desk{}, errPage
	}
	return all[i], nil
}

func (v *visit) showDesk(p store.Proof, typed string, problems ...problem) error {
	d, err := v.desk(p)
	if err != nil {
		return err
	}
	var people []seatLine
	for _, s := range d.Seats {
		people = append(people, seatLine{s.Address.String(), v.when(s.Since), s.Owner, s.Address.Equal(p.Address())})
	}
	slices.SortFunc(people, func(a, b seatLine) int { return strings.Compare(a.Address, b.Address) })
	mine, _ := d.Seat(p.Address())
	return v.show("desk-one", v.t("desk.one-title"), map[string]any{"Desk": d.Address.String(), "Path": "/desk/" + v.r.PathValue("id"), "State": v.deskState(d),
		"People": people, "Owner": mine.Owner && !d.ActiveAt.IsZero(), "Address": typed, "Hint": v.t("desk.add-hint"), "Removed": v.removed()}, problems...)
}

// removed repeats who was just taken off, in the same browser only as an address
// that reads like one.
func (v *visit) removed() string {
	a, err := addr.Parse(v.r.URL.Query().Get("removed"))
	if err != nil {
		return ""
	}
	return a.String()
}

// addSeat puts somebody on the list and tells her.
func addSeat(v *visit) error {
	p, err := v.bearerOf()
	if err != nil {
		return err
	}
	d, err := v.desk(p)
	if err != nil {
		return err
	}
	typed := v.picked()
	a, err := addr.Parse(typed)
	if err != nil || utf8.RuneCountInString(typed) > maxAddress {
		return v.showDesk(p, typed, problem{"address", v.t("start.address-wrong")})
	}
	if err := v.may(quotaDeskMember, p.Address()); err != nil {
		return err
	}
	owner := v.field("owner") == "yes"
	fresh, err := v.s.Store.SetSeat(v.ctx(), p, d.Address, a, owner, v.now)
	if errors.Is(err, store.ErrConflict) {
		return v.showDesk(p, typed, problem{"address", v.t("desk.add-wrong")})
	}
	if err != nil {
		return seatRefused(err)
	}
	if fresh {
		data := notice.DeskMemberData{Desk: d.Address.String(), By: p.Address().String(), Owner: owner, Page: v.s.BaseURL + "/desk"}
		if err := v.s.post(v, notice.DeskMember, a, data, store.OutboxLife); err != nil {
			return err
		}
	}
	v.see("/desk/" + v.r.PathValue("id"))
	return nil
}

// setOwner lets somebody look after the list, or not any more.
func setOwner(v *visit) error {
	return v.changeSeat(func(p store.Proof, d store.Desk, who addr.Address) error {
		if _, sits := d.Seat(who); !sits {
			return nil
		}
		_, err := v.s.Store.SetSeat(v.ctx(), p, d.Address, who, v.field("do") == "owner", v.now)
		return err
	}, "")
}

// removeSeat takes somebody off the list: the second click of two (journey 3).
func removeSeat(v *visit) error {
	return v.changeSeat(func(p store.Proof, d store.Desk, who addr.Address) error {
		return v.s.Store.Unseat(v.ctx(), p, d.Address, who, v.now)
	}, "?removed=")
}

func (v *visit) changeSeat(change func(p store.Proof, d store.Desk, who addr.Address) error, say string) error {
	p, err := v.bearerOf()
	if err != nil {
		return err
	}
	d, err := v.desk(p)
	if err != nil {
		return err
	}
	who, err := addr.Parse(v.field("who"))
	if err != nil {
		return errForm
	}
	if err := change(p, d, who); err != nil {
		return seatRefused(err)
	}
	to := "/desk/" + v.r.PathValue("id")
	switch {
	case who.Equal(p.Address()) && say != "": // she left: there is no such page for her any more
		to = "/desk"
	case say != "":
		to += say + url.QueryEscape(who.String())
	}
	v.see(to)
	return nil
}

// seatRefused: who is on the list and has not the say meets the page as if it took
// no such form.
func seatRefused(err error) error {
	if errors.Is(err, store.ErrNotRecipient) {
		return errPage
	}
	return err
}

// may counts one time of q for somebody. store.ErrTooMany: too often.
func (v *visit) may(q store.Quota, who addr.Address) error {
	ok, err := v.s.Store.Take(v.ctx(), q, v.now, who.Key())
	if err == nil && !ok {
		err = store.ErrTooMany
	}
	return err
}

// own leaves shared mailboxes out of addresses to sign in with: at those people
// sign in as themselves.
func (v *visit) own(addresses []string) (out []string, shared bool) {
	for _, text := range addresses {
		a, err := addr.Parse(text)
		if err == nil && v.isDesk(a) {
			shared = true
			continue
		}
		out = append(out, text)
	}
	return out, shared
}

// isDesk tells whether an address is a shared mailbox that has begun. While Redis
// does not say, it counts as an ordinary one: the gate asks again.
func (v *visit) isDesk(a addr.Address) bool {
	d, have, err := v.s.Store.Desk(v.ctx(), a)
	return err == nil && have && d.Active(v.now)
}
