package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/internal/demo"
	"github.com/postseal/postseal/milter/miltertest"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/store/storetest"
)

// neverThere is a sender whose mailbox takes nothing.
const neverThere = "away@council.example"

// letter is one message, with what must be true of it at any time.
type letter struct {
	number   int
	id       envelope.ID
	secret   envelope.Secret
	box      []byte // its container; nil: only on the shelf
	reader   addr.Address
	sender   string
	linkOnly bool

	sealed, expires, link       time.Time
	opened, recalled, postponed time.Time // postponed: when its end was moved
	expiringTold                time.Time // when the reminder of its end is due
}

// The days' profile, as dayConfig has it, and what a message of the profile big has.
const (
	dayExpires, dayLink, dayUndo     = 60 * time.Hour, 30 * time.Hour, 10 * time.Minute
	dayUnopened, dayExpiring         = 12 * time.Hour, 20 * time.Hour
	fates, openLate, moveBy, moveLow = 6, 70 * time.Hour, 60 * time.Hour, 30 * time.Hour
)

// write sends the next letter through a milter and plans what becomes of it.
func (w *days) write() {
	w.Helper()
	l := &letter{number: len(w.letters), sealed: w.clock.Now(), sender: "alice@council.example"}
	l.reader = addr.MustParse(fmt.Sprintf("reader%d@outside.example", l.number%5))
	l.linkOnly = l.number%fates == 4
	tag := "[SECURE]"
	if l.linkOnly {
		tag = "[BIG]"
	}
	if l.number == 0 {
		l.sender = neverThere
	}
	d := w.turn()
	before := w.catcher.Last()
	r, err := miltertest.Send(w.Context(), strings.TrimPrefix(d.cfg.Milter.Listen, "unix:"), miltertest.Mail{
		ClientIP: netip.MustParseAddr("127.0.0.1"), From: l.sender, Rcpts: []miltertest.Rcpt{{Address: l.reader.String()}},
		Header: []miltertest.Field{{Name: "From", Value: " " + l.sender}, {Name: "To", Value: " " + l.reader.String()}, {Name: "Subject", Value: fmt.Sprintf(" %s letter %d", tag, l.number)},
			{Name: "Date", Value: " " + l.sealed.Format(time.RFC1123Z)}, {Name: "Message-ID", Value: fmt.Sprintf(" <%d@council.example>", l.number)}},
		Body: []byte(l.text()),
	})
	w.must(err)
	mail, err := w.catcher.Wait(w.Context(), before, func(m *demo.Mail) bool { return m.Way == demo.Reentry && m.For(l.reader.String()) && !m.Service() })
	if err != nil || r.Action != miltertest.Discard {
		w.Fatalf("%s: letter %d: %v %v", w.when(), l.number, r, err)
	}
	w.stamp()
	w.read(l, mail)
	w.letters = append(w.letters, l)
	w.plan(l)
}

func (l *letter) text() string {
	return fmt.Sprintf("Dear reader,\r\nthis is letter %d.\r\n", l.number)
}

var linkInMail = regexp.MustCompile(`/m/([A-Za-z0-9_-]+)\?t=([A-Za-z0-9_-]+)`)

// read takes id and secret from the mail as its reader's page does.
func (w *days) read(l *letter, mail *demo.Mail) {
	w.Helper()
	if page := mail.Page(); page != nil {
		var box bytes.Buffer
		p, err := envelope.ReadPage(bytes.NewReader(page.Body), &box, 0)
		w.must(err)
		l.id, l.secret, l.box = p.ID, p.Secret, box.Bytes()
	} else {
		m := linkInMail.FindStringSubmatch(mail.Parsed.Text)
		if m == nil {
			w.Fatalf("no link in %q", mail.Parsed.Text)
		}
		var err error
		l.id, err = envelope.ParseID(m[1])
		w.must(err)
		l.secret, err = envelope.ParseSecret(m[2])
		w.must(err)
	}
	if (l.box == nil) != l.linkOnly {
		w.Errorf("letter %d: %d octets attached", l.number, len(l.box))
	}
	l.expires, l.link = l.sealed.Add(dayExpires), l.sealed.Add(dayLink)
	if l.linkOnly {
		l.link = l.expires
	}
	l.expiringTold = l.expires.Add(-dayExpiring)
}

// plan is what becomes of a letter.
func (w *days) plan(l *letter) {
	move := func() {
		l.expires, l.postponed = l.expires.Add(moveBy), w.clock.Now()
		w.must(w.turn().store.Extend(w.Context(), l.id, audit.Sender(addr.MustParse(l.sender)), l.expires, nil, w.clock.Now()))
		l.link = w.clock.Now().Add(dayLink)
	}
	// To the millisecond: shut for the undo window, open after it, shut at its end.
	w.after(dayUndo-time.Millisecond, func() { w.is(w.try(l), store.ErrNotYet, "before the undo window's end") })
	switch l.number % fates {
	case 0:
		w.after(20*time.Minute, func() { w.open(l) })
	case 2:
		w.after(2*time.Hour, func() {
			l.recalled = w.clock.Now()
			_, err := w.turn().store.Recall(w.Context(), l.id, audit.Sender(addr.MustParse(l.sender)), nil, "a mistake", w.clock.Now())
			w.must(err)
			w.is(w.try(l), store.ErrRecalled, "just recalled")
		})
		return
	case 3:
		w.after(50*time.Hour, move)
		return
	case 5:
		w.after(moveLow, func() {
			move()
			l.expiringTold = l.expires.Add(-dayExpiring)
		})
		w.after(openLate, func() { w.open(l) })
		return
	}
	w.after(dayExpires, func() { w.is(w.try(l), store.ErrExpired, "at its end") })
}

// try asks the gate for a letter's key as its reader.
func (w *days) try(l *letter) error {
	w.Helper()
	d := w.turn()
	now := w.clock.Now()
	s := w.signedIn[l.reader]
	if age := now.Sub(s.at); s.at.IsZero() || age < 0 || age > 6*time.Hour {
		s = signedIn{storetest.SignIn(w, d.store, l.reader, "a browser", now), now}
		w.signedIn[l.reader] = s
	}
	_, _, err := d.store.Release(w.Context(), store.ReleaseRequest{ID: l.id, Secret: l.secret, Person: s.proof, Purpose: "open", Now: now})
	return err
}

var codeInMail = regexp.MustCompile(`\b(\d{4}) ?(\d{4})\b`)

// open reads a letter as its page does: a code from the mailbox, the key, the text.
func (w *days) open(l *letter) {
	w.Helper()
	ask, read := w.turn(), w.turn()
	before := w.catcher.Last()
	form := map[string][]string{"id": {l.id.String()}, "t": {l.secret.Encode()}, "address": {l.reader.String()}, "browser": {fmt.Sprintf("the page of the letter with number %d", l.number)}}
	if status, text := w.post(ask, "/api/v1/code", form); status != 200 {
		w.Errorf("%s: letter %d: asking for a code: %d %s", w.when(), l.number, status, text)
		return
	}
	w.settle()
	mail, err := w.catcher.Wait(w.Context(), before, func(m *demo.Mail) bool { return m.For(l.reader.String()) && m.Parsed.Notice == "notice; kind=code" })
	w.must(err)
	code := codeInMail.FindStringSubmatch(mail.Parsed.Text)
	if code == nil {
		w.Fatalf("no code in %q", mail.Parsed.Text)
	}
	form["code"] = []string{code[1] + code[2]}
	status, text := w.post(read, "/api/v1/open", form)
	var got struct{ Key string }
	if err := json.Unmarshal([]byte(text), &got); err != nil || status != 200 {
		w.Errorf("%s: letter %d does not open: %d %s", w.when(), l.number, status, text)
		return
	}
	l.opened = w.clock.Now()
	raw, err := base64.RawURLEncoding.DecodeString(got.Key)
	w.must(err)
	key, err := envelope.KeyFromBytes(raw)
	w.must(err)
	var plain bytes.Buffer
	if err := envelope.Open(&plain, bytes.NewReader(l.box), key, 0); err != nil || !strings.HasSuffix(plain.String(), l.text()) {
		w.Errorf("letter %d reads %q, %v", l.number, plain.String(), err)
	}
	if status, _ := w.post(ask, "/api/v1/open", form); status == 200 {
		w.Errorf("letter %d: the same code opened twice", l.number)
	}
}

// check holds every letter against what must be true of it now.
func (w *days) check() {
	w.Helper()
	now := w.clock.Now()
	onShelf := map[string]bool{}
	for _, path := range w.shelf() {
		onShelf[filepath.Base(filepath.Dir(path))] = true
	}
	for _, l := range w.letters {
		known, err := w.turn().store.Lookup(w.Context(), l.id)
		kept := l.recalled.IsZero() && now.Before(l.expires.Add(store.KeepClosed))
		recorded := now.Before(l.expires.Add(store.KeepClosed + 365*24*time.Hour))
		if err != nil || known.Found != recorded || known.Found && known.Record.Destroyed.IsZero() != kept {
			w.Errorf("%s: letter %d: record %v (want %v), key destroyed %v (want kept: %v), %v", w.when(), l.number, known.Found, recorded, known.Record.Destroyed, kept, err)
		}
		switch {
		case !recorded:
			w.is(w.try(l), store.ErrNotFound, "long gone")
		case !l.recalled.IsZero():
			w.is(w.try(l), store.ErrRecalled, "recalled")
		case !now.Before(l.expires):
			w.is(w.try(l), store.ErrExpired, "closed")
		case !known.Record.ExpiresAt.Equal(l.expires) || known.Record.LinkUntil.Sub(l.link).Abs() > time.Second:
			w.Errorf("%s: letter %d closes %s, link %s; want %s, %s", w.when(), l.number, known.Record.ExpiresAt, known.Record.LinkUntil, l.expires, l.link)
		}
		needed := kept && (now.Before(l.link) || now.Before(l.expires) || l.linkOnly)
		if fresh := now.Sub(l.sealed) < 2*time.Hour; onShelf[l.id.String()] != needed && !fresh {
			w.Errorf("%s: letter %d is on the shelf: %v, want %v", w.when(), l.number, !needed, needed)
		}
		w.checkTold(l)
		delete(onShelf, l.id.String())
	}
	if len(onShelf) > 0 {
		w.Errorf("%s: on the shelf of nobody: %v", w.when(), onShelf)
	}
	for id, n := range w.mails {
		if n != 1 {
			w.Errorf("%s: the notice %s was sent %d times", w.when(), id, n)
		}
	}
}

// checkTold: each notice that was due so far went once, and none besides.
func (w *days) checkTold(l *letter) {
	w.Helper()
	if w.behind {
		return
	}
	due := func(at time.Time) int {
		over := func(end time.Time) bool { return !end.IsZero() && !end.After(at) }
		if w.farthest().Before(at) || over(l.opened) || over(l.recalled) {
			return 0
		}
		return 1
	}
	want := map[string]int{"reminder": due(l.sealed.Add(dayUnopened)) + due(l.expiringTold), "confirmation": 1}
	if l.sender == neverThere {
		clear(want)
	}
	for _, kind := range []string{"reminder", "confirmation"} {
		if got := w.told(kind, l.id.String()); got != want[kind] {
			w.Errorf("%s: %d notices %q of letter %d, want %d", w.when(), got, kind, l.number, want[kind])
		}
	}
}

// spool counts what lies in the daemons' private directories.
func (w *days) spool() (out []string) {
	w.Helper()
	for _, d := range w.daemons {
		entries, err := os.ReadDir(d.cfg.Milter.Spool)
		w.must(err)
		for _, e := range entries {
			if e.Name() != "workroom" {
				out = append(out, e.Name())
			}
		}
	}
	return out
}
