package milter_test

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/milter"
	"github.com/postseal/postseal/policy"
)

const tlsRules = `
organisation: {name: Borough of Example, domains: [council.example]}
secure_suffix: safe.example
rules:
  - {name: always, to: [trust.partner.example], if: {subject_tag: [SECURE]}, do: seal}
  - {name: TLS partners, to: [partner.example, "*.partner.example"], do: tls}
  - {name: marked, if: {subject_tag: [SECURE]}, do: seal}
`

func tlsWorld(t *testing.T, enforced bool) *world {
	t.Helper()
	w := newWorld(t)
	w.rules = &policy.File{}
	if err := yaml.Unmarshal([]byte(tlsRules), w.rules); err != nil {
		t.Fatal(err)
	}
	w.f.TLSEnforced = func(_ context.Context, a addr.Address) bool { return enforced && !a.Routed() }
	return w
}

// SCC-16, BOP-13: a partner keeps the original as long as TLS is enforced, and
// then gets no envelope; the others of the same message are sealed. A rule before
// it that seals beats it.
func TestTLSPartnerKeepsTheOriginal(t *testing.T) {
	const partner, trust, suffixed = "x@partner.example", "x@trust.partner.example", "x@partner.example.safe.example"
	for name, c := range map[string]struct {
		enforced bool
		rcpts    []string
		want     milter.Outcome
		sealed   []string
	}{
		"alone":           {true, []string{partner}, milter.Outcome{Action: milter.Accept}, nil},
		"with others":     {true, []string{inside, partner, outside}, milter.Outcome{Action: milter.Accept, Drop: []string{outside}}, []string{outside}},
		"always sealed":   {true, []string{trust, partner}, milter.Outcome{Action: milter.Accept, Drop: []string{trust}}, []string{trust}},
		"not enforced":    {false, []string{inside, partner}, milter.Outcome{Action: milter.Accept, Drop: []string{partner}}, []string{partner}},
		"not for one":     {true, []string{partner, "y%z@partner.example"}, milter.Outcome{Action: milter.Accept, Drop: []string{"y%z@partner.example"}}, []string{"y%z@partner.example"}},
		"secure address":  {true, []string{suffixed}, milter.Outcome{Action: milter.Discard}, []string{partner}},
		"both spellings":  {true, []string{partner, suffixed}, milter.Outcome{Action: milter.Discard}, []string{partner}},
		"both, turned":    {true, []string{suffixed, partner}, milter.Outcome{Action: milter.Discard}, []string{partner}},
		"two of a domain": {true, []string{partner, "z@partner.example"}, milter.Outcome{Action: milter.Accept}, nil},
	} {
		w := tlsWorld(t, c.enforced)
		got := w.decide(mailFor(message("[SECURE] greenhouse", c.rcpts[0]), c.rcpts...))
		if got.Action == milter.Discard {
			got.Drop = nil
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
		var sealed []string
		for a, n := range w.envelopes() {
			sealed = append(sealed, a)
			if n != 1 {
				t.Errorf("%s: %d envelopes for %s", name, n, a)
			}
		}
		if !slices.Equal(sealed, c.sealed) {
			t.Errorf("%s: sealed for %v, want %v", name, sealed, c.sealed)
		}
	}
}

// A copy that Postfix adds for a partner leaves by enforced TLS as well.
func TestCopyToATLSPartner(t *testing.T) {
	for _, enforced := range []bool{true, false} {
		w := tlsWorld(t, enforced)
		w.maps.copies = []string{"archive@partner.example"}
		got, want := w.decide(mailFor(message("[SECURE] x", inside), inside)).Action, milter.Answer
		if enforced {
			want = milter.Accept
		}
		if got != want {
			t.Errorf("enforced %v: got %v, want %v", enforced, got, want)
		}
	}
}
