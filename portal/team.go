package portal

import (
	"errors"
	"net/http"
	"slices"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
)

// Teams (CYC-12): a manager sees what the units given to her have sent, takes it
// back and keeps it open, never what it says. The store asks for the right on every
// request and writes each look down (store/team.go); her acts stand in each
// message's record with her address.

// teamPages add them.
func (s *Server) teamPages(get, post func(path string, a action)) {
	get("/team", teams)
	get("/team/{unit}", teamList)
	post("/team/{unit}", teamList)
	get("/team/{unit}/{id}", teamMail)
	post("/team/{unit}/{id}", teamTakeBack)
	post("/team/{unit}/{id}/extend", teamExtend)
	get("/team/{unit}/{id}/extend", func(v *visit) error { // loaded again by hand
		v.see("/team/" + v.r.PathValue("unit") + "/" + v.r.PathValue("id"))
		return nil
	})
	get("/servicedesk/team", forServiceDesk(func(v *visit, _ addr.Address) error { return v.showGive("", "", nil) }))
	post("/servicedesk/team", forServiceDesk(giveUnit))
}

// unitLine is a unit as a page names it.
type unitLine struct{ Address, Page string }

// unitLines are the units of somebody; none for an outsider, whatever a list says.
func (v *visit) unitLines(p store.Proof) ([]unitLine, error) {
	if p.Address().IsZero() || !v.s.Inside(p.Address()) {
		return nil, nil
	}
	units, err := v.s.Store.UnitsOf(v.ctx(), p, v.now)
	if err != nil {
		return nil, err
	}
	var out []unitLine
	for _, u := range units {
		if v.s.colleague(u) {
			out = append(out, unitLine{u.String(), "/team/" + v.s.Store.UnitID(u)})
		}
	}
	return out, nil
}

// teams lists the units of who is signed in.
func teams(v *visit) error {
	p, ok, err := v.signedIn("/team")
	if err != nil || !ok {
		return err
	}
	units, err := v.unitLines(p)
	if err != nil {
		return err
	}
	return v.show("team", v.t("team.title"), map[string]any{"Units": units})
}

// unit gives the unit of the page's address to who manages it. For nobody signed in
// it shows the page that asks who it is, and ok is false; to everybody else the page
// is not there.
func (v *visit) unit() (p store.Proof, unit addr.Address, ok bool, err error) {
	if v.r.Method == http.MethodGet {
		next := "/team"
		if localPage(v.r.URL.Path) {
			next = v.r.URL.Path
		}
		p, ok, err = v.signedIn(next)
	} else {
		p, err = v.bearerOf()
		ok = err == nil
	}
	if err != nil || !ok {
		return p, unit, false, err
	}
	units, err := v.unitLines(p)
	if err != nil {
		return p, unit, false, err
	}
	i := slices.IndexFunc(units, func(u unitLine) bool { return u.Page == "/team/"+v.r.PathValue("unit") })
	if i < 0 {
		return p, unit, false, errPage
	}
	unit, err = addr.Parse(units[i].Address)
	return p, unit, err == nil, err
}

// teamList answers GET and POST /team/{unit}: what the unit sent. Words that are
// looked for come by POST, as in sentList.
func teamList(v *visit) error {
	p, unit, ok, err := v.unit()
	if err != nil || !ok {
		return err
	}
	words, from := clean(v.field("words")), v.r.URL.Query().Get("from")
	if v.r.PostForm != nil {
		from = v.field("from")
	}
	path := "/team/" + v.r.PathValue("unit")
	if len(words) > maxSearch {
		return v.showTeam(unit, path, nil, store.Found{}, words, from, problem{"words", v.t("mysent.words-long")})
	}
	found, err := v.s.Store.FindForManager(v.ctx(), p, store.Search{Sender: unit, Words: words, From: from, Limit: sentPage}, v.now)
	if errors.Is(err, store.ErrSyntax) && from != "" { // a place that was typed
		v.see(path)
		return nil
	}
	if err != nil {
		return teamRefused(err)
	}
	rows, err := v.teamRows(p, path, found)
	if err != nil {
		return teamRefused(err)
	}
	return v.showTeam(unit, path, rows, found, words, from)
}

// teamRows are the mails found, each of which is looked at.
func (v *visit) teamRows(p store.Proof, path string, found store.Found) ([]sentRow, error) {
	var rows []sentRow
	seen := map[envelope.ID]bool{}
	for _, r := range found.Records {
		if seen[r.ID] {
			continue
		}
		all, err := v.s.Store.SameMail(v.ctx(), r)
		if err != nil {
			return nil, err
		}
		newest := all[len(all)-1].ID
		for i := range all {
			seen[all[i].ID] = true
		}
		if newest != r.ID { // it stands on a page before
			continue
		}
		if all, err = v.teamLook(p, all, "list of the unit"); err != nil {
			return nil, err
		}
		rows = append(rows, v.sentRow(path+"/", v.subjectOf(r), all))
	}
	return rows, nil
}

// teamLook reads a mail anew with an entry in the record of each envelope.
func (v *visit) teamLook(p store.Proof, all []store.Record, why string) ([]store.Record, error) {
	out := make([]store.Record, 0, len(all))
	for _, r := range all {
		fresh, err := v.s.Store.EnvelopeForManager(v.ctx(), r.ID, p, why, v.now)
		if err != nil {
			return nil, err
		}
		out = append(out, fresh)
	}
	return out, nil
}

func (v *visit) showTeam(unit addr.Address, path string, rows []sentRow, found store.Found, words, from string, problems ...problem) error {
	return v.show("sentlist", v.t("team.list-title"), map[string]any{"Address": unit.String(), "Path": path, "Team": true, "Rows": rows, "Words": words,
		"Next": found.Next, "First": from == "", "Damaged": found.Damaged}, problems...)
}

// teamRefused: what somebody does not manage is not there for her.
func teamRefused(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return errPage
	}
	return err
}

// teamAll gives the mail of the address to who manages the unit that sent it; the
// look is written down.
func (v *visit) teamAll() (p store.Proof, all []store.Record, err error) {
	p, unit, ok, err := v.unit()
	if err != nil || !ok {
		return p, nil, err
	}
	id, err := v.message()
	if err != nil {
		return p, nil, err
	}
	rec, err := v.s.Store.EnvelopeForManager(v.ctx(), id, p, "page of the message", v.now)
	if err == nil && !rec.Sender.Equal(unit) { // of another of her units
		err = store.ErrNotFound
	}
	if err != nil {
		return p, nil, teamRefused(err)
	}
	others, err := v.s.Store.SameMail(v.ctx(), rec)
	if err != nil {
		return p, nil, err
	}
	others = slices.DeleteFunc(others, func(r store.Record) bool { return r.ID == rec.ID })
	if others, err = v.teamLook(p, others, "page of the message"); err != nil {
		return p, nil, teamRefused(err)
	}
	all = append(others, rec)
	slices.SortFunc(all, func(a, b store.Record) int { return a.SealedAt.Compare(b.SealedAt) })
	return p, all, nil
}

// teamPath is the page of a mail.
func (v *visit) teamPath(all []store.Record) string {
	return "/team/" + v.r.PathValue("unit") + "/" + all[0].ID.String()
}

// teamMail answers GET /team/{unit}/{id}.
func teamMail(v *visit) error {
	_, all, err := v.teamAll()
	if err != nil || all == nil {
		return err
	}
	return v.showTeamMail(all, "")
}

func (v *visit) showTeamMail(all []store.Record, reason string, problems ...problem) error {
	data := v.statusData(all, v.teamPath(all), reason)
	data["Subject"], data["Back"], data["Sender"] = v.subjectOf(all[0]), "/team/"+v.r.PathValue("unit"), all[0].Sender.String()
	return v.show("teammail", v.t("team.mail-title"), data, problems...)
}

// teamTakeBack answers POST /team/{unit}/{id}.
func teamTakeBack(v *visit) error {
	p, all, err := v.teamAll()
	if err != nil || all == nil {
		return err
	}
	reason := clean(v.field("reason"))
	who, wrong := v.fromWhom(all, reason)
	if wrong != nil {
		return v.showTeamMail(all, reason, *wrong)
	}
	if err := v.recallAll(all, audit.Manager(p.Address()), who, reason); err != nil {
		return err
	}
	v.see(v.teamPath(all) + "?taken=1")
	return nil
}

// teamExtend answers POST /team/{unit}/{id}/extend.
func teamExtend(v *visit) error {
	p, all, err := v.teamAll()
	if err != nil || all == nil {
		return err
	}
	wrong, err := v.keepOpen(all, audit.Manager(p.Address()))
	switch {
	case err != nil:
		return err
	case wrong != nil:
		return v.showTeamMail(all, "", *wrong)
	}
	v.see(v.teamPath(all))
	return nil
}
