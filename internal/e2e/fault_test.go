package e2e_test

import (
	"bytes"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/postseal/postseal/internal/e2e/e2etest"
)

// The daemon sealed and queued, then its answer was lost: Postfix says 451, the
// client tries again, and nobody is served twice.
func TestLostMilterAnswer(t *testing.T) {
	t.Parallel()
	s := newSite(t, e2etest.PostfixOptions{})
	cut := e2etest.NewCutter(t, s.MilterSocket)
	raw := composed("[SECURE] once", "", planted)
	people := []string{outside, "ann@firm.example", mate}

	cut.Lose(1)
	s.refused(451, staff, people, raw)
	if got := cut.Lost(); got != 1 {
		t.Fatalf("got %d lost answers, want 1", got)
	}
	s.sealedFor(s.Outside, outside)
	s.WaitIdle()
	never(t, s.Inside, mate)

	s.accepted(staff, people, raw)
	s.Inside.WaitTo(mate)
	s.WaitIdle()
	once(t, s.Outside, outside, "ann@firm.example")
	once(t, s.Inside, mate)
	s.envelopeFor(s.Outside, outside, raw)
	told := 0
	s.Inside.WaitFor("the confirmation", confirmation)
	for _, d := range s.Inside.All() {
		if confirmation(d) {
			told++
		}
	}
	if told != 1 {
		t.Errorf("got %d confirmations, want 1", told)
	}
}

// Two answers lost one after the other, and the daemon killed in between.
func TestLostAnswerThenKilled(t *testing.T) {
	t.Parallel()
	s := newSite(t, e2etest.PostfixOptions{})
	raw := composed("[SECURE] once", "", planted)
	cut := e2etest.NewCutter(t, s.MilterSocket)
	cut.Lose(2)
	s.refused(451, staff, []string{outside}, raw)
	s.refused(451, staff, []string{outside}, raw)
	s.seal.Kill()
	s.refused(451, staff, []string{outside}, raw)
	cut.Close()
	s.seal.Start()
	s.seal.WaitReady()
	s.accepted(staff, []string{outside}, raw)
	s.envelopeFor(s.Outside, outside, raw)
	s.WaitIdle()
	once(t, s.Outside, outside)
}

// The client lost Postfix's 250 and sends the same message again: RFC 1047. The
// sealed recipient is not served twice.
func TestLostClientAnswer(t *testing.T) {
	t.Parallel()
	s := newSite(t, e2etest.PostfixOptions{})
	raw := composed("[SECURE] once", "", planted)
	if _, err := e2etest.Send(t, s.Submission, staff, []string{outside}, raw, e2etest.SendOptions{Hangup: true}); err != nil {
		t.Fatal(err)
	}
	s.sealedFor(s.Outside, outside)
	s.accepted(staff, []string{outside}, raw)
	s.WaitIdle()
	once(t, s.Outside, outside)
}

// Redis away: what must be sealed waits at the client, what passes passes; when
// Redis is back the retry is sealed.
func TestRedisStopped(t *testing.T) {
	t.Parallel()
	s := newSite(t, e2etest.PostfixOptions{})
	raw, plain := composed("[SECURE] wait", "", planted), composed("lunch", "", "At noon?")
	s.redis.Stop()
	r := s.refused(451, staff, []string{outside, mate}, raw)
	if !strings.HasPrefix(r.Text, "4.7.1 ") {
		t.Errorf("got %q, want 4.7.1", r.Text)
	}
	s.accepted(staff, []string{"plain@firm.example"}, plain)
	if got := withoutReceived(s.Outside.WaitTo("plain@firm.example").Raw); !bytes.Equal(got, plain) {
		t.Errorf("plain: got %q, want %q", got, plain)
	}
	s.WaitIdle()
	never(t, s.Outside, outside)
	never(t, s.Inside, mate)
	if got := s.seal.Status("/readyz"); got == 200 {
		t.Error("ready although Redis is away")
	}
	s.redis.Start()
	s.seal.WaitReady()
	s.accepted(staff, []string{outside, mate}, raw)
	s.envelopeFor(s.Outside, outside, raw)
	s.WaitIdle()
	once(t, s.Outside, outside)
	once(t, s.Inside, mate)
}

// The daemon stopped: Postfix itself says 451, and nothing is lost.
func TestDaemonStopped(t *testing.T) {
	t.Parallel()
	s := newSite(t, e2etest.PostfixOptions{})
	raw := composed("[SECURE] wait", "", planted)
	for name, stop := range map[string]func(){"stopped": s.seal.Stop, "killed": s.seal.Kill} {
		stop()
		if r := s.refused(451, staff, []string{outside}, raw); !strings.HasPrefix(r.Text, "4.7.1 ") {
			t.Errorf("%s: got %q, want 4.7.1", name, r.Text)
		}
		s.WaitIdle()
		never(t, s.Outside, outside)
		s.seal.Start()
		s.seal.WaitReady()
	}
	s.accepted(staff, []string{outside}, raw)
	s.envelopeFor(s.Outside, outside, raw)
	s.WaitIdle()
	once(t, s.Outside, outside)
}

// The re-entry port is away: 451 and no clear text; back, one envelope.
func TestNextHopRefusesForAWhile(t *testing.T) {
	t.Parallel()
	s := newSite(t, e2etest.PostfixOptions{})
	s.Outside.SetAnswer(e2etest.Refusing(451))
	raw := composed("[SECURE] later", "", planted)
	s.accepted(staff, []string{outside}, raw)
	e2etest.Eventually(t, "a first try at the next hop", func() bool { return strings.Contains(s.Log(), "status=deferred") })
	s.Outside.SetAnswer(nil)
	s.envelopeFor(s.Outside, outside, raw)
	s.WaitIdle()
	once(t, s.Outside, outside)
}

// The daemon hangs: Postfix waits as long as it was told to and says 451; when
// the daemon goes on, one envelope leaves.
func TestDaemonHangs(t *testing.T) {
	t.Parallel()
	s := newSite(t, e2etest.PostfixOptions{})
	patience := func(d string) { // of Postfix with the daemon
		s.Set(fmt.Sprintf("postseal_milter={ unix:postseal/milter.sock, protocol=6, default_action=tempfail, connect_timeout=%s, command_timeout=%s, content_timeout=%s }", d, d, d))
	}
	patience("1s")
	raw := composed("[SECURE] wait", "", planted)
	s.seal.Signal(syscall.SIGSTOP)
	if r := s.refused(451, staff, []string{outside}, raw); !strings.HasPrefix(r.Text, "4.7.1 ") {
		t.Errorf("got %q, want 4.7.1", r.Text)
	}
	s.WaitIdle()
	never(t, s.Outside, outside)
	patience("60s") // on a busy machine a second is soon over
	s.seal.Signal(syscall.SIGCONT)
	s.accepted(staff, []string{outside}, raw)
	s.envelopeFor(s.Outside, outside, raw)
	s.WaitIdle()
	once(t, s.Outside, outside)
}
