package notice

import (
	"bytes"
	"encoding/base64"
	"errors"
	"mime/quotedprintable"
	"strings"
	"testing"

	"github.com/postseal/postseal/bench/cputime"
)

func quotedBoth(t testing.TB, text []byte, cuts ...int) (got, want string) {
	t.Helper()
	var theirs, ours bytes.Buffer
	w := quotedprintable.NewWriter(&theirs)
	// It loses the LF of "\r\x00\n", see slowly.
	_, _ = w.Write(bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n")))
	_ = w.Close()
	q := newQuoted(&ours)
	for _, n := range cuts {
		n = min(max(n, 0), len(text))
		_, _ = q.Write(text[:n])
		text = text[n:]
	}
	_, _ = q.Write(text)
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	return ours.String(), theirs.String()
}

// Ours writes what the standard library writes, however the text comes.
func FuzzQuoted(f *testing.F) {
	for _, s := range []string{
		"", "a", "\n", "plain\nlines\n", "ends in space \nand tab\t\n", "a=b\n", "Zoë\n", "a\rb\r\nc\n", "\x7f\x00\x1f\n", "\t\n \n",
		strings.Repeat("x", 74) + " \n", strings.Repeat("x", 75) + "\n", strings.Repeat("x", 76) + "\n", strings.Repeat("x", 73) + "=\n", strings.Repeat("x", 72) + "=\n",
		strings.Repeat("x", 75) + " \n", strings.Repeat("ü", 60) + "\n", strings.Repeat("word ", 40) + "\n", strings.Repeat("long", 2000), strings.Repeat("long", 2000) + "\nend",
		"00\r\x00\x04\n\n\r00\r\n$", "a\r\r\nb\r", strings.Repeat("x", 5000) + "\r\ny\r\x00\nz", strings.Repeat("x", 5000) + "\r",
		strings.Repeat(" ", 151) + "\n", "12345678=\n1234567=8\n",
	} {
		f.Add([]byte(s), 3, 70)
	}
	f.Fuzz(func(t *testing.T, text []byte, a, b int) {
		if got, want := quotedBoth(t, text, a, b); got != want {
			t.Errorf("%q:\n got %q\nwant %q", text, got, want)
		}
	})
}

type noDisk struct{ err error }

func (n noDisk) Write([]byte) (int, error) { return 0, n.err }

func TestQuotedGivesTheErrorBelow(t *testing.T) {
	want := errors.New("cut")
	for _, text := range []string{"short\n", strings.Repeat("a line\n", 20000), strings.Repeat("x", 100000)} {
		q := newQuoted(noDisk{want})
		_, _ = q.Write([]byte(text))
		if err := q.Close(); !errors.Is(err, want) {
			t.Errorf("error = %v, want %v", err, want)
		}
	}
}

// BenchmarkQuoted is base64 in lines, beside the standard library.
func BenchmarkQuoted(b *testing.B) {
	code := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("0123456789 noise"), 64<<10))
	var lines bytes.Buffer
	for ; len(code) > 72; code = code[72:] {
		lines.WriteString(code[:72] + "\n")
	}
	text := lines.Bytes()
	cputime.Beside(b, len(text), func() {
		q := newQuoted(noDisk{})
		_, _ = q.Write(text)
		_ = q.Close()
	}, len(text), func() {
		q := quotedprintable.NewWriter(noDisk{})
		_, _ = q.Write(text)
		_ = q.Close()
	})
}
