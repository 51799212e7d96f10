package audit_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/audit"
)

var logKey = []byte("a key of thirty-two octets......")

func logOf(t testing.TB, lines ...audit.Line) []byte {
	t.Helper()
	var out []byte
	var mac audit.MAC
	for i, l := range lines {
		l.N = uint64(i) + 1
		text, next, err := audit.AppendLine(logKey, mac, l)
		if err != nil {
			t.Fatal(err)
		}
		out, mac = append(out, text...), next
	}
	return out
}

func someLines() []audit.Line {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	return []audit.Line{
		{Seq: 1, Time: at, Heads: []audit.Head{{ID: "a", Count: 3, MAC: strings.Repeat("0", 64), Keep: at.AddDate(1, 0, 0)}}},
		{Seq: 2, Time: at, Closed: &audit.Closing{ID: "a", Names: []string{"n1", "n2"}}},
		{Seq: 9, Time: at.Add(time.Hour), Closed: &audit.Closing{ID: "b", Destroyed: true}},
	}
}

func TestLogReadsWhatWasAppended(t *testing.T) {
	text := logOf(t, someLines()...)
	var g audit.Log
	var got []audit.Line
	keep := func(l audit.Line) error { got = append(got, l); return nil }
	first := bytes.IndexByte(text, '\n') + 1
	for _, part := range [][]byte{text[:first], text[first:]} { // as it grows
		if err := g.Read(logKey, bytes.NewReader(part), keep); err != nil {
			t.Fatal(err)
		}
	}
	if len(got) != 3 || got[1].Closed.Names[1] != "n2" || got[2].Seq != 9 || !got[2].Closed.Destroyed || got[0].Heads[0].Count != 3 {
		t.Errorf("got %+v", got)
	}
	if g.N != 3 || g.Size != int64(len(text)) {
		t.Errorf("state %d, %d", g.N, g.Size)
	}
}

// Any edit, deletion, move or foreign key is named with its line; a line that was
// not finished when the machine died is none.
func TestLogFindsChanges(t *testing.T) {
	whole := logOf(t, someLines()...)
	lines := bytes.SplitAfter(whole, []byte("\n"))[:3]
	for _, c := range []struct {
		name string
		text []byte
		key  []byte
		want string // of the error; empty: none
		read int
	}{
		{"whole", whole, logKey, "", 3},
		{"torn", whole[:len(whole)-1], logKey, "", 2},
		{"edited", bytes.Replace(whole, []byte(`"n2"`), []byte(`"n3"`), 1), logKey, "line 2 was changed", 1},
		{"one left out", bytes.Join([][]byte{lines[0], lines[2]}, nil), logKey, "line 2 was changed", 1},
		{"moved", bytes.Join([][]byte{lines[1], lines[0], lines[2]}, nil), logKey, "line 1 was changed", 0},
		{"twice", bytes.Join([][]byte{lines[0], lines[0]}, nil), logKey, "line 2 was changed", 1},
		{"another key", whole, []byte("another"), "line 1 was changed", 0},
		{"rubbish", append(bytes.Clone(whole), "rubbish\n"...), logKey, "line 4 is none", 3},
		{"endless", append(bytes.Clone(whole), bytes.Repeat([]byte("0"), 5<<20)...), logKey, "longer than", 3},
	} {
		var g audit.Log
		n := 0
		err := g.Read(c.key, bytes.NewReader(c.text), func(audit.Line) error { n++; return nil })
		if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, audit.ErrLog) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
		if n != c.read {
			t.Errorf("%s: %d lines, want %d", c.name, n, c.read)
		}
	}
}

func FuzzLog(f *testing.F) {
	f.Add(logOf(f, someLines()...))
	f.Add([]byte("00 {}\n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, text []byte) {
		var g audit.Log
		var again []byte
		var mac audit.MAC
		err := g.Read(logKey, bytes.NewReader(text), func(l audit.Line) error {
			one, next, err := audit.AppendLine(logKey, mac, l)
			again, mac = append(again, one...), next
			return err
		})
		if err == nil && int64(len(again)) > g.Size+int64(len(text)) {
			t.Errorf("read %d octets as %d", g.Size, len(again))
		}
	})
}
