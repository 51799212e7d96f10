// Package outbox sends the notices that the store holds, when they are due:
// confirmations, codes, activation links.
//
// It promises: a notice is forgotten only after Postfix took it, refused it for
// good, or its time was over; whoever cannot be told is counted and logged. When
// nobody knows whether Postfix took one (relay.ErrUnknown) it is sent again,
// with the same Message-ID: a confirmation twice is better than none (BOP-5). An
// attacker would want a code sent late, a confirmation suppressed, or a code
// read in a log; nothing of a notice but its kind and envelope is ever logged.
// Start reading at Worker.Once.
package outbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/store"
)

const (
	// DefaultEvery is how often the store is asked without a Kick.
	DefaultEvery = 5 * time.Second
	// firstWait is the wait after the first failure; it doubles up to longestWait.
	// A code lives 15 minutes, so the first tries come soon.
	firstWait   = 15 * time.Second
	longestWait = time.Hour
	// sendTimeout bounds one notice, so that a hung listener holds up the next ones
	// only so long; it stays well below lease.
	sendTimeout = 2 * time.Minute
	// batch is how many are sent side by side: enough that the notices of a burst
	// keep up with its messages, and few beside Postfix's hundred processes a listener.
	batch = 8
	lease = 10 * time.Minute
	// maxRounds bounds one Once, so that a Kick and the end of ctx are heard.
	maxRounds = 250
	// maxAttempts bounds a notice without Expires: about five days of longestWait.
	maxAttempts = 130
)

// Store is what a Worker needs of *store.Store.
type Store interface {
	// Claim leases up to limit due notices to this worker.
	Claim(ctx context.Context, limit int, lease time.Duration, now time.Time) ([]store.Outgoing, error)
	// Sent forgets a notice.
	Sent(ctx context.Context, o store.Outgoing, now time.Time) error
	// Retry sets a notice due again.
	Retry(ctx context.Context, o store.Outgoing, at time.Time) error
}

// Sender hands a mail to Postfix; *relay.SMTP is one.
type Sender interface {
	Send(ctx context.Context, m relay.Mail) (reply string, err error)
}

// Worker sends what is due. Store, Notices and Relay must be set. Several
// workers, also in several daemons, may share one store: a claim is a lease.
type Worker struct {
	Store         Store
	Notices       *notice.Notices
	Relay         Sender
	ServiceDomain string           // of MAIL FROM b+ID@; empty: the null sender
	Now           func() time.Time // nil: time.Now
	Log           *slog.Logger     // nil: slog.Default
	Metrics       *Metrics         // nil: none
	Every         time.Duration    // 0: DefaultEvery
	// Language gives the language that an address's account wants to be written in,
	// empty for none; nil: notices stay as they were put in. An error is logged, and
	// the notice goes as it is.
	Language func(ctx context.Context, to addr.Address) (string, error)
	Records  Records // what reminders are held against; nil: none is sent

	once sync.Once
	kick chan struct{}
}

// Kick says that something is due now. It never waits.
func (w *Worker) Kick() {
	select {
	case w.kicks() <- struct{}{}:
	default: // one is waiting already
	}
}

func (w *Worker) kicks() chan struct{} {
	w.once.Do(func() { w.kick = make(chan struct{}, 1) })
	return w.kick
}

// Run works until ctx is done and then gives nil. A store that does not answer
// is asked again; it is logged when it goes and when it comes back.
func (w *Worker) Run(ctx context.Context) error {
	every := w.Every
	if every <= 0 {
		every = DefaultEvery
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	away := false
	for {
		_, err := w.Once(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if (err != nil) != away {
			away = !away
			w.log().LogAttrs(ctx, map[bool]slog.Level{true: slog.LevelWarn, false: slog.LevelInfo}[away], "outbox: store", slog.Bool("answers", !away), slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-w.kicks():
		}
	}
}

// Once sends everything that is due now and tells how many Postfix took. The
// error is the store's; what one notice met is logged, counted and retried.
func (w *Worker) Once(ctx context.Context) (sent int, err error) {
	for range maxRounds {
		due, err := w.Store.Claim(ctx, batch, lease, w.now())
		if err != nil && len(due) == 0 {
			return sent, fmt.Errorf("outbox: %w", err)
		}
		n, failed := w.all(ctx, due)
		sent += n
		if err := errors.Join(failed, err, ctx.Err()); err != nil {
			return sent, fmt.Errorf("outbox: %w", err)
		}
		if len(due) < batch { // what came due meanwhile has its own Kick, or the next tick
			break
		}
	}
	return sent, nil
}

// all deals with a batch side by side. What is not begun when ctx ends comes again
// when its lease is over.
func (w *Worker) all(ctx context.Context, due []store.Outgoing) (sent int, err error) {
	var mu sync.Mutex
	var problems []error
	var hands sync.WaitGroup
	for _, o := range due {
		if ctx.Err() != nil {
			break
		}
		hands.Go(func() {
			ok, err := w.one(ctx, o)
			mu.Lock()
			defer mu.Unlock()
			if ok {
				sent++
			}
			problems = append(problems, err)
		})
	}
	hands.Wait()
	return sent, errors.Join(problems...)
}

// one sends one notice and settles it with the store, whose error it gives.
func (w *Worker) one(ctx context.Context, o store.Outgoing) (sent bool, err error) {
	if w.over(o, w.now()) {
		return false, w.giveUp(ctx, o, outcomeExpired, nil)
	}
	if send, err := w.refresh(ctx, &o); !send {
		return false, err
	}
	err = w.send(ctx, o)
	switch {
	case err == nil:
		w.Metrics.count(o.Kind, outcomeSent)
		// The mail is out: that it is must be noted even when we are told to stop.
		return true, w.Store.Sent(context.WithoutCancel(ctx), o, w.now())
	case errors.Is(err, relay.ErrPermanent), errors.Is(err, relay.ErrClear):
		return false, w.giveUp(ctx, o, outcomeRefused, err)
	}
	outcome := outcomeRetried
	if errors.Is(err, relay.ErrUnknown) {
		outcome = outcomeUnknown
	}
	at := w.now().Add(wait(o.Attempts))
	if w.over(o, at) && !o.Expires.IsZero() {
		return false, w.giveUp(ctx, o, outcomeExpired, err)
	}
	w.Metrics.count(o.Kind, outcome)
	w.log().WarnContext(ctx, "outbox: notice not sent yet", "kind", o.Kind, "envelope", envelopeText(o), "attempt", o.Attempts, "again_at", at, "error", err)
	return false, w.Store.Retry(context.WithoutCancel(ctx), o, at)
}

// inLanguage gives a notice's data in the language of its reader's account. It is
// looked up here and not on the pages, whose time must tell nothing of an account.
func (w *Worker) inLanguage(ctx context.Context, o store.Outgoing) []byte {
	if w.Language == nil || o.To.IsZero() || len(w.Notices.Brand().Tags()) < 2 {
		return o.Data
	}
	tag, err := w.Language(ctx, o.To)
	if err != nil {
		w.log().WarnContext(ctx, "outbox: language of a notice not known", "kind", o.Kind, "error", err)
	}
	if err != nil || tag == "" {
		return o.Data
	}
	return notice.InLanguage(o.Data, tag)
}

// send renders a notice and hands it to Postfix.
func (w *Worker) send(ctx context.Context, o store.Outgoing) error {
	m, err := w.Notices.RenderJSON(notice.Kind(o.Kind), o.To, w.inLanguage(ctx, o), w.now())
	if err != nil { // another version of the program may know better: tried again
		return fmt.Errorf("%w: %w", relay.ErrTemporary, err)
	}
	m.MessageID = "<" + messageID(o) + "@" + w.idDomain() + ">"
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	_, err = w.Relay.Send(ctx, relay.Mail{
		Kind:       relay.KindNotice,
		From:       w.from(o),
		Recipients: []relay.Recipient{{Address: o.To}},
		Write:      m.Encode,
	})
	return err
}

// from is MAIL FROM: b+ID@service, so that a report finds its envelope; the null
// sender for what answers a mail, so that no two programs answer each other.
func (w *Worker) from(o store.Outgoing) addr.Address {
	switch notice.Kind(o.Kind) {
	case notice.PlainReplyTold, notice.Rescue, notice.RescueTold:
		return addr.Address{}
	}
	local := "b+none"
	if !o.Envelope.IsZero() {
		local = "b+" + o.Envelope.String()
	}
	a, err := addr.Parse(local + "@" + w.ServiceDomain)
	if err != nil {
		return addr.Address{}
	}
	return a
}

func (w *Worker) idDomain() string {
	if w.ServiceDomain != "" {
		return w.ServiceDomain
	}
	return w.Notices.Brand().Service.DomainKey()
}

// messageID is the same for every try of a notice and different for any two.
// Nothing of Data enters: a digest of a code could be guessed back.
func messageID(o store.Outgoing) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %q %q %d", o.String(), o.Envelope, o.ID, o.Kind, o.To.Key(), o.Expires.UnixMilli())
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// giveUp forgets a notice that will never be sent.
func (w *Worker) giveUp(ctx context.Context, o store.Outgoing, outcome string, cause error) error {
	w.Metrics.count(o.Kind, outcome)
	w.log().ErrorContext(ctx, "outbox: notice given up", "kind", o.Kind, "envelope", envelopeText(o), "attempts", o.Attempts, "outcome", outcome, "error", cause)
	return w.Store.Sent(context.WithoutCancel(ctx), o, w.now())
}

// over tells whether a notice may not be sent any more at a time.
func (w *Worker) over(o store.Outgoing, at time.Time) bool {
	if o.Expires.IsZero() {
		return o.Attempts > maxAttempts
	}
	return !at.Before(o.Expires)
}

// wait is the time after the n-th failure.
func wait(n int) time.Duration {
	d := firstWait
	for ; n > 1 && d < longestWait; n-- {
		d *= 2
	}
	return min(d, longestWait)
}

func envelopeText(o store.Outgoing) string {
	if o.Envelope.IsZero() {
		return ""
	}
	return o.Envelope.String()
}

func (w *Worker) now() time.Time {
	if w.Now != nil {
		return w.Now()
	}
	return time.Now()
}

func (w *Worker) log() *slog.Logger {
	if w.Log != nil {
		return w.Log
	}
	return slog.Default()
}
