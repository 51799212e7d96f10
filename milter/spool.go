package milter

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// errSpool says that the private directory took no more; the text of the error
// names the cause, never what was to be written.
var errSpool = errors.New("milter: spool")

// spool holds a body or a container: in memory up to memoryBody, beyond that in
// a file without a name in the private directory, which no other program can
// open and which is gone with the process. Write it to the end, then read it as
// often as needed; Close frees it.
type spool struct {
	dir  string
	disk disk
	mem  []byte
	file *os.File
	size int64
}

// Write appends p. The error wraps errSpool.
func (s *spool) Write(p []byte) (int, error) {
	if s.file == nil && s.size+int64(len(p)) <= memoryBody {
		s.mem = append(s.mem, p...)
		s.size += int64(len(p))
		return len(p), nil
	}
	if s.file == nil {
		if err := s.spill(); err != nil {
			return 0, err
		}
	}
	n, err := 0, error(nil)
	err = s.disk.call(spoolWrite, func() error { n, err = s.file.Write(p); return err })
	s.size += int64(n)
	if err != nil {
		return n, fmt.Errorf("%w: %w", errSpool, err)
	}
	return n, nil
}

// spill moves what is in memory to a file and takes the file's name away before
// anything stands in it.
func (s *spool) spill() error {
	var file *os.File
	err := s.disk.call(spoolCreate, func() (err error) {
		file, err = os.CreateTemp(s.dir, spoolPrefix) // mode 0600
		return err
	})
	if err == nil {
		err = s.disk.call(spoolUnlink, func() error { return os.Remove(file.Name()) })
	}
	if err == nil {
		err = s.disk.call(spoolWrite, func() error { _, err := file.Write(s.mem); return err })
	}
	if err != nil {
		if file != nil {
			_ = os.Remove(file.Name()) // if it still has one
			file.Close()
		}
		return fmt.Errorf("%w: %w", errSpool, err)
	}
	s.file, s.mem = file, nil
	return nil
}

// ReadAt reads what was written; see io.ReaderAt.
func (s *spool) ReadAt(p []byte, off int64) (int, error) {
	if s.file != nil {
		n, err := 0, error(nil)
		err = s.disk.call(spoolRead, func() error { n, err = s.file.ReadAt(p, off); return err })
		return n, err
	}
	if off >= int64(len(s.mem)) {
		return 0, io.EOF
	}
	n := copy(p, s.mem[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Reader reads from the beginning.
func (s *spool) Reader() io.Reader { return io.NewSectionReader(s, 0, s.size) }

// Size is the number of octets written.
func (s *spool) Size() int64 { return s.size }

// Close frees memory or file.
func (s *spool) Close() {
	if s.file != nil {
		s.file.Close() // nothing is to be kept
	}
	*s = spool{dir: s.dir, disk: s.disk}
}
