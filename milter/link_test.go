package milter_test

import (
	"strings"
	"testing"

	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/milter"
)

// The first transaction of a big message found the shelf full and went out with
// the file; the second has nothing but the link. Its container must stay on the
// shelf as long as the message is open (promise 2), which the sweep learns from
// LinkUntil.
func TestLinkOnlyAfterAFullShelfStaysOpen(t *testing.T) {
	w := newWorld(t)
	big := "Sensitivity: Company-Confidential\r\n" + message("x", outside+", "+other) + noise(60<<10)
	w.faults.set("shelf", "failed")
	if got := w.decide(mailFor(big, outside)); got.Action != milter.Discard {
		t.Fatalf("got %+v", got)
	}
	w.faults.heal()
	if got := w.decide(mailFor(big, other)); got.Action != milter.Discard {
		t.Fatalf("got %+v", got)
	}
	sent := w.out.Sent()
	if len(sent) != 2 || securedoc(t, sent[0].Bytes) == nil || securedoc(t, sent[1].Bytes) != nil {
		t.Fatal("want one mail with the file and one without")
	}
	_, page := w.opened(sent[0])
	w.linkOpenToTheEnd(page.ID)
	if !strings.Contains(string(sent[1].Bytes), "/m/"+page.ID.String()) {
		t.Error("the second mail has no link")
	}
}

func (w *world) linkOpenToTheEnd(id envelope.ID) {
	w.t.Helper()
	known, err := w.store.Lookup(w.t.Context(), id)
	if err != nil || !known.Found {
		w.t.Fatal(err)
	}
	if r := known.Record; !r.LinkUntil.Equal(r.ExpiresAt) {
		w.t.Errorf("the link works until %v, the message until %v", r.LinkUntil, r.ExpiresAt)
	}
}
