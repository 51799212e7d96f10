package shelf

import (
	"context"
	"errors"
	"io"

	"github.com/postseal/postseal/envelope"
)

// DirOptions bound a Dir.
type DirOptions struct {
	MaxBytes int64 // sum of all containers in octets; 0: only MinFree bounds
	MinFree  int64 // free octets that must stay on the file system; 0: DefaultMinFree, below 0: no floor
}

// DefaultMinFree leaves room for Postfix's queue on the same file system.
const DefaultMinFree = 256 << 20

// Dir is a Shelf in a local directory: path/aa/ID/DIGESTHEX, 0700 and 0600.
type Dir struct{ path string }

var _ Shelf = (*Dir)(nil)

// OpenDir opens the shelf at path, making the directory when it is missing.
func OpenDir(path string, o DirOptions) (*Dir, error) { return &Dir{path: path}, nil }

// Put keeps a container; see Shelf.
func (d *Dir) Put(ctx context.Context, id envelope.ID, digest envelope.Digest, container io.Reader) error {
	return errors.ErrUnsupported
}

// Get opens a container; see Shelf.
func (d *Dir) Get(ctx context.Context, id envelope.ID, digest envelope.Digest) (io.ReadSeekCloser, error) {
	return nil, errors.ErrUnsupported
}

// Delete removes an envelope's containers; see Shelf.
func (d *Dir) Delete(ctx context.Context, id envelope.ID) error { return errors.ErrUnsupported }
