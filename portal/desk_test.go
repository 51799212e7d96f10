package portal_test

import (
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/store"
)

var (
	surgery = addr.MustParse("gp@surgery.example")
	anna    = addr.MustParse("anna@surgery.example")
	ben     = addr.MustParse("ben@surgery.example")
)

func toSurgery(r *store.Record) { r.To = []string{surgery.String()} }

// person signs somebody in, from the first page.
func (h *house) person(a addr.Address) *browser {
	h.t.Helper()
	b := h.browser().open("/").press("Continue", map[string]string{"address": a.String()})
	return b.byCode(a)
}

// begins is one person's step to a shared mailbox.
func (b *browser) begins(desk addr.Address) *browser {
	b.h.t.Helper()
	b.open("/desk").follow("Make an address a shared mailbox").press("Send a code to the shared mailbox", map[string]string{"address": desk.String()})
	return b.press("Continue", map[string]string{"code": b.h.code(desk)})
}

// BOP-23, journey 3: two people make the surgery's address a shared mailbox, each
// reads as herself, the address alone reads nothing, and a leaver is removed in two
// clicks.
func TestDesk(t *testing.T) {
	h := newHouse(t)
	h.shape = toSurgery
	l := h.send(plainMail, surgery)
	a, b := h.person(anna), h.person(ben)
	a.begins(surgery).reads(200, "", "A second person has to confirm it")
	var d notice.DeskData
	if h.mail(surgery, notice.Desk, &d); !d.Begun || len(d.People) != 1 || !strings.HasSuffix(d.Page, "/desk") {
		t.Fatalf("the first mail holds %+v", d)
	}
	b.begins(surgery).reads(200, "", "It begins", anna.String())
	d = notice.DeskData{}
	if h.mail(surgery, notice.Desk, &d); d.Begun || len(d.People) != 2 || !d.From.Equal(h.clock.Add(48*time.Hour)) {
		t.Fatalf("the second mail holds %+v", d)
	}
	h.browser().open(l.link).byCode(surgery).reads(200, l.page, "Dear Carla") // until it begins, all is as it was

	h.clock = h.clock.Add(48 * time.Hour)
	alone := h.browser().open(l.link).reads(200, "/signin", "shared mailbox")
	alone.press("Continue", map[string]string{"address": surgery.String()}).byCode(surgery)
	alone.reads(403, l.page, "Sign in with your own address", "signed in with an address of their own").silent("Dear Carla")
	a = h.browser().open(l.link).press("Continue", map[string]string{"address": anna.String()}).byCode(anna)
	a.reads(200, l.page, "Dear Carla")
	for _, path := range []string{"/part/1", "/print", "/message.eml"} {
		if a.open(l.page + path); a.status >= 500 || a.status == 403 {
			t.Errorf("%s: got %d", path, a.status)
		}
	}
	trail, err := h.store.Trail(t.Context(), l.id)
	must(t, err)
	last := trail.Entries[len(trail.Entries)-1]
	if last.Actor != audit.Recipient(anna) || !strings.Contains(last.Reason, surgery.Key()) {
		t.Errorf("the record says %s %s, want that anna read at the desk", last.Actor, last.Reason)
	}

	a.open("/desk").follow(surgery.String()).press("Put on the list", map[string]string{"address": carer.String(), "owner": ""})
	var m notice.DeskMemberData
	if h.mail(carer, notice.DeskMember, &m); m.Desk != surgery.String() || m.By != anna.String() || m.Owner {
		t.Errorf("the new member's mail holds %+v", m)
	}
	c := h.browser().open(l.link).press("Continue", map[string]string{"address": carer.String()}).byCode(carer)
	c.reads(200, l.page, "Dear Carla")
	c.open("/desk").follow(surgery.String()).silent("Put somebody on the list", "Remove")
	// Two clicks: the mailbox, Remove.
	a.open("/desk").follow(surgery.String()).press("Remove "+carer.String(), nil).reads(200, "", "was taken off the list")
	c.open(l.page).reads(403, l.page, "This message was sent to another address").silent("Dear Carla")
	c.open("/desk").silent(surgery.String())
	a.press("Remove "+ben.String(), nil)
	a.press("Leave", nil).reads(409, "", "look after the mailbox")
}

// Whoever reads the mailbox can stop it before it begins.
func TestDeskStopped(t *testing.T) {
	h := newHouse(t)
	h.person(anna).begins(surgery)
	h.mails()
	b := h.person(surgery)
	b.open("/desk").reads(200, "/desk", anna.String()).press("Stop it", nil).reads(200, "/desk").silent(anna.String())
	if _, have, err := h.store.Desk(t.Context(), surgery); have || err != nil {
		t.Errorf("it is still there: %v", err)
	}
}

// Nobody learns from the pages whether an address is a shared mailbox, and only its
// people reach its page, by whatever form.
func TestDeskIsForItsPeople(t *testing.T) {
	h := newHouse(t)
	_, err := h.store.OpenDesk(t.Context(), surgery, []addr.Address{anna}, "operator:test", h.clock)
	must(t, err)
	page := "/desk/" + h.store.DeskID(surgery)
	stranger := h.person(carer)
	stranger.open(page).reads(404, page)
	for path, fields := range map[string]string{"/add": "address=carer@home.example", "/remove": "who=anna@surgery.example", "/owner": "who=carer@home.example&do=owner"} {
		stranger.open("/desk/new")
		_, form := stranger.form("Send a code to the shared mailbox")
		stranger.post(page+path, "application/x-www-form-urlencoded", strings.NewReader("form="+form["form"]+"&"+fields))
		stranger.reads(404, page+path)
	}
	h.browser().open(page).reads(200, page, "Email address")
	// A member who has not the say: the forms of owners are not hers.
	_, err = h.store.OpenDesk(t.Context(), surgery, []addr.Address{ben}, "operator:test", h.clock)
	must(t, err)
	a := h.person(anna)
	a.open(page).press("No longer look after the list "+anna.String(), nil).reads(200, page)
	_, form := a.form("Leave")
	a.post(page+"/add", "application/x-www-form-urlencoded", strings.NewReader("form="+form["form"]+"&address=carer@home.example"))
	a.reads(404, page+"/add")
	d, _, err := h.store.Desk(t.Context(), surgery)
	must(t, err)
	if _, sits := d.Seat(carer); sits || len(d.Seats) != 2 {
		t.Errorf("the list is %v", d.Seats)
	}
	// The code goes to whatever address is typed: the answer is the same.
	answers := map[string]string{}
	for _, to := range []addr.Address{surgery, other} {
		b := h.person(carer)
		b.open("/desk/new").press("Send a code to the shared mailbox", map[string]string{"address": to.String()})
		h.mails()
		answers[strings.ReplaceAll(formSecret.ReplaceAllString(b.words(), ""), to.String(), "X")[:200]] = to.String()
	}
	if len(answers) != 1 {
		t.Errorf("the answers differ: %v", answers)
	}
}

// Nobody is flooded: mails to new people are bounded.
func TestDeskMailsAreBounded(t *testing.T) {
	h := newHouse(t)
	_, err := h.store.OpenDesk(t.Context(), surgery, []addr.Address{anna}, "operator:test", h.clock)
	must(t, err)
	b := h.person(anna).open("/desk/" + h.store.DeskID(surgery))
	for range 70 {
		if b.status != 200 {
			break
		}
		b.press("Put on the list", map[string]string{"address": carer.String(), "owner": ""})
		if b.status == 200 {
			b.press("Remove "+carer.String(), nil)
		}
	}
	if b.status != 429 {
		t.Errorf("got %d, want 429 in the end", b.status)
	}
	if got := len(h.mails()); got > 60 {
		t.Errorf("%d mails", got)
	}
}
