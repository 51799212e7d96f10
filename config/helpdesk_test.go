package config_test

import (
	"strings"
	"testing"

	"github.com/postseal/postseal/config"
)

// CJSM-14, SCC-18: what the pages would show wrongly, or send to a stranger, is
// refused when the file is read.
func TestHelpAndJoining(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"help_desk: {hours: 'weekdays, 8am to 7pm', phone: 01632 960123, email: help@example.gov.uk, translations: {cy: dyddiau gwaith}}\njoining: {address: info@example.gov.uk}\n", ""},
		{"help_desk: {email: nobody}\n", "wants an address"},
		{"help_desk: {hours: '" + strings.Repeat("x", 201) + "'}\n", "one line"},
		{"help_desk: {hours: a, translations: {xx: b}}\n", "no language"},
		{"help_desk: {translations: {cy: b}}\n", "wants hours too"},
		{"joining: {address: info@firm.example}\n", "organisation.domains"},
		{"joining: {address: info@example.gov.uk, list: nothing}\n", "stands in a file"},
	} {
		_, err := config.Parse("x.yaml", append(config.Example(), "\n"+c.text...))
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", c.text, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.text, err, c.want)
		}
	}
}
