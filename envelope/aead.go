package envelope

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"sync"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

const (
	aeadSalt = 32 // octets
	aeadTag  = 16
	// counted are the octets of a nonce that count chunks; the others come from the salt.
	counted = 8
)

// aeadWriter writes the body of an encrypted packet of version 2 with AES-256-GCM
// (RFC 9580 section 5.13.2). The library's own would take a new chunk of memory for
// each message, which for a short one is most of its cost. Close ends the body, not
// the writer below; release must follow.
type aeadWriter struct {
	w     io.Writer
	gcm   cipher.AEAD
	info  []byte // associated with each chunk
	nonce []byte
	chunk *[chunkSize + aeadTag]byte
	n     int    // octets in chunk
	used  int    // the most there were
	index uint64 // chunks so far
	total uint64 // octets in them
}

var chunks = sync.Pool{New: func() any { return new([chunkSize + aeadTag]byte) }}

// newAEADWriter writes what stands before the first chunk.
func newAEADWriter(w io.Writer, key []byte, salt io.Reader) (*aeadWriter, error) {
	info := []byte{0xc0 | tagEncrypted, seipdVersion, byte(packet.CipherAES256), byte(packet.AEADModeGCM), chunkOctet}
	s := make([]byte, aeadSalt)
	if _, err := io.ReadFull(salt, s); err != nil {
		return nil, err
	}
	const nonceSize = 12
	derived, err := hkdf.Key(sha256.New, key, s, string(info), 32+nonceSize-counted)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived[:32])
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(append(info[1:len(info):len(info)], s...)); err != nil {
		return nil, err
	}
	a := &aeadWriter{w: w, gcm: gcm, info: info, nonce: make([]byte, nonceSize), chunk: chunks.Get().(*[chunkSize + aeadTag]byte)}
	copy(a.nonce, derived[32:])
	return a, nil
}

// release lets the next message have the memory, which holds nothing by then. The
// writer is not used after it.
func (a *aeadWriter) release() {
	clear(a.chunk[:a.used])
	chunks.Put(a.chunk)
	a.chunk = nil
}

func (a *aeadWriter) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 {
		k := copy(a.chunk[a.n:chunkSize], b)
		a.n, b = a.n+k, b[k:]
		if a.n == chunkSize {
			if err := a.seal(); err != nil {
				return 0, err
			}
		}
	}
	return n, nil
}

// seal encrypts a chunk where it stands and writes it.
func (a *aeadWriter) seal() error {
	binary.BigEndian.PutUint64(a.nonce[len(a.nonce)-counted:], a.index)
	sealed := a.gcm.Seal(a.chunk[:0], a.nonce, a.chunk[:a.n], a.info)
	a.used = max(a.used, len(sealed))
	a.index++
	a.total += uint64(a.n)
	a.n = 0
	_, err := a.w.Write(sealed)
	return err
}

// Close writes the last chunk and the tag over the number of all octets.
func (a *aeadWriter) Close() error {
	if a.n > 0 || a.index == 0 {
		if err := a.seal(); err != nil {
			return err
		}
	}
	binary.BigEndian.PutUint64(a.nonce[len(a.nonce)-counted:], a.index)
	if _, err := a.w.Write(a.gcm.Seal(nil, a.nonce, nil, binary.BigEndian.AppendUint64(a.info, a.total))); err != nil {
		return fmt.Errorf("envelope: end of the container: %w", err)
	}
	return nil
}
