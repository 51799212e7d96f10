package postfix_test

import (
	"testing"

	"github.com/postseal/postseal/internal/leaktest"
	"github.com/postseal/postseal/postfix"
)

// Clients of the TLS map that stay, that go in the midst of a question, and that
// never read their answers leave nothing behind when it stops.
func TestMapLeavesNothing(t *testing.T) {
	leaktest.Check(t)
	m := startMap(t, partnersOf(t, "partner.example"), nil)
	m.ask(m.dial(), "postseal-tls partner.example") // stays
	cut := m.dial()
	if _, err := cut.Write([]byte("30:postseal-tls par")); err != nil {
		t.Fatal(err)
	}
	cut.Close()
	deaf := m.dial()
	for range 50 {
		if _, err := deaf.Write(postfix.AppendNetstring(nil, "postseal-tls partner.example")); err != nil {
			break
		}
	}
}
