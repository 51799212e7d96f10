package milter_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/postseal/postseal/milter"
)

func TestWorkroomIsOneProcesss(t *testing.T) {
	dir := t.TempDir()
	a, err := milter.OpenWorkroom(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := milter.OpenWorkroom(dir); !errors.Is(err, milter.ErrSpoolTaken) {
		t.Errorf("second: got %v", err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := milter.OpenWorkroom(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if a.Name != b.Name || len(a.Name) != 32 {
		t.Errorf("names %q, %q", a.Name, b.Name)
	}
}

// A daemon that died in mid-message left the recipient prepared: the next one of
// the same workroom takes the message up at once, another one waits ten minutes.
func TestOwnHalfDoneMessageIsTakenUpAtOnce(t *testing.T) {
	for _, c := range []struct {
		room string
		want milter.Action
	}{{"room a", milter.Discard}, {"room b", milter.Answer}} {
		w := newWorld(t)
		w.f.Workroom = "room a"
		w.faults.set("relay", "failed")
		m := mailFor(message("[SECURE] x", outside), outside)
		if got := w.decide(m); got.Action != milter.Answer {
			t.Fatalf("got %+v", got)
		}
		w.faults.heal()
		w.f.Workroom = c.room
		if got := w.decide(m); got.Action != c.want {
			t.Errorf("%s: got %+v", c.room, got)
		}
		if got := len(w.confirmations()); got != map[milter.Action]int{milter.Discard: 1}[c.want] {
			t.Errorf("%s: %d confirmations", c.room, got)
		}
	}
}

// Redis went away after the 250, and the daemon died before it was back: the next
// one frees the confirmation. BOP-5
func TestConfirmationAfterACrashWithRedisAway(t *testing.T) {
	w := newWorld(t)
	w.stopWaiting()
	w.faults.set("queued", "failed")
	m := mailFor(message("[SECURE] x", outside), outside)
	if got := w.decide(m); got.Action != milter.Discard {
		t.Fatalf("got %+v", got)
	}
	w.f.WaitBackground() // it gave up, as a process that ends does
	if n := len(w.confirmations()); n != 0 {
		t.Fatalf("%d confirmations too early", n)
	}
	w.faults.heal()
	w.goOnWaiting()
	if n, err := w.f.Resume(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d notes, %v", n, err)
	}
	w.f.WaitBackground()
	if n := len(w.confirmations()); n != 1 {
		t.Errorf("%d confirmations, want 1", n)
	}
	if n, err := w.f.Resume(t.Context()); n != 0 || err != nil {
		t.Errorf("%d notes are left, %v", n, err)
	}
	if got := w.decide(m); got.Action != milter.Discard {
		t.Errorf("a retry: got %+v", got)
	}
	if n := w.envelopes()[outside]; n != 1 {
		t.Errorf("%d envelopes", n)
	}
}

// A note that cannot be read stops the start: it may be a confirmation.
func TestDamagedNoteIsSaid(t *testing.T) {
	w := newWorld(t)
	if err := os.WriteFile(filepath.Join(w.f.Spool, "late-x"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := w.f.Resume(t.Context()); err == nil {
		t.Error("no error")
	}
}

// stopWaiting ends tries in the background at once, as a stop does.
func (w *world) stopWaiting() {
	w.f.SetPause(func(d time.Duration) bool { return d < time.Second })
}

func (w *world) goOnWaiting() { w.f.SetPause(func(time.Duration) bool { return true }) }
