package envelope

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"time"

	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// maxCertificate bounds a certificate or secret key file: 1 MiB holds any
// certificate with its signatures.
const maxCertificate = 1 << 20

// EscrowKey is one certificate that containers are also encrypted to. It prints
// as the fingerprint of its encryption key.
type EscrowKey struct{ pub *packet.PublicKey }

func (e EscrowKey) String() string {
	if e.pub == nil {
		return "none"
	}
	return fmt.Sprintf("%X", e.pub.Fingerprint)
}

// ParseEscrow reads a certificate, armored or binary, with exactly one entity,
// and chooses its newest encryption key. Revoked certificates are refused;
// expired ones are not, since what matters is that the organisation still holds
// the secret key (and this package knows no time). Errors wrap ErrEscrow.
func ParseEscrow(cert []byte) (EscrowKey, error) {
	entities, err := readKeys(cert)
	if err != nil {
		return EscrowKey{}, err
	}
	if len(entities) != 1 {
		return EscrowKey{}, fmt.Errorf("%w: %d certificates in one file", ErrEscrow, len(entities))
	}
	key, err := entities[0].EncryptionKeyWithError(time.Time{}, nil)
	if err != nil {
		return EscrowKey{}, fmt.Errorf("%w: no usable encryption key: %v", ErrEscrow, err)
	}
	if key.PublicKey.PubKeyAlgo == packet.PubKeyAlgoElGamal {
		return EscrowKey{}, fmt.Errorf("%w: ElGamal keys are not allowed (RFC 9580 section 5.1.4)", ErrEscrow)
	}
	return EscrowKey{key.PublicKey}, nil
}

func readKeys(b []byte) (openpgp.EntityList, error) {
	if len(b) > maxCertificate {
		return nil, fmt.Errorf("%w: over %d bytes", ErrEscrow, maxCertificate)
	}
	read := openpgp.ReadKeyRing
	if bytes.HasPrefix(bytes.TrimSpace(b), []byte("-----BEGIN")) {
		read = openpgp.ReadArmoredKeyRing
	}
	entities, err := read(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrEscrow, err)
	}
	return entities, nil
}

// writeEscrow writes one PKESK version 6 (RFC 9580 section 5.1.2) for each key.
// What they need of chance comes from the session key, so that the container is
// the same again; whoever could foresee it has the key already.
func writeEscrow(w io.Writer, o SealOptions) error {
	if len(o.Escrow) > maxEscrow {
		return fmt.Errorf("%w: over %d keys", ErrEscrow, maxEscrow)
	}
	for _, e := range o.Escrow {
		if e.pub == nil {
			return fmt.Errorf("%w: not set", ErrEscrow)
		}
		config := &packet.Config{Rand: keyed(o, "escrow "+e.String())}
		if err := packet.SerializeEncryptedKeyAEAD(w, e.pub, packet.CipherAES256, true, o.Key.Bytes(), config); err != nil {
			return fmt.Errorf("%w: %v", ErrEscrow, err)
		}
	}
	return nil
}

// OpenEscrow opens a container with an escrow secret key alone (postseal open
// --escrow) and gives the session key found, whose Digest nobody vouches for:
// say "origin not proved". An empty passphrase is for a key without one. The
// error is ErrEscrow when no packet fits the key, else as in Open.
func OpenEscrow(dst io.Writer, container io.Reader, secretKey []byte, passphrase []byte, max int64) (Key, error) {
	entities, err := readKeys(secretKey)
	if err != nil {
		return Key{}, err
	}
	in, out := &source{r: container}, &sink{w: dst}
	var found Key
	err = verdict(in, out, func() error {
		r := bufio.NewReaderSize(in, copySize)
		escrow, body, err := readEscrow(r)
		if err != nil {
			return err
		}
		if found, err = sessionKey(escrow, entities, passphrase); err != nil {
			return err
		}
		return openBody(out, r, body, found, max)
	})
	if err != nil {
		return Key{}, err
	}
	return found, nil
}

// sessionKey tries each escrow packet with each secret key that it names.
func sessionKey(escrow [][]byte, entities openpgp.EntityList, passphrase []byte) (Key, error) {
	last := fmt.Errorf("%w: the message is not encrypted to this key", ErrEscrow)
	for _, body := range escrow {
		p, err := packet.Read(bytes.NewReader(definite(tagEncryptedKey, body)))
		pkesk, ok := p.(*packet.EncryptedKey)
		if err != nil || !ok || pkesk.Version != 6 {
			continue // another tool's packet, or one that was damaged
		}
		for _, entity := range entities {
			for _, candidate := range entity.DecryptionKeys(pkesk.KeyId, time.Time{}, nil) {
				k, err := tryKey(pkesk, candidate.PrivateKey, passphrase)
				if err == nil {
					return k, nil
				}
				last = fmt.Errorf("%w: %v", ErrEscrow, err)
			}
		}
	}
	return Key{}, last
}

func tryKey(pkesk *packet.EncryptedKey, private *packet.PrivateKey, passphrase []byte) (Key, error) {
	if private == nil {
		return Key{}, fmt.Errorf("the file holds no secret key")
	}
	if private.Encrypted {
		if err := private.Decrypt(passphrase); err != nil {
			return Key{}, fmt.Errorf("wrong passphrase")
		}
	}
	if err := pkesk.Decrypt(private, nil); err != nil {
		return Key{}, err
	}
	return KeyFromBytes(pkesk.Key)
}

// definite puts a packet header with a five-octet length before body.
func definite(tag byte, body []byte) []byte {
	n := len(body)
	return append([]byte{0xc0 | tag, 255, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, body...)
}
