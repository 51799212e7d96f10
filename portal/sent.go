package portal

import (
	"errors"
	"slices"
	"strings"

	"github.com/postseal/postseal/store"
)

// What a person has sent, and how it stands (CYC-14, CYC-16, BCC-28): for whoever
// signs in with the address that the messages were sent from, a unit's as well, or
// with an account that the address was added to.

// sentPages add the list and the page of one message.
func (s *Server) sentPages(get, post func(path string, a action)) {
	get("/sent", sentList)
	post("/sent", sentList)
	get("/sent/{id}", status)
	post("/sent/{id}", takeBack)
	post("/sent/{id}/extend", extend)
	post("/sent/{id}/people", answerAsk)
	for _, path := range []string{"/sent/{id}/extend", "/sent/{id}/people"} { // loaded again by hand
		get(path, func(v *visit) error {
			id, err := v.message()
			if err == nil {
				v.see("/sent/" + id.String())
			}
			return err
		})
	}
}

// staff tells for whom the head of each page leads to what was sent.
func staff(v *visit, p store.Proof) bool {
	return v.s.Inside(p.Address()) || slices.ContainsFunc(p.Also(), v.s.Inside)
}

// sentPage is how many messages one page of the list shows.
const sentPage = 20

// maxSearch bounds the words that are looked for, in bytes.
const maxSearch = 200

// sentRow is one mail in the list.
type sentRow struct {
	Page, Subject, To, More, When, State string
	From                                 string // where that is another address than the list's
}

// sentList answers GET and POST /sent. Words that are looked for come by POST, so
// that no address in the browser's bar repeats a subject.
func sentList(v *visit) error {
	p, err := v.person()
	if err != nil {
		return err
	}
	if p.Address().IsZero() {
		return v.askAddress("", "/sent")
	}
	words, from := clean(v.field("words")), v.r.URL.Query().Get("from")
	if v.r.PostForm != nil {
		from = v.field("from")
	}
	if len(words) > maxSearch {
		return v.showSent(p, store.Found{}, words, from, problem{"words", v.t("mysent.words-long")})
	}
	found, err := v.s.Store.FindSent(v.ctx(), p, store.Search{Words: words, From: from, Limit: sentPage})
	if errors.Is(err, store.ErrSyntax) && from != "" { // a place that was typed
		v.see("/sent")
		return nil
	}
	if err != nil {
		return err
	}
	return v.showSent(p, found, words, from)
}

func (v *visit) showSent(p store.Proof, found store.Found, words, from string, problems ...problem) error {
	var rows []sentRow
	for _, r := range found.Records {
		all, err := v.s.Store.SameMail(v.ctx(), r)
		if err != nil {
			return err
		}
		if all[len(all)-1].ID == r.ID { // of several transactions of one mail the newest stands for all
			row := v.sentRow("/sent/", v.subjectOf(r), all)
			if !r.Sender.Equal(p.Address()) {
				row.From = r.Sender.String()
			}
			rows = append(rows, row)
		}
	}
	units, err := v.unitLines(p)
	if err != nil {
		return err
	}
	own, err := v.s.Store.SentFrom(v.ctx(), p)
	if err != nil {
		return err
	}
	return v.show("sentlist", v.t("mysent.title"), map[string]any{"Address": own[0].String(), "Also": own[1:], "Path": "/sent", "Units": units, "Rows": rows, "Words": words,
		"Next": found.Next, "First": from == "", "Damaged": found.Damaged}, problems...)
}

// sentRow is a mail in a list whose pages are below a path.
func (v *visit) sentRow(below, subject string, all []store.Record) sentRow {
	people := recipients(all)
	row := sentRow{Page: below + all[0].ID.String(), Subject: subject, When: capital(v.when(all[0].SealedAt)), State: v.glance(all, people)}
	if len(people) > 0 {
		row.To = people[0].Address.String()
	}
	if more := len(people) - 1; more > 0 {
		row.More = v.t("mysent.more", "n", more)
	}
	return row
}

// glance says in one line how a mail stands.
func (v *visit) glance(all []store.Record, people []recipientOf) string {
	var back, failed, opened int
	for _, p := range people {
		switch {
		case p.Status == store.Recalled:
			back++
		case !p.OpenedAt.IsZero():
			opened++
		case p.Delivery.State == store.Failed:
			failed++
		}
	}
	n := len(people)
	if back == n {
		return v.t("mysent.back")
	}
	var out []string
	closed := !v.now.Before(all[0].ExpiresAt)
	switch left := n - back; {
	case opened == left:
		out = append(out, v.t("mysent.opened"))
	case opened > 0:
		out = append(out, v.t("mysent.opened-by", "n", opened, "all", left))
	case failed == left:
	case closed:
		out = append(out, v.t("mysent.never"))
	default:
		out = append(out, v.t("mysent.not-yet"))
	}
	if failed > 0 {
		out = append(out, v.t("mysent.failed", "n", failed))
	}
	if back > 0 {
		out = append(out, v.t("mysent.back-from", "n", back))
	}
	if closed {
		out = append(out, v.t("mysent.closed"))
	}
	return strings.Join(out, "; ")
}
