package milter_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/mail"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/milter"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/policy"
	"github.com/postseal/postseal/relay"
)

func unmarshal(data []byte, v *notice.ConfirmationData) error { return json.Unmarshal(data, v) }

const (
	inside  = "bob@council.example"
	outside = "ann@home.example"
	other   = "tim@firm.example"
)

func original(t *testing.T, m *milter.Mail) []byte {
	t.Helper()
	b, err := io.ReadAll(m.Original())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// CYC-1, BOP-10: inside in clear, outside sealed, each exactly once; BOP-5: one
// confirmation.
func TestMixedRecipients(t *testing.T) {
	w := newWorld(t)
	m := mailFor(message("[SECURE] greenhouse", inside+", "+outside+", "+other), inside, outside, other)
	out := w.decide(m)
	if want := (milter.Outcome{Action: milter.Accept, Drop: []string{outside, other}}); !reflect.DeepEqual(out, want) {
		t.Fatalf("got %+v, want %+v", out, want)
	}
	sent := w.out.Sent()
	if len(sent) != 1 || sent[0].Kind != relay.KindEnvelope || len(sent[0].Recipients) != 2 {
		t.Fatalf("relayed %+v", sent)
	}
	got, page := w.opened(sent[0])
	if !bytes.Equal(got, original(t, m)) {
		t.Error("the envelope opens to something else than the original")
	}
	if want := []string{outside, other}; !slices.Equal(page.To, want) {
		t.Errorf("the page offers %v, want %v", page.To, want)
	}
	if bytes.Contains(sent[0].Bytes, []byte("pelargonium")) {
		t.Error("a word of the body stands in the outer mail")
	}
	c := w.confirmations()
	if len(c) != 1 || !slices.Equal(c[0].Recipients, []string{outside, other}) || !slices.Equal(c[0].Clear, []string{inside}) || len(c[0].Reasons) == 0 {
		t.Errorf("confirmations %+v", c)
	}
}

// CYC-2: nobody outside, nothing happens; an unmarked message passes; neither
// touches the store.
func TestPassesWithoutStore(t *testing.T) {
	w := newWorld(t)
	w.faults.set("lookup", "failed")
	w.faults.set("prepare", "failed")
	for _, m := range []*milter.Mail{
		mailFor(message("[SECURE] greenhouse", inside), inside),
		mailFor(message("greenhouse", outside), outside, inside),
		mailFor(message("[SECURE] greenhouse", "x@friends.example"), "x@friends.example"),
	} {
		if got, want := w.decide(m), (milter.Outcome{Action: milter.Accept}); !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if n := len(w.out.Sent()); n != 0 {
		t.Errorf("%d envelopes", n)
	}
}

func TestOnlySealedIsDiscarded(t *testing.T) {
	w := newWorld(t)
	m := mailFor(message("[SECURE] greenhouse", outside), outside)
	if got := w.decide(m); got.Action != milter.Discard {
		t.Errorf("got %+v", got)
	}
	// A copy that Postfix keeps inside must not be discarded with it.
	w = newWorld(t)
	w.maps.copies = []string{"archive@council.example"}
	if got := w.decide(m); got.Action != milter.Accept || !slices.Equal(got.Drop, []string{outside}) {
		t.Errorf("with an archive: got %+v", got)
	}
}

func TestRefusalComesFirst(t *testing.T) {
	w := newWorld(t)
	m := mailFor(message("[SECURE] greenhouse", outside+", x@closed.example"), outside, "x@closed.example")
	got := w.decide(m)
	if got.Action != milter.Answer || got.Reply.Code != 550 || !strings.Contains(got.Reply.Text, "x@closed.example") || !strings.Contains(got.Reply.Text, "telephone") {
		t.Errorf("got %+v", got)
	}
	if len(w.out.Sent()) != 0 || len(w.confirmations()) != 0 {
		t.Error("something was served although the message was refused")
	}
}

func TestOneEnvelopePerProfile(t *testing.T) {
	w := newWorld(t)
	w.rules.Rules[2].To = w.rules.Rules[1].To // the tag rule now is for friends.example only
	w.rules.Rules = w.rules.Rules[2:]
	raw := strings.Replace(message("[SECURE] greenhouse", outside), "Date:", "Sensitivity: Company-Confidential\r\nDate:", 1)
	if got := w.decide(mailFor(raw, outside, "x@friends.example")); got.Action != milter.Discard {
		t.Fatalf("got %+v", got)
	}
	sent := w.out.Sent()
	if len(sent) != 2 {
		t.Fatalf("%d envelopes, want one for each profile", len(sent))
	}
	subjects := []string{header(t, sent[0].Bytes, "Subject"), header(t, sent[1].Bytes, "Subject")}
	slices.Sort(subjects)
	if !strings.HasPrefix(subjects[0], "OFFICIAL-SENSITIVE") || strings.Contains(subjects[0], "greenhouse") { // SCC-2
		t.Errorf("hidden subject: %q", subjects[0])
	}
	if subjects[1] != "[SECURE] greenhouse" {
		t.Errorf("kept subject: %q", subjects[1])
	}
}

func header(t *testing.T, raw []byte, name string) string {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return m.Header.Get(name)
}

// Bcc recipients get the envelope and are named nowhere.
func TestBccIsNamedNowhere(t *testing.T) {
	w := newWorld(t)
	raw := strings.Replace(message("[SECURE] greenhouse", outside), "Date:", "Bcc: hidden@secret.example\r\nDate:", 1)
	w.decide(mailFor(raw, outside, "hidden@secret.example"))
	sent := w.out.Sent()
	if len(sent) != 1 || len(sent[0].Recipients) != 2 {
		t.Fatalf("relayed %+v", sent)
	}
	got, page := w.opened(sent[0])
	if bytes.Contains(got, []byte("hidden@")) || bytes.Contains(sent[0].Bytes, []byte("hidden@")) || bytes.Contains(securedoc(t, sent[0].Bytes), []byte("hidden@")) {
		t.Error("the Bcc recipient is named")
	}
	known, err := w.store.Lookup(context.Background(), page.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := known.Record.Recipient(addr.MustParse("hidden@secret.example")); !ok {
		t.Error("the Bcc recipient is not entitled")
	}
	for _, line := range append(known.Record.To, known.Record.Cc...) {
		if strings.Contains(line, "hidden") {
			t.Errorf("shown: %q", line)
		}
	}
}

func TestSecureSuffix(t *testing.T) {
	w := newWorld(t)
	w.decide(mailFor(message("no mark", "ann@home.example.safe.example"), "ann@home.example.safe.example"))
	sent := w.out.Sent()
	if len(sent) != 1 || sent[0].Recipients[0].Address.String() != outside {
		t.Fatalf("relayed %+v", sent)
	}
	if to := header(t, sent[0].Bytes, "To"); !strings.Contains(to, outside) || strings.Contains(to, "safe.example") {
		t.Errorf("To: %s", to)
	}
}

// Aliases (facts O): what Postfix expands is judged, member by member.
func TestAliases(t *testing.T) {
	for _, c := range []struct {
		name string
		maps map[string][]string
		want milter.Outcome
		env  []string
	}{
		{"leads outside", map[string][]string{"list@council.example": {outside}},
			milter.Outcome{Action: milter.Discard}, []string{outside}},
		{"inside and outside", map[string][]string{"list@council.example": {inside, outside}},
			milter.Outcome{Action: milter.Accept, Drop: []string{"list@council.example"}, Add: []addr.Address{addr.MustParse(inside)}}, []string{outside}},
		{"stays inside", map[string][]string{"list@council.example": {inside, "eve@council.example"}},
			milter.Outcome{Action: milter.Accept}, nil},
		{"keeps a copy for itself", map[string][]string{"list@council.example": {"list@council.example", outside}},
			milter.Outcome{Action: milter.Discard}, []string{outside, "list@council.example"}},
		{"a member leads outside again", map[string][]string{"list@council.example": {inside, outside}, inside: {inside, outside}},
			milter.Outcome{Action: milter.Discard}, []string{outside, inside}},
	} {
		w := newWorld(t)
		w.maps.to = c.maps
		got := w.decide(mailFor(message("[SECURE] greenhouse", "list@council.example"), "list@council.example"))
		if c.want.Action == milter.Discard {
			got.Drop = nil
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
		if n := w.envelopes(); len(n) != len(c.env) {
			t.Errorf("%s: envelopes %v, want %v", c.name, n, c.env)
		}
		for _, s := range w.out.Sent() {
			if bytes.Contains(s.Bytes, []byte(outside)) {
				t.Errorf("%s: a list's member is named", c.name)
			}
		}
	}
}

func TestPercentFormIsSealed(t *testing.T) {
	w := newWorld(t)
	if got := w.decide(mailFor(message("[SECURE] x", "ann%home.example@council.example"), "ann%home.example@council.example")); got.Action != milter.Discard {
		t.Errorf("got %+v", got)
	}
}

// Copies that Postfix adds cannot be held back, so the message waits.
func TestCopyToTheOutsideHoldsTheMessage(t *testing.T) {
	w := newWorld(t)
	w.maps.copies = []string{"archive@cloud.example"}
	got := w.decide(mailFor(message("[SECURE] greenhouse", inside), inside))
	if got.Action != milter.Answer || got.Reply.Code != 451 || strings.Contains(got.Reply.Text, "archive") {
		t.Errorf("got %+v", got)
	}
	if got := w.decide(mailFor(message("greenhouse", inside), inside)); got.Action != milter.Accept {
		t.Errorf("unmarked: got %+v", got)
	}
}

func TestObserveChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.rules.Mode = policy.Observe
	for _, rcpt := range []string{outside, "x@closed.example"} {
		if got, want := w.decide(mailFor(message("[SECURE] x", rcpt), rcpt)), (milter.Outcome{Action: milter.Accept}); !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	w.faults.set("resolve", "failed")
	if got := w.decide(mailFor(message("[SECURE] x", outside), outside)); got.Action != milter.Accept {
		t.Errorf("with a fault: got %+v", got)
	}
	if len(w.out.Sent()) != 0 {
		t.Error("observe sealed")
	}
}

// A reload to observe while a message is being sealed does not let it pass: it
// is sealed for some already.
func TestReloadToObserveDoesNotFreeAMessageInHand(t *testing.T) {
	w := newWorld(t)
	watching := *w.rules
	watching.Mode = policy.Observe
	w.maps.before = func() { w.f.Policy = func() *policy.File { return &watching } }
	w.faults.set("relay", "failed")
	got := w.decide(mailFor(message("[SECURE] x", inside+", "+outside), inside, outside))
	if got.Action != milter.Answer || got.Reply.Code != 451 {
		t.Errorf("got %+v, want 451", got)
	}
}

func TestPanicIsLater(t *testing.T) {
	w := newWorld(t)
	w.f.Policy = func() *policy.File { panic("the pelargonium is in the greenhouse") }
	got := w.decide(mailFor(message("[SECURE] x", outside), outside))
	if got.Action != milter.Answer || got.Reply.Code != 451 {
		t.Errorf("got %+v", got)
	}
	if strings.Contains(w.log.String(), "pelargonium") {
		t.Error("the panic's value is in the log")
	}
}

// A retry after a lost answer serves nobody twice and confirms once.
func TestRetryServesNobodyTwice(t *testing.T) {
	w := newWorld(t)
	m := mailFor(message("[SECURE] greenhouse", inside+", "+outside), inside, outside)
	first := w.decide(m)
	m.QueueID = "4QUEUE2"
	w.pass(time.Minute)
	if second := w.decide(m); !reflect.DeepEqual(first, second) {
		t.Errorf("got %+v, then %+v", first, second)
	}
	// Exchange hands the same message over again for further recipients.
	m.Recipients = append(m.Recipients, milter.Rcpt{Given: other, Address: addr.MustParse(other)})
	w.decide(m)
	if got, want := w.envelopes(), (map[string]int{outside: 1, other: 1}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	sent := w.out.Sent()
	if a, b := header(t, sent[0].Bytes, "Message-ID"), header(t, sent[1].Bytes, "Message-ID"); a != b || a == "" {
		t.Errorf("Message-IDs %q and %q", a, b)
	}
	if c := w.confirmations(); len(c) != 2 {
		t.Errorf("%d confirmations, want one for each transaction", len(c))
	}
}

func TestSizeLimit(t *testing.T) {
	w := newWorld(t)
	big := message("[SECURE] greenhouse", outside) + strings.Repeat(strings.Repeat("x", 70)+"\r\n", 100)
	w.f.Limits.Sealed = 1000
	if got := w.decide(mailFor(big, outside)); got.Action != milter.Discard {
		t.Fatalf("with a link: got %+v", got)
	}
	if securedoc(t, w.out.Sent()[0].Bytes) != nil {
		t.Error("the page travels although it is too big")
	}
	for id, container := range w.shelf.kept {
		if got, want := w.open(id, container), original(t, mailFor(big, outside)); !bytes.Equal(got, want) {
			t.Error("the shelf holds something else")
		}
	}
	w = newWorld(t)
	w.f.Limits.Sealed = 1000
	w.faults.set("shelf", "failed")
	got := w.decide(mailFor(big, outside))
	if got.Action != milter.Answer || got.Reply.Code != 552 || got.Reply.Enhanced != "5.3.4" || !strings.Contains(got.Reply.Text, "MB") {
		t.Errorf("without a link: got %+v", got)
	}
}

// The size up to which the file travels is that of the recipient's domain; of
// several in one mail the smallest counts.
func TestAttachedUpToByDomain(t *testing.T) {
	for _, c := range []struct {
		limits string // as in the configuration
		to     []string
		file   bool
	}{
		{"{}", []string{outside}, true},
		{"{firm.example: 0B}", []string{"bob@firm.example"}, false},
		{"{firm.example: 0B}", []string{"bob@home.example"}, true},
		{"{firm.example: 0B}", []string{"bob@home.example", "bob@firm.example"}, false},
	} {
		w := newWorld(t)
		rules := *w.f.Policy()
		p := rules.Profiles["default"]
		if err := yaml.Unmarshal([]byte(c.limits), &p.AttachFor); err != nil {
			t.Fatal(err)
		}
		rules.Profiles = map[string]policy.Profile{"default": p}
		w.f.Policy = func() *policy.File { return &rules }
		if got := w.decide(mailFor(message("[SECURE] greenhouse", strings.Join(c.to, ", ")), c.to...)); got.Action != milter.Discard {
			t.Fatalf("%v: got %+v", c, got)
		}
		if got := securedoc(t, w.out.Sent()[0].Bytes) != nil; got != c.file {
			t.Errorf("%v to %v: file %v, want %v", c.limits, c.to, got, c.file)
		}
	}
}

// The transaction's own parameters are repeated (RFC 3461), and Postfix is told
// about the client.
func TestParametersAreRepeated(t *testing.T) {
	w := newWorld(t)
	m := mailFor(message("[SECURE] greenhouse", outside), outside)
	m.Args = milter.Arguments{Return: "HDRS", EnvelopeID: "e1", UTF8: true}
	m.Recipients[0].Notify, m.Recipients[0].Orcpt = "SUCCESS", "rfc822;"+outside
	m.Helo, m.ClientName = "pc", "pc.council.example"
	w.decide(m)
	got := w.out.Sent()[0].Mail
	if got.Return != "HDRS" || got.EnvelopeID != "e1" || !got.UTF8 || got.From.String() != "jane@council.example" {
		t.Errorf("got %+v", got)
	}
	if r := got.Recipients[0]; r.Notify != "SUCCESS" || r.Orcpt != "rfc822;"+outside {
		t.Errorf("got %+v", r)
	}
	if want := (relay.XForward{Name: "pc.council.example", Helo: "pc", Ident: "4QUEUE1"}); got.Client != want {
		t.Errorf("got %+v, want %+v", got.Client, want)
	}
}

// RFC 3461 section 4.1: who wants to hear of no failure is not told of one, also
// while the robot reads the reports; BCC-28: else all is asked for.
func TestClientsWishesAboutReports(t *testing.T) {
	w := newWorld(t)
	w.f.BounceAddress = true
	for client, want := range map[string]string{
		"": "SUCCESS,FAILURE,DELAY", "FAILURE": "SUCCESS,FAILURE,DELAY", "DELAY,FAILURE": "SUCCESS,FAILURE,DELAY",
		"NEVER": "NEVER", "SUCCESS": "SUCCESS,DELAY", "DELAY": "SUCCESS,DELAY", "SUCCESS,DELAY": "SUCCESS,DELAY",
	} {
		m := mailFor(message("[SECURE] about "+client, outside), outside)
		m.Recipients[0].Notify = client
		w.decide(m)
		all := w.out.Sent()
		if got := all[len(all)-1].Recipients[0].Notify; got != want {
			t.Errorf("the client asks for %q: got NOTIFY=%s, want %s", client, got, want)
		}
	}
}

func TestServiceAddresses(t *testing.T) {
	w := newWorld(t)
	w.f.BounceAddress, w.f.ReplyAddress = true, true
	w.decide(mailFor(message("[SECURE] greenhouse", outside), outside))
	sent := w.out.Sent()[0]
	_, page := w.opened(sent)
	if got, want := sent.From.String(), "b+"+page.ID.String()+"@secure.council.example"; got != want {
		t.Errorf("MAIL FROM %q, want %q", got, want)
	}
	if r := sent.Recipients[0]; r.Notify != "SUCCESS,FAILURE,DELAY" || r.Orcpt != "rfc822;"+outside || sent.Return != "HDRS" || sent.EnvelopeID != w.f.Keys.ReportMark(page.ID) {
		t.Errorf("reports asked for: got %+v, RET=%s ENVID=%s", r, sent.Return, sent.EnvelopeID)
	}
	if got, want := header(t, sent.Bytes, "Reply-To"), "reply+"+page.ID.String()+"@secure.council.example"; !strings.Contains(got, want) {
		t.Errorf("Reply-To %q, want %q", got, want)
	}
	if got := header(t, sent.Bytes, "From"); !strings.Contains(got, "jane@council.example") {
		t.Errorf("From %q", got)
	}
}
