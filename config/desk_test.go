package config_test

import (
	"strings"
	"testing"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/config"
)

// Only people of ours are the service desk, by any spelling of their address.
func TestServiceDesk(t *testing.T) {
	with := func(people string) (*config.Config, error) {
		return config.Parse("f", append(config.Example(), "\nservice_desk: {people: ["+people+"], show_subject: true}\n"...))
	}
	c, err := with("Helen@EXAMPLE.gov.uk")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{"helen@example.gov.uk": true, "helen+x@example.gov.uk": false, "helen@example.gov.uk.evil.example": false, "jane@example.gov.uk": false} {
		if got := c.Desk.Has(addr.MustParse(text)); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
	if c.Desk.Has(addr.Address{}) {
		t.Error("nobody is of the service desk")
	}
	for people, words := range map[string]string{"helen@firm.example": "only our own staff", "helen": "wants an address", "": "does nothing without people"} {
		if _, err := with(people); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: got %v, want %q", people, err, words)
		}
	}
}
