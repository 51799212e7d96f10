package notice_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/postseal/postseal/notice"
)

const site = "https://secure.example.gov.uk"

// peopleKinds are the notices about people, with all there is, with the least, and
// in their other states.
var peopleKinds = []struct {
	name string
	kind notice.Kind
	data any
}{
	{"first", notice.Enable, notice.EnableData{Page: site + "/enable/terms", AskedAt: noon}},
	{"known", notice.Enable, notice.EnableData{Page: site + "/enable/terms", AskedAt: noon, Known: true}},
	{"on", notice.Enable, notice.EnableData{Page: site + "/enable/terms", AskedAt: noon, Known: true, On: true, Tag: "[SECURE]"}},
	{"begun", notice.Desk, notice.DeskData{People: []string{"anna@surgery.example"}, Begun: true, Page: site + "/desk"}},
	{"waiting", notice.Desk, notice.DeskData{People: []string{"anna@surgery.example", "ben@surgery.example"}, From: noon.AddDate(0, 0, 2), Page: site + "/desk"}},
	{"at-once", notice.Desk, notice.DeskData{People: []string{"Borough of Example"}, Page: site + "/desk"}},
	{"member", notice.DeskMember, notice.DeskMemberData{Desk: "gp@surgery.example", By: "anna@surgery.example", Page: site + "/desk"}},
	{"owner", notice.DeskMember, notice.DeskMemberData{Desk: "gp@surgery.example", By: "anna@surgery.example", Owner: true, Page: site + "/desk"}},
	{"staff", notice.Colleague, notice.ColleagueData{Name: "Jane Doe", From: "jane.doe@example.gov.uk", Staff: true, Page: site + "/enable"}},
	{"outside", notice.Colleague, notice.ColleagueData{From: "anna@surgery.example", Page: site + "/join"}},
	{"received", notice.Join, notice.JoinData{Number: "J7K2-M4PX", Due: noon.AddDate(0, 0, 2), Page: site + "/join/status?t=x"}},
	{"checking", notice.Join, notice.JoinData{Number: "J7K2-M4PX", State: "checking", Due: noon.AddDate(0, 0, 10), Page: site + "/join/status?t=x"}},
	{"declined", notice.Join, notice.JoinData{Number: "J7K2-M4PX", State: "declined", Answer: "Please ask again from your office address.", Page: site + "/join/status?t=x"}},
	{"approved", notice.Join, notice.JoinData{Number: "J7K2-M4PX", State: "approved", Due: noon, Page: site + "/join/status?t=x"}},
	{"told", notice.JoinTold, notice.JoinToldData{Number: "J7K2-M4PX", Organisation: "Surgery of Example", Facts: []string{"Kind: mailbox", "Name: Anna"}, Due: noon.AddDate(0, 0, 2)}},
	{"told-least", notice.JoinTold, notice.JoinToldData{Number: "J7K2-M4PX"}},
}

// Every notice about people stands as its golden file has it, in English and, with
// nothing left over, in Welsh. CYC-5, BOP-23, CJSM-9, CJSM-10, SCC-18
func TestPeopleGolden(t *testing.T) {
	n, cy := notice.New(full(), london), welsh(false, "cy")
	for _, c := range peopleKinds {
		t.Run(string(c.kind)+"/"+c.name, func(t *testing.T) {
			m, err := n.Render(c.kind, carer, c.data, noon)
			if err != nil {
				t.Fatal(err)
			}
			base := filepath.Join("testdata", "golden", string(c.kind)+"."+c.name)
			golden(t, base+".txt", "Subject: "+m.Subject+"\n\n"+m.Text)
			golden(t, base+".html", m.HTML)
			other, err := cy.Render(c.kind, carer, c.data, noon)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range []notice.Mail{m, other} {
				all := m.Subject + m.Text + m.HTML
				if strings.Contains(all, "ZgotmplZ") || strings.Contains(all, "no value") || strings.Contains(m.Text, "{") || m.Text == "" {
					t.Errorf("a template met an empty or refused value:\n%s", all)
				}
				for _, word := range []string{"envelope", "token", " key", "portal", "invalid"} {
					if strings.Contains(strings.ToLower(m.Text), word) {
						t.Errorf("the text says %q", word)
					}
				}
			}
			if other.Text == m.Text {
				t.Error("the Welsh mail is in English")
			}
		})
	}
}

// What may not be sent is refused, and what people chose cannot pass for an address.
func TestPeopleRefused(t *testing.T) {
	n := notice.New(full(), london)
	for name, c := range map[string]struct {
		kind notice.Kind
		data any
	}{
		"no page":            {notice.Enable, notice.EnableData{AskedAt: noon}},
		"no time":            {notice.Enable, notice.EnableData{Page: site}},
		"script for a page":  {notice.Join, notice.JoinData{Number: "1", Page: "javascript:alert(1)"}},
		"no such state":      {notice.Join, notice.JoinData{Number: "1", State: "lost", Page: site}},
		"nobody at the desk": {notice.Desk, notice.DeskData{Page: site}},
		"nobody invites":     {notice.Colleague, notice.ColleagueData{Page: site}},
		"no number":          {notice.JoinTold, notice.JoinToldData{}},
		"no desk":            {notice.DeskMember, notice.DeskMemberData{By: "x", Page: site}},
	} {
		if _, err := n.Render(c.kind, carer, c.data, noon); err == nil {
			t.Errorf("%s: rendered", name)
		}
	}
	m, err := n.Render(notice.Colleague, carer, notice.ColleagueData{Name: "boss@example.gov.uk", From: "eve@else.example", Page: site}, noon)
	if err != nil || strings.Contains(m.Text+m.Subject, "boss@") {
		t.Errorf("a name that reads like an address is shown: %v\n%s", err, m.Text)
	}
}
