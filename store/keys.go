package store

import (
	"bufio"
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"regexp"
	"strings"

	"github.com/postseal/postseal/envelope"
)

// Keyring holds the master keys by id, newest first, and the keys derived from
// them by HKDF (RFC 5869): one for each purpose, so that no MAC of one kind can
// be taken for another. New records are sealed under the first line's key that does
// not wait (AddMasterKey); names, ids, audit chains and the state of envelopes derive
// from the LAST line's (the oldest), so that adding a key on top keeps them stable.
// It prints as "redacted".
type Keyring struct {
	masters []master // that which seals first, those that wait last
	derived
}

type master struct {
	id    string
	seal  []byte
	waits bool
}

// derived are the keys of the last master, by purpose.
type derived struct {
	index, ledger, ids, messages, secrets, chain, state []byte
}

// Bounds of the master-key file: a ring is rotated a few times in its life.
const (
	maxKeyFile = 64 << 10
	masterSize = 32
)

var masterID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$`)

// waiting is the mark behind a key that opens and does not seal yet.
const waiting = "waiting"

// LoadKeyring reads a master-key file: lines "ID BASE64" of 32 random bytes,
// newest first, a new one perhaps marked as waiting; empty lines and lines that
// begin with # are left out. Errors wrap ErrMasterKey and name the line where there
// is one, never its content.
func LoadKeyring(r io.Reader) (*Keyring, error) {
	k := new(Keyring)
	seen := make(map[string]bool)
	var last []byte
	var wait []master
	lines := bufio.NewScanner(io.LimitReader(r, maxKeyFile+1))
	n, size := 0, 0
	for lines.Scan() {
		n++
		size += len(lines.Bytes()) + 1
		if !isKeyLine(lines.Text()) {
			continue
		}
		m, secret, err := parseMaster(strings.TrimSpace(lines.Text()))
		switch {
		case err != nil:
			return nil, fmt.Errorf("%w: line %d: %v", ErrMasterKey, n, err)
		case seen[m.id]:
			return nil, fmt.Errorf("%w: line %d: the id %q stands there twice", ErrMasterKey, n, m.id)
		case m.waits && last != nil:
			return nil, fmt.Errorf("%w: line %d: a waiting key stands below one that is in use", ErrMasterKey, n)
		}
		seen[m.id] = true
		if m.waits {
			wait = append(wait, m)
			continue
		}
		k.masters = append(k.masters, m)
		last = secret
	}
	switch {
	case lines.Err() != nil || size > maxKeyFile:
		return nil, fmt.Errorf("%w: line %d: too long or not readable", ErrMasterKey, n+1)
	case last == nil && wait != nil:
		return nil, fmt.Errorf("%w: all its keys wait", ErrMasterKey)
	case last == nil:
		return nil, fmt.Errorf("%w: it holds no key", ErrMasterKey)
	}
	k.masters = append(k.masters, wait...)
	k.derived = deriveAll(last)
	return k, nil
}

func deriveAll(secret []byte) derived {
	return derived{
		index: derive(secret, "index"), ledger: derive(secret, "ledger"), ids: derive(secret, "envelope id"),
		messages: derive(secret, "message id"), secrets: derive(secret, "link secret"),
		chain: derive(secret, "audit chain"), state: derive(secret, "envelope state"),
	}
}

func isKeyLine(line string) bool {
	text := strings.TrimSpace(line)
	return text != "" && !strings.HasPrefix(text, "#")
}

func parseMaster(text string) (m master, secret []byte, err error) {
	id, rest, ok := strings.Cut(text, " ")
	encoded, mark, marked := strings.Cut(strings.TrimSpace(rest), " ")
	if !ok || !masterID.MatchString(id) || marked && strings.TrimSpace(mark) != waiting {
		return m, nil, fmt.Errorf("not of the form ID BASE64")
	}
	secret, err = base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(secret) != masterSize {
		return m, nil, fmt.Errorf("the key is not %d bytes in base64", masterSize)
	}
	if bytes.Count(secret, secret[:1]) == len(secret) {
		return m, nil, fmt.Errorf("the key is not random")
	}
	return master{id: id, seal: derive(secret, "seal"), waits: marked}, secret, nil
}

// NewMasterKeyFile gives the contents of a new master-key file with one random
// key. Keep a copy apart from Redis: without it nothing in Redis can be read.
func NewMasterKeyFile() []byte {
	_, line := newMaster()
	return []byte("# postseal master keys, newest first. Keep a copy apart from Redis.\n" + line + "\n")
}

// newMaster draws a key and gives its id and its line.
func newMaster() (id, line string) {
	raw := random(masterSize + 4)
	id = "k" + hex.EncodeToString(raw[masterSize:])
	return id, id + " " + base64.StdEncoding.EncodeToString(raw[:masterSize])
}

func derive(secret []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, "postseal 1 "+purpose, sha256.Size)
	if err != nil { // only lengths can be wrong, and they are constants
		panic("store: hkdf: " + err.Error())
	}
	return key
}

// Fingerprinter gives the keyed hash of the ledger. The milter writes envelope
// sender, Message-ID, Date and body to it, each with its length, and passes the
// sum to EnvelopeID and MessageID.
func (k *Keyring) Fingerprinter() hash.Hash { return hmac.New(sha256.New, k.ledger) }

// EnvelopeID names the envelope of a message and profile: the same for a retry,
// and not to be computed by anybody else.
func (k *Keyring) EnvelopeID(fingerprint []byte, profile string) (id envelope.ID) {
	copy(id[:], mac(k.ids, string(fingerprint), profile))
	return id
}

// MessageID gives the public Message-ID of the envelope mail, with its angle
// brackets: a second HMAC of the fingerprint, never a bare hash.
func (k *Keyring) MessageID(fingerprint []byte, profile, domain string) string {
	local := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac(k.messages, string(fingerprint), profile)[:20])
	return "<" + strings.ToLower(local) + "@" + domain + ">"
}

// Secret is the proof of holding the mail, derived so that a retry writes the
// same page.
func (k *Keyring) Secret(id envelope.ID) envelope.Secret {
	s, err := envelope.SecretFromBytes(mac(k.secrets, string(id[:])))
	if err != nil { // an HMAC-SHA256 has the length of a secret
		panic("store: " + err.Error())
	}
	return s
}

// name is how an address, browser or token is called in Redis: 128 bits of an
// HMAC under the index key, as 32 hexadecimal digits.
func (k *Keyring) name(kind string, parts ...string) string {
	return hex.EncodeToString(mac(k.index, append([]string{kind}, parts...)...)[:16])
}

// mac is HMAC-SHA256 over parts, each preceded by its length.
func mac(key []byte, parts ...string) []byte {
	h := hmac.New(sha256.New, key)
	var n [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return h.Sum(nil)
}

// random gives n bytes of crypto/rand, which does not fail (Go 1.24).
func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

func (Keyring) String() string               { return redacted }
func (Keyring) GoString() string             { return redacted }
func (Keyring) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (Keyring) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Format keeps verbs such as %d from printing the bytes.
func (Keyring) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }
