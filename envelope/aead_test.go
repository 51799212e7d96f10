package envelope

import (
	"bufio"
	"bytes"
	"io"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// Our writer gives the same octets as the library's for the same key and salt, on
// both sides of where a chunk ends.
func TestAEADIsTheLibrarys(t *testing.T) {
	key, salt := bytes.Repeat([]byte{7}, 32), bytes.Repeat([]byte{9}, aeadSalt)
	for _, n := range []int{0, 1, 65536, chunkSize - 1, chunkSize, chunkSize + 1, 2 * chunkSize, 2*chunkSize + 5000} {
		text := bytes.Repeat([]byte("text"), n/4+1)[:n]
		var theirs, ours bytes.Buffer
		suite := packet.CipherSuite{Cipher: packet.CipherAES256, Mode: packet.AEADModeGCM}
		w, err := packet.SerializeSymmetricallyEncrypted(&theirs, suite.Cipher, true, suite, key, &packet.Config{Rand: bytes.NewReader(salt), AEADConfig: &packet.AEADConfig{DefaultMode: suite.Mode, ChunkSize: chunkSize}})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write(text)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		_, body, err := readPacket(bufio.NewReader(&theirs))
		if err != nil {
			t.Fatal(err)
		}
		want, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		a, err := newAEADWriter(&ours, key, bytes.NewReader(salt))
		if err != nil {
			t.Fatal(err)
		}
		for len(text) > 0 { // in pieces that end nowhere in particular
			k := min(len(text), 10007)
			_, _ = a.Write(text[:k])
			text = text[k:]
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		a.release()
		if !bytes.Equal(ours.Bytes(), want) {
			t.Errorf("%d octets: ours differ from the library's", n)
		}
	}
}
