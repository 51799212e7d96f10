package portal

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
)

// The service desk helps our own staff on the telephone (CYC-13, BCC-28, journey 8):
// it finds a message by person and time, sees people, times and states, takes back
// and keeps open. It has no secret of any message, so nothing here leads to what one
// says; store.Look writes down every look before it shows anything.

// servicePages add them. Every one goes through forServiceDesk, on every request.
func (s *Server) servicePages(get, post func(path string, a action)) {
	get("/servicedesk", forServiceDesk(serviceSearch))
	post("/servicedesk", forServiceDesk(serviceFind))
	get("/servicedesk/{id}", forServiceDesk(serviceMail))
	post("/servicedesk/{id}", forServiceDesk(serviceTakeBack))
	post("/servicedesk/{id}/extend", forServiceDesk(serviceExtend))
	get("/servicedesk/{id}/extend", forServiceDesk(func(v *visit, _ addr.Address) error { // loaded again by hand
		v.see("/servicedesk/" + v.r.PathValue("id"))
		return nil
	}))
}

// serviceAction answers a request of somebody who is of the service desk now.
type serviceAction func(v *visit, who addr.Address) error

// forServiceDesk is the one place where the role is asked for. To everybody else the pages
// are not there.
func forServiceDesk(a serviceAction) action {
	return func(v *visit) error {
		p, err := v.person()
		switch {
		case err != nil:
			return err
		case p.Address().IsZero() && v.r.Method == http.MethodGet:
			next := "/servicedesk"
			if localPage(v.r.URL.Path) {
				next = v.r.URL.Path
			}
			return v.askAddress("", next)
		case p.Address().IsZero():
			return errSignIn
		case !ofServiceDesk(v, p):
			return errPage
		}
		return a(v, p.Address())
	}
}

// ofServiceDesk tells whether somebody is of the service desk.
func ofServiceDesk(v *visit, p store.Proof) bool {
	return v.s.ServiceDesk != nil && !p.Address().IsZero() && v.s.ServiceDesk(p.Address())
}

// spans are how far around a time messages are looked for, in minutes; the second
// is chosen beforehand: "about ten past two".
var spans = []int{15, 60, 180}

// serviceFound bounds one search: who gets more is to say more.
const serviceFound = 25

// serviceQuery is what the form of the service desk holds, as it was typed.
type serviceQuery struct {
	To, Sender, Day, Time string
	Span                  int
	From                  string // where the next page begins
}

func serviceSearch(v *visit, _ addr.Address) error {
	return v.showServiceDesk(serviceQuery{Day: v.now.In(v.s.Location).Format(dayForms[0]), Span: spans[1]}, nil, store.Found{}, false)
}

func (v *visit) showServiceDesk(q serviceQuery, rows []serviceRow, found store.Found, asked bool, problems ...problem) error {
	return v.show("servicedesk", v.t("servicedesk.title"), map[string]any{"Q": q, "Rows": rows, "Spans": spans, "Asked": asked && len(problems) == 0,
		"Next": found.Next, "Damaged": found.Damaged}, problems...)
}

// serviceRow is one mail that was found.
type serviceRow struct {
	Page, Sender, Subject, When string
	People                      []statusPerson
}

// serviceFind answers POST /servicedesk.
func serviceFind(v *visit, who addr.Address) error {
	q := serviceQuery{To: clean(v.field("to")), Sender: clean(v.field("sender")), Day: v.field("day"), Time: v.field("time"), From: v.field("from")}
	q.Span, _ = strconv.Atoi(v.field("span"))
	search, problems := v.serviceSearchOf(&q)
	if len(problems) > 0 {
		return v.showServiceDesk(q, nil, store.Found{}, true, problems...)
	}
	whose := []addr.Address{search.Recipient, search.Sender}
	if err := v.s.Store.Searched(v.ctx(), who, whose, around(search), v.now); err != nil {
		return err
	}
	found, err := v.s.Store.Find(v.ctx(), search)
	if errors.Is(err, store.ErrSyntax) && q.From != "" {
		v.see("/servicedesk")
		return nil
	}
	if err != nil {
		return err
	}
	v.s.Log.Info("service desk searched", "found", len(found.Records))
	rows, err := v.serviceRows(found, who)
	if err != nil {
		return err
	}
	return v.showServiceDesk(q, rows, found, true)
}

// around says in an audit entry for which time was looked.
func around(q store.Search) string {
	if q.After.IsZero() {
		return "any time"
	}
	return q.After.UTC().Format(time.RFC3339) + " to " + q.Before.UTC().Format(time.RFC3339)
}

// serviceRows are the mails found; each is looked at, and that is written down first.
func (v *visit) serviceRows(found store.Found, who addr.Address) ([]serviceRow, error) {
	var rows []serviceRow
	seen := map[envelope.ID]bool{}
	for _, r := range found.Records {
		if seen[r.ID] {
			continue
		}
		all, err := v.s.Store.SameMail(v.ctx(), r)
		if err != nil {
			return nil, err
		}
		for i := range all {
			seen[all[i].ID] = true
		}
		if all, err = v.serviceLook(all, who, "found by a search"); err != nil {
			return nil, err
		}
		people, _ := v.people(all)
		rows = append(rows, serviceRow{Page: "/servicedesk/" + all[0].ID.String(), Sender: fromLine(all[0], v.lang()), Subject: v.serviceSubject(all[0]),
			When: capital(v.when(all[0].SealedAt)), People: people})
	}
	return rows, nil
}

// serviceLook reads a mail anew with an entry in the audit chain of each envelope.
func (v *visit) serviceLook(all []store.Record, who addr.Address, why string) ([]store.Record, error) {
	out := make([]store.Record, 0, len(all))
	for _, r := range all {
		fresh, err := v.s.Store.Look(v.ctx(), r.ID, audit.Operator(who.Key()), why, v.now)
		if err != nil {
			return nil, err
		}
		out = append(out, fresh)
	}
	return out, nil
}

// serviceSubject is a message's subject where the organisation lets the service desk
// see it; else empty.
func (v *visit) serviceSubject(r store.Record) string {
	if !v.s.ServiceSubjects {
		return ""
	}
	return v.subjectOf(r)
}

// serviceSearchOf reads the form.
func (v *visit) serviceSearchOf(q *serviceQuery) (store.Search, []problem) {
	s := store.Search{From: q.From, Limit: serviceFound, NoSubject: !v.s.ServiceSubjects}
	var problems []problem
	if q.Sender != "" {
		a, err := addr.Parse(q.Sender)
		if s.Sender = a; err != nil || len(q.Sender) > maxAddress {
			problems = append(problems, problem{"sender", v.t("servicedesk.address-wrong")})
		}
	}
	to, err := addr.Parse(q.To)
	switch {
	case q.To == "" && q.Sender == "":
		problems = append(problems, problem{"to", v.t("servicedesk.nobody")})
	case q.To == "":
	case err == nil && len(q.To) <= maxAddress:
		s.Recipient = to
	case q.Sender != "" && len(q.To) <= maxSearch:
		s.Words = q.To // a part of the address, with the sender named
	default:
		problems = append(problems, problem{"to", v.t("servicedesk.address-wrong")})
	}
	after, before, ok := v.window(*q)
	if !ok {
		problems = append(problems, problem{"day", v.t("servicedesk.day-wrong")})
	}
	s.After, s.Before = after, before
	return s, problems
}

// window reads day and time: around the time, or the whole day; no day is any time.
func (v *visit) window(q serviceQuery) (after, before time.Time, ok bool) {
	if q.Day == "" {
		return after, before, q.Time == ""
	}
	day, ok := v.day(q.Day)
	if !ok {
		return after, before, false
	}
	if q.Time == "" {
		return day, day.AddDate(0, 0, 1).Add(-time.Millisecond), true
	}
	at, err := time.ParseInLocation(time.DateOnly+" 15:04", day.Format(time.DateOnly)+" "+strings.Replace(q.Time, ".", ":", 1), v.s.Location)
	span := time.Duration(q.Span) * time.Minute
	return at.Add(-span), at.Add(span), err == nil && q.Span > 0 && q.Span <= 24*60
}

// dayForms are how a day can be typed; the first is how the page writes it.
var dayForms = []string{"2/1/2006", "2.1.2006", time.DateOnly}

func (v *visit) day(text string) (time.Time, bool) {
	for _, form := range dayForms {
		if day, err := time.ParseInLocation(form, text, v.s.Location); err == nil && day.Year() >= 2000 && day.Year() < 3000 {
			return day, true
		}
	}
	return time.Time{}, false
}
