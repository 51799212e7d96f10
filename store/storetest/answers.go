package storetest

import (
	"strings"
	"time"

	"github.com/postseal/postseal/store"
)

// Answers are what a recipient writes: sent once, kept while nobody is signed in.
var answerCases = map[string]func(*world){
	// A second press, and a try after an answer that was lost.
	"SentOnce": func(w *world) {
		begin := func(what string, want store.Sending) time.Time {
			w.Helper()
			how, first, err := w.s.SendBegin(w.ctx, what, w.Now())
			w.want(err, nil, what)
			if how != want {
				w.Fatalf("%s: got %v, want %v", what, how, want)
			}
			return first
		}
		at := w.Now()
		begin("one", store.SendNow)
		begin("two", store.SendNow)
		w.Add(time.Second)
		begin("one", store.SendUnderWay)
		w.want(w.s.SendEnded(w.ctx, "one", false), nil, "not sent")
		if first := begin("one", store.SendNow); !first.Equal(at) {
			w.Fatalf("got first try %v, want %v", first, at)
		}
		w.want(w.s.SendEnded(w.ctx, "one", true), nil, "sent")
		begin("one", store.SendDone)
		w.Add(time.Hour)
		begin("one", store.SendDone)
		begin("two", store.SendNow) // whoever had it never said how it ended
	},
	"DraftKept": func(w *world) {
		id := Message(w.keys, "draft", w.Now(), jane).Record.ID
		other := Message(w.keys, "other", w.Now(), jane).Record.ID
		d := store.Draft{Text: "Dear Alice,\nthe sofa", Cc: []string{"bob@outside.example"}, Copy: true, Once: "o", Files: []string{"plan.pdf"}, Whose: "w"}
		w.want(w.s.SetDraft(w.ctx, "b1", id, d, w.Now()), nil, "set")
		w.want(w.s.SetDraft(w.ctx, "", id, d, w.Now()), store.ErrNoSession, "no browser")
		w.want(w.s.SetDraft(w.ctx, "b1", id, store.Draft{Text: strings.Repeat("x", store.MaxDraft+1)}, w.Now()), store.ErrTooLong, "too long")
		got := must(w.s.Draft(w.ctx, "b1", id, w.Now().Add(store.DraftLife-time.Second)))(w)
		if got.Text != d.Text || len(got.Cc) != 1 || !got.Copy || got.Files[0] != "plan.pdf" || got.Whose != "w" {
			w.Fatalf("got %+v", got)
		}
		for what, none := range map[string]store.Draft{
			"of another browser": must(w.s.Draft(w.ctx, "b2", id, w.Now()))(w),
			"of another message": must(w.s.Draft(w.ctx, "b1", other, w.Now()))(w),
			"too old":            must(w.s.Draft(w.ctx, "b1", id, w.Now().Add(store.DraftLife)))(w),
		} {
			if none.Text != "" {
				w.Fatalf("%s: got %+v", what, none)
			}
		}
		w.want(w.s.EndDraft(w.ctx, "b1", id), nil, "end")
		if got := must(w.s.Draft(w.ctx, "b1", id, w.Now()))(w); got.Text != "" {
			w.Fatalf("after its end: %+v", got)
		}
	},
}
