package milter_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postseal/postseal/milter"
	"github.com/postseal/postseal/milter/miltertest"
)

var errDisk = errors.New("test: no space left on device")

// Every call of the disk, failed or happened with its answer lost, at each time that
// it is made: the answer is 451 or the message is sealed, never clear; nothing is
// confirmed that did not leave. Then all is well again and the client tries once
// more: one envelope, one confirmation, and nothing stays in the private directory
// (promises 1, 2, 4 and 5). A call that needs Redis to be away has it so.
func TestDiskFaults(t *testing.T) {
	for _, call := range milter.DiskCalls() {
		for _, how := range []string{"failed", "lost"} {
			for nth := int32(1); nth <= 4; nth++ {
				met := false
				t.Run(call+" "+how, func(t *testing.T) { met = diskFault(t, call, how, nth) })
				if !met {
					if nth == 1 {
						t.Errorf("%s is never made", call)
					}
					break
				}
			}
		}
	}
}

// diskFault lets the nth call go wrong, and tells whether it was made.
func diskFault(t *testing.T, call, how string, nth int32) bool {
	w := newWorld(t)
	var made atomic.Int32
	var well atomic.Bool
	w.f.SetDisk(func(c string, do func() error) error {
		if c != call || well.Load() || made.Add(1) != nth {
			return do()
		}
		if how == "lost" {
			if err := do(); err != nil {
				return err
			}
		}
		return errDisk
	})
	away := strings.HasPrefix(call, "note")
	if away {
		w.faults.set("queued", "failed")
	}
	told := make(chan struct{})
	w.f.SetPause(func(d time.Duration) bool {
		if d >= time.Second { // the tries in the background
			<-told
		}
		return true
	})
	socket := w.serve()
	big := strings.Replace(message("[SECURE] greenhouse", inside+", "+outside), "Dear all", noise(2*milter.MemoryBody)+"Dear all", 1)
	first := sendOnly(t, socket, handed(big, inside, outside))
	served := first.Action == miltertest.Accept
	if !served && first.Code != 451 || served && (len(first.Recipients) != 1 || first.Recipients[0] != inside) {
		t.Errorf("got %+v, want 451, or the outside recipient dropped", first)
	}
	if away && !served {
		t.Errorf("got %+v: what has left must not be sent again", first)
	}
	confirmed := len(w.confirmations())
	if confirmed != 0 && (!served || away) {
		t.Errorf("%d confirmations for a message that was not sealed and queued", confirmed)
	}
	w.faults.heal()
	close(told)
	w.f.WaitBackground()
	well.Store(true)
	confirmed += len(w.confirmations())
	w.pass(11 * time.Minute) // longer than store.ResealAfter
	second := w.send(socket, handed(big, inside, outside))
	if second.Action != miltertest.Accept || len(second.Recipients) != 1 {
		t.Errorf("tried again: got %+v", second)
	}
	if got := w.envelopes(); got[outside] != 1 || got[inside] != 0 {
		t.Errorf("envelopes %v, want one", got)
	}
	if _, err := w.f.Resume(t.Context()); err != nil {
		t.Errorf("the next start: %v", err)
	}
	w.f.WaitBackground()
	if confirmed += len(w.confirmations()); confirmed != 1 {
		t.Errorf("%d confirmations, want 1", confirmed)
	}
	if names, _ := os.ReadDir(w.f.Spool); len(names) != 0 {
		t.Errorf("left in the private directory: %v", names)
	}
	return made.Load() >= nth
}

// sendOnly hands a mail over and does not wait for the background.
func sendOnly(t *testing.T, socket string, m miltertest.Mail) miltertest.Result {
	t.Helper()
	r, err := miltertest.Send(t.Context(), socket, m)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The clock jumps at each call of a collaborator, back an hour or ahead a day: the
// message is served all the same, once, and confirmed once when the clock has come to
// where it was (promises 1, 2 and 5).
func TestClockJumpsInMidMessage(t *testing.T) {
	for _, call := range []string{"resolve", "copies", "lookup", "shelf", "prepare", "relay", "queued"} {
		for how, d := range map[string]time.Duration{"back": -time.Hour, "ahead": 24 * time.Hour} {
			t.Run(call+" "+how, func(t *testing.T) {
				w := newWorld(t)
				jumped := 0
				w.faults.jump = func(string) {
					if jumped++; jumped == 1 {
						w.pass(d)
					}
				}
				w.faults.set(call, how)
				m := mailFor(message("[SECURE] greenhouse", inside+", "+outside+", "+other), inside, outside, other)
				neverClear(t, w.decide(m))
				w.faults.heal()
				w.pass(2 * time.Hour)
				n := len(w.confirmations())
				m.QueueID = "4QUEUE2"
				neverClear(t, w.decide(m))
				n += len(w.confirmations())
				if got := w.envelopes(); jumped == 0 || got[outside] != 1 || got[other] != 1 || n != 1 {
					t.Errorf("%d jumps: envelopes %v, %d confirmations; want one each", jumped, got, n)
				}
			})
		}
	}
}

// What a process left that was killed in the moment in which a file has its name
// is gone at the next start; what Redis was not told yet stays.
func TestNextStartClearsAway(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"spool-1", "new-2", "open-3", "robot-4", "late-5", "other"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	room, err := milter.OpenWorkroom(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer room.Close()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if want := "late-5 other workroom"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
