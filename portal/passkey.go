package portal

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/store"
)

// passkeyMethod is the sign-in by a key pair on the person's own device (WebAuthn
// level 3; C11). The device finds the key by itself (discoverable credentials)
// and must have seen its person: finger, face or screen lock. Without script the
// button is not there.
type passkeyMethod struct{}

func (passkeyMethod) name() string { return "passkey" }

func (passkeyMethod) ask(v *visit, a addr.Address) error { return v.choose(a) }

var (
	errPasskey     = errors.New("portal: passkey not accepted")
	errPasskeyMade = errors.New("portal: passkey not taken")
)

// Kinds of ceremony.
const (
	ceremonySignIn = "passkey"
	ceremonyAdd    = "passkey-add"
)

// PasskeysPossible tells whether browsers make passkeys for a portal's address:
// they want a name, not a number (WebAuthn level 3, section 5.1.2).
func PasskeysPossible(baseURL string) bool {
	u, err := url.Parse(baseURL)
	return err == nil && u.Hostname() != "" && net.ParseIP(u.Hostname()) == nil
}

func newPasskeys(c Config, origin string) (*webauthn.WebAuthn, error) {
	if !c.Passkeys || !PasskeysPossible(c.BaseURL) {
		return nil, nil
	}
	u, err := url.Parse(c.BaseURL)
	if err != nil {
		return nil, err
	}
	required := true
	return webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: c.Brand.Organisation, RPOrigins: []string{origin},
		AttestationPreference: protocol.PreferNoAttestation, // who made the device is not our business
		AuthenticatorSelection: protocol.AuthenticatorSelection{RequireResidentKey: &required,
			ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired},
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
}

// bearer is a person as the library wants her.
type bearer struct {
	address addr.Address
	ways    store.Ways
}

func (b bearer) WebAuthnID() []byte          { return b.ways.Handle }
func (b bearer) WebAuthnName() string        { return b.address.String() }
func (b bearer) WebAuthnDisplayName() string { return b.address.String() }

func (b bearer) WebAuthnCredentials() []webauthn.Credential {
	var all []webauthn.Credential
	for _, k := range b.ways.Passkeys {
		c := webauthn.Credential{ID: k.ID, PublicKey: k.PublicKey, Authenticator: webauthn.Authenticator{SignCount: k.Count},
			Flags: webauthn.CredentialFlags{UserPresent: true, UserVerified: true, BackupEligible: k.Backed, BackupState: k.Copied}}
		for _, t := range k.Transports {
			c.Transport = append(c.Transport, protocol.AuthenticatorTransport(t))
		}
		all = append(all, c)
	}
	return all
}

// beginPasskey answers POST /passkey/begin with what the device is asked. It is a
// POST, since it keeps the challenge.
func beginPasskey(v *visit) error {
	if err := v.spend(quotaBegin); err != nil {
		return err
	}
	var ask any
	var session *webauthn.SessionData
	kind := ceremonySignIn
	if v.field("for") == "add" {
		kind = ceremonyAdd
		by, who, err := v.bearer()
		if err != nil {
			return err
		}
		if by.Address().IsZero() || !by.Fresh(v.now) { // its page asks first who somebody is
			return errSignIn
		}
		creation, kept, err := v.s.passkeys.BeginRegistration(who, webauthn.WithExclusions(webauthn.Credentials(who.WebAuthnCredentials()).CredentialDescriptors()))
		if err != nil {
			return fmt.Errorf("portal: passkey: %w", err)
		}
		ask, session = creation, kept
	} else {
		assertion, kept, err := v.s.passkeys.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
		if err != nil {
			return fmt.Errorf("portal: passkey: %w", err)
		}
		ask, session = assertion, kept
	}
	kept, err := json.Marshal(session)
	if err != nil {
		return err
	}
	if err := v.s.Store.BeginCeremony(v.ctx(), v.browser(), kind, "", kept, v.now); err != nil {
		return err
	}
	v.json(http.StatusOK, ask)
	return nil
}

// bearer gives who is signed in, with her passkeys and the name they know her by.
func (v *visit) bearer() (store.Proof, bearer, error) {
	p, err := v.person()
	if err != nil || p.Address().IsZero() {
		return p, bearer{}, err
	}
	ways, err := v.s.Store.Ways(v.ctx(), p.Address())
	if err != nil {
		return p, bearer{}, err
	}
	if len(ways.Handle) == 0 {
		ways.Handle = make([]byte, 32)
		_, _ = rand.Read(ways.Handle) // never fails (crypto/rand)
	}
	return p, bearer{p.Address(), ways}, nil
}

// challenge takes what was begun in this browser; it serves once.
func (v *visit) challenge(kind string) (session webauthn.SessionData, err error) {
	kept, err := v.s.Store.EndCeremony(v.ctx(), v.browser(), kind, "", v.now)
	if err != nil {
		return session, err
	}
	if err := json.Unmarshal(kept, &session); err != nil {
		return session, store.ErrCodeExpired
	}
	return session, nil
}

// answer signs in whose key has signed. What was typed before does not matter:
// the key proves its own person, and store.Release looks at her.
func (m passkeyMethod) answer(v *visit, _ addr.Address) error {
	if v.s.passkeys == nil {
		return errPage
	}
	proof, err := v.signed()
	if err != nil {
		v.s.failed(m.name(), err)
		return err
	}
	return v.passed(m, proof)
}

func (v *visit) signed() (store.Proof, error) {
	if err := v.spend(quotaEnd); err != nil {
		return store.Proof{}, err
	}
	session, err := v.challenge(ceremonySignIn)
	if err != nil {
		return store.Proof{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(v.field("credential")))
	if err != nil {
		return store.Proof{}, errPasskey
	}
	var away error // what the library would hide
	var who bearer
	owner := func(id, handle []byte) (webauthn.User, error) {
		a, ways, err := v.s.Store.PasskeyOwner(v.ctx(), id)
		if err == nil && !bytes.Equal(ways.Handle, handle) {
			err = store.ErrNoAccount
		}
		if err != nil && !errors.Is(err, store.ErrNoAccount) {
			away = err
		}
		who = bearer{a, ways}
		return who, err
	}
	_, _, err = v.s.passkeys.ValidatePasskeyLogin(owner, session, parsed)
	if away != nil {
		return store.Proof{}, away
	}
	if err != nil {
		return store.Proof{}, errPasskey
	}
	data := parsed.Response.AuthenticatorData
	proof, err := v.s.Store.UsePasskey(v.ctx(), who.address, parsed.RawID, data.Counter, data.Flags.HasBackupState(), v.browser(), v.now)
	if errors.Is(err, store.ErrWrong) {
		err = errPasskey
	}
	return proof, err
}

// addPasskey answers POST /account/passkey: a new key of who is signed in.
func addPasskey(v *visit) error {
	by, who, err := v.bearer()
	if err != nil {
		return err
	}
	if by.Address().IsZero() {
		return errSignIn
	}
	if _, ok, err := v.sure(""); !ok {
		return err
	}
	name := clean(v.field("name"))
	if name == "" || utf8.RuneCountInString(name) > maxKeyName {
		return v.account(problem{"name", v.t("ways.name-wrong")})
	}
	session, err := v.challenge(ceremonyAdd)
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(v.field("credential")))
	if err != nil {
		return errPasskeyMade
	}
	if len(who.ways.Passkeys) == 0 { // the name that the device was told; no other is on file yet
		who.ways.Handle = session.UserID
	}
	made, err := v.s.passkeys.CreateCredential(who, session, parsed)
	if err != nil || !made.Flags.UserVerified {
		return errPasskeyMade
	}
	k := store.Passkey{ID: made.ID, PublicKey: made.PublicKey, Name: name, Count: made.Authenticator.SignCount,
		Backed: made.Flags.BackupEligible, Copied: made.Flags.BackupState}
	for _, t := range made.Transport {
		if len(k.Transports) < 10 && len(t) <= 32 {
			k.Transports = append(k.Transports, string(t))
		}
	}
	switch err := v.s.Store.AddPasskey(v.ctx(), by, session.UserID, k, v.now); {
	case errors.Is(err, store.ErrExists), errors.Is(err, store.ErrConflict): // also an address that is on another account
		return errPasskeyMade
	case errors.Is(err, store.ErrTooMany):
		return v.account(problem{"name", v.t("ways.too-many")})
	case err != nil:
		return err
	}
	v.tellOwner(by.Address(), notice.PasskeyAdded, name)
	v.see("/account?added=1")
	return nil
}

// keyID is a passkey's name in a form.
func keyID(id []byte) string { return base64.RawURLEncoding.EncodeToString(id) }
