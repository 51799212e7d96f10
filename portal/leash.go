package portal

import (
	"io"
	"net/http"
)

// leash keeps the body of an upload short and its time that of an ordinary form
// until somebody has shown that it is hers to send. Package multipart would
// collect ten megabytes of a part's header for anybody.
type leash struct {
	io.ReadCloser
	w    http.ResponseWriter
	left int64
	off  bool
}

// headOfForm is how much of an upload is read before it is known whose it is:
// some short fields, or securedoc.html up to its container.
const headOfForm = 256 << 10

// leashed puts the request's body on a leash.
func (v *visit) leashed() *leash {
	l := &leash{ReadCloser: v.r.Body, w: v.w, left: headOfForm}
	v.r.Body = l
	return l
}

func (l *leash) Read(p []byte) (int, error) {
	if l.off {
		return l.ReadCloser.Read(p)
	}
	if l.left <= 0 {
		return 0, &http.MaxBytesError{Limit: headOfForm}
	}
	n, err := l.ReadCloser.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	return n, err
}

// release lets the rest in, and grants it the time of an upload.
func (l *leash) release() {
	l.off = true
	patient(l.w)
}

// drop reads the rest, which the bound of the whole ends, and keeps nothing, so
// that a browser still gets an answer.
func (l *leash) drop() {
	l.off = true
	_, _ = io.Copy(io.Discard, l.ReadCloser)
}

// judged is may with what follows from it for the body.
func (l *leash) judged(may func() error) func() error {
	return func() error {
		err := may()
		if err != nil {
			l.drop()
			return err
		}
		l.release()
		return nil
	}
}
