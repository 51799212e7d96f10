package milter

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/policy"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/store"
)

// errNoSize says that the envelope would pass the re-entry port's size limit and
// there is no link to send instead.
var errNoSize = errors.New("milter: sealed message too big")

// sealing is one envelope on its way: a batch, what the ledger knows of it, its
// container and its record.
type sealing struct {
	*batch
	job       *job
	rules     policy.Profile
	known     store.Known
	key       envelope.Key
	record    store.Record
	container *spool
	attach    bool             // securedoc.html travels with the mail
	link      bool             // the container is on the shelf
	held      []store.Outgoing // the confirmation, when there is somebody to tell, and the reminders
	early     []store.Outgoing // confirmations for the first parts alone, see holdParts
	parts     []part
	confirmTo addr.Address // whom the confirmation goes to
	hand      *inHand
	left      bool // still in hand, see Filter.late
}

func (s *sealing) close() {
	if !s.left {
		s.hand.leave(s.record.ID)
	}
	if s.container != nil {
		s.container.Close()
	}
}

// lookup asks the ledger about a batch and takes out those who were served by an
// earlier try. It gives nil when nobody is left. An envelope that this process has
// in hand, and a recipient whose earlier try by another process is younger than
// store.ResealAfter, give store.ErrConflict. The caller closes what it is given.
func (f *Filter) lookup(ctx context.Context, j *job, b *batch) (s *sealing, err error) {
	id := f.Keys.EnvelopeID(j.fingerprint, b.profile)
	if !f.run.inHand.take(id) {
		return nil, fmt.Errorf("lookup: %w", store.ErrConflict)
	}
	defer func() {
		if s == nil {
			f.run.inHand.leave(id)
		}
	}()
	known, err := f.Store.Lookup(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("lookup: %w", err)
	}
	left := &batch{profile: b.profile}
	for i, to := range b.to {
		state, _ := known.Record.Recipient(to.Address)
		switch {
		case state.Status == store.Queued, state.Status == store.Recalled:
			continue // served, or taken back since
		case state.InHand(f.Workroom, j.now):
			return nil, fmt.Errorf("lookup: %w", store.ErrConflict)
		}
		left.to = append(left.to, to)
		left.decisions = append(left.decisions, b.decisions[i])
	}
	if len(left.to) == 0 {
		return nil, nil
	}
	if known.Found && !known.Record.Destroyed.IsZero() {
		return nil, fmt.Errorf("lookup: %w", store.ErrRecalled)
	}
	s = &sealing{batch: left, job: j, rules: j.rules.Profile(b.profile), known: known, key: known.Key, hand: &f.run.inHand}
	s.record.ID = id
	if !known.Found {
		s.key = envelope.NewKey()
	}
	return s, nil
}

// seal makes the container and puts it on the shelf. A shelf that takes no more
// costs the link only: the attachment still opens (design: "When something fails").
func (f *Filter) seal(ctx context.Context, s *sealing) error {
	seed, size, err := digestOf(s.job.toSeal())
	if err != nil {
		return err
	}
	s.container = f.newSpool()
	digest, err := envelope.Seal(s.container, &reader{ctx, s.job.toSeal()}, envelope.SealOptions{Key: s.key, SaltSeed: seed, Escrow: f.Escrow})
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	s.record.Size = size
	s.record.Digests = slices.Clone(s.known.Record.Digests)
	if !slices.Contains(s.record.Digests, digest) {
		s.record.Digests = append(s.record.Digests, digest)
	}
	if f.Shelf != nil {
		if err := f.Shelf.Put(ctx, s.record.ID, digest, s.container.Reader()); err != nil {
			f.Metrics.unshelved()
			f.Log.Error("no place on the shelf, the message goes without link", "envelope", s.record.ID.String(), "error", err)
		} else {
			s.link = true
		}
	}
	return f.chooseForm(s)
}

// chooseForm says whether the page travels with the mail.
func (f *Filter) chooseForm(s *sealing) error {
	wire := wireSize(s.container.Size())
	fits := f.Limits.Sealed <= 0 || wire <= f.Limits.Sealed
	small := s.container.Size() <= int64(s.rules.AttachLimit(s.addresses()))
	switch {
	case fits && small, fits && !s.link:
		s.attach = true
	case !s.link:
		return &sizeError{size: wire, limit: f.Limits.Sealed}
	}
	return nil
}

// wireSize bounds the size of an envelope mail around a container: base64 in
// lines of 72, quoted-printable once, page and notification text.
func wireSize(container int64) int64 {
	text := (container + 2) / 3 * 4
	return text + (text/72+1)*2 + text/2048 + maxPage + 32<<10 // text/2048: lines that end early
}

// sizeError is errNoSize with the figures for the sender.
type sizeError struct{ size, limit int64 }

func (e *sizeError) Error() string        { return errNoSize.Error() }
func (e *sizeError) Is(target error) bool { return target == errNoSize }

// digestOf gives the digest over every octet of what is sealed, and their number.
func digestOf(original io.Reader) (sum [32]byte, size int64, err error) {
	h := sha256.New()
	if size, err = io.Copy(h, original); err != nil {
		return sum, 0, fmt.Errorf("%w: %w", errSpool, err)
	}
	h.Sum(sum[:0])
	return sum, size, nil
}

// reader ends with the context, so that a big message does not outlive its deadline.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// deliver stores the key, then hands the envelope over, then frees the
// confirmation. After an error of Prepare or Send the ledger keeps a retry from
// serving anyone twice.
func (f *Filter) deliver(ctx context.Context, s *sealing) error {
	if err := f.fillRecord(s); err != nil {
		return err
	}
	s.parts = f.parts(ctx, s)
	for i := range s.parts {
		var err error
		if s.parts[i].mail, err = f.outer(s, s.parts[i].lang); err != nil {
			return err
		}
	}
	if err := f.holdParts(s); err != nil {
		return err
	}
	prepared := store.Preparation{Record: s.record, Key: s.key, Recipients: s.addresses(), Held: slices.Concat(s.held, s.early), Now: f.Now(), By: f.Workroom, New: !s.known.Found}
	if err := f.Store.Prepare(ctx, prepared); err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	return f.send(ctx, s)
}

// asksReports asks for reports of all that becomes of an envelope, when there is
// somebody who reads them (design: b+ID@service, NOTIFY and ORCPT asked), within
// what the client wants (see wanted). ENVID is a mark by which the report is known
// to be our own Postfix's; the client's ENVID and ORCPT are not repeated, since no
// report goes back to it as it is: its sender hears from us.
func (f *Filter) asksReports(s *sealing, m relay.Mail) relay.Mail {
	if !f.BounceAddress || m.From.IsZero() {
		return m
	}
	m.EnvelopeID, m.Return = f.Keys.ReportMark(s.record.ID), "HDRS"
	m.Recipients = slices.Clone(m.Recipients)
	for i := range m.Recipients {
		m.Recipients[i].Notify, m.Recipients[i].Orcpt = wanted(m.Recipients[i].Notify), ""
		if address := m.Recipients[i].Address.String(); len(address)*3 < maxOrcpt { // xtext at its longest
			m.Recipients[i].Orcpt = "rfc822;" + address
		}
	}
	return m
}

// wanted is what is asked about a recipient whose client stated NOTIFY so. Who wants
// to hear of no failure (NEVER, or a list without FAILURE) must not be told of one
// (RFC 3461 section 4.1), and we tell of each that is reported: so it is not reported.
// That page of the sender's which shows the states does not know of it then.
// SUCCESS and DELAY are asked for always: they end on that page and in no mail.
func wanted(notify string) string {
	switch {
	case notify == "NEVER":
		return notify
	case notify != "" && !slices.Contains(strings.Split(notify, ","), "FAILURE"):
		return "SUCCESS,DELAY"
	}
	return "SUCCESS,FAILURE,DELAY"
}

// queued records that Postfix has the envelope for the first n parts. It is past the point of no
// return: the recipients have their envelope, so a Redis that does not answer now
// must not make the client send again. It tries a few times, then writes it down
// and goes on in the background (Shutdown waits for it, and Resume takes it up
// after a crash).
func (f *Filter) queued(ctx context.Context, s *sealing, parts int, queueID string) {
	ctx = context.WithoutCancel(ctx)
	n := lateNote{ID: s.record.ID, QueueID: queueID, At: f.Now()}
	n.Recipients, n.Held = s.first(parts)
	if f.retry(func() error { return f.note(ctx, n) }, queuedWaits) == nil {
		return
	}
	if err := f.keep(n); err != nil {
		f.Log.Error("that a message left sealed could not be written down; a crash now would cost its sender the confirmation", "envelope", n.ID.String(), "error", err)
	}
	f.Log.Error("the message left sealed, but that could not be recorded yet; trying on", "envelope", n.ID.String())
	s.left = true
	f.late(ctx, n)
}

// How long store.Queued is tried: inside the transaction, then in the background
// for about half an hour, which is longer than a Redis takes to fail over.
const queuedTimeout = 5 * time.Second

var (
	queuedWaits     = []time.Duration{0, 100 * time.Millisecond, 500 * time.Millisecond}
	queuedLateWaits = []time.Duration{time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 10 * time.Minute}
)

var errStopping = errors.New("milter: stopping")

// retry calls try after each wait until it gives nil; the error is the last one,
// with errStopping when it could not go on.
func (f *Filter) retry(try func() error, waits []time.Duration) (err error) {
	for _, wait := range waits {
		if !f.pause(wait) {
			return errors.Join(errStopping, err)
		}
		if err = try(); err == nil {
			return nil
		}
	}
	return err
}
