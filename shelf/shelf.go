// Package shelf keeps containers (ciphertext) for the link in the mail.
//
// It promises: after Put gave nil the container survives a power cut; what Get
// gives was put under exactly this id and digest; nothing half-written is ever
// seen. It never sees a key or a word of a message. An attacker would want to
// fill the disk (MaxBytes, MinFree), to read another file by a crafted name
// (names are made from an envelope.ID and a Digest only), to plant a link or a pipe
// where a container is looked for (planted.go), or to swap a container
// (Put compares the digest, and every opener compares it again). Start reading
// at Shelf and Dir.Put.
package shelf

import (
	"context"
	"errors"
	"io"

	"github.com/postseal/postseal/envelope"
)

var (
	// ErrNotFound says that there is no such container.
	ErrNotFound = errors.New("shelf: no such container")
	// ErrFull says that a bound is reached: the envelope goes without link.
	ErrFull = errors.New("shelf: full")
	// ErrDigest says that what was put is not what the digest names; nothing was kept.
	ErrDigest = errors.New("shelf: container does not have its digest")
)

// Shelf keeps containers by envelope and digest.
type Shelf interface {
	// Put keeps a container, durably when it gives nil. Putting the same again is
	// nothing new and does not read on. The container must have the digest, as
	// envelope.DigestOf gives it: without its escrow packets (ErrDigest).
	// The milter puts what it sealed; the portal stages a posted container here
	// only after comparing its digest with the record's.
	Put(ctx context.Context, id envelope.ID, digest envelope.Digest, container io.Reader) error
	// Get opens a container; the caller closes it. ErrNotFound.
	Get(ctx context.Context, id envelope.ID, digest envelope.Digest) (io.ReadSeekCloser, error)
	// Delete removes all containers of an envelope; none is no error.
	Delete(ctx context.Context, id envelope.ID) error
}
