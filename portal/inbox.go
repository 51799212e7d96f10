package portal

import (
	"errors"
	"regexp"

	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
)

// What was sent to somebody and is still there (CYC-16, BOP-27): the mail that told
// of it is not needed to read it, so that a link that was lost is no dead end (C6).

// inboxPages add them.
func (s *Server) inboxPages(get func(path string, a action)) {
	get("/messages", inbox)
}

// How many messages the inbox shows on a page, and the first page of the site.
const (
	inboxPage = 20
	homeShows = 5
)

// inboxRow is one message in the list.
type inboxRow struct {
	Page, Subject, From, When, State string
	To                               string // the address it went to, where that is another than she signed in with
	New                              bool   // not opened yet
}

// inbox answers GET /messages.
func inbox(v *visit) error {
	p, ok, err := v.signedIn("/messages")
	if err != nil || !ok {
		return err
	}
	from := v.r.URL.Query().Get("from")
	found, err := v.s.Store.Inbox(v.ctx(), p, from, inboxPage, v.now)
	if errors.Is(err, store.ErrSyntax) && from != "" { // a place that was typed
		v.see("/messages")
		return nil
	}
	if err != nil {
		return err
	}
	return v.show("inbox", v.t("inbox.title"), map[string]any{"Rows": v.inboxRows(found.Records, p), "Next": found.Next, "First": from == "",
		"Damaged": found.Damaged, "Address": p.Address().String()})
}

func (v *visit) inboxRows(records []store.Record, p store.Proof) []inboxRow {
	var out []inboxRow
	for _, rec := range records {
		q := p.For(rec)
		st, _ := rec.Recipient(q.Address())
		row := inboxRow{Page: "/m/" + rec.ID.String(), Subject: v.subjectOf(rec), From: fromLine(rec, v.lang()), When: capital(v.when(rec.SealedAt)),
			New: st.OpenedAt.IsZero()}
		if !accepts(rec, p.Method()) { // the gate would say no, and so would not tell what it is about
			row.Subject = v.t("inbox.other-way")
		}
		if !q.Address().Equal(p.Address()) {
			row.To = q.Address().String()
		}
		switch {
		case st.Status == store.Recalled:
			row.State, row.New = v.t("inbox.recalled"), false
		case !v.now.Before(rec.ExpiresAt):
			row.State, row.New = v.t("inbox.expired", "time", v.when(rec.ExpiresAt)), false
		case v.now.Before(rec.ReadyAt):
			row.State = v.t("inbox.not-yet", "time", v.until(rec.ReadyAt))
		case row.New:
			row.State = v.t("inbox.new", "time", v.when(rec.ExpiresAt))
		default:
			row.State = v.t("inbox.opened", "time", v.when(rec.ExpiresAt))
		}
		out = append(out, row)
	}
	return out
}

// newest gives the first messages of the inbox for the site's first page.
func (v *visit) newest(p store.Proof) ([]inboxRow, error) {
	found, err := v.s.Store.Inbox(v.ctx(), p, "", homeShows, v.now)
	if err != nil {
		return nil, err
	}
	return v.inboxRows(found.Records, p), nil
}

// ownLink gives the secret of a message's link to who is signed in and is one of
// its people; ErrNotFound to everybody else, as for a link that is wrong.
func (v *visit) ownLink(id envelope.ID) (envelope.Secret, error) {
	p, err := v.person()
	if err != nil {
		return envelope.Secret{}, err
	}
	if p.Address().IsZero() {
		return envelope.Secret{}, store.ErrNotFound
	}
	return v.s.Store.SecretFor(v.ctx(), id, p, v.now)
}

// localWriting are the pages of reading and writing without a mail at hand that a
// sign-in may lead to, see localPage.
var localWriting = regexp.MustCompile(`^/(messages|write|written|drafts)$`)
