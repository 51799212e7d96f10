package worker

import (
	"context"
	"testing"
	"time"

	"github.com/postseal/postseal/internal/leaktest"
)

// Workers that crash, hang, answer wrongly or are let go in the midst of a document
// leave no goroutine and no pipe behind, nor do those that are replaced.
func TestNothingIsLeft(t *testing.T) {
	leaktest.Check(t)
	p := pool(t, 500*time.Millisecond*raceFactor)
	for _, what := range []string{"crash", "exit", "hang", "crash"} {
		read(t.Context(), p, document(what))
		read(t.Context(), p, honest)
	}
	gone, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	read(gone, p, document("hang"))
}
