package envelope

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// What was compressed before in the same memory leaves no trace: the same bytes
// give the same stream, on which a retry's envelope being the same one rests, and
// nothing of another message is in it. Promise 2
func TestSqueezerForgetsTheMessageBefore(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 150_000)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	text := strings.Repeat("The pelargonium is in the greenhouse, and the key is under the mat. ", 3000)
	inputs := [][]byte{nil, []byte("a"), []byte(text), []byte(text[:70_000]), noise, []byte(base64.StdEncoding.EncodeToString(noise)), []byte(text[7:65_600]), []byte(text[:100])}
	squeezed := func(in []byte, again bool) []byte {
		var out bytes.Buffer
		s, err := newSqueezer(&out)
		if err != nil {
			t.Fatal(err)
		}
		if again {
			defer s.release()
		} else { // as nobody had it before
			s.presses = spare.New().(*presses)
		}
		if _, err := s.Write(in); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	fresh := make([][]byte, len(inputs))
	for i, in := range inputs {
		fresh[i] = squeezed(in, false)
		z, err := zlib.NewReader(bytes.NewReader(fresh[i]))
		if err != nil {
			t.Fatal(err)
		}
		if back, err := io.ReadAll(z); err != nil || !bytes.Equal(back, in) {
			t.Fatalf("input %d does not come back: %v", i, err)
		}
	}
	for range 200 {
		i := random.IntN(len(inputs))
		if got := squeezed(inputs[i], true); !bytes.Equal(got, fresh[i]) {
			t.Fatalf("input %d: another stream after other messages", i)
		}
	}
}
