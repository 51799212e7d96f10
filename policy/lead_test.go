package policy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/config"
)

// What a profile tells its senders, and how long nobody can open what they sent:
// days, or off, filled from the default profile and then from the defaults.
func TestProfileLeads(t *testing.T) {
	const head = "organisation: {name: B, domains: [b.example]}\noutbound: {networks: [127.0.0.0/8]}\nrules: [{name: r, if: {subject_tag: [SECURE]}, do: seal}]\nprofiles:\n"
	const day = 24 * time.Hour
	for _, c := range []struct {
		text               string
		undo, unopened, ex time.Duration
		wrong              string
	}{
		{"  other: {reply: sender}", 0, 3 * day, 7 * day, ""},
		{"  other: {undo_window: 5m, remind_unopened: off, remind_expiring: 2w}", 5 * time.Minute, 0, 14 * day, ""},
		{"  default: {undo_window: 5m, remind_unopened: 1d}\n  other: {undo_window: off}", 0, day, 7 * day, ""},
		{"  default: {undo_window: 5m}\n  other: {remind_expiring: 0d}", 5 * time.Minute, 3 * day, 0, ""},
		{"  other: {undo_window: 25h}", 0, 0, 0, "at most a day"},
		{"  other: {undo_window: 12h, expires: 12h, link: 1h}", 0, 0, 0, "less than expires"},
		{"  other: {remind_unopened: soon}", 0, 0, 0, "off"},
	} {
		f, err := config.ParsePolicy("x.yaml", []byte(head+c.text+"\n"))
		if c.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("%s: got %v, want words with %q", c.text, err, c.wrong)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		p := f.Profile("other")
		if p.UndoWindow.Std() != c.undo || p.RemindUnopened.Std() != c.unopened || p.RemindExpiring.Std() != c.ex {
			t.Errorf("%s: got %v %v %v, want %v %v %v", c.text, p.UndoWindow.Std(), p.RemindUnopened.Std(), p.RemindExpiring.Std(), c.undo, c.unopened, c.ex)
		}
	}
}
