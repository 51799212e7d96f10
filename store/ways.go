package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
)

// Ways are what a person signs in with beside password and code. They stand in
// the slot of her address, with or without an account.
type Ways struct {
	Handle    []byte // how her passkeys name her (WebAuthn user handle): random, tells nothing; empty before the first
	Passkeys  []Passkey
	Providers []Identity
}

// Passkey is one key pair of which the person's device keeps the secret half
// (WebAuthn level 3, "credential record").
type Passkey struct {
	ID         []byte // as the device names it
	PublicKey  []byte // COSE
	Name       string // as the person named it
	Count      uint32 // signatures so far; 0 for ever with devices that do not count
	Backed     bool   // may be copied by its maker's own means (BE); never changes
	Copied     bool   // has been (BS)
	Transports []string
	AddedAt    time.Time
	UsedAt     time.Time // zero: never
}

// Identity is a person as a provider knows her: the address is bound to issuer
// and subject, so that whoever gets the address at the provider later is another.
type Identity struct {
	Name     string // of the provider as configured
	Issuer   string
	Subject  string
	LinkedAt time.Time
	UsedAt   time.Time
}

// Bounds of ways. A device names a key in at most 1023 bytes (WebAuthn level 3,
// section 4); the largest public keys in use are those of ML-DSA.
const (
	MaxPasskeys     = 20
	MaxPasskeyName  = 200 // bytes
	maxPasskeyID    = 1023
	maxPublicKey    = 4096
	maxHandle       = 64
	maxIdentities   = 20
	maxIdentityText = 1000 // bytes of an issuer or subject; OpenID Connect allows 255 for a subject
)

func waysPlace(h string) string { return personKey("u", h) + "/" + fWays }

// Ways gives what a person signs in with beside password and code; none is no
// error. ErrSyntax, ErrUnavailable. Pages must not tell a stranger.
func (s *Store) Ways(ctx context.Context, a addr.Address) (Ways, error) {
	p, err := s.loadPerson(ctx, a)
	if err != nil {
		return Ways{}, err
	}
	return p.ways, nil
}

// changeWays is changeAccount on a copy of the ways.
func (s *Store) changeWays(ctx context.Context, a addr.Address, e audit.Entry, c personChange, edit func(*Ways) error) (*person, error) {
	return s.changeAccount(ctx, a, e, func(p *person) (*personChange, error) {
		if !p.main.IsZero() && !p.have && e.Action == audit.Changed { // its ways are those of the account it is on
			return nil, ErrConflict
		}
		next := Ways{Handle: p.ways.Handle, Passkeys: slices.Clone(p.ways.Passkeys), Providers: slices.Clone(p.ways.Providers)}
		if err := edit(&next); err != nil {
			return nil, err
		}
		c := c
		c.ways = &next
		return &c, nil
	})
}

// SignInVouched signs in an address for which a provider has vouched; the caller
// has checked the provider's signature and its right to speak for the address.
// The first time binds the address to issuer and subject. ErrOtherPerson: this
// issuer knew the address by another subject; a code still works, and then
// RemoveProvider. ErrTooLong, ErrTooMany, ErrUnavailable.
func (s *Store) SignInVouched(ctx context.Context, a addr.Address, id Identity, b Browser, now time.Time) (Proof, error) {
	if id.Issuer == "" || id.Subject == "" || len(id.Issuer) > maxIdentityText || len(id.Subject) > maxIdentityText || len(id.Name) > maxName {
		return Proof{}, fmt.Errorf("%w: provider's account", ErrTooLong)
	}
	e := audit.Entry{Time: now, Actor: audit.Recipient(a), Action: audit.SignedIn, Reason: clip(ByOIDC + " " + id.Name)}
	p, err := s.changeWays(ctx, a, e, personChange{trust: s.browserOf(a, b)}, func(w *Ways) error {
		for i := range w.Providers {
			known := &w.Providers[i]
			if known.Issuer != id.Issuer {
				continue
			}
			if known.Subject != id.Subject {
				return ErrOtherPerson
			}
			known.Name, known.UsedAt = id.Name, whole(now)
			return nil
		}
		if len(w.Providers) >= maxIdentities {
			return ErrTooMany
		}
		id.LinkedAt, id.UsedAt = whole(now), whole(now)
		w.Providers = append(w.Providers, id)
		return nil
	})
	if err != nil {
		return Proof{}, err
	}
	return p.proof(a, ByOIDC, now), nil
}

// RemoveProvider forgets by which account a provider knows the person; what the
// provider says next time binds anew. All sessions made so far end; the proof
// that comes back is good for a new one. ErrNoSession, ErrNotFound, ErrUnavailable.
func (s *Store) RemoveProvider(ctx context.Context, by Proof, issuer string, now time.Time) (Proof, error) {
	return s.removeWay(ctx, by, "took off provider", now, func(w *Ways) error {
		before := len(w.Providers)
		w.Providers = slices.DeleteFunc(w.Providers, func(id Identity) bool { return id.Issuer == issuer })
		if len(w.Providers) == before {
			return ErrNotFound
		}
		return nil
	})
}

func (s *Store) removeWay(ctx context.Context, by Proof, what string, now time.Time, edit func(*Ways) error) (Proof, error) {
	if by.address.IsZero() {
		return Proof{}, ErrNoSession
	}
	e := audit.Entry{Time: now, Actor: audit.Recipient(by.address), Action: audit.Changed, Reason: what}
	p, err := s.changeWays(ctx, by.address, e, personChange{epoch: true}, edit)
	if err != nil {
		return Proof{}, err
	}
	return p.again(by, now), nil
}

// keyFingerprint names a passkey in the audit chain.
func keyFingerprint(id []byte) string {
	sum := sha256.Sum256(id)
	return hex.EncodeToString(sum[:4])
}

// passkeyIndex says whose a passkey is; the value is the sealed address. It is
// written before the passkey and may point to nothing.
func (s *Store) passkeyIndex(id []byte) string {
	return "k:{" + s.keys.name("passkey", string(id)) + "}"
}

// indexScript writes the index.
//
//	KEYS k  ARGV sealed address, whether to replace
var indexScript = redis.NewScript(`
if ARGV[2] ~= '1' and redis.call('EXISTS', KEYS[1]) == 1 then return {'there'} end
redis.call('SET', KEYS[1], ARGV[1])
return {'ok'}
`)

func (s *Store) indexPasskey(ctx context.Context, a addr.Address, id []byte) error {
	key := s.passkeyIndex(id)
	sealed := string(s.keys.seal("passkey", key, []byte(a.String())))
	out, err := s.runDurable(ctx, "passkey", indexScript, []string{key}, sealed, flag(false))
	if err != nil || out[0] == "ok" {
		return err
	}
	switch _, _, err := s.PasskeyOwner(ctx, id); err {
	case nil:
		return ErrExists // WebAuthn level 3, section 7.1: one key, one person
	case ErrNoAccount:
		_, err = s.runDurable(ctx, "passkey", indexScript, []string{key}, sealed, flag(true))
		return err
	default:
		return err
	}
}

// AddPasskey adds a passkey to the person who is signed in; the caller has
// checked what the device signed. handle is what the device was told as the
// person's name; with passkeys from before it must be theirs. ErrNoSession,
// ErrTooLong, ErrTooMany (MaxPasskeys), ErrExists, ErrConflict (another handle),
// ErrUnavailable.
func (s *Store) AddPasskey(ctx context.Context, by Proof, handle []byte, k Passkey, now time.Time) error {
	switch {
	case by.address.IsZero() || now.Sub(by.at) > SessionLife:
		return ErrNoSession
	case len(k.ID) == 0 || len(k.ID) > maxPasskeyID || len(k.PublicKey) == 0 || len(k.PublicKey) > maxPublicKey ||
		k.Name == "" || len(k.Name) > MaxPasskeyName || len(handle) == 0 || len(handle) > maxHandle || len(k.Transports) > 10:
		return fmt.Errorf("%w: passkey", ErrTooLong)
	}
	if err := s.indexPasskey(ctx, by.address, k.ID); err != nil {
		return err
	}
	k.AddedAt, k.UsedAt = whole(now), time.Time{}
	e := audit.Entry{Time: now, Actor: audit.Recipient(by.address), Action: audit.Changed, Reason: "added passkey " + keyFingerprint(k.ID)}
	_, err := s.changeWays(ctx, by.address, e, personChange{}, func(w *Ways) error {
		if len(w.Passkeys) >= MaxPasskeys {
			return ErrTooMany
		}
		if len(w.Handle) > 0 && !bytes.Equal(w.Handle, handle) {
			return ErrConflict
		}
		w.Handle, w.Passkeys = handle, append(w.Passkeys, k)
		return nil
	})
	return err
}

// find gives a passkey's place, or -1.
func (w *Ways) find(id []byte) int {
	return slices.IndexFunc(w.Passkeys, func(k Passkey) bool { return bytes.Equal(k.ID, id) })
}

// PasskeyOwner gives whose a passkey is, with all her ways, for checking a
// signature. ErrNoAccount: nobody's. ErrSyntax, ErrUnavailable.
func (s *Store) PasskeyOwner(ctx context.Context, id []byte) (addr.Address, Ways, error) {
	if len(id) == 0 || len(id) > maxPasskeyID {
		return addr.Address{}, Ways{}, ErrNoAccount
	}
	key := s.passkeyIndex(id)
	call, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	sealed, err := s.redis.Get(call, key).Bytes()
	if err == redis.Nil {
		return addr.Address{}, Ways{}, ErrNoAccount
	}
	if err != nil {
		return addr.Address{}, Ways{}, unavailable("passkey", err)
	}
	text, err := s.keys.unseal("passkey", key, sealed)
	if err != nil {
		return addr.Address{}, Ways{}, err
	}
	a, err := addr.Parse(string(text))
	if err != nil {
		return addr.Address{}, Ways{}, fmt.Errorf("%w: passkey", ErrSyntax)
	}
	w, err := s.Ways(ctx, a)
	if err == nil && w.find(id) < 0 {
		err = ErrNoAccount
	}
	return a, w, err
}

// UsePasskey signs in the owner of a passkey whose signature the caller has
// checked. count is what the device counted: it must have grown, or the key may
// have been copied (ErrCopied). ErrWrong: the passkey was taken off.
// ErrUnavailable.
func (s *Store) UsePasskey(ctx context.Context, a addr.Address, id []byte, count uint32, copied bool, b Browser, now time.Time) (Proof, error) {
	e := audit.Entry{Time: now, Actor: audit.Recipient(a), Action: audit.SignedIn, Reason: ByPasskey + " " + keyFingerprint(id)}
	p, err := s.changeWays(ctx, a, e, personChange{trust: s.browserOf(a, b)}, func(w *Ways) error {
		i := w.find(id)
		if i < 0 {
			return ErrWrong
		}
		k := &w.Passkeys[i]
		if (count != 0 || k.Count != 0) && count <= k.Count {
			return ErrCopied
		}
		k.Count, k.Copied, k.UsedAt = count, copied, whole(now)
		return nil
	})
	if err != nil {
		return Proof{}, err
	}
	return p.proof(a, ByPasskey, now), nil
}

// RemovePasskey takes a passkey off. All sessions made so far end, those of a
// lost device among them; the proof that comes back is good for a new one.
// ErrNoSession, ErrNotFound, ErrUnavailable.
func (s *Store) RemovePasskey(ctx context.Context, by Proof, id []byte, now time.Time) (Proof, error) {
	p, err := s.removeWay(ctx, by, "took off passkey "+keyFingerprint(id), now, func(w *Ways) error {
		i := w.find(id)
		if i < 0 {
			return ErrNotFound
		}
		w.Passkeys = slices.Delete(w.Passkeys, i, i+1)
		return nil
	})
	if err != nil {
		return Proof{}, err
	}
	call, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_ = s.redis.Del(call, s.passkeyIndex(id)).Err() // what stays behind points to nothing
	return p, nil
}
