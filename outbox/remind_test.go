package outbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/outbox"
	"github.com/postseal/postseal/relay/relaytest"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/store/storetest"
)

const day = 24 * time.Hour

var (
	jane = addr.MustParse("jane@outside.example")
	bob  = addr.MustParse("bob@outside.example")
)

// reminded is a worker on a real store, with one message that has both reminders.
type reminded struct {
	*testing.T
	*storetest.Clock
	s    *store.Store
	keys *store.Keyring
	w    *outbox.Worker
	out  *relaytest.Outbox
	p    store.Preparation
}

func newReminded(t *testing.T) *reminded {
	clock := storetest.NewClock()
	r := &reminded{T: t, Clock: clock, s: storetest.Memory(t, clock.Now), keys: storetest.Keys(t), out: &relaytest.Outbox{}}
	brand := notice.Brand{Organisation: "Borough", Service: addr.MustParse("secure@example.gov.uk"), ServiceDomain: "secure.example.gov.uk", PortalURL: "https://secure.example.gov.uk"}
	r.w = &outbox.Worker{Store: r.s, Records: r.s, Notices: notice.New(brand, nil), Relay: r.out, ServiceDomain: brand.ServiceDomain, Now: clock.Now}
	r.p = r.send("m1", jane, bob)
	return r
}

// send stores a message with both reminders, as the milter does.
func (r *reminded) send(fingerprint string, to ...addr.Address) store.Preparation {
	r.Helper()
	p := storetest.Message(r.keys, fingerprint, r.Now(), to...)
	p.Record.OriginalID, p.Record.Subject, p.Record.To = "<one@council.example>", "Care plan", nil
	hold := func(id string, due time.Time, d notice.ReminderData) {
		data, err := json.Marshal(d)
		r.must(err)
		p.Held = append(p.Held, store.Outgoing{ID: id, Envelope: p.Record.ID, Kind: string(notice.Reminder), To: p.Record.Sender, Data: data, Due: due, Expires: due.AddDate(20, 0, 0)})
	}
	hold("reminder-unopened", r.Now().Add(3*day), notice.ReminderData{})
	hold("reminder-expiring", p.Record.ExpiresAt.Add(-7*day), notice.ReminderData{Expiring: true, Ahead: 7 * day})
	r.must(r.s.Prepare(r.Context(), p))
	r.must(r.s.Queued(r.Context(), p.Record.ID, to, []string{"reminder-unopened", "reminder-expiring"}, "Q", r.Now()))
	return p
}

func (r *reminded) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// mails gives the subjects sent by now, with the people named.
func (r *reminded) mails() []string {
	r.Helper()
	_, err := r.w.Once(r.Context())
	r.must(err)
	var got []string
	for _, m := range r.out.Sent() {
		var who []string
		for _, a := range []addr.Address{jane, bob} {
			if bytes.Contains(m.Bytes, []byte(a.String())) {
				who = append(who, a.Local())
			}
		}
		subject, _, _ := strings.Cut(string(m.Bytes[bytes.Index(m.Bytes, []byte("\r\nSubject: "))+11:]), ":")
		got = append(got, subject+" "+strings.Join(who, "+"))
	}
	return got
}

func (r *reminded) open(a addr.Address) {
	r.Helper()
	proof := storetest.SignIn(r.T, r.s, a, "b", r.Now())
	_, _, err := r.s.Release(r.Context(), store.ReleaseRequest{ID: r.p.Record.ID, Secret: r.keys.Secret(r.p.Record.ID), Person: proof, Purpose: "open", Now: r.Now()})
	r.must(err)
}

func (r *reminded) recall(who ...addr.Address) {
	r.Helper()
	_, err := r.s.Recall(r.Context(), r.p.Record.ID, audit.Sender(r.p.Record.Sender), who, "", r.Now())
	r.must(err)
}

func (r *reminded) extend(until time.Duration) {
	r.Helper()
	r.must(r.s.Extend(r.Context(), r.p.Record.ID, audit.Sender(r.p.Record.Sender), r.p.Now.Add(until), nil, r.Now()))
}

// Issue 5: the sender is reminded once of what is not opened after three days, and
// once before it closes unopened; what was done meanwhile cancels it, or moves it.
func TestReminders(t *testing.T) {
	const unopened, closes = "Not opened yet", "Closes soon, not opened"
	for name, c := range map[string]struct {
		at   time.Duration // when something is done
		do   func(*reminded)
		look []time.Duration
		want [][]string
	}{
		"nothing done": {0, func(*reminded) {}, []time.Duration{3*day - time.Millisecond, 3 * day, 4 * day, 83*day - time.Millisecond, 83 * day, 89 * day, 120 * day},
			[][]string{nil, {unopened + " jane+bob"}, {unopened + " jane+bob"}, {unopened + " jane+bob"}, {unopened + " jane+bob", closes + " jane+bob"}, {unopened + " jane+bob", closes + " jane+bob"}, {unopened + " jane+bob", closes + " jane+bob"}}},
		"one has opened it":   {day, func(r *reminded) { r.open(jane) }, []time.Duration{3 * day, 83 * day}, [][]string{{unopened + " bob"}, {unopened + " bob"}}},
		"both have":           {day, func(r *reminded) { r.open(jane); r.open(bob) }, []time.Duration{3 * day, 83 * day}, [][]string{nil, nil}},
		"taken back from one": {day, func(r *reminded) { r.recall(jane) }, []time.Duration{3 * day, 83 * day}, [][]string{{unopened + " bob"}, {unopened + " bob", closes + " bob"}}},
		"taken back":          {day, func(r *reminded) { r.recall() }, []time.Duration{3 * day, 83 * day}, [][]string{nil, nil}},
		"kept open longer":    {4 * day, func(r *reminded) { r.extend(100 * day) }, []time.Duration{83 * day, 93*day - time.Millisecond, 93 * day}, [][]string{{unopened + " jane+bob"}, {unopened + " jane+bob"}, {unopened + " jane+bob", closes + " jane+bob"}}},
		"not delivered to one": {day, func(r *reminded) {
			_, _, err := r.s.Report(r.Context(), r.p.Record.ID, []store.DeliveryReport{{Recipient: bob, Delivery: store.Delivery{State: store.Failed}}}, r.Now())
			r.must(err)
		}, []time.Duration{3 * day}, [][]string{{unopened + " jane"}}},
		"another transaction of the mail": {0, func(r *reminded) {
			r.Add(time.Second)
			r.send("m2", addr.MustParse("carol@elsewhere.example"))
		}, []time.Duration{3*day + time.Minute, 83*day + time.Minute}, [][]string{{unopened + " jane+bob"}, {unopened + " jane+bob", closes + " jane+bob"}}},
		"the worker slept until it was over": {0, func(*reminded) {}, []time.Duration{91 * day}, [][]string{nil}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReminded(t)
			r.Add(c.at)
			if c.at > 3*day {
				r.mails()
			}
			c.do(r)
			for i, at := range c.look {
				r.Add(r.p.Now.Add(at).Sub(r.Now()))
				got := r.mails()
				slices.Sort(got)
				slices.Sort(c.want[i])
				if !slices.Equal(got, c.want[i]) {
					t.Errorf("after %v: got %q, want %q", at, got, c.want[i])
				}
			}
		})
	}
}

// A store that does not answer when a reminder is due puts it off; without records
// none is sent at all.
func TestRemindersNeedRecords(t *testing.T) {
	r := newReminded(t)
	r.w.Records = nil
	r.Add(3 * day)
	if got := r.mails(); len(got) != 0 {
		t.Errorf("got %q without records", fmt.Sprint(got))
	}
}
