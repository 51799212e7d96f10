package main

import (
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/store"
)

// Two days and the fourteen months after them, in as long as the machine takes:
// messages sealed, opened, taken back, kept open and closing at every hour, two
// daemons at once, the relay away each night. At each hour nothing opens that must
// not, nothing is gone that must not be, and everything due was done once; a day
// leaves behind what the day before did, and in the end nothing is left.
// DAY_DAYS says how many days. Rows: BOP-5, CJSM-13, CYC-3
func TestADayInMinutes(t *testing.T) {
	w := newDays(t)
	begin := w.clock.Now()
	days := 2
	if n, err := strconv.Atoi(os.Getenv("DAY_DAYS")); err == nil {
		days = n
	}
	var ends []held
	for day := range days {
		for hour := range 24 {
			w.hour(hour)
			w.run(begin.Add(time.Duration(day)*24*time.Hour + time.Duration(hour+1)*time.Hour))
			if t.Failed() {
				return
			}
		}
		ends = append(ends, w.holds())
	}
	w.compareDays(ends)
	if t.Failed() {
		return
	}
	w.chains()
	w.goBy(begin)
}

// hour puts one hour into the schedule.
func (w *days) hour(hour int) {
	w.write()
	w.live()
	switch hour {
	case 3:
		w.after(30*time.Minute, func() { w.down, w.behind = true, true })
	case 5:
		w.after(30*time.Minute, func() { w.down = false })
	case 7: // the longest wait of the outbox is an hour
		w.behind = false
	case 9:
		w.household()
	}
	for at := time.Duration(0); at < time.Hour; at += 20 * time.Minute {
		w.after(at+time.Second, w.settle)
	}
	w.after(59*time.Minute, func() {
		w.sweep()
		w.settle()
		w.check()
		if got := w.spool(); len(got) > 0 {
			w.Errorf("%s: left in the spool: %v", w.when(), got)
		}
	})
}

// Kinds of keys that grow with the messages, which are kept for more than a year, and
// those that stay with people who have an account or asked for one.
var grows = map[string]bool{"e": true, "a": true, "o": true, "is": true, "ir": true, "ig": true, "m": true, "w": true, "dd": true}

// compareDays: what a day leaves behind is what the day before did.
func (w *days) compareDays(ends []held) {
	w.Helper()
	last, before := ends[len(ends)-1], ends[len(ends)-2]
	w.Logf("after the last day: %d goroutines, %d files, keys %v; %d tries of notices failed, %d notices were sent", last.goroutines, last.files, last.keys, w.failed, len(w.mails))
	const spare = 8 // idle connections to Redis and Postfix
	if last.goroutines > before.goroutines+spare || last.files > before.files+spare {
		w.Errorf("%d goroutines and %d files after a day, %d and %d a day later", before.goroutines, before.files, last.goroutines, last.files)
	}
	for kind, n := range last.keys {
		// What was made in the same hour a day ago is just at its end; a key left by each
		// of the day's messages would be twenty-four more.
		if !grows[kind] && n > before.keys[kind]+8 {
			w.Errorf("%d keys of kind %q after a day, %d a day later", before.keys[kind], kind, n)
		}
	}
	if got, want := last.keys["e"], len(w.letters); got != want {
		w.Errorf("%d envelopes, want %d", got, want)
	}
	if w.failed == 0 {
		w.Error("the relay never failed: nothing was tried again")
	}
}

// chains: every audit chain holds, also against both logs.
func (w *days) chains() {
	w.Helper()
	var known audit.Anchored
	for _, d := range w.daemons {
		if _, err := (logged{d.cfg.Audit.Log}).read(d.cfg, w.keys, func(l audit.Line) error { known.Add(l); return nil }); err != nil {
			w.Error(err)
		}
	}
	n := 0
	w.must(w.daemons[0].store.EachChain(w.Context(), func(c store.Chain) {
		n++
		if c.Err != nil {
			w.Errorf("chain of %v: %v", c.ID, c.Err)
		}
		if !c.ID.IsZero() {
			if _, err := known.Check(c.ID.String(), c.Entries); err != nil {
				w.Errorf("chain of %s: %v", c.ID, err)
			}
		}
	}))
	if missing := known.Missing(w.clock.Now()); len(missing) > 0 || n < len(w.letters) {
		w.Errorf("%d chains; missing %v", n, missing)
	}
}

// goBy lets fourteen months pass: everything closes, keys are destroyed, records go.
func (w *days) goBy(begin time.Time) {
	w.Helper()
	until := begin.Add(store.KeepClosed + 376*24*time.Hour)
	for w.clock.Now().Before(until) && !w.Failed() {
		step, looks := 12*time.Hour, 12 // so that a reminder is not told after its message was postponed
		if w.clock.Now().Sub(begin) > 10*24*time.Hour {
			step, looks = 13*24*time.Hour+time.Hour, 1
		}
		for range looks {
			w.run(w.clock.Now().Add(step / time.Duration(looks)))
			w.settle()
		}
		w.sweep()
		w.sweep() // what nobody knows has to be found so twice
		w.settle()
		w.check()
	}
	if w.Failed() {
		return
	}
	w.pass(200 * 24 * time.Hour) // what the last looks left behind
	left := w.holds().keys
	w.Logf("after fourteen months: keys %v", left)
	allowed := []string{"ax", "mk", "u", "y"} // anchors, master keys; accounts and what was done to them
	for _, kind := range slices.Sorted(maps.Keys(left)) {
		if !slices.Contains(allowed, kind) {
			w.Errorf("%d keys of kind %q are left", left[kind], kind)
		}
	}
	if files := w.shelf(); len(files) > 0 {
		w.Errorf("left on the shelf: %v", files)
	}
	if n := strings.Count(w.log.String(), "notice given up"); n != 1 {
		w.Errorf("%d notices were given up, want the confirmation to a mailbox that takes nothing", n)
	}
}
