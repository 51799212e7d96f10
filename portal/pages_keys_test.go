package portal_test

import (
	"context"
	"encoding/json"
	"time"

	"github.com/chromedp/cdproto/input"
	cdp "github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/postseal/postseal/internal/e2e/e2etest"
)

// The tabulator's way through a page, a part of each look.

// stop is where the focus is, as look.js says.
type stop struct {
	I           int
	What, Wrong string
	Frame       bool
}

// stop tells where the focus has come to. In and out of a frame it takes a moment.
func (s *sight) stop(next, n int) (now stop) {
	s.t.Helper()
	for range 100 {
		must(s.t, json.Unmarshal([]byte(e2etest.Get(s.Tab, cdp.Evaluate[string]("JSON.stringify(look.here())"))), &now))
		if now.I == next || next == n || now.Frame {
			return now
		}
		<-time.After(10 * time.Millisecond)
	}
	return now
}

// tabulate goes through the page by the tabulator (WCAG 2.2, 2.1.1, 2.1.2, 2.4.3,
// 2.4.7, 2.4.11).
func (s *sight) tabulate(at string) {
	s.t.Helper()
	var way struct {
		N      int
		Frames bool
	}
	must(s.t, json.Unmarshal([]byte(e2etest.Get(s.Tab, cdp.Evaluate[string]("JSON.stringify(look.begin())"))), &way))
	if !way.Frames {
		s.run(at, way.N)
		return
	}
	n, next := way.N, 0
	for range 2*n + 40 { // a frame has stops of its own
		s.Do(cdp.KeyEvent("\t"))
		now := s.stop(next, n)
		switch {
		case now.Frame:
			continue
		case now.I < 0 || now.I == 0 && next > 0: // out of the page, or round again
			if next != n {
				s.t.Errorf("%s: the tabulator reaches %d of %d, and then %q", at, next, n, now.What)
			}
			return
		case now.I != next:
			s.t.Errorf("%s: the tabulator comes to %s as number %d, want %d", at, now.What, now.I, next)
			return
		case now.Wrong != "":
			s.t.Errorf("%s: %s %s", at, now.What, now.Wrong)
		}
		next++
		s.v.count(func() { s.v.keys++ })
	}
	s.t.Errorf("%s: the tabulator does not leave the page", at)
}

// run is tabulate for a page without frames: the page itself notes what has the
// focus at each press, which takes a third of the time.
func (s *sight) run(at string, n int) {
	s.t.Helper()
	down := *kb.Encode('\t')[0]
	s.Do(cdp.Func(func(ctx context.Context, _ *cdp.Target) error {
		for range n + 1 {
			if _, err := cdp.Call(ctx, input.DispatchKeyEvent, down); err != nil {
				return err
			}
		}
		return nil
	}))
	var stops []stop
	must(s.t, json.Unmarshal([]byte(e2etest.Get(s.Tab, cdp.Evaluate[string]("JSON.stringify(look.stops())"))), &stops))
	if len(stops) != n+2 { // before the first press, and after each
		s.t.Errorf("%s: %d stops noted, want %d", at, len(stops), n+2)
		return
	}
	for i, now := range stops[1 : n+1] {
		if now.I != i || now.Wrong != "" {
			s.t.Errorf("%s: the tabulator comes to %q as number %d, want %d: %s", at, now.What, now.I, i, now.Wrong)
			return
		}
	}
	if last := stops[n+1]; last.I > 0 || last.I == 0 && n == 1 {
		s.t.Errorf("%s: the tabulator does not leave the page: %q", at, last.What)
	}
	s.v.count(func() { s.v.keys += n })
}
