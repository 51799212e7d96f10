package portal_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/store"
)

var reader = addr.MustParse("information@example.gov.uk")

// helped is a house with a help desk, where others may ask to join.
func helped(c *portal.Config) {
	c.Brand.Languages = []string{"en", "cy"}
	c.Rooms.HelpDesk = portal.HelpDesk{Hours: map[string]string{"en": "weekdays, 8am to 7pm", "cy": "dyddiau gwaith, 8yb i 7yh"}, Phone: "01632 960 123", Email: addr.MustParse("help@example.gov.uk")}
	c.Rooms.Join = reader
}

// announces makes one announcement, from now on for two hours.
func (h *house) announces() store.Announcement {
	h.t.Helper()
	a, err := h.store.Announce(h.t.Context(), store.Announcement{Text: map[string]string{"en": "On Sunday <b> the service stops.", "cy": "Ddydd Sul bydd y gwasanaeth yn stopio."},
		From: h.clock, Until: h.clock.Add(2 * time.Hour)}, h.clock)
	must(h.t, err)
	return a
}

// among reads the mail of a kind that goes to somebody, among all that wait.
func (h *house) among(to addr.Address, kind notice.Kind, data any) {
	h.t.Helper()
	for _, m := range h.mails() {
		if m.Kind == string(kind) && m.To.Equal(to) {
			must(h.t, json.Unmarshal(m.Data, data))
			return
		}
	}
	h.t.Fatalf("no %s to %s", kind, to)
}

// CJSM-12: what the operator announces stands on the start page and on help for
// anybody, and on every page for who is signed in, from its beginning to its end.
func TestAnnouncements(t *testing.T) {
	h := newHouse(t, helped)
	const words = "On Sunday <b> the service stops."
	h.browser().open("/").silent("On Sunday")
	in := h.browser().open("/desk").press("Continue", map[string]string{"address": carer.String()}).byCode(carer)
	a := h.announces()
	for _, path := range []string{"/", "/help", "/help/recipients", "/help/staff"} {
		h.browser().open(path).reads(200, path, words, "Until")
	}
	h.browser().open("/privacy").silent("On Sunday")
	h.browser().open("/register").silent("On Sunday")
	in.open("/desk").reads(200, "/desk", words)
	in.open("/privacy").reads(200, "/privacy", words)
	h.clock = h.clock.Add(30 * time.Minute)
	h.browser().open("/").reads(200, "/", words)
	must(t, h.store.Unannounce(t.Context(), a.ID, h.clock))
	h.browser().open("/").silent("On Sunday")

	h.announces()
	h.clock = h.clock.Add(2*time.Hour - time.Second)
	h.browser().open("/").reads(200, "/", words)
	h.clock = h.clock.Add(time.Second)
	h.browser().open("/").silent("On Sunday")
}

// Without Redis the page of help comes all the same: it is what explains it.
func TestHelpWithoutRedis(t *testing.T) {
	h := newHouse(t, helped)
	h.redis.Close()
	h.browser().open("/help").reads(200, "/help", "Help desk", "01632 960 123")
}

// CJSM-14: hours and contacts stand on the page of help, and people at work are sent
// to their own desk first. What is not set leaves no trace.
func TestHelpDesk(t *testing.T) {
	h := newHouse(t, helped)
	b := h.browser().open("/help").reads(200, "/help", "weekdays, 8am to 7pm", "01632 960 123", "help@example.gov.uk", "ask your own help desk first")
	for _, link := range []string{`href="tel:01632960123"`, `href="mailto:help@example.gov.uk"`, `href="/help/recipients"`, `href="/help/staff"`, `href="/join"`} {
		if !strings.Contains(b.body, link) {
			t.Errorf("help lacks %s", link)
		}
	}
	newHouse(t).browser().open("/help").reads(200, "/help", "Step by step").silent("own help desk", "Ask to join")
}

// CJSM-10: a member types an address and a mail of our words goes there; the answer is
// the same for every address, and nobody floods a mailbox or mails in our name.
func TestColleague(t *testing.T) {
	h := newHouse(t, helped, switches)
	known := addr.MustParse("known@example.gov.uk")
	h.account(known, "correct horse battery")
	h.account(carer, "correct horse battery")
	h.mails()
	invite := func(b *browser, a addr.Address) string {
		b.open("/colleague").press("Send the invitation", map[string]string{"address": a.String()})
		return formSecret.ReplaceAllString(b.body, "") + b.at.Path
	}
	in := h.browser().open("/colleague").press("Continue", map[string]string{"address": officer.String()}).byCode(officer).reads(200, "/colleague", "Invite a colleague")
	first := invite(in, known)
	in.reads(200, "/colleague/sent", "on its way")
	var d notice.ColleagueData
	h.among(known, notice.Colleague, &d)
	if d.From != officer.String() || !d.Staff || !strings.HasSuffix(d.Page, "/enable") {
		t.Errorf("to staff: %+v", d)
	}
	if got := invite(in, addr.MustParse("unknown@example.gov.uk")); got != first {
		t.Error("without an account the answer is another")
	}
	invite(in, other)
	h.among(other, notice.Colleague, &d)
	if d.Staff || !strings.HasSuffix(d.Page, "/join") {
		t.Errorf("to others: %+v", d)
	}
	for range 3 {
		if invite(in, other) != first {
			t.Error("invited often, the answer is another")
		}
	}
	if got := len(h.mails()); got != 1 {
		t.Errorf("the mailbox got %d more, want 1 of a week's 2", got)
	}
	in.open("/colleague").press("Send the invitation", map[string]string{"address": "nobody"}).reads(422, "/colleague", "Enter the address")
	for range 4 {
		invite(in, other)
	}
	in.open("/colleague").press("Send the invitation", map[string]string{"address": "eleventh@work.example"}).reads(422, "/colleague", "many invitations")
	h.clock = h.clock.Add(time.Hour)
	if in.open("/colleague"); in.at.Path == "/colleague" && strings.Contains(in.body, "Send the invitation") {
		invite(in, addr.MustParse("eleventh@work.example"))
		in.reads(200, "/colleague/sent")
	}
}

// An outsider who has only a code is no member, and without anything to join there
// is no page.
func TestColleagueIsForMembers(t *testing.T) {
	h := newHouse(t, helped)
	h.browser().open("/colleague").press("Continue", map[string]string{"address": other.String()}).byCode(other).reads(200, "/colleague", "Only people who have an account")
	newHouse(t).browser().open("/colleague").reads(404, "/colleague")
}

var (
	mailboxForm = map[string]string{"organisation": "Hill Surgery", "name": "Anna Hill", "address": "anna@surgery.example", "agree": "yes"}
	serverForm  = map[string]string{"organisation": "Hill Surgery", "name": "Anna Hill", "address": "anna@surgery.example", "agree": "yes", "phone": "01632 960 001",
		"domain": "Surgery.Example", "system": "Postfix 3.9", "servers": "mx1.surgery.example\n192.0.2.7", "tls": "yes", "text": "We are 20."}
)

// with is a form with one field changed.
func with(form map[string]string, field, value string) map[string]string {
	out := map[string]string{field: value}
	for k, v := range form {
		if k != field {
			out[k] = v
		}
	}
	return out
}

// CJSM-8, CJSM-9, CJSM-11, SCC-18: the page says what is needed and how long it
// takes; the request goes to whom the operator names; who asked sees how it stands.
func TestJoin(t *testing.T) {
	h := newHouse(t, helped)
	h.browser().open("/join").reads(200, "/join", "about five minutes", "within 10 days", "within 48 hours", "nothing technical", "Have these ready", "What you agree to")
	b := h.browser().open("/join/server").press("Send", serverForm).reads(200, "/join/server/sent", "within 10 days")
	var told notice.JoinToldData
	h.among(reader, notice.JoinTold, &told)
	for _, fact := range []string{"Organisation: Hill Surgery", "Name of the person who runs its email: Anna Hill", "The part of your addresses behind the @: surgery.example", "Servers that send your email: mx1.surgery.example 192.0.2.7"} {
		if !slices.Contains(told.Facts, fact) {
			t.Errorf("the operator is not told %q: %q", fact, told.Facts)
		}
	}
	all, err := h.store.Requests(t.Context(), h.clock)
	must(t, err)
	if len(all) != 1 || all[0].Number != told.Number || !told.Due.Equal(h.clock.Add(10*24*time.Hour)) {
		t.Fatalf("kept: %+v; told: %+v", all, told)
	}
	b.silent(all[0].Secret)
	page := portal.JoinPage("", all[0])
	h.browser().open(page).reads(200, page, "We are looking at it").silent("Hill Surgery", "Anna")
	h.browser().open(page[:len(page)-1]).reads(404, page[:len(page)-1])
	_, err = h.store.AnswerRequest(t.Context(), all[0].Number, store.RequestApproved, "Welcome to you.", "op", h.clock)
	must(t, err)
	h.browser().open(page).reads(200, page, "Approved", "Welcome to you.")
}

// The one who asks gets the number and the link; a mailbox asks for nothing technical.
func TestJoinMailbox(t *testing.T) {
	h := newHouse(t, helped)
	h.browser().open("/join/mailbox").silent("TLS", "Mail system").press("Send", mailboxForm).reads(200, "/join/mailbox/sent", "within 48 hours")
	var d notice.JoinData
	h.among(addr.MustParse("anna@surgery.example"), notice.Join, &d)
	if d.State != "" || !d.Due.Equal(h.clock.Add(48*time.Hour)) || !strings.Contains(d.Page, "/join/status/"+d.Number+"/") {
		t.Fatalf("the mail holds %+v", d)
	}
	newHouse(t).browser().open("/join").reads(404, "/join")
	h.browser().open("/join/other").reads(404, "/join/other")
}

// SCC-17, SCC-18: what is wrong is said at its field, nothing is kept, nobody mailed.
func TestJoinRefuses(t *testing.T) {
	h := newHouse(t, helped)
	for _, c := range []struct{ field, value, says string }{
		{"organisation", " ", "Enter the name of your organisation"},
		{"organisation", strings.Repeat("x", 201), "Enter the name of your organisation"},
		{"address", "anna", "Enter an email address"},
		{"domain", "gmail.com", "a mail service for everybody"},
		{"domain", "*.example", "Enter the part behind"},
		{"servers", "", "Enter at least one name"},
		{"tls", "perhaps", "Choose one"},
		{"text", strings.Repeat("x", 1001), "write less"},
		{"agree", "", "Tick the box"},
	} {
		h.browser().open("/join/server").press("Send", with(serverForm, c.field, c.value)).reads(422, "/join/server", c.says)
	}
	all, err := h.store.Requests(t.Context(), h.clock)
	if must(t, err); len(all) != 0 || len(h.mails()) != 0 {
		t.Errorf("a form with mistakes was kept: %+v", all)
	}
}

// Nobody floods the operator or a mailbox: an address is answered three times a day
// with the same page, a source ten times an hour.
func TestJoinIsBounded(t *testing.T) {
	h := newHouse(t, helped)
	for range 5 {
		h.browser().open("/join/mailbox").press("Send", mailboxForm).reads(200, "/join/mailbox/sent", "Thank you")
	}
	if got := len(h.mails()); got != 6 {
		t.Errorf("got %d mails, want two for each of three requests", got)
	}
	for i := range 5 {
		h.browser().open("/join/mailbox").press("Send", with(mailboxForm, "address", strings.Repeat("a", i+1)+"@work.example")).reads(200, "/join/mailbox/sent")
	}
	if b := h.browser().open("/join/mailbox").press("Send", with(mailboxForm, "address", "last@work.example")); b.status != 429 {
		t.Errorf("the eleventh of an hour: got %d, want 429", b.status)
	}
}
