package e2e_test

import (
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

// site is everything together: Postfix on contrib's files, the daemon, Redis.
type site struct {
	*e2etest.Postfix
	t     *testing.T
	seal  *e2etest.Postseal
	redis *redistest.Server
}

func newSite(t *testing.T, o e2etest.PostfixOptions) *site {
	t.Helper()
	e2etest.NeedRoot(t)
	s := &site{t: t, Postfix: e2etest.NewPostfix(t, o), redis: redistest.StartRedis(t)}
	s.seal = e2etest.StartPostseal(t, e2etest.PostsealOptions{Postfix: s.Postfix, Redis: s.redis.Addr})
	s.Start()
	return s
}
