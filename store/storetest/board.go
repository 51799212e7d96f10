package storetest

import (
	"strings"
	"sync"
	"time"

	"github.com/postseal/postseal/store"
)

var boardCases = map[string]func(*world){
	"announcements: shown from, until, in order":   announced,
	"announcements: bounded, also in parallel":     announcedBounds,
	"requests: made, seen by their link, answered": requested,
	"requests: bounded; what is over makes room":   requestedBounds,
	"requests: answered once, also by two at once": answeredOnce,
	"requests: the promised times":                 requestedDue,
}

func notice(text string, from, until time.Time) store.Announcement {
	return store.Announcement{Text: map[string]string{"en": text}, From: from, Until: until, By: "op"}
}

// announced: what is over is not given any more, the next stands first. CJSM-12
func announced(w *world) {
	second := must(w.s.Announce(w.ctx, notice("second", w.Now().Add(time.Hour), w.Now().Add(3*time.Hour)), w.Now()))(w)
	first := must(w.s.Announce(w.ctx, notice("first", w.Now(), w.Now().Add(2*time.Hour)), w.Now()))(w)
	all := must(w.s.Announcements(w.ctx, w.Now()))(w)
	if len(all) != 2 || all[0].ID != first.ID || all[1].ID != second.ID || !all[0].Current(w.Now()) || all[1].Current(w.Now()) {
		w.Fatalf("got %+v", all)
	}
	w.Add(2*time.Hour - time.Millisecond)
	if all = must(w.s.Announcements(w.ctx, w.Now()))(w); len(all) != 2 || !all[0].Current(w.Now()) {
		w.Fatalf("just before its end: %+v", all)
	}
	w.Add(time.Millisecond)
	if all = must(w.s.Announcements(w.ctx, w.Now()))(w); len(all) != 1 || all[0].Text["en"] != "second" {
		w.Fatalf("after its end: %+v", all)
	}
	w.want(w.s.Unannounce(w.ctx, first.ID, w.Now()), store.ErrNotFound, "one that is over")
	w.want(w.s.Unannounce(w.ctx, second.ID, w.Now()), nil, "take off")
	if all = must(w.s.Announcements(w.ctx, w.Now()))(w); len(all) != 0 {
		w.Fatalf("taken off: %+v", all)
	}
}

func announcedBounds(w *world) {
	now := w.Now()
	for name, a := range map[string]store.Announcement{
		"no text": {From: now, Until: now.Add(time.Hour)}, "empty": notice(" ", now, now.Add(time.Hour)),
		"long": notice(strings.Repeat("x", store.MaxAnnouncement+1), now, now.Add(time.Hour)), "never": notice("x", now, now),
		"over": notice("x", now.Add(-time.Hour), now), "for ever": notice("x", now, now.Add(store.MaxAnnounced+time.Second)),
	} {
		_, err := w.s.Announce(w.ctx, a, now)
		w.want(err, store.ErrTooLong, name)
	}
	var done sync.WaitGroup
	for range 4 {
		done.Go(func() { _, _ = w.s.Announce(w.ctx, notice("together", now, now.Add(time.Hour)), now) })
	}
	done.Wait()
	if got := len(must(w.s.Announcements(w.ctx, now))(w)); got != 4 {
		w.Fatalf("of 4 together there are %d", got)
	}
	for range store.MaxAnnouncements - 4 {
		must(w.s.Announce(w.ctx, notice("x", now, now.Add(time.Hour)), now))(w)
	}
	_, err := w.s.Announce(w.ctx, notice("x", now, now.Add(time.Hour)), now)
	w.want(err, store.ErrTooMany, "one too many")
	w.Add(time.Hour)
	must(w.s.Announce(w.ctx, notice("x", w.Now(), w.Now().Add(time.Hour)), w.Now()))(w)
}

func (w *world) asksToJoin(organisation string) store.Request {
	w.Helper()
	return must(w.s.MakeRequest(w.ctx, store.Request{Kind: store.KindServer, Organisation: organisation, Address: jane, Domain: "firm.example"}, w.Now()))(w)
}

// requested: who holds the link sees how it stands, nobody else. CJSM-9, SCC-18
func requested(w *world) {
	r := w.asksToJoin("Firm")
	w.Add(time.Minute)
	w.asksToJoin("Second")
	got := must(w.s.RequestFor(w.ctx, r.Number, r.Secret, w.Now()))(w)
	if got.Organisation != "Firm" || !got.Address.Equal(jane) || got.State != "" || len(r.Number) != 8 {
		w.Fatalf("got %+v", got)
	}
	for _, secret := range []string{"", "x", strings.Repeat("0", 32)} {
		_, err := w.s.RequestFor(w.ctx, r.Number, secret, w.Now())
		w.want(err, store.ErrNotFound, "a wrong link")
	}
	_, err := w.s.Request(w.ctx, "nothing", w.Now())
	w.want(err, store.ErrNotFound, "no such number")
	must(w.s.AnswerRequest(w.ctx, r.Number, store.RequestApproved, "Welcome.", "op", w.Now()))(w)
	got = must(w.s.RequestFor(w.ctx, r.Number, r.Secret, w.Now()))(w)
	if got.State != store.RequestApproved || got.Answer != "Welcome." || got.By != "op" || !got.EndAt.Equal(w.Now()) {
		w.Fatalf("answered: %+v", got)
	}
	all := must(w.s.Requests(w.ctx, w.Now()))(w)
	if len(all) != 2 || all[0].Number != r.Number {
		w.Fatalf("listed: %+v", all)
	}
	w.Add(store.RequestLife)
	_, err = w.s.Request(w.ctx, r.Number, w.Now())
	w.want(err, store.ErrNotFound, "its time is over")
}

func requestedBounds(w *world) {
	_, err := w.s.MakeRequest(w.ctx, store.Request{Kind: store.KindMailbox, Text: strings.Repeat("x", store.MaxRequest)}, w.Now())
	w.want(err, store.ErrTooLong, "too long")
	for range store.MaxRequests {
		w.asksToJoin("x")
	}
	_, err = w.s.MakeRequest(w.ctx, store.Request{Kind: store.KindMailbox}, w.Now())
	w.want(err, store.ErrTooMany, "one too many")
	w.Add(store.RequestLife)
	w.asksToJoin("room again")
	if got := len(must(w.s.Requests(w.ctx, w.Now()))(w)); got != 1 {
		w.Fatalf("got %d, want the new one alone", got)
	}
}

func answeredOnce(w *world) {
	r := w.asksToJoin("Firm")
	_, err := w.s.AnswerRequest(w.ctx, r.Number, "perhaps", "", "op", w.Now())
	w.want(err, store.ErrTooLong, "no such answer")
	errs := make([]error, 4)
	var done sync.WaitGroup
	for i, state := range []string{store.RequestApproved, store.RequestDeclined, store.RequestApproved, store.RequestDeclined} {
		done.Go(func() { _, errs[i] = w.s.AnswerRequest(w.ctx, r.Number, state, "", "op", w.Now()) })
	}
	done.Wait()
	well := 0
	for _, err := range errs {
		if err == nil {
			well++
			continue
		}
		w.want(err, store.ErrExists, "a second answer")
	}
	if well != 1 {
		w.Fatalf("%d answers were taken, want 1", well)
	}
}

// requestedDue: ten days for a server, two for a mailbox. CJSM-9
func requestedDue(w *world) {
	r := w.asksToJoin("Firm")
	if got, want := r.Due(), w.Now().Add(240*time.Hour); !got.Equal(want) {
		w.Errorf("server: got %v, want %v", got, want)
	}
	r.Kind = store.KindMailbox
	if got, want := r.Due(), w.Now().Add(48*time.Hour); !got.Equal(want) {
		w.Errorf("mailbox: got %v, want %v", got, want)
	}
}
