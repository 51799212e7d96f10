package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/postseal/postseal/config"
	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/postfix"
)

// providersOf reads the secrets of the providers that people sign in with.
func providersOf(cfg *config.Config) ([]portal.Provider, error) {
	var out []portal.Provider
	for i, o := range cfg.SignIn.OIDC {
		p := portal.Provider{Name: o.Name, Label: o.Label, Kind: o.Kind, Issuer: o.Issuer, ClientID: o.ClientID, Domains: o.Domains}
		if p.Kind == "other" {
			p.Kind = portal.AnyProvider
		}
		for _, t := range o.Tenants {
			p.Tenants = append(p.Tenants, portal.Tenant{ID: strings.ToLower(t.ID), Domains: t.Domains})
		}
		if o.ClientSecretFile != "" {
			secret, err := readSecret(o.ClientSecretFile)
			if err != nil {
				return nil, fmt.Errorf("signin.oidc.%d.client_secret_file: %w", i, err)
			}
			p.ClientSecret = portal.Secret(strings.TrimSpace(string(secret)))
		}
		out = append(out, p)
	}
	return out, nil
}

// checkSignIn asks each provider for what serve will ask it, and says where
// passkeys cannot be had.
func checkSignIn(ctx context.Context, cfg *config.Config) []postfix.Problem {
	providers, err := providersOf(cfg)
	if err != nil {
		return []postfix.Problem{problemOf(err, "put the secret there that the provider gave you; the daemon does not start without it")}
	}
	var out []postfix.Problem
	for _, p := range providers {
		if err := portal.CheckProvider(ctx, p); err != nil {
			what := strings.TrimPrefix(err.Error(), "portal: provider "+p.Name+": ")
			out = append(out, postfix.Problem{Fatal: true, Setting: "signin.oidc " + p.Name, What: "cannot be used: " + what,
				Do: "let this machine reach it by https, or correct issuer; meanwhile people there have a code sent to them"})
		}
	}
	if cfg.SignIn.Passkeys != nil && cfg.SignIn.UsesPasskeys() && !portal.PasskeysPossible(cfg.Portal.URL) {
		out = append(out, postfix.Problem{Setting: "signin.passkeys", What: "browsers make no passkeys for " + cfg.Portal.URL, Do: "give the portal a name in portal.url, or set passkeys: false"})
	}
	return out
}
