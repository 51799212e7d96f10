package portal_test

import (
	"slices"
	"testing"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/internal/oidctest"
	"github.com/postseal/postseal/portal"
)

// SCC-5: the file names what the website has beside it, by what the message takes
// and by whom it can help.
func TestWebsiteWays(t *testing.T) {
	h := newHouse(t, func(c *portal.Config) {
		c.BaseURL, c.Passkeys = "http://localhost", true
		c.Providers = []portal.Provider{
			{Name: "google", Kind: portal.Google, ClientID: oidctest.ClientID, Domains: []string{"home.example"}},
			{Name: "microsoft", Kind: portal.Microsoft, ClientID: oidctest.ClientID},
		}
	})
	outlook := addr.MustParse("someone@outlook.com")
	for _, c := range []struct {
		name string
		take []string
		to   []addr.Address
		want []string
	}{
		{"all", nil, []addr.Address{carer, outlook}, []string{"Google", "Microsoft", "passkey"}},
		{"one's own", nil, []addr.Address{carer}, []string{"Google", "passkey"}},
		{"neither", nil, []addr.Address{other}, []string{"passkey"}},
		{"no providers", []string{"code", "passkey"}, []addr.Address{carer}, []string{"passkey"}},
		{"no passkey", []string{"code", "oidc"}, []addr.Address{outlook}, []string{"Microsoft"}},
		{"what the file has itself", []string{"code", "password"}, []addr.Address{carer}, nil},
	} {
		if got := h.web.Config.Handler.(*portal.Server).WebsiteWays(c.take, c.to); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}
