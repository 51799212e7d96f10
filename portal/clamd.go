package portal

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// Scanner looks whether a file does harm. found names what it found, empty for
// nothing; an error says that nobody knows, and then the file is not taken.
type Scanner interface {
	Scan(ctx context.Context, file io.Reader) (found string, err error)
}

// Clamd asks a ClamAV daemon, by the command INSTREAM of its protocol (clamd(8)):
// the file goes over the socket in chunks with their lengths, so that the daemon
// needs no right to our spool. It is safe for concurrent use.
type Clamd struct {
	Network, Address string        // "unix" and a path, or "tcp" and host:port
	Timeout          time.Duration // of one whole file; 0: two minutes
}

// Bounds of one conversation.
const (
	clamdTimeout = 2 * time.Minute // a slow machine reads 10 MB in some seconds
	clamdChunk   = 64 << 10
	maxClamdSays = 4 << 10 // "stream: NAME FOUND"
	maxFoundName = 100
)

var errScan = errors.New("portal: the scanner gave no answer that counts")

// Scan answers only by "stream: OK" and "stream: NAME FOUND"; all else is an error.
func (c Clamd) Scan(ctx context.Context, file io.Reader) (found string, err error) {
	if c.Timeout <= 0 {
		c.Timeout = clamdTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, c.Network, c.Address)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errScan, err)
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })() // ends what waits
	sendErr := inStream(conn, file)
	if errors.Is(sendErr, errFile) {
		return "", sendErr
	}
	// A daemon that will hear no more (StreamMaxLength) says so before it hangs up.
	said, err := bufio.NewReader(io.LimitReader(conn, maxClamdSays)).ReadString(0)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errScan, errors.Join(sendErr, err))
	}
	said = strings.TrimSuffix(said, "\x00")
	if sendErr == nil && said == "stream: OK" {
		return "", nil
	}
	if name, ok := strings.CutSuffix(said, " FOUND"); ok {
		name = clean(strings.TrimPrefix(name, "stream: "))
		return name[:min(len(name), maxFoundName)], nil
	}
	return "", fmt.Errorf("%w: %q", errScan, clean(said[:min(len(said), maxFoundName)]))
}

// errFile says that our own copy of the file could not be read.
var errFile = errors.New("portal: an upload cannot be read again")

// inStream writes the command and the file, ended by a chunk of length zero.
func inStream(w io.Writer, file io.Reader) error {
	if _, err := io.WriteString(w, "zINSTREAM\x00"); err != nil {
		return err
	}
	chunk := make([]byte, 4+clamdChunk)
	for {
		n, err := io.ReadFull(file, chunk[4:])
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return fmt.Errorf("%w: %w", errFile, err)
		}
		binary.BigEndian.PutUint32(chunk, uint32(n)) //nolint:gosec // at most clamdChunk
		if _, err := w.Write(chunk[:4+n]); err != nil || n == 0 {
			return err
		}
	}
}

// scan lets somebody look at the files of what was written. A scanner that gives
// no answer takes nothing.
func (v *visit) scan(d *draft) []problem {
	if v.s.Writing.Scan == nil {
		return nil
	}
	for _, a := range d.files {
		_, err := a.file.Seek(0, io.SeekStart)
		found := ""
		if err == nil {
			found, err = v.s.Writing.Scan.Scan(v.ctx(), a.file)
		}
		if err != nil {
			v.s.Log.Error("an upload could not be scanned", "err", err)
			return []problem{{"file", v.t("write.not-scanned")}}
		}
		if found != "" {
			v.s.Log.Warn("an upload was refused", "found", found)
			return []problem{{"file", v.t("write.harmful", "file", a.name)}}
		}
	}
	return nil
}
