package audit_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
)

var key = []byte("a key of a test")

// chain makes n entries and gives them with the head.
func chain(n int) (entries []audit.Entry, head audit.MAC) {
	for i := range n {
		e, _ := audit.Next(key, head, audit.Entry{
			Seq: uint64(i + 1), Time: time.Date(2026, 6, 1, 9, i, 0, 0, time.UTC), Actor: audit.Recipient(addr.MustParse("Jane@x.example")),
			Action: audit.Released, Objects: []string{"a@x.example", "b@x.example"}, Reason: "open", Nonce: [8]byte{byte(i)},
		})
		entries, head = append(entries, e), e.MAC
	}
	return entries, head
}

func TestVerifyNamesTheFirstBadEntry(t *testing.T) {
	for _, c := range []struct {
		name string
		bend func([]audit.Entry) []audit.Entry
		want string // "" holds
	}{
		{"untouched", func(e []audit.Entry) []audit.Entry { return e }, ""},
		{"time", func(e []audit.Entry) []audit.Entry { e[2].Time = e[2].Time.Add(time.Second); return e }, "entry 3 was changed"},
		{"actor", func(e []audit.Entry) []audit.Entry { e[0].Actor = audit.Milter; return e }, "entry 1 was changed"},
		{"an object moved into the reason", func(e []audit.Entry) []audit.Entry {
			e[1].Objects, e[1].Reason = e[1].Objects[:1], e[1].Objects[1]+e[1].Reason
			return e
		}, "entry 2 was changed"},
		{"left out", func(e []audit.Entry) []audit.Entry { return append(e[:1], e[2:]...) }, "entry 2 says it is number 3"},
		{"swapped", func(e []audit.Entry) []audit.Entry { e[1], e[2] = e[2], e[1]; return e }, "entry 2 says it is number 3"},
		{"renumbered", func(e []audit.Entry) []audit.Entry { e = append(e[:1], e[2:]...); e[1].Seq = 2; return e }, "entry 2 does not follow"},
		{"twice", func(e []audit.Entry) []audit.Entry { return append(e, e[4]) }, "entry 6 says it is number 5"},
		{"tail cut off", func(e []audit.Entry) []audit.Entry { return e[:4] }, "the last entry (4) is not the recorded head"},
		{"all cut off", func([]audit.Entry) []audit.Entry { return nil }, "the last entry (0)"},
	} {
		entries, head := chain(5)
		err := audit.Verify(key, c.bend(entries), head)
		if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, audit.ErrBroken) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	entries, head := chain(2)
	if err := audit.Verify([]byte("another key"), entries, head); !errors.Is(err, audit.ErrBroken) {
		t.Errorf("another key: got %v", err)
	}
	if err := audit.Verify(key, nil, audit.MAC{}); err != nil {
		t.Errorf("the empty chain: got %v", err)
	}
}

func TestDecodeGivesBackWhatNextEncoded(t *testing.T) {
	for _, e := range []audit.Entry{
		{Seq: 1, Time: time.Date(2026, 6, 1, 9, 0, 0, 123456789, time.UTC), Actor: "sender:ü@x.example", Action: audit.Recalled, Objects: []string{"a", ""}, Reason: "line\nbreak", Nonce: [8]byte{1, 2}},
		{Seq: 2, Time: time.UnixMilli(0)},
	} {
		want, encoded := audit.Next(key, audit.MAC{7}, e)
		got, err := audit.Decode(encoded)
		if err != nil {
			t.Fatal(err)
		}
		again, bytesAgain := audit.Next(key, audit.MAC{7}, got)
		if again.MAC != want.MAC || !bytes.Equal(encoded, bytesAgain) || !got.Time.Equal(e.Time.Truncate(time.Millisecond)) || got.Reason != e.Reason || len(got.Objects) != len(e.Objects) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		for n := range encoded {
			if _, err := audit.Decode(encoded[:n]); !errors.Is(err, audit.ErrSyntax) {
				t.Fatalf("cut at %d: got %v", n, err)
			}
		}
	}
}

func TestParseMAC(t *testing.T) {
	_, head := chain(1)
	if got, err := audit.ParseMAC(head.String()); err != nil || got != head {
		t.Errorf("got %v %v", got, err)
	}
	for _, bad := range []string{"", "zz", head.String()[1:], head.String() + "00"} {
		if _, err := audit.ParseMAC(bad); !errors.Is(err, audit.ErrSyntax) {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	_, encoded := audit.Next(key, audit.MAC{}, audit.Entry{Seq: 1, Time: time.UnixMilli(1), Actor: "milter", Objects: []string{"x"}, Reason: "r"})
	f.Add(encoded)
	f.Add([]byte{1})
	f.Add(append(encoded[:60:60], 0xff, 0xff, 0xff, 0xff))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := audit.Decode(b)
		if err != nil {
			return
		}
		_, again := audit.Next(nil, e.Previous, e)
		if !bytes.Equal(again[:len(again)-32], b[:len(b)-32]) {
			t.Fatalf("encoded again it differs:\n%x\n%x", b, again)
		}
	})
}
