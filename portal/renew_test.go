package portal_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/store"
)

// C6: a link works again for who has shown that a recipient's mailbox is hers, by a
// code sent there or by something that only its owner could set up: her account's
// password, or the provider that hosts the mailbox. Nobody else moves its end: not who is
// signed in as somebody else, by whatever way, nor by a way that the message does not take,
// nor who holds the mail alone, nor who has neither.
func TestLinkIsRenewedByTheMailboxOnly(t *testing.T) {
	h, l := withLiar(t, carer.String(), nil)
	const password = "correct horse battery"
	h.account(carer, password)
	h.account(other, password)
	byCode := func(b *browser, who addr.Address) *browser { return b.byCode(who) }
	byPassword := func(b *browser, _ addr.Address) *browser {
		return b.press("Sign in", map[string]string{"password": password})
	}
	byProvider := func(b *browser, _ addr.Address) *browser { return b.byProvider("Acme") }
	for name, c := range map[string]struct {
		who    addr.Address
		way    func(*browser, addr.Address) *browser
		takes  []string
		status int // of the message's page once she is signed in; 410 has the button
	}{
		"code":                            {carer, byCode, nil, 410},
		"password":                        {carer, byPassword, nil, 410},
		"provider":                        {carer, byProvider, nil, 410},
		"code, another mailbox":           {other, byCode, nil, 403},
		"password, another account":       {other, byPassword, nil, 403},
		"provider, another account":       {addr.MustParse("eve@home.example"), byProvider, nil, 403},
		"a way the message does not take": {carer, byCode, []string{"password"}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			l.Say(func(_, claims map[string]any) { claims["email"], claims["sub"] = c.who.String(), c.who.String() })
			h.shape = func(r *store.Record) { r.SignIn = c.takes }
			m := h.send(plainMail, carer)
			h.shape = nil
			end := h.clock.Add(14 * 24 * time.Hour)
			h.clock = end.Add(time.Minute)
			b := h.browser()
			if c.takes != nil { // signed in before she came for this message
				b.open("/").press("Continue", map[string]string{"address": c.who.String()})
				c.way(b, c.who).reads(200, "/")
				b.open(m.link)
			} else {
				b.open(m.link)
				if !c.who.Equal(carer) {
					b.follow("Change the email address").press("Continue", map[string]string{"address": c.who.String()})
				}
				c.way(b, c.who)
			}
			b.reads(c.status, m.page)
			if c.status == 410 {
				b.press("Let the link work again", nil).reads(200, m.page, "the plan")
				if got := linkEnd(t, h, m); !got.After(end) {
					t.Errorf("the link ends at %v, want later than %v", got, end)
				}
				return
			}
			b.silent("Let the link work again")
			renewAnyway(t, h, b, m)
			if got := linkEnd(t, h, m); !got.Equal(end) {
				t.Errorf("the link ends at %v, want %v as before", got, end)
			}
		})
	}

	m := h.send(plainMail, carer)
	end := h.clock.Add(14 * 24 * time.Hour)
	h.clock = end.Add(time.Minute)
	renewAnyway(t, h, h.browser().open(m.link).reads(200, "/signin"), m) // holds the mail, has not signed in
	renewAnyway(t, h, h.browser().open("/"), m)                          // has neither
	if got := linkEnd(t, h, m); !got.Equal(end) {
		t.Errorf("without a sign-in: the link ends at %v, want %v as before", got, end)
	}
}

func linkEnd(t *testing.T, h *house, m letter) time.Time {
	t.Helper()
	rec, err := h.store.EnvelopeForOperator(t.Context(), m.id)
	must(t, err)
	return rec.LinkUntil
}

// renewAnyway sends the form that the page does not offer.
func renewAnyway(t *testing.T, h *house, b *browser, m letter) {
	t.Helper()
	secret := strings.TrimSuffix(strings.TrimPrefix(formSecret.FindString(b.body), `name="form" value="`), `"`)
	if secret == "" {
		b.open("/")
		secret = strings.TrimSuffix(strings.TrimPrefix(formSecret.FindString(b.body), `name="form" value="`), `"`)
	}
	b.post(m.page+"/renew", "application/x-www-form-urlencoded", strings.NewReader(url.Values{"form": {secret}}.Encode()))
	if b.status == 200 && strings.Contains(b.words(), "the plan") {
		t.Errorf("the message opened: %s", b.words())
	}
}
