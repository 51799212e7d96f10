package milter_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/milter"
)

// Every collaborator's call, failed or happened with its answer lost: the answer
// is 451 or the message is sealed, never clear; nothing is confirmed that did
// not leave. Then all is well again and the client tries once more: everybody
// has one envelope, the sender one confirmation (promises 1, 2 and 5).
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		call, how string
		served    bool // the fault costs nothing but comfort
		twice     bool // the one cut after which nobody can know (RFC 1047)
	}{
		{call: "resolve", how: "failed"}, {call: "resolve", how: "lost"},
		{call: "copies", how: "failed"}, {call: "copies", how: "lost"},
		{call: "lookup", how: "failed"}, {call: "lookup", how: "lost"},
		{call: "shelf", how: "failed", served: true}, {call: "shelf", how: "lost", served: true},
		{call: "prepare", how: "failed"}, {call: "prepare", how: "lost"},
		{call: "relay", how: "failed"}, {call: "relay", how: "lost", twice: true},
		{call: "queued", how: "failed", served: true}, {call: "queued", how: "lost", served: true},
	} {
		t.Run(c.call+" "+c.how, func(t *testing.T) {
			w := newWorld(t)
			healed := make(chan struct{})
			w.f.SetPause(func(d time.Duration) bool {
				if d >= time.Second { // the tries in the background
					<-healed
				}
				return true
			})
			w.faults.set(c.call, c.how)
			m := mailFor(message("[SECURE] greenhouse", inside+", "+outside+", "+other), inside, outside, other)
			first := w.f.Decide(t.Context(), m)
			neverClear(t, first)
			if got := first.Action == milter.Accept; got != c.served {
				t.Errorf("served %v, want %v: %+v", got, c.served, first)
			}
			if n := len(w.confirmations()); !c.served && n != 0 {
				t.Errorf("%d confirmations for a message that was not sealed and queued", n)
			}
			w.faults.heal()
			close(healed)
			w.f.WaitBackground()
			w.pass(11 * time.Minute) // longer than store.ResealAfter
			m.QueueID = "4QUEUE2"
			neverClear(t, w.decide(m))
			for who, n := range w.envelopes() {
				if want := 1; n != want && !(c.twice && n == 2) {
					t.Errorf("%s has %d envelopes", who, n)
				}
			}
			oneEnvelope(t, w)
		})
	}
}

// neverClear: an outside recipient is dropped, or the message is answered 451.
func neverClear(t *testing.T, out milter.Outcome) {
	t.Helper()
	switch out.Action {
	case milter.Answer:
		if out.Reply.Code != 451 {
			t.Errorf("got %+v, want 451", out.Reply)
		}
	case milter.Accept:
		if !slices.Contains(out.Drop, outside) || !slices.Contains(out.Drop, other) {
			t.Errorf("leaves in clear: %+v", out)
		}
	}
}

// oneEnvelope: whatever left, it is one envelope for both recipients, and it opens.
func oneEnvelope(t *testing.T, w *world) {
	t.Helper()
	if got := w.envelopes(); len(got) != 2 {
		t.Errorf("envelopes %v, want both recipients", got)
	}
	var ids []string
	for _, s := range w.out.Sent() {
		_, page := w.opened(s)
		ids = append(ids, page.ID.String()+header(t, s.Bytes, "Message-ID"))
	}
	if len(slices.Compact(ids)) != 1 {
		t.Errorf("different envelopes of one message: %v", ids)
	}
	// Those claimed by an earlier look are leased; nothing may come on top.
	if n := len(w.confirmations()); n > 1 {
		t.Errorf("%d confirmations", n)
	}
}

// A confirmation comes exactly once in the end, also when Redis was away between
// the 250 and its record.
func TestConfirmationAfterRedisWasAway(t *testing.T) {
	w := newWorld(t)
	healed := make(chan struct{})
	w.f.SetPause(func(d time.Duration) bool {
		if d >= time.Second {
			<-healed
		}
		return true
	})
	w.faults.set("queued", "failed")
	if out := w.f.Decide(t.Context(), mailFor(message("[SECURE] x", outside), outside)); out.Action != milter.Discard {
		t.Fatalf("got %+v", out)
	}
	if n := len(w.confirmations()); n != 0 {
		t.Errorf("%d confirmations too early", n)
	}
	w.faults.heal()
	close(healed)
	w.f.WaitBackground()
	if n := len(w.confirmations()); n != 1 {
		t.Errorf("%d confirmations, want 1", n)
	}
}

// While an earlier try is in hand a second one waits.
func TestPreparedIsHeldForTenMinutes(t *testing.T) {
	w := newWorld(t)
	w.faults.set("relay", "lost")
	m := mailFor(message("[SECURE] x", outside), outside)
	w.decide(m)
	w.faults.heal()
	w.pass(9 * time.Minute)
	if got := w.decide(m); got.Action != milter.Answer || !strings.Contains(got.Reply.Text, "in hand") {
		t.Errorf("after 9 minutes: got %+v", got)
	}
	w.pass(2 * time.Minute)
	if got := w.decide(m); got.Action != milter.Discard {
		t.Errorf("after 11 minutes: got %+v", got)
	}
	oneEnvelopeFor(t, w, outside)
}

func oneEnvelopeFor(t *testing.T, w *world, who string) {
	t.Helper()
	sent := w.out.Sent()
	var pages [][]byte
	for _, s := range sent {
		pages = append(pages, securedoc(t, s.Bytes))
	}
	for _, p := range pages[1:] {
		if !reflect.DeepEqual(p, pages[0]) {
			t.Errorf("%s gets two different pages for one message", who)
		}
	}
}

// A full spool directory answers 451.
func TestNoRoomIsLater(t *testing.T) {
	w := newWorld(t)
	w.f.Spool = "/nonexistent/spool"
	big := message("[SECURE] x", outside) + noise(milter.MemoryBody*2)
	got := w.decide(mailFor(big, outside))
	if got.Action != milter.Answer || got.Reply.Code != 451 || got.Reply.Enhanced != "4.3.1" {
		t.Errorf("got %+v", got)
	}
	if n := len(w.out.Sent()); n != 0 {
		t.Errorf("%d envelopes", n)
	}
}

// noise gives n octets of text that does not compress, the same each time.
func noise(n int) string {
	var b strings.Builder
	x := uint32(1)
	for b.Len() < n {
		for range 70 {
			x = x*1664525 + 1013904223
			b.WriteByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[x>>26])
		}
		b.WriteString("\r\n")
	}
	return b.String()
}
