package robot

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/postseal/postseal/envelope"
)

// errTooBig says that a mail passes MaxMessage.
var errTooBig = errors.New("robot: mail too big")

// spool holds one mail, or what was packed inside it, in a file without a name
// in the private directory: answers lie in it in clear.
type spool struct {
	*os.File
	size int64
}

// newSpool reads r to its end, at most MaxMessage octets.
func newSpool(dir string, r io.Reader) (*spool, error) {
	f, err := os.CreateTemp(dir, "robot-")
	if err != nil {
		return nil, fmt.Errorf("robot: spool: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, fmt.Errorf("robot: spool: %w", err)
	}
	n, err := io.Copy(f, io.LimitReader(r, MaxMessage+1))
	if err == nil && n > MaxMessage {
		err = errTooBig
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &spool{File: f, size: n}, nil
}

// newSpoolOf unpacks the container of an attached page; nil when the page is cut
// short or damaged.
func newSpoolOf(dir string, page *part) (*spool, error) {
	out, in := io.Pipe()
	done := make(chan error, 1)
	go func() {
		_, err := envelope.ReadPage(page.open(), in, MaxMessage)
		in.CloseWithError(err)
		done <- err
	}()
	s, err := newSpool(dir, out)
	out.Close()
	damaged := <-done
	switch {
	case damaged != nil:
		if s != nil {
			s.Close()
		}
		return nil, nil
	case err != nil:
		return nil, err
	}
	return s, nil
}

func (s *spool) reader() io.Reader { return io.NewSectionReader(s, 0, s.size) }
