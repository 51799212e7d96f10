package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/config"
	"github.com/postseal/postseal/internal/oidctest"
)

// check names a provider that cannot be reached, and one that is another.
func TestCheckSignIn(t *testing.T) {
	l := oidctest.StartLiar(t, "a@home.example", time.Now)
	no := false
	cfg := &config.Config{Portal: config.Portal{URL: "https://192.0.2.1"}}
	cfg.SignIn.OIDC = []config.Provider{{Name: "there", Kind: "other", Issuer: l.Issuer, ClientID: "c", Domains: []string{"home.example"}}}
	if got := checkSignIn(t.Context(), cfg); len(got) != 0 {
		t.Errorf("a good one: got %v", got)
	}
	cfg.SignIn.OIDC[0].Issuer = "http://127.0.0.1:1"
	got := checkSignIn(t.Context(), cfg)
	if len(got) != 1 || !got[0].Fatal || got[0].Setting != "signin.oidc there" || !strings.Contains(got[0].What, "cannot be reached") {
		t.Errorf("one that is away: got %+v", got)
	}
	cfg.SignIn.OIDC[0].Issuer = l.Issuer + "/"
	if got := checkSignIn(t.Context(), cfg); len(got) != 1 || !strings.Contains(got[0].What, "another issuer") {
		t.Errorf("another issuer: got %+v", got)
	}
	yes := true
	cfg.SignIn = config.SignIn{Passkeys: &yes}
	if got := checkSignIn(t.Context(), cfg); len(got) != 1 || got[0].Setting != "signin.passkeys" {
		t.Errorf("passkeys for a number: got %+v", got)
	}
	cfg.SignIn.Passkeys = &no
	if got := checkSignIn(t.Context(), cfg); len(got) != 0 {
		t.Errorf("without passkeys: got %+v", got)
	}
}

// The secret comes out of its file and prints as nothing.
func TestProviderSecrets(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := &config.Config{SignIn: config.SignIn{OIDC: []config.Provider{{Name: "a", Kind: "google", ClientID: "c", ClientSecretFile: file}}}}
	got, err := providersOf(cfg)
	if err != nil || string(got[0].ClientSecret) != "hunter2" || strings.Contains(strings.Join([]string{got[0].ClientSecret.String(), got[0].ClientSecret.GoString()}, ""), "hunter2") {
		t.Errorf("got %v %v", got, err)
	}
	cfg.SignIn.OIDC[0].ClientSecretFile = file + ".gone"
	if _, err := providersOf(cfg); err == nil || !strings.Contains(err.Error(), "signin.oidc.0.client_secret_file") {
		t.Errorf("got %v", err)
	}
}
