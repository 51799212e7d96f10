package portal_test

import (
	"encoding/json"
	"testing"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/portal"
)

const (
	personal = "9188040d-6c67-4c5b-b112-36a304b66dad"
	firm     = "11111111-2222-3333-4444-555555555555"
)

// Who is believed about what. SCC-6
func TestVouches(t *testing.T) {
	google := portal.Provider{Kind: portal.Google}
	googleOnly := portal.Provider{Kind: portal.Google, Domains: []string{"firm.example"}}
	microsoft := portal.Provider{Kind: portal.Microsoft, Tenants: []portal.Tenant{{ID: firm, Domains: []string{"firm.example", "*.firm.example"}}}}
	wide := portal.Provider{Kind: portal.Microsoft, Domains: []string{"other.example"}}
	own := portal.Provider{Domains: []string{"idp.example", "*.idp.example"}}
	for _, c := range []struct {
		name   string
		p      portal.Provider
		claims string
		want   string
	}{
		{"gmail", google, `{"email":"a@gmail.com","email_verified":true}`, "yes"},
		{"gmail, as text", google, `{"email":"a@GMail.com","email_verified":"true"}`, "yes"},
		{"googlemail", google, `{"email":"a@googlemail.com","email_verified":true}`, "yes"},
		{"gmail, not verified", google, `{"email":"a@gmail.com"}`, "unverified"},
		{"hosted", google, `{"email":"a@firm.example","email_verified":true,"hd":"firm.example"}`, "yes"},
		{"hosted elsewhere", google, `{"email":"a@firm.example","email_verified":true,"hd":"evil.example"}`, "foreign"},
		{"an account with a foreign address", google, `{"email":"a@firm.example","email_verified":true}`, "foreign"},
		{"hosted above", google, `{"email":"a@x.firm.example","email_verified":true,"hd":"firm.example"}`, "foreign"},
		{"listed and hosted", googleOnly, `{"email":"a@firm.example","email_verified":true,"hd":"firm.example"}`, "yes"},
		{"listed, not hosted", googleOnly, `{"email":"a@firm.example","email_verified":true}`, "foreign"},
		{"gmail, not listed", googleOnly, `{"email":"a@gmail.com","email_verified":true}`, "foreign"},
		{"personal", microsoft, `{"email":"a@outlook.com","tid":"` + personal + `"}`, "yes"},
		{"personal, hotmail", microsoft, `{"email":"a@hotmail.co.uk","tid":"` + personal + `"}`, "yes"},
		{"personal with a foreign address", microsoft, `{"email":"a@gmail.com","tid":"` + personal + `"}`, "foreign"},
		{"outlook out of a tenant", microsoft, `{"email":"a@outlook.com","tid":"` + firm + `"}`, "foreign"},
		{"outlook out of a tenant, edov", microsoft, `{"email":"a@outlook.com","tid":"` + firm + `","xms_edov":true}`, "foreign"},
		{"listed tenant", microsoft, `{"email":"a@firm.example","tid":"` + firm + `"}`, "yes"},
		{"listed tenant, below", microsoft, `{"email":"a@x.firm.example","tid":"` + firm + `"}`, "yes"},
		{"listed tenant, a foreign domain", microsoft, `{"email":"a@council.example","tid":"` + firm + `","email_verified":true}`, "foreign"},
		{"another tenant claims the domain", microsoft, `{"email":"a@firm.example","tid":"99999999-2222-3333-4444-555555555555","email_verified":true,"xms_edov":true}`, "foreign"},
		{"domain owner checked", wide, `{"email":"a@other.example","tid":"` + firm + `","xms_edov":"1"}`, "yes"},
		{"domain owner not checked", wide, `{"email":"a@other.example","tid":"` + firm + `","email_verified":true}`, "unverified"},
		{"domain owner says no", wide, `{"email":"a@other.example","tid":"` + firm + `","xms_edov":0}`, "unverified"},
		{"domain owner, not listed", wide, `{"email":"a@third.example","tid":"` + firm + `","xms_edov":1}`, "foreign"},
		{"upn is nothing", microsoft, `{"upn":"a@outlook.com","preferred_username":"a@outlook.com","tid":"` + personal + `"}`, "unverified"},
		{"any", own, `{"email":"a@idp.example","email_verified":true}`, "yes"},
		{"any, below", own, `{"email":"a@x.idp.example","email_verified":1}`, "yes"},
		{"any, foreign", own, `{"email":"a@gmail.com","email_verified":true}`, "foreign"},
		{"any, lookalike", own, `{"email":"a@evilidp.example","email_verified":true}`, "foreign"},
		{"any, nothing listed", portal.Provider{}, `{"email":"a@idp.example","email_verified":true}`, "foreign"},
		{"no address", own, `{"email_verified":true}`, "unverified"},
		{"a name in front", own, `{"email":"Bob <a@idp.example>","email_verified":true}`, "unverified"},
	} {
		if got := portal.Vouches(&c.p, []byte(c.claims)); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// Whatever stands in claims, nobody is vouched for outside the list.
func FuzzVouches(f *testing.F) {
	f.Add([]byte(`{"email":"a@gmail.com","email_verified":true,"hd":"x","tid":"y","xms_edov":"1"}`))
	f.Add([]byte(`{"email":"a@home.example","email_verified":"TRUE"}`))
	f.Add([]byte(`{"email":"\"a@home.example\"@evil.example","email_verified":1}`))
	p := portal.Provider{Domains: []string{"home.example"}}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !json.Valid(raw) || portal.Vouches(&p, raw) != "yes" {
			return
		}
		var c struct {
			Email string `json:"email"`
		}
		must(t, json.Unmarshal(raw, &c))
		if a, err := addr.Parse(c.Email); err != nil || a.DomainKey() != "home.example" {
			t.Errorf("vouched for %q", c.Email)
		}
	})
}
