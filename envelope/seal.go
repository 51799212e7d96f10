package envelope

import (
	"crypto/sha256"
	"crypto/sha3"
	"errors"
	"fmt"
	"io"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// recipe names the way from original to the bytes that are encrypted. It goes
// into the salt. Whatever changes those bytes (the compressor, its version, the
// framing) MUST change it too: the same key and salt over other bytes would
// re-use nonces. TestRecipe fails when that was forgotten.
const recipe = "postseal container, recipe 3"

// chunkOctet is the chunk size of the encryption: 2^(12+6) bytes, 256 KiB.
// chunkSize bounds what Open must hold at a time.
const (
	chunkOctet = 12
	chunkSize  = 1 << (chunkOctet + 6)
)

// errUnset is a programmer's error: sealing without a key or a salt seed.
var errUnset = errors.New("envelope: Key and SaltSeed must be set")

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
	// ParseEscrow) that can open the container without us. At most 16; may be empty.
	Escrow []EscrowKey
}

// Seal writes one container around original, reading it once, and gives the
// digest of its encrypted packet. The same key, seed and original give the same
// encrypted packet and digest (by the same version of this program; a version
// that compresses otherwise takes another salt). The packets for escrow keys
// are the same too, but for RSA keys, whose padding the library keeps random.
// After an error what w received is to be thrown away.
func Seal(w io.Writer, original io.Reader, o SealOptions) (Digest, error) {
	if o.Key == (Key{}) || o.SaltSeed == [32]byte{} {
		return Digest{}, errUnset
	}
	if err := writeEscrow(w, o); err != nil {
		return Digest{}, err
	}
	sum := sha256.New()
	body, err := newPacketWriter(io.MultiWriter(w, sum), tagEncrypted)
	if err != nil {
		return Digest{}, err
	}
	defer body.release()
	encrypted, err := newAEADWriter(body, o.Key.b[:], keyed(o, "salt"))
	if err != nil {
		return Digest{}, fmt.Errorf("envelope: starting to encrypt: %w", err)
	}
	defer encrypted.release()
	if err := writeInner(encrypted, original); err != nil {
		return Digest{}, err
	}
	if err := errors.Join(encrypted.Close(), body.Close()); err != nil {
		return Digest{}, err
	}
	return Digest(sum.Sum(nil)), nil
}

// writeInner writes what is encrypted: one compressed packet around one literal
// packet (RFC 9580 sections 5.6 and 5.9) without file name or date.
func writeInner(w io.Writer, original io.Reader) error {
	compressed, err := newPacketWriter(w, tagCompressed)
	if err != nil {
		return err
	}
	if _, err := compressed.Write([]byte{byte(packet.CompressionZLIB)}); err != nil {
		return err
	}
	defer compressed.release()
	zlib, err := newSqueezer(compressed)
	defer zlib.release()
	if err != nil {
		return err
	}
	literal, err := newPacketWriter(zlib, tagLiteral)
	if err != nil {
		return err
	}
	defer literal.release()
	if _, err := literal.Write(literalHeader); err != nil {
		return err
	}
	if _, err := io.Copy(literal, original); err != nil {
		return fmt.Errorf("envelope: reading the original: %w", err)
	}
	return errors.Join(literal.Close(), zlib.Close(), compressed.Close())
}

// literalHeader is binary, no file name, no date.
var literalHeader = []byte{'b', 0, 0, 0, 0, 0}

// keyed is a stream of bytes for one purpose that nobody can foresee without the
// key: SHAKE256 over recipe, purpose, key and seed.
func keyed(o SealOptions, purpose string) io.Reader {
	h := sha3.NewSHAKE256()
	_, _ = io.WriteString(h, recipe+"\x00"+purpose+"\x00")
	_, _ = h.Write(o.Key.b[:])
	_, _ = h.Write(o.SaltSeed[:])
	return h
}
