package cell

import (
	"bytes"
	"testing"
)

// FuzzFrame reads what comes through the pipe.
func FuzzFrame(f *testing.F) {
	f.Add([]byte{0, 0, 0, 2, 'a', 'b'})
	f.Add([]byte{255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		const most = 100
		if got, err := ReadFrame(bytes.NewReader(b), most); err == nil && (len(got) > most || len(got)+4 > len(b)) {
			t.Errorf("got %d octets of %d", len(got), len(b))
		}
	})
}
