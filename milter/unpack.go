package milter

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/postseal/postseal/tnef"
)

// unpack takes winmail.dat out of the message that is to be sealed: nobody
// outside can open one. It is the one change to what is sealed; who gets the
// message in clear gets it as it was. What stays packed is told in the
// confirmation. The caller closes j.unpacked.
func (f *Filter) unpack(ctx context.Context, j *job) error {
	whole := &wholeMail{ctx: ctx, head: j.head(), body: j.Body, bodySize: j.BodySize}
	mail, doubts, err := tnef.Unpack(whole, whole.size(), func() tnef.Scratch {
		s := f.newSpool()
		j.unpacked.scratch = append(j.unpacked.scratch, s)
		return s
	})
	if err != nil {
		return fmt.Errorf("%w: winmail.dat: %w", errSpool, err)
	}
	j.unpacked.mail = mail
	j.doubts = append(doubts, j.doubts...) // the confirmation shows the first twenty
	return nil
}

// unpacked is a message without winmail.dat.
type unpacked struct {
	mail    *tnef.Mail // nil: there was none
	scratch []*spool
}

func (u *unpacked) close() {
	for _, s := range u.scratch {
		s.Close()
	}
	*u = unpacked{}
}

// toSeal gives the message that is sealed, which can be read as often as asked
// for: every time, and at every try, the same octets.
func (j *job) toSeal() io.Reader {
	if j.unpacked.mail != nil {
		return j.unpacked.mail.Reader()
	}
	return j.Original()
}

// wholeMail is Mail.Original to be read from anywhere, until ctx ends.
type wholeMail struct {
	ctx      context.Context
	head     []byte
	body     io.ReaderAt
	bodySize int64
}

func (w *wholeMail) size() int64 { return int64(len(w.head)) + w.bodySize }

func (w *wholeMail) ReadAt(p []byte, off int64) (n int, err error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	at := int64(len(w.head))
	if off < at {
		n, _ = bytes.NewReader(w.head).ReadAt(p, off)
		if n == len(p) {
			return n, nil
		}
		off += int64(n)
	}
	k, err := io.NewSectionReader(w.body, 0, w.bodySize).ReadAt(p[n:], off-at)
	return n + k, err
}
