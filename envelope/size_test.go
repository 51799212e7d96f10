package envelope_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"mime/quotedprintable"
	"strings"
	"testing"

	"github.com/postseal/postseal/envelope"
)

// asSent gives a page as it leaves in a mail.
func asSent(t *testing.T, p envelope.Page, container []byte) int {
	t.Helper()
	var b bytes.Buffer
	q := quotedprintable.NewWriter(&b)
	if err := envelope.WritePage(q, p, bytes.NewReader(container)); err != nil {
		t.Fatal(err)
	}
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}

// letterOf is text as people write it, of about n octets: words by how often they
// stand in English, in lines of a mail.
func letterOf(n int) []byte {
	const words = "the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which one you were all her " +
		"she there would their we him been has when who will no more if out so up said what its about than into them can only other time new some could " +
		"these two may first then do any like my now over such our man me even most made after also did many off before must well back through years much where your way " +
		"assessment council review housing support agreed meeting attached officer report Tuesday October information decision please confirm"
	all := strings.Fields(words)
	r := rand.New(rand.NewChaCha8([32]byte{5}))
	var b bytes.Buffer
	for width := 0; b.Len() < n; {
		// Of two at random the one that stands earlier: the first words are frequent.
		word := all[min(r.IntN(len(all)), r.IntN(len(all)))]
		if r.IntN(12) == 0 {
			word += fmt.Sprintf(", %d", r.IntN(5000))
		}
		if width += len(word) + 1; width > 74 {
			b.WriteString("\r\n")
			width = len(word)
		}
		b.WriteString(word + " ")
	}
	return b.Bytes()
}

// TestSizes holds what a sealed mail may weigh: with attachments that cannot be
// compressed hardly more than the original, with text less.
func TestSizes(t *testing.T) {
	const kb, mb = 1000, 1000 * 1000
	largest := page(envelope.Classic)
	for i := range 60 {
		largest.To = append(largest.To, fmt.Sprintf("Somebody With A Name %d <somebody.with.a.name%d@a-long-domain-name.example>", i, i))
	}
	empty := asSent(t, page(envelope.Classic), nil)
	for name, p := range map[string]envelope.Page{"classic": page(envelope.Classic), "passive": page(envelope.Passive), "sixty recipients": largest} {
		if got := len(writePage(t, p, nil)); got > 48<<10 {
			t.Errorf("page without ciphertext, %s: %d octets, want at most 48 KiB", name, got) // as the file that it is; in the mail "=" takes three octets
		}
	}
	for _, c := range []struct {
		name     string
		original []byte
		most     float64
	}{
		{"1 MB, incompressible", mail76(2*kb, 1*mb*57/78), 1.04*1*mb + 70*kb},
		{"10 MB, incompressible", mail76(2*kb, 10*mb*57/78), 1.04*10*mb + 70*kb},
		{"100 KB of text", letterOf(100 * kb), 0.7*100*kb + float64(empty)},
		{"100 KB of text in base64", []byte(base64.StdEncoding.EncodeToString(letterOf(75 * kb))), 0.9*100*kb + float64(empty)},
	} {
		container, _ := seal(t, c.original, options(c.original))
		got := asSent(t, page(envelope.Classic), container)
		t.Logf("%s: %d octets become %d, page %d", c.name, len(c.original), got, empty)
		if float64(got) > c.most {
			t.Errorf("%s: %d octets, want at most %.0f", c.name, got, c.most)
		}
	}
}
