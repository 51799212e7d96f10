package policy_test

import (
	"testing"

	"github.com/postseal/postseal/addr"
)

// CYC-3: where people switch the service on for themselves, marked mail of
// everybody else is refused, and of somebody who has is sealed; the rules' own
// list counts without asking, and what is not ours is never asked about.
func TestSendersSwitchTheServiceOn(t *testing.T) {
	const jane, care, stranger = "jane@example.gov.uk", "care@example.gov.uk", "jane@else.example"
	for _, c := range []struct {
		name, senders, from string
		on                  []string // who has switched it on; nil: nobody can be asked
		want                string
		asked               bool
	}{
		{"nobody asked", "{enable: true}", jane, nil, "refuse", false},
		{"not on", "{enable: true}", jane, []string{care}, "refuse", true},
		{"on", "{enable: true}", jane, []string{jane}, "seal", true},
		{"in the rules", "{enable: true, only: [care@example.gov.uk]}", care, []string{}, "seal", false},
		{"beside the rules", "{enable: true, only: [care@example.gov.uk]}", jane, []string{jane}, "seal", true},
		{"not ours", "{enable: true}", stranger, []string{stranger}, "refuse", false},
		{"not asked for", "{only: [care@example.gov.uk]}", jane, []string{jane}, "refuse", false},
	} {
		f := rules(t, councilRules+"senders: "+c.senders+"\n")
		m := read(t, []byte("From: "+c.from+"\r\nSubject: x [SECURE]\r\n\r\nHello\r\n"))
		m.Sender, m.Client.Login = addr.MustParse(c.from), "somebody"
		asked := false
		if c.on != nil {
			m.SwitchedOn = func(a addr.Address) bool {
				asked = true
				for _, on := range c.on {
					if a.Equal(addr.MustParse(on)) {
						return true
					}
				}
				return false
			}
		}
		if got := actions(f.Classify(m)); got != c.want || asked != c.asked {
			t.Errorf("%s: got %s, asked %v; want %s, asked %v", c.name, got, asked, c.want, c.asked)
		}
	}
}

// Unmarked mail is nobody's business here: the rules decide as ever (CYC-3).
func TestUnmarkedMailAsksNobody(t *testing.T) {
	f := rules(t, councilRules+"senders: {enable: true}\n")
	m := read(t, letter("Subject: hello"))
	m.SwitchedOn = func(addr.Address) bool { t.Error("asked"); return false }
	if got := actions(f.Classify(m)); got != "pass" {
		t.Errorf("got %s, want pass", got)
	}
}
