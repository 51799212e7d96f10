package storetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
)

var writerCases = map[string]func(*world){
	"Inbox":        inboxCase,
	"InboxPages":   inboxPages,
	"InboxOfDesk":  inboxOfDesk,
	"SecretFor":    secretForCase,
	"Drafts":       draftsCase,
	"Written":      writtenCase,
	"BlockWriter":  blockCase,
	"DraftsOthers": draftsOfOthers,
}

// prepared makes a message that Postfix never took.
func (w *world) prepared(fingerprint string, to ...addr.Address) store.Preparation {
	w.Helper()
	p := Message(w.keys, fingerprint, w.Now(), to...)
	w.want(w.s.Prepare(w.ctx, p), nil, "prepare")
	return p
}

// inbox is the first page of what is listed to somebody.
func (w *world) inbox(p store.Proof) []envelope.ID {
	w.Helper()
	var out []envelope.ID
	for _, r := range must(w.s.Inbox(w.ctx, p, "", 20, w.Now()))(w).Records {
		out = append(out, r.ID)
	}
	return out
}

// inboxCase: what is hers, newest first, closed messages too until they are gone
// for good; never what Postfix did not take, and nobody else's. CYC-16
func inboxCase(w *world) {
	first := w.message("first", jane)
	w.Add(time.Minute)
	w.message("not hers", bob)
	second := w.message("second", jane, bob)
	w.prepared("never left", jane)
	p := SignIn(w.T, w.s, jane, "b", w.Now())
	want := []envelope.ID{second.Record.ID, first.Record.ID}
	if got := w.inbox(p); !slices.Equal(got, want) {
		w.Fatalf("got %v, want %v", got, want)
	}
	_, err := w.s.Recall(w.ctx, second.Record.ID, audit.Sender(alice), []addr.Address{jane}, "wrong Jane", w.Now())
	w.want(err, nil, "recall")
	end := first.Record.ExpiresAt.Add(store.KeepClosed)
	w.Add(end.Add(-time.Second).Sub(w.Now()))
	p = SignIn(w.T, w.s, jane, "b", w.Now())
	if got := w.inbox(p); !slices.Equal(got, want) {
		w.Fatalf("just before it is gone: got %v, want %v", got, want)
	}
	w.Add(time.Second)
	if got := w.inbox(p); slices.Contains(got, first.Record.ID) {
		w.Fatalf("gone for good and listed: %v", got)
	}
	_, err = w.s.Inbox(w.ctx, store.Proof{}, "", 20, w.Now())
	w.want(err, store.ErrNoSession, "nobody")
	_, err = w.s.Inbox(w.ctx, p, "nowhere", 20, w.Now())
	w.want(err, store.ErrSyntax, "a place that was typed")
}

// inboxPages: the pages of two addresses of one account, joined, are each message
// once and in order, also where two came at one moment.
func inboxPages(w *world) {
	account(w, jane, "right")
	_, p := w.session(jane, "right")
	w.want(w.s.AddAddress(w.ctx, p, SignIn(w.T, w.s, bob, "b", w.Now()), store.Proof{}, w.Now()), nil, "add")
	_, p = w.session(jane, "right")
	for i := range 11 {
		to := [][]addr.Address{{jane}, {bob}, {jane, bob}}[i%3]
		w.message(fmt.Sprint("n", i), to...)
		if i%2 == 0 {
			w.Add(time.Second)
		}
	}
	var got []envelope.ID
	var times []time.Time
	from, pages := "", 0
	for {
		f := must(w.s.Inbox(w.ctx, p, from, 3, w.Now()))(w)
		for _, r := range f.Records {
			got, times = append(got, r.ID), append(times, r.SealedAt)
		}
		pages++
		if from = f.Next; from == "" {
			break
		}
		if pages > 20 {
			w.Fatal("the pages never end")
		}
	}
	if len(got) != 11 || len(slices.Compact(slices.SortedFunc(slices.Values(got), func(a, b envelope.ID) int { return strings.Compare(a.String(), b.String()) }))) != 11 {
		w.Fatalf("got %d messages on %d pages, want 11, each once", len(got), pages)
	}
	if !slices.IsSortedFunc(times, func(a, b time.Time) int { return b.Compare(a) }) {
		w.Fatalf("not newest first: %v", times)
	}
}

// inboxOfDesk: a shared mailbox's messages are listed to its people, and to nobody
// who only proves its address. BOP-23
func inboxOfDesk(w *world) {
	account(w, jane, "right")
	account(w, carol, "right too")
	m := w.message("to the desk", bob)
	_, err := w.s.OpenDesk(w.ctx, bob, []addr.Address{jane, carol}, audit.Operator("op"), w.Now())
	w.want(err, nil, "desk")
	d, _, err := w.s.Desk(w.ctx, bob)
	w.want(err, nil, "read the desk")
	if wait := d.ActiveAt.Sub(w.Now()); wait > 0 {
		w.Add(wait)
	}
	_, p := w.session(jane, "right")
	if got := w.inbox(p); !slices.Equal(got, []envelope.ID{m.Record.ID}) {
		w.Fatalf("who sits there: got %v", got)
	}
	if got := w.inbox(SignIn(w.T, w.s, bob, "b", w.Now())); len(got) != 0 {
		w.Fatalf("the address alone: got %v", got)
	}
}

// secretForCase: a recipient needs not bring the mail; anybody else is told what
// a wrong link is told. C6
func secretForCase(w *world) {
	m := w.message("hers", jane)
	waiting := w.prepared("never left", jane)
	p := SignIn(w.T, w.s, jane, "b", w.Now())
	got := must(w.s.SecretFor(w.ctx, m.Record.ID, p, w.Now()))(w)
	if got.Hash() != m.Record.SecretHash {
		w.Fatal("not the secret of the mail")
	}
	other := SignIn(w.T, w.s, bob, "b2", w.Now())
	for name, c := range map[string]struct {
		id envelope.ID
		p  store.Proof
	}{"another person": {m.Record.ID, other}, "nobody": {m.Record.ID, store.Proof{}}, "no such message": {envelope.ID{1}, p}, "never left": {waiting.Record.ID, p}} {
		_, err := w.s.SecretFor(w.ctx, c.id, c.p, w.Now())
		w.want(err, store.ErrNotFound, name)
	}
}

func draftsCase(w *world) {
	p := SignIn(w.T, w.s, jane, "b", w.Now())
	for i := range store.MaxDrafts {
		w.want(w.s.SaveDraft(w.ctx, p, store.Draft{ID: fmt.Sprint("d", i), To: "alice@council.example", About: fmt.Sprint("no ", i), Text: "Dear"}, w.Now()), nil, "save")
		w.Add(time.Second)
	}
	w.want(w.s.SaveDraft(w.ctx, p, store.Draft{ID: "one more"}, w.Now()), store.ErrTooMany, "one more")
	w.want(w.s.SaveDraft(w.ctx, p, store.Draft{ID: "d0", About: "changed", HTML: "<b>x</b>"}, w.Now()), nil, "changed")
	w.want(w.s.SaveDraft(w.ctx, p, store.Draft{ID: "d0", Text: strings.Repeat("x", store.MaxDraft+1)}, w.Now()), store.ErrTooLong, "too long")
	all := must(w.s.Drafts(w.ctx, p, w.Now()))(w)
	if len(all) != store.MaxDrafts || all[0].ID != "d0" || all[0].About != "changed" || all[0].HTML != "<b>x</b>" {
		w.Fatalf("got %d, the first %+v", len(all), all[0])
	}
	w.want(w.s.DropDraft(w.ctx, p, "d1"), nil, "drop")
	_, err := w.s.SavedDraft(w.ctx, p, "d1", w.Now())
	w.want(err, store.ErrNotFound, "dropped")
	w.want(w.s.SaveDraft(w.ctx, p, store.Draft{ID: "one more"}, w.Now()), nil, "room again")
	w.Add(store.DraftsLife - time.Second)
	if got := must(w.s.SavedDraft(w.ctx, p, "one more", w.Now()))(w); got.ID != "one more" {
		w.Fatalf("got %+v", got)
	}
	w.Add(time.Second)
	_, err = w.s.SavedDraft(w.ctx, p, "one more", w.Now())
	w.want(err, store.ErrNotFound, "its time is up")
	if got := must(w.s.Drafts(w.ctx, p, w.Now()))(w); len(got) != 0 {
		w.Fatalf("%d drafts are still listed", len(got))
	}
}

func draftsOfOthers(w *world) {
	p, other := SignIn(w.T, w.s, jane, "b", w.Now()), SignIn(w.T, w.s, bob, "b2", w.Now())
	w.want(w.s.SaveDraft(w.ctx, p, store.Draft{ID: "d", Text: "mine"}, w.Now()), nil, "save")
	_, err := w.s.SavedDraft(w.ctx, other, "d", w.Now())
	w.want(err, store.ErrNotFound, "another person")
	w.want(w.s.DropDraft(w.ctx, other, "d"), nil, "dropped by another")
	if got := must(w.s.Drafts(w.ctx, p, w.Now()))(w); len(got) != 1 {
		w.Fatalf("got %d drafts, want 1", len(got))
	}
	for _, err := range []error{w.s.SaveDraft(w.ctx, store.Proof{}, store.Draft{ID: "d"}, w.Now()), w.s.DropDraft(w.ctx, store.Proof{}, "d")} {
		w.want(err, store.ErrNoSession, "nobody")
	}
}

func writtenCase(w *world) {
	p := SignIn(w.T, w.s, jane, "b", w.Now())
	for i := range 5 {
		one := store.Written{ID: fmt.Sprint("<", i, "@x>"), To: []string{"alice@council.example"}, Subject: fmt.Sprint("no ", i), At: w.Now(), Copy: i == 4}
		for range 2 { // the same again is one
			w.want(w.s.AddWritten(w.ctx, p, one, w.Now()), nil, "add")
		}
		w.Add(time.Second)
	}
	got, more, err := w.s.WrittenBy(w.ctx, p, 0, 3, w.Now())
	if w.want(err, nil, "list"); len(got) != 3 || !more || got[0].Subject != "no 4" || !got[0].Copy || got[0].To[0] != "alice@council.example" {
		w.Fatalf("got %+v, more %v", got, more)
	}
	got, more, err = w.s.WrittenBy(w.ctx, p, 1, 3, w.Now())
	if w.want(err, nil, "next page"); len(got) != 2 || more || got[1].Subject != "no 0" {
		w.Fatalf("got %+v, more %v", got, more)
	}
	got, _, err = w.s.WrittenBy(w.ctx, SignIn(w.T, w.s, bob, "b2", w.Now()), 0, 3, w.Now())
	if w.want(err, nil, "another person"); len(got) != 0 {
		w.Fatalf("another person sees %+v", got)
	}
	w.want(w.s.SaveDraft(w.ctx, p, store.Draft{ID: "d"}, w.Now()), nil, "draft")
	other := SignIn(w.T, w.s, bob, "b3", w.Now())
	w.want(w.s.ForgetWriting(w.ctx, other), nil, "forgotten by another")
	if got, _, err = w.s.WrittenBy(w.ctx, p, 0, 3, w.Now()); err != nil || len(got) != 3 {
		w.Fatalf("got %+v, %v", got, err)
	}
	w.Add(365 * 24 * time.Hour)
	got, _, err = w.s.WrittenBy(w.ctx, p, 0, 3, w.Now())
	if w.want(err, nil, "a year later"); len(got) != 0 {
		w.Fatalf("a year later: %+v", got)
	}
	w.want(w.s.AddWritten(w.ctx, other, store.Written{ID: "<x@x>", At: w.Now()}, w.Now()), nil, "add")
	w.want(w.s.SaveDraft(w.ctx, other, store.Draft{ID: "d"}, w.Now()), nil, "draft")
	w.want(w.s.ForgetWriting(w.ctx, other), nil, "forget")
	if got, _, err = w.s.WrittenBy(w.ctx, other, 0, 3, w.Now()); err != nil || len(got)+len(must(w.s.Drafts(w.ctx, other, w.Now()))(w)) != 0 {
		w.Fatalf("not forgotten: %+v, %v", got, err)
	}
}

// blockCase: kept from writing at one address, a person is so at all of her account;
// reading is as before, and the chain has it.
func blockCase(w *world) {
	account(w, jane, "right")
	_, p := w.session(jane, "right")
	w.want(w.s.MayWrite(w.ctx, p), nil, "before")
	w.want(w.s.BlockWriter(w.ctx, bob, audit.Operator("op"), "abuse", w.Now()), nil, "without an account")
	w.want(w.s.MayWrite(w.ctx, SignIn(w.T, w.s, bob, "b", w.Now())), store.ErrBlocked, "blocked")
	w.want(w.s.MayWrite(w.ctx, p), nil, "somebody else")
	w.want(w.s.AddAddress(w.ctx, p, SignIn(w.T, w.s, bob, "b", w.Now()), store.Proof{}, w.Now()), nil, "add")
	_, p = w.session(jane, "right")
	w.want(w.s.MayWrite(w.ctx, p), store.ErrBlocked, "with the blocked address on the account")
	m := w.message("to jane", jane)
	w.want(w.release(m, p), nil, "reading")
	if b := must(w.s.WriterBlocked(w.ctx, bob))(w); b.Reason != "abuse" || !b.At.Equal(w.Now()) {
		w.Fatalf("got %+v", b)
	}
	w.want(w.s.UnblockWriter(w.ctx, bob, audit.Operator("op"), w.Now()), nil, "unblock")
	w.want(w.s.MayWrite(w.ctx, p), nil, "after")
}
