package milter_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/extract/extracttest"
	"github.com/postseal/postseal/milter/miltertest"
)

// fill repeats a piece up to a number of octets.
func fill(size int, piece string) string { return strings.Repeat(piece, size/len(piece)) }

// Headers and bodies made to cost time or memory, as big as the limits let them be:
// each is sealed, or refused with words, soon and within bounded memory. What fits is
// sealed whole.
func TestBombsAtTheMilter(t *testing.T) {
	const longest, most = 10 * time.Second, 256 << 20
	const one, whole = 100_000, 900_000 // octets of one field as Postfix lets it be, and of a header
	field := func(name, piece string) []miltertest.Field {
		return []miltertest.Field{{Name: name, Value: " " + fill(one, piece)}}
	}
	many := func(n int, name, value string) (out []miltertest.Field) {
		for range n {
			out = append(out, miltertest.Field{Name: name, Value: " " + value})
		}
		return out
	}
	var continued, mixed strings.Builder
	for i := 0; continued.Len() < one; i++ {
		fmt.Fprintf(&continued, "name*%d*=utf-8''%%0a;\n ", i)
	}
	for i := range 20_000 {
		fmt.Fprintf(&mixed, "--b\r\nContent-Type: text/plain; name*%d=a; name*%d*=b\r\nContent-Disposition: attachment; filename=\"=?utf-8?B?YQ==?=\"\r\n\r\nx\r\n", i, i)
	}
	for name, c := range map[string]struct {
		fields []miltertest.Field
		body   string
	}{
		"encoded words":            {field("Subject", "=?utf-8?B?YQ==?=\n "), "x"},
		"encoded words never done": {field("Subject", "=?utf-8?Q?"), "x"},
		"encoded words in names":   {field("To", "=?utf-8?Q?a?= <a@b.example>,\n "), "x"},
		"folds":                    {field("Subject", "\n "), "x"},
		"folds, in every field":    {many(9, "Thread-Topic", fill(one, "\n ")), "x"},
		"comments in comments":     {field("From", "("), "x"},
		"quotes":                   {field("Cc", `"\"`), "x"},
		"groups":                   {field("To", "a:b@c.example;,"), "x"},
		"addresses":                {field("Cc", "a@b.example,\n "), "x"},
		"Message-IDs":              {field("References", "<a@b.example>\n "), "x"},
		"Message-IDs never done":   {field("References", "<"), "x"},
		"parameters":               {field("Content-Type", "text/plain; a=b;\n c=d;"), "x"},
		"continuations":            {[]miltertest.Field{{Name: "Content-Type", Value: " text/plain; " + continued.String() + "x=y"}}, "x"},
		"received":                 {many(4000, "Received", fill(whole/4000-10, "from a by b; ")), "x"},
		"four thousand subjects":   {many(4000, "Subject", fill(200, "[")), "x"},
		"labels":                   {many(4000, "X-Label", "a; b; c"), "x"},
		"more fields than read":    {many(5000, "X", "y"), "x"},
		"more header than read":    {many(20, "X", fill(one, "y")), "x"},
		"parts, each with a name":  {many(1, "Content-Type", "multipart/mixed; boundary=b"), mixed.String()},
		"lines of one dot":         {nil, fill(8<<20, ".\r\n")},
		"a line of 30 MB":          {nil, fill(30<<20, "x")},
		"stray fields in the text": {nil, fill(8<<20, "Subject: [SECURE\r\n ")},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			socket := w.serve()
			m := handed(message("[SECURE] bomb", outside), outside)
			kept := m.Header[:0:0]
			for _, f := range m.Header { // a single From and To stay single
				if len(c.fields) == 0 || f.Name != c.fields[0].Name || f.Name == "Subject" {
					kept = append(kept, f)
				}
			}
			m.Header = append(kept, c.fields...)
			m.Body = []byte(c.body)
			var got miltertest.Result
			took, memory := extracttest.Measured(func() { got = w.send(socket, m) })
			t.Logf("%s %d, %v, %d MB", got.Action, got.Code, took.Round(time.Millisecond), memory>>20)
			if took > longest || memory > most {
				t.Errorf("took %v and %d MB, want at most %v and %d MB", took, memory>>20, longest, most>>20)
			}
			if got.Action == miltertest.Accept || got.Action == miltertest.Discard && len(w.out.Sent()) != 1 {
				t.Errorf("got %+v with %d envelopes", got, len(w.out.Sent()))
			}
			for _, s := range w.out.Sent() {
				if n := len(s.Bytes); n > 3<<20+2*len(c.body) {
					t.Errorf("an envelope of %d KB left", n>>10)
				}
			}
			if len(w.confirmations()) != len(w.out.Sent()) {
				t.Error("sealed and not confirmed, or confirmed and not sealed")
			}
		})
	}
}
