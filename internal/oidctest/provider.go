// Package oidctest runs OpenID providers on loopback for tests: Start a real one
// (zitadel's, certified by the OpenID Foundation, with its sign-in page), and
// StartLiar one of our own that says whatever a test wants it to say.
package oidctest

import (
	"log/slog"
	"net/http/httptest"
	"testing"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
)

// ClientID and ClientSecret are how a portal shows a provider who it is.
const (
	ClientID     = "postseal"
	ClientSecret = "secret of the client"
)

// User has an account at a provider; its page asks for Name and Password in the
// fields #username and #password.
type User struct {
	Subject, Name, Password, Email string
	Verified                       bool
}

type users []User

func (u users) find(fits func(User) bool) *storage.User {
	for _, x := range u {
		if fits(x) {
			return &storage.User{ID: x.Subject, Username: x.Name, Password: x.Password, Email: x.Email, EmailVerified: x.Verified}
		}
	}
	return nil
}

func (u users) GetUserByID(id string) *storage.User {
	return u.find(func(x User) bool { return x.Subject == id })
}

func (u users) GetUserByUsername(name string) *storage.User {
	return u.find(func(x User) bool { return x.Name == name })
}

func (users) ExampleClientID() string { return "service" }

// Start runs a real provider that sends people back to one address, and gives its
// issuer. It tells the address by userinfo, not in the ID token, as many do.
func Start(t testing.TB, back string, people ...User) (issuer string) {
	t.Helper()
	web := httptest.NewUnstartedServer(nil)
	issuer = "http://" + web.Listener.Addr().String()
	client := storage.WebClient(ClientID, ClientSecret, back)
	kept := storage.NewStorageWithClients(users(people), map[string]*storage.Client{ClientID: client})
	web.Config.Handler = exampleop.SetupServer(issuer, kept, slog.New(slog.DiscardHandler), false)
	web.Start()
	t.Cleanup(web.Close)
	return issuer
}
