package envelope

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

// byOctet lays a text out in lines octet by octet.
func byOctet(code string) string {
	var b strings.Builder
	for rest := []byte(code); len(rest) > 0; {
		n := coinEnd(rest[:min(len(rest), lineLength)])
		b.Write(rest[:n])
		b.WriteByte('\n')
		rest = rest[n:]
	}
	return b.String()
}

// coinEnd is lineEnd octet by octet.
func coinEnd(b []byte) int {
	coin, mid := 0, false // length of the word under way that may become such an address; whether a word is under way
	for i, c := range b {
		switch {
		case c == '+' || c == '/' || c == '=':
			mid, coin = false, 0
		case !mid:
			mid, coin = true, 0
			if c == '1' || c == '3' {
				coin = 1
			}
		case !isCoin[c]:
			coin = 0
		case coin > 0:
			coin++
		}
		if used := i + 1; coin >= coinBreak && used%4 == 0 {
			return used
		}
	}
	return len(b)
}

// TestLinesAreThoseByOctet: what is told by a few octets of a line is what all of
// them tell, for containers of every length and however they are read. C20
func TestLinesAreThoseByOctet(t *testing.T) {
	r := rand.New(rand.NewChaCha8([32]byte{1}))
	for _, n := range []int{0, 1, 2, 3, 53, 54, 55, 108, rawPiece - 1, rawPiece, rawPiece + 1, 3*rawPiece + 17, 1 << 20} {
		raw := make([]byte, n)
		for i := range raw {
			raw[i] = byte(r.Uint32())
		}
		want := byOctet(base64.StdEncoding.EncodeToString(raw))
		for name, from := range map[string]io.Reader{"whole": bytes.NewReader(raw), "in halves": iotest.HalfReader(bytes.NewReader(raw)), "with its end": iotest.DataErrReader(bytes.NewReader(raw))} {
			var got bytes.Buffer
			if err := writeBase64(&got, from); err != nil || got.String() != want {
				t.Errorf("%d octets %s: other lines (%v)", n, name, err)
			}
		}
	}
}

// TestLinesOfCoins lays out texts that are nearly all such addresses.
func TestLinesOfCoins(t *testing.T) {
	r := rand.New(rand.NewChaCha8([32]byte{2}))
	const often = "1113aBcDeFg2ZzYyXx9876"
	for range 20_000 {
		b := make([]byte, 4*(1+r.IntN(lineLength/4)))
		for i := range b {
			b[i] = often[r.IntN(len(often))]
			if r.IntN(30) == 0 {
				b[i] = "+/0OIl="[r.IntN(7)]
			}
		}
		if got, want := lineEnd(b), coinEnd(b); got != want {
			t.Fatalf("%s: got a line of %d, want %d", b, got, want)
		}
	}
}

// TestContainerCutShort: a container whose reader breaks off is no page.
func TestContainerCutShort(t *testing.T) {
	for _, want := range []error{io.ErrUnexpectedEOF, errors.New("disk gone")} {
		from := io.MultiReader(strings.NewReader("half of it"), iotest.ErrReader(want))
		if err := writeBase64(io.Discard, from); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}
