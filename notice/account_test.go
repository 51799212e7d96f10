package notice_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postseal/postseal/notice"
)

var accountChanges = []notice.AccountChangedData{
	{What: notice.PasswordChanged, At: noon, Page: site + "/account"},
	{What: notice.QuestionChanged, At: noon, Page: site + "/account"},
	{What: notice.PasskeyAdded, Name: "My phone", At: noon, Page: site + "/account"},
	{What: notice.AddressAdded, Name: "carla@work.example", At: noon, Page: site + "/account"},
	{What: notice.AddressRemoved, Name: "carla@work.example", At: noon, Page: site + "/account"},
	{What: notice.AccountDeleted, At: noon, Page: site + "/account"},
}

// Issue 5: a mail tells of a new passkey, a changed password or a new address, in
// each language, and says what to do when it was somebody else.
func TestAccountChanged(t *testing.T) {
	n, cy := notice.New(full(), london), welsh(false, "cy")
	for _, d := range accountChanges {
		t.Run(d.What, func(t *testing.T) {
			m, err := n.Render(notice.AccountChanged, carer, d, noon)
			if err != nil {
				t.Fatal(err)
			}
			base := filepath.Join("testdata", "golden", "account-changed."+d.What)
			golden(t, base+".txt", "Subject: "+m.Subject+"\n\n"+m.Text)
			golden(t, base+".html", m.HTML)
			other, err := cy.Render(notice.AccountChanged, carer, d, noon)
			if err != nil || other.Text == m.Text || other.Subject == m.Subject || strings.Contains(other.Text, "{") {
				t.Errorf("in Welsh: %v\n%s\n%s", err, other.Subject, other.Text)
			}
			if !strings.Contains(m.Text, "If it was not you") || !strings.Contains(m.Text, d.Name) || !strings.Contains(m.Text, d.Page) {
				t.Errorf("got %s", m.Text)
			}
		})
	}
	for name, d := range map[string]notice.AccountChangedData{
		"nothing": {At: noon, Page: site + "/account"}, "no time": {What: notice.PasskeyAdded, Page: site + "/account"},
		"no page": {What: notice.PasskeyAdded, At: noon}, "no address": {What: notice.PasskeyAdded, At: noon, Page: "javascript:alert(1)"},
	} {
		if _, err := n.Render(notice.AccountChanged, carer, d, noon); !errors.Is(err, notice.ErrSyntax) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// The account's language is put into data that rest as JSON; what is none stays.
func TestInLanguage(t *testing.T) {
	n := welsh(false, "en", "cy")
	data := notice.InLanguage([]byte(`{"code":"50407952","reference":"KX","asked_at":"2026-07-03T10:30:00Z","lang":"en"}`), "cy")
	m, err := n.RenderJSON(notice.Code, carer, data, noon)
	if err != nil || !strings.Contains(m.Text, "yw eich cod untro") {
		t.Errorf("got %v %s", err, m.Text)
	}
	for _, bad := range []string{"", "x", "[]", "null"} {
		if got := string(notice.InLanguage([]byte(bad), "cy")); got != bad {
			t.Errorf("%q becomes %q", bad, got)
		}
	}
}
