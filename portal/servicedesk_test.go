package portal_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/store"
)

var helen = addr.MustParse("helen@example.gov.uk")

// withServiceDesk makes Helen the service desk.
func withServiceDesk(c *portal.Config) {
	c.ServiceDesk = func(a addr.Address) bool { return a.Equal(helen) }
}

// trail gives who did what to a message.
func (h *house) trail(l letter) (out []string) {
	h.t.Helper()
	r, err := h.store.Trail(h.t.Context(), l.id)
	must(h.t, err)
	for _, e := range r.Entries {
		out = append(out, string(e.Actor)+" "+string(e.Action))
	}
	return out
}

// CYC-13, BCC-28, journey 8: from a recipient's address and about when, the service
// desk finds the message, takes it back with a reason and keeps it open; it sees
// neither what it says nor its subject, and each look and act names who did it.
func TestServiceDesk(t *testing.T) {
	h := newHouse(t, withServiceDesk)
	h.clock = time.Date(2026, 7, 3, 13, 8, 0, 0, time.UTC) // 14:08 BST
	l := h.send(plainMail, carer, other)
	h.clock = h.clock.Add(5 * time.Hour)
	h.from(officer, "Evening mail")
	late := h.send(plainMail, carer)
	b := h.signedIn(helen, "/servicedesk").reads(200, "/servicedesk", "Find a message")
	ask := func(typed map[string]string) *browser {
		for k, v := range map[string]string{"to": "", "sender": "", "day": "03/07/2026", "time": "", "span": "60"} {
			if _, ok := typed[k]; !ok {
				typed[k] = v
			}
		}
		return b.press("Find", typed)
	}
	ask(map[string]string{"to": carer.String(), "time": "14:10"}).reads(200, "/servicedesk", "Found", "Today, 14:08 BST", officer.String(), carer.String(), other.String(), "not opened yet").silent("Care plan", "Evening", "19:08")
	if strings.Contains(b.at.String(), "carer") || strings.Contains(b.body, "/m/") || strings.Contains(b.body, l.secret.Encode()) {
		t.Error("the page leads to the message, or its address names people")
	}
	want := "operator:helen@example.gov.uk looked at"
	if got := h.trail(l); got[len(got)-1] != want || slices.Contains(h.trail(late), want) {
		t.Errorf("trails: got %v and %v", got, h.trail(late))
	}
	own, err := h.store.AccountTrail(t.Context(), helen)
	must(t, err)
	last := own.Entries[len(own.Entries)-1]
	if last.Action != audit.Searched || !slices.Equal(last.Objects, []string{carer.Key()}) || last.Reason != "2026-07-03T12:10:00Z to 2026-07-03T14:10:00Z" {
		t.Errorf("her own trail: got %+v", last)
	}
	for _, c := range []struct {
		typed map[string]string
		count int
	}{
		{map[string]string{"to": carer.String()}, 2}, {map[string]string{"sender": officer.String()}, 2}, {map[string]string{"sender": officer.String(), "to": "other@"}, 1},
		{map[string]string{"sender": officer.String(), "to": "work.ex"}, 1}, {map[string]string{"to": carer.String(), "day": ""}, 2},
		{map[string]string{"to": carer.String(), "time": "12.30", "span": "15"}, 0}, {map[string]string{"to": carer.String(), "time": "12.30", "span": "180"}, 1},
		{map[string]string{"to": "nobody@home.example"}, 0}, {map[string]string{"to": carer.String(), "day": "4.7.2026"}, 0}, {map[string]string{"to": carer.String(), "day": "2026-07-03"}, 2},
		{map[string]string{"sender": officer.String(), "to": "Evening"}, 0}, // subjects are not looked through either
	} {
		ask(c.typed)
		if got := strings.Count(b.body, `<li><a href="/servicedesk/`); b.status != 200 || got != c.count {
			t.Errorf("%v: got %d and %d messages, want %d", c.typed, b.status, got, c.count)
		}
	}
	for _, typed := range []map[string]string{{}, {"to": "carer"}, {"sender": "x"}, {"to": carer.String(), "day": "yesterday"}, {"to": carer.String(), "time": "2 pm"},
		{"to": carer.String(), "day": "", "time": "14:00"}, {"to": carer.String(), "time": "14:00", "span": "100000"}} {
		if ask(typed); b.status != http.StatusUnprocessableEntity {
			t.Errorf("%v: got %d", typed, b.status)
		}
	}

	path := "/servicedesk/" + l.id.String()
	b.open(path).reads(200, path, "A message of a colleague", "Jane Doe", carer.String(), "What happened", "sealed", "looked at", "helen@example.gov.uk (service desk)").silent("Care plan", "plan starts")
	b.press("Take it back", map[string]string{"who": "x"}).reads(422, path, "Choose from whom")
	b.press("Take it back", map[string]string{"who": carer.String(), "reason": "smith, not smyth"}).reads(200, path, "Taken back", carer.String()+": never opened", "smith, not smyth")
	var told notice.TakenBackData
	h.mail(officer, notice.TakenBack, &told)
	if told.By != "" || told.Subject != "Care plan" || !slices.Equal(told.Recipients, []string{carer.String()}) || told.Reason != "smith, not smyth" || !strings.HasSuffix(told.Page, "/sent/"+l.id.String()) {
		t.Errorf("the sender is told %+v", told)
	}
	b.press("Take it back", map[string]string{"who": carer.String()}).reads(200, path)
	if got := h.mails(); len(got) > 0 {
		t.Errorf("taken back twice, and the sender is told again: %v", got)
	}
	h.browser().open(l.link).as(carer).reads(410, l.page, "This message was taken back", "smith, not smyth")
	b.press("Keep it open longer", map[string]string{"days": "7"}).reads(200, path, "kept open longer")
	got := h.trail(l)
	for _, act := range []audit.Action{audit.Recalled, audit.Extended} {
		if !slices.Contains(got, "operator:"+helen.Key()+" "+string(act)) {
			t.Errorf("no %s in %v", act, got)
		}
	}
	if slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, string(audit.Released)) }) {
		t.Errorf("something was opened: %v", got)
	}
	must(t, h.store.VerifyAudit(t.Context(), l.id))
}

// Subjects are for the service desk where the organisation says so.
func TestServiceDeskSubjects(t *testing.T) {
	h := newHouse(t, withServiceDesk, func(c *portal.Config) { c.ServiceSubjects = true })
	h.send(plainMail, carer)
	h.signedIn(helen, "/servicedesk").press("Find", map[string]string{"to": carer.String(), "day": "", "span": "60"}).reads(200, "", "Care plan")
}

// Every page of the service desk asks for the role, on every request: to others it
// is not there, whatever they send, and with the role its rights end.
func TestServiceDeskIsForTheServiceDesk(t *testing.T) {
	of := true
	h := newHouse(t, func(c *portal.Config) { c.ServiceDesk = func(a addr.Address) bool { return of && a.Equal(helen) } })
	l := h.send(plainMail, carer)
	path := "/servicedesk/" + l.id.String()
	paths := map[string][]string{http.MethodGet: {"/servicedesk", path, path + "/extend"}, http.MethodPost: {"/servicedesk", path, path + "/extend"}}
	form := func(b *browser) string {
		_, fields := b.form("Sign out")
		return "form=" + fields["form"] + "&who=all&days=7&to=" + carer.String() + "&day=&span=60"
	}
	desk := h.signedIn(helen, "/servicedesk").reads(200, "/servicedesk", "Find a message")
	deskForm := form(desk)
	for _, who := range []addr.Address{officer, carer} {
		b := h.signedIn(who, "/sent")
		fields := form(b)
		for _, p := range paths[http.MethodGet] {
			if b.open(p); b.status != 404 || strings.Contains(b.body, carer.String()+"<") {
				t.Errorf("%s: GET %s: got %d", who, p, b.status)
			}
		}
		for _, p := range paths[http.MethodPost] {
			if b.post(p, "application/x-www-form-urlencoded", strings.NewReader(fields)); b.status != 404 {
				t.Errorf("%s: POST %s: got %d", who, p, b.status)
			}
		}
	}
	of = false
	for _, p := range paths[http.MethodPost] {
		if desk.post(p, "application/x-www-form-urlencoded", strings.NewReader(deskForm)); desk.status != 404 {
			t.Errorf("no more of the service desk: POST %s: got %d", p, desk.status)
		}
	}
	nobody := h.browser()
	for _, p := range paths[http.MethodGet] {
		nobody.open(p).silent(carer.String(), "Find a message")
	}
	r, err := h.store.EnvelopeForOperator(t.Context(), l.id)
	must(t, err)
	if st, _ := r.Recipient(carer); st.Status != store.Queued || !r.Destroyed.IsZero() {
		t.Errorf("something was changed: %+v", st)
	}
}
