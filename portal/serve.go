package portal

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// errFault has no row of its own in the table of refusals: whoever meets it can do
// what she does when anything else of ours is away.
var errFault = errors.New("portal: a handler panicked")

// ServeHTTP answers one request. A fault of ours that panics is answered like any
// other failure, in words, and logged without what it was about.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.harden(w)
	if len(r.TransferEncoding) > 0 {
		// A proxy in front may have gone by another length (RFC 9112 section 6.1);
		// what it takes for the next request must not be read as one.
		w.Header().Set("Connection", "close")
	}
	seen := &answering{ResponseWriter: w}
	defer func() {
		if p := recover(); p != nil {
			s.faulted(seen, r, p)
		}
	}()
	s.mux.ServeHTTP(seen, r)
}

// faulted answers for a handler that panicked. What has begun is cut, so that
// nobody takes half of it for the whole.
func (s *Server) faulted(w *answering, r *http.Request, p any) {
	if p != http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
		s.Log.Error("a handler panicked", "route", r.Pattern, "what", fault(p), "stack", string(debug.Stack()))
	}
	if w.begun || p == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
		panic(http.ErrAbortHandler)
	}
	v := &visit{s: s, w: w, r: r}
	what := v.explain(errFault)
	h := w.Header()
	for name := range h { // what was meant for another answer
		h.Del(name)
	}
	s.harden(w)
	h.Set("Retry-After", strconv.Itoa(int(what.retry.Seconds())))
	h.Set("Connection", "close")
	s.Metrics.refusals.WithLabelValues(what.code).Inc()
	if strings.HasPrefix(r.URL.Path, "/api/") {
		s.hardenAPI(w)
		v.json(http.StatusInternalServerError, map[string]string{"error": what.code, "text": what.title + ". " + what.cause + " " + what.next, "next": what.next})
		return
	}
	data := map[string]any{"Cause": what.cause, "Next": what.next, "Link": "", "Again": true, "Label": what.label}
	if err := v.showStatus(http.StatusInternalServerError, "refusal", what.title, data, false); err != nil {
		panic(http.ErrAbortHandler)
	}
}

// fault names a panic: the runtime's own words, which repeat no data but indices
// and types; of anything else its type alone, since it may quote a message.
func fault(p any) string {
	if err, ok := p.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", p)
}

// answering notes whether an answer has begun.
type answering struct {
	http.ResponseWriter
	begun bool
}

func (a *answering) WriteHeader(status int) {
	a.begun = true
	a.ResponseWriter.WriteHeader(status)
}

func (a *answering) Write(b []byte) (int, error) {
	a.begun = true
	return a.ResponseWriter.Write(b)
}

// ReadFrom lets files go out as the system does it best (sendfile).
func (a *answering) ReadFrom(r io.Reader) (int64, error) {
	a.begun = true
	return io.Copy(a.ResponseWriter, r)
}

// Unwrap is for http.ResponseController.
func (a *answering) Unwrap() http.ResponseWriter { return a.ResponseWriter }
