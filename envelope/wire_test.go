package envelope_test

import (
	"bytes"
	"mime/quotedprintable"
	"slices"
	"strings"
	"testing"

	"github.com/postseal/postseal/envelope"
)

// maxPage is what the page may weigh without its container: room for the notice
// beside it within the 80 KB that a sealed mail may add.
const maxPage = 48 << 10

func TestPageSize(t *testing.T) {
	many := page(envelope.Classic)
	many.To = slices.Repeat([]string{"Somebody With A Name <somebody.with.a.name@department.example.gov.uk>"}, 400)
	for name, p := range map[string]envelope.Page{"classic": page(envelope.Classic), "passive": page(envelope.Passive), "many addresses": many} {
		n := len(writePage(t, p, nil))
		t.Logf("%s: %d bytes without container", name, n)
		if n > maxPage {
			t.Errorf("%s: %d bytes without container, want at most %d", name, n, maxPage)
		}
	}
}

// BOP-4 with the promise of design.md: base64 attachments that do not compress
// grow by at most 4 % and 80 KB, notice included; mail rules on line lengths hold.
func TestGrowthOnTheWire(t *testing.T) {
	const noticeRoom = 20_000 // bytes of text and header beside the page
	for name, original := range map[string][]byte{
		"100 KB of text":      mail76(100_000, 0),
		"7 MB of base64":      mail76(0, 5_000_000),
		"text, then base64":   mail76(300_000, 4_000_000),
		"1 KB":                mail76(1000, 0),
		"8-bit attachment":    append(mail76(1000, 0), noise(2_000_000, 3)...)[:1_500_000],
		"several attachments": slices.Concat(mail76(5000, 1_000_000), mail76(40_000, 1_000_000), mail76(90_000, 500_000)),
	} {
		container, _ := seal(t, original, options(original))
		b := writePage(t, page(envelope.Classic), container)
		for line := range bytes.Lines(b) {
			if len(line) > 998 {
				t.Errorf("%s: a line of %d octets", name, len(line))
			}
		}
		area := string(b[bytes.Index(b, []byte("readonly>")):bytes.Index(b, []byte("</textarea>"))])
		for i, line := range strings.Split(area, "\n") {
			if i > 0 && len(line) > 72 {
				t.Fatalf("%s: a container line of %d", name, len(line))
			}
		}
		var wire bytes.Buffer
		w := quotedprintable.NewWriter(&wire)
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		size := wire.Len() + noticeRoom
		t.Logf("%s: %d -> container %d, page %d, wire %d (%.4f, beside the page %+d)", name, len(original), len(container), len(b), wire.Len(),
			float64(wire.Len())/float64(len(original)), size-len(original)*104/100)
		if name != "8-bit attachment" && size > len(original)*104/100+80_000 {
			t.Errorf("%s: %d became %d, over 4 %% and 80 KB", name, len(original), size)
		}
	}
}

// What the container must hide, in the page as it is and decoded.
func TestNoWordOfTheMessage(t *testing.T) {
	planted := []string{"QQ123456C", "adoption of Oliver", "assessment-of-need.docx", "Subject: Planted"}
	original := []byte("From: a@example.gov.uk\r\nSubject: Planted\r\n\r\n" + strings.Repeat(strings.Join(planted, " ")+"\r\n", 1000))
	container, _ := seal(t, original, options(original))
	for _, form := range forms {
		b := writePage(t, page(form), container)
		for _, word := range planted {
			if bytes.Contains(b, []byte(word)) || bytes.Contains(container, []byte(word)) {
				t.Errorf("%s: %q shows", form, word)
			}
		}
		if bytes.Contains(b, key(1).Bytes()) || strings.Contains(string(b), envelope.Key{}.String()) {
			t.Errorf("%s: the page holds a key or prints one", form)
		}
	}
}
