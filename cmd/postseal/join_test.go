package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/config"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/store/storetest"
)

// SCC-17, SCC-18, CJSM-9: an operator sees who waits against the promised time;
// approving tells the one who asked and names the domain; a consumer mail service is
// refused before anybody is told anything.
func TestApprove(t *testing.T) {
	now := time.Now()
	st := storetest.Memory(t, time.Now)
	cfg := &config.Config{Portal: config.Portal{URL: "https://secure.example.gov.uk"}}
	anna := addr.MustParse("anna@surgery.example")
	ask := func(domain string) store.Request {
		r, err := st.MakeRequest(t.Context(), store.Request{Kind: store.KindServer, Organisation: "Hill\nSurgery", Address: anna, Domain: domain}, now)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	good, bad := ask("surgery.example"), ask("gmail.com")
	var out strings.Builder
	if err := listRequests(t.Context(), st, &out, false, now.Add(store.ServerTarget+time.Minute)); err != nil || strings.Count(out.String(), "OVERDUE") != 2 || strings.Count(out.String(), "\n") != 2 {
		t.Fatalf("listed: %v\n%s", err, out.String())
	}
	if err := approve(t.Context(), cfg, st, &out, bad.Number, "", now); err == nil || !strings.Contains(err.Error(), "consumer mail service") {
		t.Fatalf("got %v", err)
	}
	if waits, err := st.Claim(t.Context(), 10, time.Minute, now); err != nil || len(waits) != 0 {
		t.Fatalf("somebody was told: %v %v", waits, err)
	}
	out.Reset()
	if err := approve(t.Context(), cfg, st, &out, good.Number, "Welcome.", now); err != nil || !strings.HasSuffix(out.String(), "\nsurgery.example\n") {
		t.Fatalf("approved: %v\n%s", err, out.String())
	}
	told, err := st.Claim(t.Context(), 10, time.Minute, time.Now().Add(time.Second))
	if err != nil || len(told) != 1 || !told[0].To.Equal(anna) || !strings.Contains(string(told[0].Data), "Welcome.") {
		t.Fatalf("told: %v %v", told, err)
	}
	if err := decide(t.Context(), cfg, st, &out, good.Number, store.RequestDeclined, "", now); err == nil || !strings.Contains(err.Error(), "answered already") {
		t.Fatalf("a second answer: got %v", err)
	}
}

// SCC-18: the domain is added once, behind what is there, and a list that cannot be
// read is left as it is.
func TestAddPartner(t *testing.T) {
	file := filepath.Join(t.TempDir(), "partners.txt")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		before, after string
		added, ok     bool
	}{
		{"", "surgery.example\n", true, true},
		{"a.example # first", "a.example # first\nsurgery.example\n", true, true},
		{"# ours\nSurgery.Example\n", "# ours\nSurgery.Example\n", false, true},
		{"two words\n", "two words\n", false, false},
	} {
		write(c.before)
		added, err := addPartner(file, "surgery.example")
		b, _ := os.ReadFile(file)
		if added != c.added || (err == nil) != c.ok || string(b) != c.after {
			t.Errorf("%q: got %v, %v, %q, want %q", c.before, added, err, b, c.after)
		}
	}
	if _, err := addPartner(file+"x", "surgery.example"); err == nil {
		t.Error("a list that is not there was changed")
	}
}
