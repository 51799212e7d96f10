package envelope

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/klauspost/compress/zlib"
)

const (
	seipdVersion   = 2        // RFC 9580 section 5.13.2
	copySize       = 32 << 10 // one read at a time
	maxEscrow      = 16       // escrow keys of one container; more is nobody's need and only costs time
	maxEscrowBytes = 4 << 10  // one escrow packet; the largest known kind, RSA and post-quantum, is under 3 KiB
)

// Open writes the original of a container to dst. What dst received is only to
// be believed, shown or kept when the error is nil: the closing tag comes last.
// Errors wrap ErrBroken, ErrVersion or ErrTooBig (over max bytes; 0 means no
// bound); errors of dst and of reading container come through as they are.
// Open does not compare the Digest: do that first, with DigestOf.
func Open(dst io.Writer, container io.Reader, k Key, max int64) error {
	in, out := &source{r: container}, &sink{w: dst}
	return verdict(in, out, func() error {
		r := bufio.NewReaderSize(in, copySize)
		_, body, err := readEscrow(r)
		if err != nil {
			return err
		}
		return openBody(out, r, body, k, max)
	})
}

// DigestOf gives the Digest of a container: the SHA-256 of its encrypted packet,
// from that packet's header to the end. The escrow packets before it are left
// out: they are not authenticated and change nothing of what a key opens.
func DigestOf(container io.Reader) (Digest, error) {
	in := &source{r: container}
	sum := sha256.New()
	err := verdict(in, &sink{}, func() error {
		r := bufio.NewReaderSize(in, copySize)
		for range maxEscrow + 1 {
			first, err := r.Peek(1)
			if err != nil {
				return unexpected(err)
			}
			if first[0] == 0xc0|tagEncrypted {
				_, err := io.Copy(sum, r)
				return err
			}
			if _, err := readOneEscrow(r); err != nil {
				return err
			}
		}
		return errForm
	})
	if err != nil {
		return Digest{}, err
	}
	return Digest(sum.Sum(nil)), nil
}

// readEscrow reads the escrow packets at the start of a container and the header
// of the encrypted packet after them.
func readEscrow(r *bufio.Reader) (escrow [][]byte, body *packetReader, err error) {
	for len(escrow) <= maxEscrow {
		first, err := r.Peek(1)
		if err != nil {
			return nil, nil, unexpected(err)
		}
		if first[0] == 0xc0|tagEncrypted {
			_, body, err := readPacket(r)
			return escrow, body, err
		}
		one, err := readOneEscrow(r)
		if err != nil {
			return nil, nil, err
		}
		escrow = append(escrow, one)
	}
	return nil, nil, fmt.Errorf("%w: over %d escrow packets", errForm, maxEscrow)
}

// readOneEscrow reads one escrow packet's body; any other kind is an error.
func readOneEscrow(r *bufio.Reader) ([]byte, error) {
	tag, body, err := readPacket(r)
	if err != nil {
		return nil, unexpected(err)
	}
	if tag != tagEncryptedKey || body.partial {
		return nil, fmt.Errorf("%w: packet type %d", errForm, tag)
	}
	return body.readWhole(maxEscrowBytes)
}

// openBody decrypts the encrypted packet and asks that r ends with it.
func openBody(dst io.Writer, r *bufio.Reader, body *packetReader, k Key, max int64) error {
	var head [36]byte // version, cipher, mode, chunk octet, salt
	if _, err := io.ReadFull(body, head[:]); err != nil {
		return unexpected(err)
	}
	if head[0] > seipdVersion {
		return fmt.Errorf("%w: encrypted packet version %d", ErrVersion, head[0])
	}
	want := [4]byte{seipdVersion, byte(packet.CipherAES256), byte(packet.AEADModeGCM), chunkOctet}
	if [4]byte(head[:4]) != want { // a weaker form would be a way to forge
		return fmt.Errorf("%w: cipher suite %x", errForm, head[:4])
	}
	p := packet.SymmetricallyEncrypted{
		Version: seipdVersion, IntegrityProtected: true, Contents: body,
		Cipher: packet.CipherAES256, Mode: packet.AEADModeGCM, ChunkSizeByte: chunkOctet,
		Salt: [32]byte(head[4:]),
	}
	plain, err := p.Decrypt(packet.CipherAES256, k.b[:])
	if err != nil {
		return err
	}
	inner := bufio.NewReaderSize(plain, copySize)
	if err := readInner(dst, inner, max); err != nil {
		return err
	}
	if err := atEnd(inner); err != nil {
		return err
	}
	if err := plain.Close(); err != nil { // the closing tag is checked only here
		return err
	}
	return atEnd(r)
}

// readInner undoes writeInner.
func readInner(dst io.Writer, r *bufio.Reader, max int64) error {
	tag, body, err := readPacket(r)
	if err != nil {
		return unexpected(err)
	}
	compressed := bufio.NewReaderSize(body, copySize) // as a ByteReader, so that zlib reads not a byte too far
	algorithm, err := compressed.ReadByte()
	if err != nil || tag != tagCompressed || algorithm != byte(packet.CompressionZLIB) {
		return errForm
	}
	z, err := zlib.NewReader(compressed)
	if err != nil {
		return err
	}
	clear := bufio.NewReaderSize(z, copySize)
	tag, literal, err := readPacket(clear)
	if err != nil {
		return unexpected(err)
	}
	var head [6]byte
	if _, err := io.ReadFull(literal, head[:]); err != nil || tag != tagLiteral || !bytes.Equal(head[:], literalHeader) {
		return errForm
	}
	if err := copyBounded(dst, literal, max); err != nil {
		return err
	}
	if err := atEnd(clear); err != nil { // also reads zlib's check sum
		return err
	}
	return atEnd(compressed)
}

func copyBounded(dst io.Writer, r io.Reader, max int64) error {
	if max <= 0 {
		_, err := io.Copy(dst, r)
		return err
	}
	n, err := io.Copy(dst, io.LimitReader(r, max))
	if err != nil || n < max {
		return err
	}
	var one [1]byte
	if _, err := io.ReadFull(r, one[:]); err != io.EOF {
		return fmt.Errorf("%w: over %d bytes", ErrTooBig, max)
	}
	return nil
}

// source and sink remember the errors of our callers' reader and writer, so that
// a full disk is not taken for a damaged envelope.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

type sink struct {
	w   io.Writer
	err error
}

func (s *sink) Write(b []byte) (int, error) {
	n, err := s.w.Write(b)
	if err != nil {
		s.err = err
	}
	return n, err
}

// verdict runs f and names its error: the callers' own errors as they are, our
// sentinels as they are, everything else ErrBroken.
func verdict(in *source, out *sink, f func() error) error {
	err := f()
	switch {
	case in.err != nil:
		return fmt.Errorf("envelope: reading the container: %w", in.err)
	case out.err != nil:
		return fmt.Errorf("envelope: writing the original: %w", out.err)
	case err == nil, errors.Is(err, ErrVersion), errors.Is(err, ErrTooBig), errors.Is(err, ErrEscrow):
		return err
	default:
		return fmt.Errorf("%w: %v", ErrBroken, err)
	}
}
