package milter_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/postseal/postseal/milter"
)

func TestSpoolKeepsEveryByteAndNoName(t *testing.T) {
	for _, size := range []int{0, 1, milter.MemoryBody, milter.MemoryBody + 1, 3*milter.MemoryBody + 7} {
		dir := t.TempDir()
		s := milter.NewSpool(dir)
		want := bytes.Repeat([]byte("0123456789abcde\n"), size/16+1)[:size]
		for rest := want; len(rest) > 0; {
			n := min(len(rest), 65535)
			if _, err := s.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		for range 2 { // it can be read again
			got, err := io.ReadAll(s.Reader())
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d octets: got %d, error %v", size, len(got), err)
			}
		}
		if names, _ := os.ReadDir(dir); len(names) != 0 {
			t.Errorf("%d octets: clear text has a name in the directory", size)
		}
		s.Close()
	}
}

func TestSpoolSaysWhenThereIsNoRoom(t *testing.T) {
	s := milter.NewSpool(filepath.Join(t.TempDir(), "missing"))
	_, err := s.Write(make([]byte, milter.MemoryBody+1))
	if got, want := milter.CauseOf(err), "spool"; got != want {
		t.Errorf("got %q, want %q (%v)", got, want, err)
	}
}
