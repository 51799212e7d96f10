package policy_test

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/extract/extracttest"
	"github.com/postseal/postseal/policy"
)

// The bounds of the definition of done: any one message within five seconds and
// little memory, and none of them passes.
const (
	longest    = 5 * time.Second * raceFactor
	mostMemory = 256 << 20
)

// repeat gives a text n times over without holding it.
type repeat struct {
	text string
	n    int
	rest string
}

func (r *repeat) Read(p []byte) (int, error) {
	if r.rest == "" {
		if r.n == 0 {
			return 0, io.EOF
		}
		r.n--
		r.rest = r.text
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func field(name, value string) policy.Field { return policy.Field{Name: name, Value: " " + value} }

func TestLimits(t *testing.T) {
	f := rules(t, councilRules)
	mixed := field("Content-Type", "multipart/mixed; boundary=b")
	// Bombs whose weight is all there is to them are light ones under -race.
	var tooBigWhenWhole error
	if shrink == 1 {
		tooBigWhenWhole = policy.ErrTooBig
	}
	// Made when asked for: what is held all the time makes the heap grow further
	// before garbage is collected.
	bigHeaders := map[string]func() []policy.Field{
		"header of 100 MB in one field": func() []policy.Field {
			return []policy.Field{field("Subject", strings.Repeat("=?utf-8?Q?x", 100<<20/11))}
		},
		"header of 100 MB in many fields": func() []policy.Field { return many(field("X-Label", strings.Repeat("a ", 50)), 1<<20) },
		"100 subjects of 400 KB":          func() []policy.Field { return many(field("Subject", strings.Repeat("[", 400<<10)), 100) },
	}
	for _, c := range []struct {
		name   string
		header []policy.Field
		body   func() io.Reader
		err    error // of some part
	}{
		{"multiparts 8000 deep", []policy.Field{field("Content-Type", "multipart/mixed; boundary=b0")}, func() io.Reader {
			var b strings.Builder
			for i := range 8000 {
				b.WriteString("--b" + strconv.Itoa(i) + "\r\nContent-Type: multipart/mixed; boundary=b" + strconv.Itoa(i+1) + "\r\n\r\n")
			}
			return strings.NewReader(b.String())
		}, policy.ErrTooBig},
		{"messages 8000 deep", []policy.Field{field("Content-Type", "message/rfc822")}, func() io.Reader {
			return strings.NewReader(strings.Repeat("Subject: x\r\nContent-Type: message/rfc822\r\n\r\n", 8000))
		}, policy.ErrTooBig},
		{"200000 parts", []policy.Field{mixed}, func() io.Reader {
			return &repeat{text: "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n", n: 200000}
		}, policy.ErrTooBig},
		{"header of 100 MB in one field", nil, empty, policy.ErrTooBig},
		{"header of 100 MB in many fields", nil, empty, policy.ErrTooBig},
		{"100 subjects of 400 KB", nil, empty, policy.ErrTooBig},
		{"line of 100 MB", nil, func() io.Reader { return &repeat{text: strings.Repeat("x", 1<<20), n: 100} }, policy.ErrTooBig},
		{"part header of many folds", []policy.Field{mixed}, func() io.Reader {
			return &repeat{text: "--b\r\nX: y" + strings.Repeat("\r\n ", 20000) + "\r\n\r\nx\r\n", n: 1500}
		}, policy.ErrTooBig},
		{"contradictions in contradictions", []policy.Field{field("Content-Type", "multipart/mixed; boundary=a; boundary=b; boundary=c; boundary=d")}, func() io.Reader {
			part := "\r\nContent-Type: multipart/mixed; boundary=a; boundary=b\r\nContent-Type: multipart/x; boundary=c; boundary=d\r\nContent-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
			return &repeat{text: "--a" + part + "--b" + part + "--c" + part + "--d" + part, n: 5000}
		}, policy.ErrUnreadable},
		{"20 MB of empty lines 15 deep", []policy.Field{field("Content-Type", "multipart/mixed; boundary=b0")}, func() io.Reader {
			var b strings.Builder
			for i := range 15 {
				b.WriteString("--b" + strconv.Itoa(i) + "\r\nContent-Type: multipart/mixed; boundary=b" + strconv.Itoa(i+1) + "\r\n\r\n")
			}
			return io.MultiReader(strings.NewReader(b.String()), &repeat{text: strings.Repeat("\n", 1<<20), n: 20})
		}, policy.ErrTooBig},
		{"parts of text, 100 MB", []policy.Field{mixed}, func() io.Reader {
			return &repeat{text: "--b\r\n\r\n" + strings.Repeat("word ", 1<<20/5) + "\r\n", n: 100}
		}, policy.ErrTooBig},
		{"attachment of 100 MB", []policy.Field{field("Content-Type", "application/pdf"), field("Content-Transfer-Encoding", "base64")}, func() io.Reader {
			return &repeat{text: strings.Repeat(strings.Repeat("QUFB", 19)+"\r\n", 1000), n: 100 << 20 / 78000}
		}, nil},
		{"100 MB of lines like boundaries, 15 deep, read nine times", []policy.Field{field("Content-Type", "multipart/mixed; boundary=b0; boundary=c; boundary=d; boundary=e; boundary=f; boundary=g; boundary=h; boundary=i; boundary=j")}, func() io.Reader {
			var b strings.Builder
			for i := range 15 {
				b.WriteString("--b" + strconv.Itoa(i) + "\r\nContent-Type: multipart/mixed; boundary=b" + strconv.Itoa(i+1) + "\r\n\r\n")
			}
			return io.MultiReader(strings.NewReader(b.String()), &repeat{text: strings.Repeat("--\n", 1<<20/3/shrink), n: 100 / shrink})
		}, tooBigWhenWhole},
		{"messages quoted 19 deep, 100 MB", []policy.Field{field("Content-Type", "message/rfc822"), field("Content-Transfer-Encoding", "quoted-printable")}, func() io.Reader {
			head := strings.Repeat("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", 18)
			return io.MultiReader(strings.NewReader(head+"Subject: x\r\n\r\n"), &repeat{text: strings.Repeat("-\n", 1<<19), n: 100 / shrink})
		}, policy.ErrTooBig},
		{"24 MB of text that may be in eight charsets", []policy.Field{mixed}, func() io.Reader {
			head := "--b\r\nContent-Type: text/plain; charset=windows-1251; charset=windows-1252; charset=windows-1253; charset=windows-1254; charset=koi8-r; charset=gb18030; charset=utf-16; charset=utf-8\r\n\r\n"
			return &repeat{text: head + strings.Repeat("gr\xfc\xdfe\x80 ", 4<<20/8/shrink) + "\r\n", n: 6}
		}, tooBigWhenWhole},
		{"text of 100 MB called base64", []policy.Field{mixed}, func() io.Reader {
			return &repeat{text: "--b\r\nContent-Transfer-Encoding: base64\r\n\r\n" + strings.Repeat("two words\nQUFBQUFB\n", 1<<20/19/shrink) + "\r\n", n: 100 / shrink}
		}, tooBigWhenWhole},
		{"body over the limit", nil, func() io.Reader { return &repeat{text: strings.Repeat("x\n", 1<<19), n: 300} }, policy.ErrTooBig},
	} {
		t.Run(c.name, func(t *testing.T) {
			header, body := c.header, c.body()
			if big := bigHeaders[c.name]; big != nil {
				header = big()
			}
			var m *policy.Message
			var v policy.Verdict
			took, memory := extracttest.Measured(func() {
				var err error
				if m, err = policy.Read(staff(), header, body, policy.Limits{}); err != nil {
					t.Fatal(err)
				}
				v = f.Classify(m)
			})
			t.Logf("%v, %d MB, %d parts, doubts %.300q", took.Round(time.Millisecond), memory>>20, len(m.Parts), m.Doubts)
			if took > longest {
				t.Errorf("took %v, want at most %v", took, longest)
			}
			if memory > mostMemory {
				t.Errorf("took %d MB, want at most %d", memory>>20, mostMemory>>20)
			}
			if c.err != nil && !hasErr(m, c.err) {
				t.Errorf("no part has %v; doubts %q", c.err, m.Doubts)
			}
			if c.err != nil && v.Recipients[0].Action != policy.Seal {
				t.Errorf("got %v, want seal", v.Recipients[0].Action)
			}
		})
	}
}

func TestReadGivesTheReadersError(t *testing.T) {
	broken := errors.New("disk")
	_, err := policy.Read(staff(), nil, io.MultiReader(strings.NewReader("x\n"), failing{broken}), policy.Limits{})
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
	_, err = policy.Read(staff(), nil, io.MultiReader(strings.NewReader("x\nyyy"), failing{broken}), policy.Limits{Bytes: 1})
	if !errors.Is(err, broken) {
		t.Errorf("beyond the limit: got %v, want %v", err, broken)
	}
}

func TestSizeCountsHeaderAndWholeBody(t *testing.T) {
	header := []policy.Field{{Name: "Subject", Value: " hello"}} // 16 octets with CRLF, 2 for the empty line
	for _, l := range []policy.Limits{{}, {Bytes: 3}} {
		m, err := policy.Read(staff(), header, strings.NewReader("12345\r\n"), l)
		if err != nil || m.Size != 25 {
			t.Errorf("%+v: got %d, %v; want 25", l, m.Size, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func hasErr(m *policy.Message, want error) bool {
	for _, p := range m.Parts {
		if errors.Is(p.Err, want) {
			return true
		}
	}
	return false
}

func empty() io.Reader { return strings.NewReader("") }

func many(f policy.Field, n int) []policy.Field {
	all := make([]policy.Field, n)
	for i := range all {
		all[i] = f
	}
	return all
}
