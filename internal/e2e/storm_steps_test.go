package e2e_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/internal/storm"
)

// TestStormAtEachStep walks the way of a message: each request of the daemon to
// Redis and to the relay, one after the other, is cut before it arrives or after
// it was done, and the daemon lives on or dies there. STORM_STRIDE 1 takes each
// step; make test takes each third of those to
// Redis, from another one every day. Promises 1, 2, 4 and 5
func TestStormAtEachStep(t *testing.T) {
	t.Parallel()
	const most = 400 // messages; the walk ends where a message has no further step
	s := newTempest(t, 1, most, "")
	w := &stepWalk{tempest: s, stride: stormSize(t, "STORM_STRIDE", 3)}
	for _, after := range []bool{false, true} {
		for _, dies := range []bool{false, true} {
			w.walk("Redis", s.toRedis, after, dies)
			w.walk("relay", s.toRelay, after, dies)
			w.walk("mail to inside", s.toStaff, after, dies)
		}
	}
	w.without()
	w.late()
	s.calm()
	v := storm.Judge(s.evidence())
	for _, line := range v.Said {
		t.Log(line)
	}
	t.Logf("messages %d, steps %d, repeated %d, each explained by a cut; %d not", len(s.mails), len(s.troubles), v.Repeated, v.Unexplained)
	t.Log(v)
	if !v.OK() {
		t.Error("the promises do not hold at each step")
	}
}

// stepWalk cuts one message after the other, each a step further on its way.
type stepWalk struct {
	*tempest
	next   int // number of the next letter to look at
	stride int
}

// walk takes each step on the way to Redis, to the relay, or to inside.
func (w *stepWalk) walk(way string, to *e2etest.Proxy, after, dies bool) {
	w.t.Helper()
	name := fmt.Sprintf("%s, after it was done: %v, daemon killed: %v", way, after, dies)
	w.each(name, to, manySteps, func() e2etest.Step {
		return e2etest.Step{After: after, Do: func() {
			if dies {
				w.seal.Kill()
			}
		}}
	}, func() {
		if dies {
			w.seal.Start()
		}
	})
}

// without is the walk on which Redis dies at each step and stays away for longer
// than anybody asks again.
func (w *stepWalk) without() {
	w.t.Helper()
	w.each("Redis, dead", w.toRedis, messageSteps, func() e2etest.Step { return e2etest.Step{Do: w.redis.Kill} }, func() {
		<-time.After(2 * time.Second)
		w.redis.Start()
	})
}

// Bounds of a walk.
const (
	manySteps    = 80 // far more than a message has
	messageSteps = 20 // of a message itself on the way to Redis; what comes then is its notices'
	fewSteps     = 4  // fewer would mean that nothing was tried
	fewMailSteps = 2  // of a mail on a connection that is used again: all commands together, and the mail
)

// each does something at one step after the other, until a message has no further
// one or there were so many, and undoes it.
func (w *stepWalk) each(name string, to *e2etest.Proxy, most int, do func() e2etest.Step, undo func()) {
	w.t.Helper()
	stride, fewest := w.stride, fewSteps
	if to != w.toRedis {
		stride, fewest = 1, fewMailSteps
	}
	n := 1 + time.Now().YearDay()%stride
	for ; n <= most; n += stride {
		step := do()
		step.N = n
		if !w.at(name, to, step, undo) {
			break
		}
	}
	if n > manySteps || n <= fewest {
		w.t.Errorf("%s: it ended after %d steps", name, n-1)
	}
	w.t.Logf("%s: %d steps", name, n-1)
}

// late kills Redis once a message is on its way to the relay, and the daemon once it
// was acknowledged: what is to be told to Redis outlives both.
func (w *stepWalk) late() {
	w.t.Helper()
	const often = 3
	acknowledged := 0
	for range often {
		w.near.WaitIdle() // no notice is on the same way
		w.at("late", w.toRelay, e2etest.Step{N: 1, Do: w.redis.Kill, Pass: true}, func() {
			before := w.acked.Load()
			for end := time.Now().Add(20 * time.Second); w.acked.Load() == before && time.Now().Before(end); {
				<-time.After(50 * time.Millisecond)
			}
			acknowledged += int(w.acked.Load() - before)
			w.seal.Kill()
			w.redis.Start()
			w.seal.Start()
		})
	}
	if acknowledged == 0 {
		w.t.Error("late: no message was acknowledged without Redis; nothing was tried")
	}
}

// at sends one message, does something at one step of it, undoes it, and waits for
// the message; false: it has fewer steps.
func (w *stepWalk) at(name string, to *e2etest.Proxy, step e2etest.Step, undo func()) bool {
	w.t.Helper()
	w.seal.WaitReady()
	letter := w.mixed()
	trouble := storm.Trouble{What: fmt.Sprintf("%s: step %d", name, step.N), From: time.Now()}
	reached := to.Set(step)
	acked := make(chan struct{})
	go func() { w.send(letter); close(acked) }()
	hit := w.wait(reached, acked, to)
	if !hit && !to.Clear() { // in the moment of giving up, or its answer never came
		select {
		case <-reached:
			hit = true
		case <-time.After(2 * time.Second):
		}
	}
	if hit {
		undo()
	}
	<-acked
	if hit {
		trouble.To = time.Now().Add(10 * time.Second)
		w.troubles = append(w.troubles, trouble)
	}
	return hit
}

// wait tells whether a step was reached, during the message or within the time
// that its confirmation takes afterwards. On the way to Redis something comes all the
// time, so that a long wait would never end the walk.
func (w *stepWalk) wait(reached, acked <-chan struct{}, to *e2etest.Proxy) bool {
	afterwards := 700 * time.Millisecond
	if to != w.toRedis {
		afterwards = 3 * time.Second
	}
	select {
	case <-reached:
		return true
	case <-acked:
	}
	select {
	case <-reached:
		return true
	case <-time.After(afterwards):
		return false
	}
}

// mixed gives the number of the next letter that is sealed for some and in clear
// for others, and makes room for it.
func (w *stepWalk) mixed() int {
	for ; ; w.next++ {
		m, _, _ := w.letter(w.next)
		want := map[storm.Want]bool{}
		for _, how := range m.To {
			want[how] = true
		}
		if len(want) == 2 && !m.Refuse {
			break
		}
	}
	n := w.next
	w.next++
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.mails) <= n {
		w.mails = append(w.mails, storm.Mail{Acked: true}) // nobody's
	}
	return n
}
