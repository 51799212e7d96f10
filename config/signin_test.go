package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/postseal/postseal/config"
)

// signIn puts a signin section in place of the example's.
func signIn(t *testing.T, section string) []byte {
	t.Helper()
	return change(t, "signin:\n", "signin:\n"+section)
}

func TestSignInProviders(t *testing.T) {
	c, err := config.Parse("f", config.Example())
	if err != nil || !c.SignIn.UsesPasskeys() || len(c.SignIn.OIDC) != 0 {
		t.Fatalf("the example: %v %v", c, err)
	}
	commented := strings.ReplaceAll(string(config.Example()), "\n  # oidc:\n", "\n  oidc:\n")
	from := strings.Index(commented, "\n  oidc:\n") + len("\n  oidc:\n")
	to := from + strings.Index(commented[from:], "\n\n")
	shown := strings.ReplaceAll("\n"+commented[from:to], "\n  # ", "\n  ")
	c, err = config.Parse("f", []byte(commented[:from]+shown[1:]+commented[to:]))
	if err != nil {
		t.Fatalf("what the example shows of providers is not read: %v", err)
	}
	if got := c.SignIn.OIDC; len(got) != 3 || got[0].Kind != "google" || got[1].Tenants[0].Domains[0] != "nhs.example" || got[2].Domains[0] != "partnership.example" {
		t.Errorf("got %+v", got)
	}
}

func TestSignInErrors(t *testing.T) {
	for entry, want := range map[string]string{
		"{name: Acme Ltd, issuer: https://a.example, client_id: c, domains: [a.example]}":                       "small letters",
		"{name: a, issuer: http://a.example, client_id: c, domains: [a.example]}":                               "https address",
		"{name: a, client_id: c, domains: [a.example]}":                                                         "https address",
		"{name: a, issuer: https://a.example, domains: [a.example]}":                                            "client_id",
		"{name: a, issuer: https://a.example, client_id: c}":                                                    "believed for nobody",
		"{name: a, issuer: https://a.example, client_id: c, domains: [\"*\"]}":                                  "wants a domain",
		"{name: a, issuer: https://a.example, client_id: c, domains: [a.example], client_secret_file: hunter2}": "never the secret itself",
		"{name: a, kind: facebook, issuer: https://a.example, client_id: c, domains: [a.example]}":              "google, microsoft or other",
		"{name: a, kind: google, client_id: c, tenants: [{id: x, domains: [a.example]}]}":                       "kind: microsoft",
		"{name: a, kind: microsoft, client_id: c, tenants: [{id: contoso, domains: [a.example]}]}":              "tenant id",
		"{name: a, kind: microsoft, client_id: c, tenants: [{id: 01234567-89ab-cdef-0123-456789abcdef}]}":       "own mail domains",
		"{name: a, kind: google, client_id: c}, {name: a, kind: google, client_id: c}":                          "stands there twice",
		"{name: a, kind: google, client_id: c, client_secret: hunter2}":                                         "unknown key",
	} {
		_, err := config.Parse("f", signIn(t, "  oidc: ["+entry+"]\n"))
		if !errors.Is(err, config.ErrConfig) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", entry, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error repeats a secret: %v", err)
		}
	}
}
