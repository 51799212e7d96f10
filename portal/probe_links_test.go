package portal_test

import (
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/store"
)

// Steps of the probe at links that have ended.

func pressesEnded(k *asker) answer {
	fields := []string{"t", k.ended}
	for name, text := range person(good) {
		fields = append(fields, name, text)
	}
	return k.post("/activate", fields...)
}

func answersEnded(k *asker) answer { return k.post("/reset", "t", k.ended, "answer", "Tom") }

func setsEnded(k *asker) answer {
	return k.post("/reset/password", "t", k.ended, "password", good, "again", good)
}

// ended gives the token of a link for an address, made before there was an account
// and over by now: somebody may still hold such a mail when the account is made, or
// is not. Its second half names the address's place.
func (p *probed) ended(a addr.Address) string {
	p.t.Helper()
	token, _, err := p.store.Register(p.t.Context(), a, store.Registration{FirstName: "A", LastName: "B", Password: good}, "earlier", p.clock)
	must(p.t, err)
	p.clock = p.clock.Add(store.LinkLife + time.Minute)
	return token
}
