package store_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/postseal/postseal/store"
)

// A new key opens first and seals later; names stay; a file is never changed into one
// that cannot be read.
func TestRotateMasterKeys(t *testing.T) {
	file := "# ours\n\n" + keyA
	before := ring(t, file)
	added, id, err := store.AddMasterKey([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	k := ring(t, string(added))
	if got := k.SealingID(); got != "a" {
		t.Errorf("seals with %s while the new key waits, want a", got)
	}
	if got := k.WaitingIDs(); len(got) != 1 || got[0] != id {
		t.Errorf("got %v waiting, want %s", got, id)
	}
	if !strings.HasPrefix(string(added), "# ours\n\n"+id+" ") || !strings.HasSuffix(string(added), keyA) {
		t.Error("the new line does not stand above the old one, with all else as it was")
	}
	if _, _, err := store.AddMasterKey(added); !errors.Is(err, store.ErrWaits) {
		t.Errorf("a second one: got %v, want %v", err, store.ErrWaits)
	}
	used, which, err := store.UseMasterKey(added)
	if err != nil || which != id {
		t.Fatalf("got %s, %v, want %s", which, err, id)
	}
	if got := ring(t, string(used)).SealingID(); got != id {
		t.Errorf("seals with %s, want %s", got, id)
	}
	if _, _, err := store.UseMasterKey(used); !errors.Is(err, store.ErrNoneWaits) {
		t.Errorf("got %v, want %v", err, store.ErrNoneWaits)
	}
	fingerprint := []byte("one")
	if got, want := ring(t, string(used)).EnvelopeID(fingerprint, "default"), before.EnvelopeID(fingerprint, "default"); got != want {
		t.Errorf("got %v, want %v: names must stay", got, want)
	}
	for _, bad := range []string{"", "x\n", keyA + "b ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8= waiting\n", strings.TrimSpace(keyA) + " waiting\n", strings.TrimSpace(keyA) + " wating\n"} {
		if _, _, err := store.AddMasterKey([]byte(bad)); !errors.Is(err, store.ErrMasterKey) {
			t.Errorf("%q: got %v, want %v", bad, err, store.ErrMasterKey)
		}
	}
}
