package envelope

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"log/slog"
)

// ErrSyntax says that a text is not an ID or a Secret.
var ErrSyntax = errors.New("not an envelope id or secret")

var idEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// ID names an envelope: 128 bits, an HMAC of the message's fingerprint made by
// the store's key ring, so that a retry of the same message finds the same
// envelope and nobody else can compute it.
type ID [16]byte

// ParseID reads the 26 characters that String writes. The error is ErrSyntax.
func ParseID(s string) (ID, error) {
	var id ID
	b, err := idEncoding.DecodeString(s)
	if err != nil || len(b) != len(id) {
		return id, ErrSyntax
	}
	copy(id[:], b)
	if id.String() != s { // the last character has spare bits
		return ID{}, ErrSyntax
	}
	return id, nil
}

// String gives 26 characters a-z and 2-7, safe in URLs, file names and Redis tags.
func (id ID) String() string { return idEncoding.EncodeToString(id[:]) }

// IsZero tells whether the ID was never set.
func (id ID) IsZero() bool { return id == ID{} }

// MarshalText gives String.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText is ParseID.
func (id *ID) UnmarshalText(b []byte) (err error) { *id, err = ParseID(string(b)); return err }

const redacted = "redacted"

// Key is the session key of one envelope's container. It prints as "redacted";
// only Bytes yields it.
type Key struct{ b [32]byte }

// NewKey makes a random key.
func NewKey() Key { var k Key; _, _ = rand.Read(k.b[:]); return k }

// KeyFromBytes takes 32 bytes; any other length is ErrSyntax.
func KeyFromBytes(b []byte) (Key, error) {
	var k Key
	if len(b) != len(k.b) {
		return k, ErrSyntax
	}
	copy(k.b[:], b)
	return k, nil
}

// Bytes yields the key: 32 bytes that the caller must not log.
func (k Key) Bytes() []byte { return append([]byte(nil), k.b[:]...) }

func (k Key) String() string               { return redacted }
func (k Key) GoString() string             { return redacted }
func (k Key) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (k Key) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Secret proves that its bearer holds the mail: 256 bits that stand in the
// notification's link and in securedoc.html. The record keeps only Hash. It
// opens nothing by itself. It prints as "redacted"; only Encode yields it.
type Secret struct{ b [32]byte }

// SecretFromBytes takes 32 bytes; any other length is ErrSyntax.
func SecretFromBytes(b []byte) (Secret, error) {
	var s Secret
	if len(b) != len(s.b) {
		return s, ErrSyntax
	}
	copy(s.b[:], b)
	return s, nil
}

// ParseSecret reads what Encode writes. The error is ErrSyntax.
func ParseSecret(text string) (Secret, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return Secret{}, ErrSyntax
	}
	return SecretFromBytes(b)
}

// Encode yields 43 URL-safe characters for the link and the page.
func (s Secret) Encode() string { return base64.RawURLEncoding.EncodeToString(s.b[:]) }

// Hash is what a record keeps of a Secret: its SHA-256.
func (s Secret) Hash() [32]byte { return sha256.Sum256(s.b[:]) }

func (s Secret) String() string               { return redacted }
func (s Secret) GoString() string             { return redacted }
func (s Secret) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Digest is the SHA-256 of a container's encrypted packet (see DigestOf), kept
// in the record and compared by every opener before it shows anything: whoever
// once had the key could make another ciphertext that opens with it. Without
// escrow keys the encrypted packet is the whole container.
type Digest [32]byte
