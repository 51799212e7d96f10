package store

import (
	"testing"
	"time"
)

// A hint that is seen before the write it was made for is looked at again soon: a
// confirmation came half a minute late. One whose write never comes is looked at
// ever more seldom, and in the end no more.
func TestHintBeforeItsWrite(t *testing.T) {
	now := time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		answer string
		age    time.Duration
		next   time.Duration // from now; 0: never
	}{
		{"gone", time.Millisecond, lookSoon},
		{"held", time.Millisecond, lookSoon},
		{"held", 4 * time.Second, 4 * time.Second},
		{"gone", 5 * time.Minute, lookAgain},
		{"held", time.Hour, lookAgain},
		{"gone", time.Hour, 0},
	} {
		c := claiming{now: now}
		d := claimed{made: now.Add(-row.age)}
		c.take(&d, []string{row.answer}, now.Add(time.Minute))
		want := time.Time{}
		if row.next > 0 {
			want = now.Add(row.next)
		}
		if !d.next.Equal(want) || len(c.out) > 0 {
			t.Errorf("%s after %s: next %v, want %v", row.answer, row.age, d.next, want)
		}
	}
}
