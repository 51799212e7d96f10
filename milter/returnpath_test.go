package milter_test

import (
	"net/netip"
	"testing"

	"github.com/postseal/postseal/milter/miltertest"
)

// Postfix sends the original back in clear to its envelope sender where it cannot be
// delivered inside. One outside would have the clear text of what was sealed.
func TestOriginalComesBackInsideOnly(t *testing.T) {
	for _, c := range []struct {
		name, from, login, header string
		to                        []string
		want                      string
	}{
		{"of ours", "jane@council.example", "", "", []string{outside, inside}, "jane@council.example"},
		{"the null sender", "", "", "", []string{outside, inside}, ""},
		{"signed in, from elsewhere", "jane@private.example", "jane@council.example", "", []string{outside, inside}, "jane@council.example"},
		{"an outsider's, sent on", "carl@else.example", "", "From: Carl <carl@else.example>", []string{outside, inside}, "secure@council.example"},
		{"one of the service's own", "b+none@secure.council.example", "", "", []string{outside, inside}, "b+none@secure.council.example"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			m := handed(message("[SECURE] x", outside), c.to...)
			m.From, m.Login = c.from, c.login
			if c.header != "" {
				m.Header[0].Value = " Carl <carl@else.example>"
			}
			if c.login == "" {
				m.ClientIP = netip.Addr{} // sendmail(1)
				w.f.Inbound = w.out
			}
			got := w.send(w.serve(), m)
			from := got.From
			if got.Action == miltertest.Discard { // handed over instead
				from = "none"
				for _, s := range w.out.Sent() {
					if s.Recipients[0].Address.String() == inside {
						from = s.From.String()
					}
				}
			}
			if from != c.want {
				t.Errorf("%s: the original goes on from %q, want %q", got.Action, from, c.want)
			}
		})
	}
	w := newWorld(t)
	m := handed(message("plain", outside), outside)
	m.From = "jane@private.example"
	if got := w.send(w.serve(), m); got.Action != miltertest.Accept || got.From != m.From {
		t.Errorf("what passes: got %+v, want it untouched", got)
	}
}
