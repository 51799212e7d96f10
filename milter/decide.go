package milter

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/policy"
)

// Action is what becomes of the original. The zero value answers with a reply,
// which without words is a 451: a forgotten branch lets nothing pass.
type Action uint8

const (
	// Answer refuses the message, for now or for good: Outcome.Reply.
	Answer Action = iota
	// Accept lets the original go on to the recipients that are left.
	Accept
	// Discard drops the original: everybody was served with an envelope.
	Discard
)

// Outcome is the answer for one message.
type Outcome struct {
	Action Action
	Reply  Reply          // with Answer
	Drop   []string       // with Accept: RCPTs to delete, as given
	Add    []addr.Address // with Accept: members of deleted RCPTs who may have the original
	Return bool           // with Accept: the original goes on from From, so that it comes back inside when it must
	From   addr.Address
}

// job is one message being decided.
type job struct {
	*Mail
	rules       *policy.File
	verdict     policy.Verdict
	subject     string
	doubts      []string
	unpacked    unpacked
	plan        plan
	fingerprint []byte
	now         time.Time
	author      addr.Named              // who wrote an answer (SealAnswer); zero for what Postfix handed over
	named       map[string][]addr.Named // see shown
}

var (
	errPanic    = errors.New("milter: a defect stopped the decision")
	errDeadline = errors.New("milter: the decision took too long")
	errBusy     = errors.New("milter: too many messages at one time")
	errProtocol = errors.New("milter: the mail server spoke out of turn")
	errAddress  = errors.New("milter: an address cannot be read")
	errVerdict  = errors.New("milter: the verdict does not fit the recipients")
)

// Decide does the whole way of one message (design: "The way of a message") and
// gives the answer. It never panics, and whatever goes wrong is an Answer. It may
// be called from many goroutines; the mail stays the caller's.
func (f *Filter) Decide(ctx context.Context, m *Mail) Outcome {
	f.setUp()
	began := time.Now()
	j := &job{Mail: m}
	out, kind, err := f.decideSafely(ctx, j)
	// The rules that judged decide this too: a reload meanwhile changes nothing
	// for a message that is sealed for some already.
	if err != nil && j.rules != nil && j.rules.Mode == policy.Observe {
		out, kind = Outcome{Action: Accept}, observed
	}
	f.Metrics.decided(kind, causeOf(err), time.Since(began))
	if err != nil && kind != refused {
		f.Log.Warn("message answered with an error", "queue_id", m.QueueID, "outcome", kind, "cause", causeOf(err), "error", err.Error())
	} else {
		f.Log.Info("message decided", "queue_id", m.QueueID, "outcome", kind, "recipients", len(m.Recipients), "dropped", len(out.Drop))
	}
	return out
}

// decideSafely turns errors and panics into answers.
func (f *Filter) decideSafely(ctx context.Context, j *job) (out Outcome, kind string, err error) {
	defer func() {
		if p := recover(); p != nil {
			f.logPanic("decide", p)
			err = errPanic
		}
		if err != nil {
			out = Outcome{Action: Answer, Reply: replyTo(err)}
			kind = failed(out.Reply)
		}
	}()
	return f.decide(ctx, j)
}

// logPanic names the place, never the value: it could hold a piece of the message.
func (f *Filter) logPanic(where string, value any) {
	what := fmt.Sprintf("%T", value)
	if e, ok := value.(runtime.Error); ok {
		what = e.Error()
	}
	f.Log.Error("panic", "where", where, "what", what, "stack", string(debug.Stack()))
}

// observing tells whether the rule file only watches. When even that cannot be
// told it does not.
func (f *Filter) observing() (yes bool) {
	defer func() {
		if recover() != nil {
			yes = false
		}
	}()
	return f.Policy().Mode == policy.Observe
}

func (f *Filter) decide(ctx context.Context, j *job) (Outcome, string, error) {
	j.rules, j.now = f.Policy(), f.Now()
	r, err := f.judge(ctx, j)
	if err != nil {
		return Outcome{}, "", err
	}
	switch {
	case j.verdict.Observe:
		f.logObserved(j)
		return Outcome{Action: Accept}, observed, nil
	case !j.verdict.Outbound:
		return Outcome{Action: Accept}, notOutbound, nil
	case len(j.verdict.Recipients) != len(r.judged):
		return Outcome{}, "", errVerdict
	}
	if err := r.copiesPass(j.verdict); err != nil {
		return Outcome{}, "", err
	}
	if d, ok := j.verdict.Refused(); ok {
		return Outcome{}, "", refusal(j.Mail, r, d)
	}
	if j.plan, err = f.plan(ctx, j, r); err != nil {
		return Outcome{}, "", err
	}
	if len(j.plan.batches) == 0 {
		return Outcome{Action: Accept}, passed, nil
	}
	if err := f.serve(ctx, j); err != nil {
		return Outcome{}, "", err
	}
	if len(j.plan.rest) > 0 {
		if err := f.handOver(ctx, j); err != nil {
			return Outcome{}, "", err
		}
	}
	if !j.plan.goesOn || len(j.plan.rest) > 0 {
		return Outcome{Action: Discard}, sealed, nil
	}
	out := Outcome{Action: Accept, Drop: j.plan.drop, Add: j.plan.add}
	if from, change := f.returnTo(j); change {
		out.Return, out.From = true, from
	}
	return out, sealed, nil
}

// judge reads the message and classifies it for everybody it reaches (steps 1 and 2).
func (f *Filter) judge(ctx context.Context, j *job) (reach, error) {
	r, err := f.reach(ctx, j.Mail)
	if err != nil {
		return reach{}, err
	}
	for _, a := range r.judged {
		if a.Mapped() && j.rules.Inside(a) { // ours for us, somebody else's for Postfix
			return reach{}, errAddress
		}
	}
	t := policy.Transaction{Sender: j.Sender, Recipients: r.judged, Client: j.Client}
	if f.TLSEnforced != nil {
		t.TLSEnforced = func(a addr.Address) bool { return f.TLSEnforced(ctx, a) }
	}
	var unknown error
	if f.SwitchedOn != nil {
		t.SwitchedOn = func(a addr.Address) bool {
			yes, err := f.SwitchedOn(ctx, a)
			unknown = errors.Join(unknown, err)
			return yes
		}
	}
	msg, err := f.Reading.Read(ctx, t, j.Fields, &reader{ctx, j.body()})
	if err != nil {
		return reach{}, fmt.Errorf("%w: read: %w", errSpool, err)
	}
	j.verdict = j.rules.Classify(msg)
	if unknown != nil {
		return reach{}, fmt.Errorf("who may use the service: %w", unknown)
	}
	j.subject, j.doubts = msg.Subject(), msg.Doubts
	return r, nil
}

// serve gives every batch its envelope (steps 3 to 5). All batches are looked up
// before the first is sealed, so that a message another transaction holds costs
// nothing; a batch served before another failed stays served in the ledger.
func (f *Filter) serve(ctx context.Context, j *job) (err error) {
	if j.fingerprint, err = fingerprint(f.Keys.Fingerprinter(), j.Mail, j.now); err != nil {
		return err
	}
	var open []*sealing
	defer func() {
		for _, s := range open {
			s.close()
		}
	}()
	for _, b := range j.plan.batches {
		s, err := f.lookup(ctx, j, b)
		if err != nil {
			return err
		}
		if s != nil {
			open = append(open, s)
		}
	}
	if len(open) > 0 {
		defer j.unpacked.close()
		if err := f.unpack(ctx, j); err != nil {
			return err
		}
	}
	for _, s := range open {
		if err := f.seal(ctx, s); err != nil {
			return err
		}
	}
	for _, s := range open {
		if err := f.deliver(ctx, s); err != nil {
			return err
		}
		f.Metrics.served(len(s.to))
		f.kick()
	}
	return nil
}

// logObserved says what would have been done. Where a finding stands can name an
// attachment, so only rules are named.
func (f *Filter) logObserved(j *job) {
	count := map[string]int{}
	rules := map[string]bool{}
	for _, d := range j.verdict.Recipients {
		count[d.Action.String()]++
		if d.Rule != "" {
			rules[d.Rule] = true
		}
	}
	names := make([]string, 0, len(rules))
	for name := range rules {
		names = append(names, name)
	}
	f.Log.Info("observed only", "queue_id", j.QueueID, "outbound", j.verdict.Outbound, "would", count, "rules", names)
}
