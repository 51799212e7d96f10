package e2e_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/internal/redistest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	e2etest.RemoveBinary()
	os.Exit(code)
}

// site is everything together.
type site struct {
	*e2etest.Postfix
	seal  *e2etest.Postseal
	redis *redistest.Server
}

func newSite(t *testing.T, o e2etest.PostfixOptions) *site {
	t.Helper()
	e2etest.NeedRoot(t)
	s := &site{Postfix: e2etest.NewPostfix(t, o), redis: redistest.StartRedis(t)}
	s.seal = e2etest.StartPostseal(t, e2etest.PostsealOptions{Postfix: s.Postfix, Redis: s.redis.Addr})
	s.Start()
	return s
}

func TestFirst(t *testing.T) {
	s := newSite(t, e2etest.PostfixOptions{})
	raw := bytes.Replace(crlf(plainMail), []byte("Subject: hello"), []byte("Subject: [SECURE] hello"), 1)
	e2etest.MustSend(t, s.Submission, staff, []string{outside}, raw, e2etest.SendOptions{})
	d := s.Outside.WaitTo(outside)
	if got := e2etest.NewReader(t, s.seal, s.Outside, outside).Open(d.Raw); !bytes.Equal(got, raw) {
		t.Errorf("got %q\nwant %q", got, raw)
	}
	s.WaitIdle()
	for _, d := range append(s.Inside.All(), s.Outside.All()...) {
		t.Logf("%q %v\n%.1500s", d.From, d.Recipients, d.Raw)
	}
}
