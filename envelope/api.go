package envelope

import (
	"errors"
	"io"
	"time"
)

var errTodo = errors.New("not built yet")

var (
	// ErrBroken says that a container does not open with the key, was changed or cut short.
	ErrBroken = errors.New("the envelope is damaged")
	// ErrVersion says that a page or container states a format version this program does not know.
	ErrVersion = errors.New("unknown envelope format version")
	// ErrNotPage says that a file is not a securedoc.html of ours.
	ErrNotPage = errors.New("not a secure message file")
	// ErrTooBig says that an input passed a stated bound.
	ErrTooBig = errors.New("the envelope is too big")
)

// SealOptions say how a container is made.
type SealOptions struct {
	// Key is the session key. Must be set.
	Key Key
	// SaltSeed binds the container's salt to the plaintext: the caller gives a
	// digest over every byte of the original, so that sealing the same bytes
	// again under the same key yields the same container, and sealing other bytes
	// under it never re-uses a nonce. Must be set.
	SaltSeed [32]byte
	// Escrow are OpenPGP public keys (armored or binary certificates, read by
	// ParseEscrow) that can open the container without us. May be empty.
	Escrow []EscrowKey
}

// Seal writes one container around original, reading it once, and gives the
// digest of what it wrote.
func Seal(w io.Writer, original io.Reader, o SealOptions) (Digest, error) { return Digest{}, errTodo }

// Open writes the original of a container to dst. What dst received is only to
// be believed, shown or kept when the error is nil: the closing tag comes last.
// Errors wrap ErrBroken, ErrVersion or ErrTooBig (over max bytes; 0 means no bound).
func Open(dst io.Writer, container io.Reader, k Key, max int64) error { return errTodo }

// DigestOf gives the Digest of a container.
func DigestOf(container io.Reader) (Digest, error) { return Digest{}, errTodo }

// EscrowKey is one certificate that containers are also encrypted to.
type EscrowKey struct{ /* unexported */ }

// ParseEscrow reads a certificate. OpenEscrow opens a container with an escrow
// secret key alone (postseal open --escrow).
func ParseEscrow(cert []byte) (EscrowKey, error) { return EscrowKey{}, errTodo }
func OpenEscrow(dst io.Writer, container io.Reader, secretKey []byte, passphrase []byte, max int64) (Key, error) { return Key{}, errTodo }

// Page is what securedoc.html states outside its container. Nothing of it comes
// from the message's body; names and addresses are those of the outer mail.
type Page struct {
	Version      int       // format version; WritePage sets 1
	ID           ID        `json:"id"`
	Secret       Secret    // proof of holding the mail
	Servers      []string  // key servers' base URLs without final slash, tried in turn
	Organisation string    // name shown
	Colour       string    // brand colour "#rrggbb"; empty for the default
	From         string    // sender shown, "Name <address>"
	To           []string  // addresses offered to choose from (To and Cc; never Bcc)
	Form         Form      // classic or passive
	Expires      time.Time // when the message closes
	HelpURL      string
	Date         time.Time
}

// Form is how securedoc.html opens: Classic signs in and decrypts in the page,
// Passive has no script and posts the container to the portal.
type Form string

const (
	Classic Form = "classic"
	Passive Form = "passive"
)

// WritePage writes securedoc.html around a container. The lines it writes are
// at most 76 octets where they carry the container (base64 in lines of 72).
func WritePage(w io.Writer, p Page, container io.Reader) error { return errTodo }

// ReadPage reads a page that WritePage (of this or an earlier version) wrote,
// also after mail gateways changed line ends, and writes its container.
// Errors wrap ErrNotPage, ErrVersion, ErrTooBig.
func ReadPage(r io.Reader, container io.Writer, max int64) (Page, error) { return Page{}, errTodo }
