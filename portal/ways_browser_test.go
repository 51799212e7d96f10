package portal_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	cdp "github.com/chromedp/chromedp"

	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/internal/oidctest"
	"github.com/postseal/postseal/portal"
)

// namedHouse is a house under a name, which passkeys want, with a real provider.
func namedHouse(t *testing.T) (h *house, base string) {
	h = newHouse(t, func(c *portal.Config) {
		c.BaseURL = strings.Replace(c.BaseURL, "127.0.0.1", "localhost", 1)
		base = c.BaseURL
		c.Passkeys = true
		c.Brand.Colour = "#00437b"
		issuer := oidctest.Start(t, base+"/signin/oidc/google", oidctest.User{Subject: "1", Name: "carla", Password: "pw", Email: carer.String(), Verified: true})
		c.Providers = []portal.Provider{{Name: "google", Label: "Google", Issuer: issuer, ClientID: oidctest.ClientID, ClientSecret: oidctest.ClientSecret, Domains: []string{"home.example"}}}
	})
	h.clock = time.Now() // the provider's
	return h, base
}

// asFile saves securedoc.html as a mail program does and gives its address.
func (h *house) asFile(base string, l letter, form envelope.Form) string {
	h.t.Helper()
	var page bytes.Buffer
	must(h.t, envelope.WritePage(&page, envelope.Page{ID: l.id, Secret: l.secret, Servers: []string{base}, Organisation: "Borough of Example",
		From: "Jane Doe <jane.doe@example.gov.uk>", To: []string{carer.String()}, Form: form}, bytes.NewReader(l.container)))
	name := filepath.Join(h.t.TempDir(), "securedoc.html")
	must(h.t, os.WriteFile(name, page.Bytes(), 0o600))
	return "file://" + name
}

// device gives a tab a telephone that keeps passkeys and sees its person.
func (b *tab) device() webauthn.AuthenticatorID {
	b.t.Helper()
	var id webauthn.AuthenticatorID
	b.do(cdp.Func(func(ctx context.Context, _ *cdp.Target) error {
		if _, err := cdp.Call(ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		r, err := cdp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true,
			HasUserVerification: true, AutomaticPresenceSimulation: true, IsUserVerified: true}})
		id = r.AuthenticatorID
		return err
	}))
	return id
}

func (b *tab) says(words string) {
	b.t.Helper()
	b.do(cdp.WaitVisible(cdp.Search(fmt.Sprintf(`//*[contains(normalize-space(text()), %q)]`, words))))
}

func widths() []int64 {
	if os.Getenv("POSTSEAL_SCREENSHOTS") == "" {
		return []int64{360}
	}
	return []int64{360, 1280}
}

// A message from a file is opened on the website by an account elsewhere: the page
// posts the container, and it opens there. SCC-5, SCC-6, BCC-19, BCC-20, BOP-3, C5
func TestBrowserFileOpensByProvider(t *testing.T) {
	for _, width := range widths() {
		for _, form := range []envelope.Form{envelope.Classic, envelope.Passive} {
			t.Run(fmt.Sprint(width, form), func(t *testing.T) {
				h, base := namedHouse(t)
				l := h.seal(plainMail, carer) // not on the shelf: only the file has it
				b := newTab(t, width, 800)
				b.do(cdp.Navigate(h.asFile(base, l, form)))
				if form == envelope.Classic {
					b.press("Open on the website")
				} else {
					b.press("Open message")
				}
				b.heading("Sign in to read your message", "ways-signin")
				b.press("Sign in with Google")
				b.do(cdp.WaitVisible(cdp.CSS("#username")))
				b.typed("#username", "carla")
				b.typed("#password", "pw\r")
				b.heading("Care plan", "ways-message")
				b.says("Dear Carla")
				b.do(cdp.Navigate(base + "/account"))
				b.heading("Your account", "ways-account-provider")
			})
		}
	}
}

// Next time without a code: a passkey is set up after the first reading, opens
// the next message, and opens nothing once it is taken off. BOP-2, CYC-8, C11, C21
func TestBrowserPasskey(t *testing.T) {
	for _, width := range widths() {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			h, base := namedHouse(t)
			l := h.send(plainMail, carer)
			b := newTab(t, width, 800)
			device := b.device()
			b.do(cdp.Navigate(base + l.link))
			b.heading("Sign in to read your message", "ways-signin-passkey")
			b.press("Send me a code")
			b.heading("Type the code", "ways-code")
			b.typed("#code", h.code(carer)+"\r")
			b.heading("Care plan", "ways-offer")
			b.press("Set up a passkey")
			b.heading("Your account", "ways-account")
			b.do(cdp.SetValue(cdp.CSS("#name"), "My phone"))
			b.press("Add a passkey on this device")
			b.says("You can use your passkey from now on.")
			b.heading("Your account", "ways-account-added")
			b.says("My phone")
			b.press("Add a passkey on this device")
			b.says("This device has a passkey for you already")
			b.press("Sign out")
			b.heading("You are signed out", "ways-signedout")

			second := h.send(plainMail, carer)
			b.do(cdp.Navigate(base + second.link))
			b.heading("Sign in to read your message", "ways-signin-again")
			b.press("Sign in with a passkey")
			b.heading("Care plan", "ways-message-passkey")
			b.press("Sign out")
			b.heading("You are signed out", "ways-signedout")
			b.do(cdp.Navigate(base)) // no address typed: the key knows whose it is
			b.heading("Read a secure message", "ways-start")
			b.press("Sign in with a passkey")
			b.heading("You are signed in", "ways-home")

			b.do(cdp.Navigate(base+"/account"), cdp.WaitVisible(cdp.Search(`//strong[.="My phone"]`)))
			b.press("Take off My phone")
			b.do(cdp.WaitNotPresent(cdp.Search(`//strong[.="My phone"]`)))
			b.press("Sign out")
			b.heading("You are signed out", "ways-signedout")
			b.do(cdp.Navigate(base))
			b.press("Sign in with a passkey")
			b.heading("This passkey does not work here", "ways-passkey-refused")

			// A device that did not see its person signs nothing.
			b.do(cdp.Func(func(ctx context.Context, _ *cdp.Target) error {
				_, err := cdp.Call(ctx, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: device})
				return err
			}), cdp.Navigate(base))
			b.press("Sign in with a passkey")
			b.says("That did not work, or was stopped")
			b.shot("ways-passkey-stopped")
		})
	}
}

// C6: the passkey of a recipient shows her mailbox as a code does, so that her link
// works again; somebody else's passkey moves nothing.
func TestBrowserLinkIsRenewedByPasskey(t *testing.T) {
	t.Parallel()
	h, base := namedHouse(t)
	b := newTab(t, 360, 800)
	b.device()
	own := func(m letter, address string) { // sets a passkey up on this device
		b.do(cdp.Navigate(base + m.link))
		if address != "" {
			b.press("Change the email address")
			b.heading("Read a secure message", "")
			b.typed("#address", address+"\r")
		}
		b.heading("Sign in to read your message", "")
		b.press("Send me a code")
		b.heading("Type the code", "")
		who := carer
		if address != "" {
			who = other
		}
		b.typed("#code", h.code(who)+"\r")
		b.do(cdp.WaitVisible(cdp.CSS("nav")), cdp.Navigate(base+"/account"))
		b.heading("Your account", "")
		b.press("Add a passkey on this device")
		b.says("You can use your passkey from now on.")
		b.press("Sign out")
		b.heading("You are signed out", "")
	}
	m := h.send(plainMail, carer)
	end := linkEnd(t, h, m)
	own(m, "")
	h.clock = end.Add(time.Minute)
	b.do(cdp.Navigate(base + m.link))
	b.heading("Sign in to read your message", "")
	b.press("Sign in with a passkey")
	b.do(cdp.WaitVisible(cdp.CSS(`form[action$="/renew"]`)))
	if got := linkEnd(t, h, m); !got.Equal(end) {
		t.Fatalf("the link ends at %v before anybody asked, want %v", got, end)
	}
	b.press("Let the link work again")
	b.heading("Care plan", "")
	b.says("Dear Carla")
	if got := linkEnd(t, h, m); !got.After(end) {
		t.Errorf("the link ends at %v, want later than %v", got, end)
	}
	b.press("Sign out")
	b.heading("You are signed out", "")

	h.mails()               // that a passkey was added
	b = newTab(t, 360, 800) // another person, another device
	b.device()
	second := h.send(plainMail, carer)
	end = linkEnd(t, h, second)
	own(second, other.String())
	h.clock = end.Add(time.Minute)
	b.do(cdp.Navigate(base + second.link))
	b.heading("Sign in to read your message", "")
	b.press("Sign in with a passkey")
	b.heading("This message was sent to another address", "")
	if got := linkEnd(t, h, second); !got.Equal(end) {
		t.Errorf("another's passkey: the link ends at %v, want %v as before", got, end)
	}
}
