package portal

import (
	"strconv"
	"strings"

	"github.com/postseal/postseal/store"
)

// writtenPage is how many messages a page of the list shows.
const writtenPage = 20

// writtenRow is one message in the list.
type writtenRow struct{ Subject, To, Cc, When, Files, Page string }

// outsider tells for whom the head leads to what they wrote: staff have Sent.
func outsider(v *visit, p store.Proof) bool { return v.s.canWrite() && !v.s.Inside(p.Address()) }

// writes tells for whom the head leads to writing.
func writes(v *visit, _ store.Proof) bool { return v.s.canWrite() }

// letterDone says that a message was sent (BCC-11).
func letterDone(v *visit) error {
	p, err := v.bearerOf()
	if err != nil {
		return err
	}
	return v.show("letterdone", v.t("written.done-title"), map[string]any{"Address": p.Address().String()})
}

// written lists what somebody wrote: to whom, when, about what. The text is kept
// nowhere but in the copy that she asked for.
func written(v *visit) error {
	p, ok, err := v.signedIn("/written")
	if err != nil || !ok {
		return err
	}
	page, err := strconv.Atoi(v.r.URL.Query().Get("page"))
	if err != nil || page < 0 {
		page = 0
	}
	all, more, err := v.s.Store.WrittenBy(v.ctx(), p, page, writtenPage, v.now)
	if err != nil {
		return err
	}
	copies, err := v.ownCopies(p, all)
	if err != nil {
		return err
	}
	var rows []writtenRow
	for _, w := range all {
		rows = append(rows, writtenRow{Subject: w.Subject, To: strings.Join(w.To, ", "), Cc: strings.Join(w.Cc, ", "), When: capital(v.when(w.At)),
			Files: strings.Join(w.Files, ", "), Page: copies[w.ID]})
	}
	next := 0
	if more {
		next = page + 1
	}
	return v.show("written", v.t("written.title"), map[string]any{"Rows": rows, "Next": next, "First": page == 0})
}

// ownCopies gives the pages of the copies that a writer asked for, by Message-ID.
func (v *visit) ownCopies(p store.Proof, all []store.Written) (map[string]string, error) {
	out := map[string]string{}
	asked := false
	for _, w := range all {
		asked = asked || w.Copy
	}
	if !asked {
		return out, nil
	}
	q := store.Search{Sender: p.Address(), Recipient: p.Address(), After: all[len(all)-1].At.Add(-handOverTime), Limit: 5 * writtenPage}
	found, err := v.s.Store.Find(v.ctx(), q)
	if err != nil {
		return nil, err
	}
	for _, rec := range found.Records {
		out[rec.OriginalID] = "/m/" + rec.ID.String()
	}
	for _, w := range all {
		if !w.Copy {
			delete(out, w.ID)
		}
	}
	return out, nil
}

// draftRow is one draft in the list.
type draftRow struct{ ID, Subject, To, When, Until string }

// drafts lists what somebody has begun to write.
func drafts(v *visit) error {
	p, ok, err := v.signedIn("/drafts")
	if err != nil || !ok {
		return err
	}
	all, err := v.s.Store.Drafts(v.ctx(), p, v.now)
	if err != nil {
		return err
	}
	var rows []draftRow
	for _, d := range all {
		row := draftRow{ID: d.ID, Subject: d.About, To: d.To, When: capital(v.when(d.At)), Until: v.when(d.At.Add(store.DraftsLife))}
		if row.Subject == "" {
			row.Subject = v.t("message.no-subject")
		}
		rows = append(rows, row)
	}
	return v.show("drafts", v.t("drafts.title"), map[string]any{"Rows": rows})
}

// dropDraft deletes one.
func dropDraft(v *visit) error {
	p, err := v.bearerOf()
	if err != nil {
		return err
	}
	if err := v.s.Store.DropDraft(v.ctx(), p, v.field("draft")); err != nil {
		return err
	}
	v.see("/drafts")
	return nil
}
