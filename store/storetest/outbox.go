package storetest

import (
	"fmt"
	"sync"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/store"
)

func (w *world) claim(limit int) []store.Outgoing {
	w.Helper()
	return must(w.s.Claim(w.ctx, limit, time.Minute, w.Now()))(w)
}

var outboxCases = map[string]func(*world){
	// Promise 5: no confirmation for what was not queued, and one for what was.
	"HeldUntilQueued": func(w *world) {
		p := Message(w.keys, "m1", w.Now(), jane)
		p.Held = []store.Outgoing{{ID: "confirmation", Kind: "confirmation", To: alice, Data: []byte(`{"x":1}`)}}
		w.want(w.s.Prepare(w.ctx, p), nil, "prepare")
		if got := w.claim(10); len(got) != 0 {
			w.Fatal("handed out before it was queued")
		}
		for range 2 { // the second is a repeat
			w.want(w.s.Queued(w.ctx, p.Record.ID, p.Recipients, []string{"confirmation"}, "Q", w.Now()), nil, "queued")
		}
		got := w.claim(10)
		if len(got) != 1 || got[0].ID != "confirmation" || got[0].Envelope != p.Record.ID || !got[0].To.Equal(alice) || string(got[0].Data) != `{"x":1}` || got[0].Attempts != 1 {
			w.Fatalf("got %d: %+v", len(got), got)
		}
		w.want(w.s.Sent(w.ctx, got[0], w.Now()), nil, "sent")
		w.want(w.s.Queued(w.ctx, p.Record.ID, p.Recipients, []string{"confirmation"}, "Q", w.Now()), nil, "queued late")
		w.Add(time.Hour)
		if got := w.claim(10); len(got) != 0 {
			w.Fatal("handed out again")
		}
	},
	// Reminders that were freed with a confirmation stand before the next one on the
	// list; who asks for what is due gets it nevertheless.
	"DueBehindWhatIsNot": func(w *world) {
		const messages, reminders = 12, 8
		for m := range messages {
			p := Message(w.keys, fmt.Sprint("m", m), w.Now(), jane)
			ids := []string{"z"}
			p.Held = []store.Outgoing{{ID: "z", Kind: "confirmation", To: alice}}
			for r := range reminders {
				ids = append(ids, fmt.Sprint(r))
				p.Held = append(p.Held, store.Outgoing{ID: fmt.Sprint(r), Kind: "not-opened", To: alice, Due: w.Now().Add(72 * time.Hour)})
			}
			w.want(w.s.Prepare(w.ctx, p), nil, "prepare")
			w.want(w.s.Queued(w.ctx, p.Record.ID, p.Recipients, ids, "Q", w.Now()), nil, "queued")
		}
		for m := range messages {
			if got := w.claim(1); len(got) != 1 || got[0].Kind != "confirmation" {
				w.Fatalf("asked %d times for one: got %d", m+1, len(got))
			}
		}
		if got := w.claim(10); len(got) != 0 {
			w.Fatalf("got %d more", len(got))
		}
	},
	// A retry of the whole message replaces a notice that was never freed.
	"HeldAgain": func(w *world) {
		for i := range 2 {
			p := Message(w.keys, "m1", w.Add(store.ResealAfter), jane)
			p.Held = []store.Outgoing{{ID: "c", Kind: "confirmation", To: alice, Data: fmt.Append(nil, i)}}
			w.want(w.s.Prepare(w.ctx, p), nil, "prepare")
			if i == 1 {
				w.want(w.s.Queued(w.ctx, p.Record.ID, p.Recipients, []string{"c"}, "Q", w.Now()), nil, "queued")
			}
		}
		if got := w.claim(10); len(got) != 1 || string(got[0].Data) != "1" {
			w.Fatalf("got %d", len(got))
		}
	},
	"LeaseRetrySent": func(w *world) {
		w.want(w.s.Enqueue(w.ctx, store.Outgoing{ID: "x", Kind: "code", To: jane, Data: []byte("d"), Expires: w.Now().Add(time.Hour)}), nil, "enqueue")
		first := w.claim(10)
		if len(first) != 1 || !first[0].Expires.Equal(w.Now().Add(time.Hour)) || !first[0].Envelope.IsZero() {
			w.Fatalf("got %+v", first)
		}
		if got := w.claim(10); len(got) != 0 {
			w.Fatal("claimed twice within the lease")
		}
		w.Add(time.Minute)
		second := w.claim(10)
		if len(second) != 1 || second[0].Attempts != 2 {
			w.Fatalf("after the lease: got %+v", second)
		}
		w.want(w.s.Retry(w.ctx, first[0], w.Now()), nil, "the first worker comes late")
		if got := w.claim(10); len(got) != 0 {
			w.Fatal("the late worker ended the other's lease")
		}
		w.want(w.s.Retry(w.ctx, second[0], w.Now().Add(10*time.Minute)), nil, "retry")
		w.Add(10*time.Minute - time.Second)
		if got := w.claim(10); len(got) != 0 {
			w.Fatal("too early")
		}
		w.Add(time.Second)
		third := w.claim(10)
		if len(third) != 1 || third[0].Attempts != 3 {
			w.Fatalf("retry: got %+v", third)
		}
		w.want(w.s.Sent(w.ctx, third[0], w.Now()), nil, "sent")
		w.Add(24 * time.Hour)
		if got := w.claim(10); len(got) != 0 {
			w.Fatal("sent, and handed out again")
		}
	},
	"NotBeforeItIsDue": func(w *world) {
		w.want(w.s.Enqueue(w.ctx, store.Outgoing{Kind: "code", To: jane, Due: w.Now().Add(time.Minute)}), nil, "enqueue")
		if got := w.claim(10); len(got) != 0 {
			w.Fatal("too early")
		}
		w.Add(time.Minute)
		if got := w.claim(10); len(got) != 1 || !got[0].Expires.Equal(w.Now().Add(store.OutboxLife)) {
			w.Fatalf("got %+v", got)
		}
	},
	"ManyWorkers": func(w *world) {
		const n = 60
		for i := range n {
			w.want(w.s.Enqueue(w.ctx, store.Outgoing{ID: "same", Kind: "code", To: addr.MustParse(fmt.Sprintf("p%d@x.example", i))}), nil, "enqueue")
		}
		var mu sync.Mutex
		seen := map[string]int{}
		parallel(8, func(int) error {
			for range n {
				got, err := w.s.Claim(w.ctx, 7, time.Minute, w.Now())
				if err != nil || len(got) == 0 {
					return err
				}
				mu.Lock()
				for _, o := range got {
					seen[o.To.Key()]++
				}
				mu.Unlock()
			}
			return nil
		})
		for len(seen) < n { // a worker may have looked while another held everything it saw
			got := w.claim(n)
			if len(got) == 0 {
				break
			}
			for _, o := range got {
				seen[o.To.Key()]++
			}
		}
		if len(seen) != n {
			w.Fatalf("got %d of %d", len(seen), n)
		}
		for a, times := range seen {
			if times != 1 {
				w.Fatalf("%s was handed out %d times", a, times)
			}
		}
	},
	"Limit": func(w *world) {
		for range 20 {
			w.want(w.s.Enqueue(w.ctx, store.Outgoing{Kind: "code", To: jane}), nil, "enqueue")
		}
		if got := w.claim(5); len(got) != 5 {
			w.Fatalf("got %d, want 5", len(got))
		}
		if got := w.claim(100); len(got) != 15 {
			w.Fatalf("got %d, want the other 15", len(got))
		}
		w.want(w.s.Enqueue(w.ctx, store.Outgoing{Kind: "code", To: jane, Data: make([]byte, 2<<20)}), store.ErrTooLong, "too big")
	},
}
