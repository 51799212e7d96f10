package e2e_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/internal/storm"
)

// TestStormAtEachStep walks the way of a message: each request of the daemon to
// Redis and to the relay, one after the other, is cut before it arrives or after
// it was done, and the daemon lives on or dies there. STORM_STRIDE 1 takes each
// step; make test takes each third, from another one every day. Promises 1, 2, 4 and 5
func TestStormAtEachStep(t *testing.T) {
	t.Parallel()
	const most = 400 // messages; the walk ends where a message has no further step
	s := newTempest(t, 1, most)
	w := &stepWalk{tempest: s, stride: stormSize(t, "STORM_STRIDE", 3)}
	for _, way := range []struct {
		name string
		to   *e2etest.Proxy
		long int // steps that a message has at least; fewer would mean that nothing was tried
	}{{"Redis", s.toRedis, 8}, {"relay", s.toRelay, 4}} {
		for _, after := range []bool{false, true} {
			for _, dies := range []bool{false, true} {
				name := fmt.Sprintf("%s, after it was done: %v, daemon killed: %v", way.name, after, dies)
				if n := w.walk(name, way.to, after, dies); n < way.long {
					t.Errorf("%s: only %d steps", name, n)
				} else {
					t.Logf("%s: %d steps", name, n)
				}
			}
		}
	}
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

// walk gives a number of steps that the way does not have more of.
func (w *stepWalk) walk(name string, to *e2etest.Proxy, after, dies bool) int {
	w.t.Helper()
	const enough = 80 // far more steps than a message has
	for n := 1 + time.Now().YearDay()%w.stride; n <= enough; n += w.stride {
		if !w.cut(name, to, after, dies, n) {
			return n - 1
		}
	}
	w.t.Errorf("%s: no end after %d steps", name, enough)
	return enough
}

// cut sends one message and cuts its nth step; false: it has fewer.
func (w *stepWalk) cut(name string, to *e2etest.Proxy, after, dies bool, n int) bool {
	w.t.Helper()
	w.seal.WaitReady()
	letter := w.mixed()
	trouble := storm.Trouble{What: fmt.Sprintf("%s: step %d", name, n), From: time.Now()}
	reached := to.Set(e2etest.Step{N: n, After: after, Do: func() {
		if dies {
			w.seal.Kill()
		}
	}})
	var client sync.WaitGroup
	client.Go(func() { w.send(letter) })
	acked := make(chan struct{})
	go func() { client.Wait(); close(acked) }()
	hit := w.wait(reached, acked)
	if !hit {
		to.Clear()
	}
	if hit && dies {
		w.seal.Start()
	}
	<-acked
	if hit {
		trouble.To = time.Now().Add(10 * time.Second)
		w.troubles = append(w.troubles, trouble)
	}
	return hit
}

// wait tells whether a step was reached, during the message or within the time
// that its confirmation takes afterwards.
func (w *stepWalk) wait(reached, acked <-chan struct{}) bool {
	const afterwards = 700 * time.Millisecond
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
		if len(want) == 2 {
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
