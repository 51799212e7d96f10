package tnef_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/postseal/postseal/tnef"
	tt "github.com/postseal/postseal/tnef/tneftest"
)

// What is made to fill memory or time stays as it is, and is told.
func TestBombs(t *testing.T) {
	references := bytes.Repeat([]byte("\xff\x00\x0f\x00\x0f\x00\x0f\x00\x0f\x00\x0f\x00\x0f\x00\x0f\x00\x0f"), 200_000)
	small := tt.Part(tt.New().Attach("a", []byte("b")).Bytes())
	many := tt.New()
	for range 2001 {
		many.Attach("a", []byte("b"))
	}
	// Each of these is allowed, all of them are not.
	long := tt.Part(tt.New().Message(tt.Binary(0x1013, bytes.Repeat([]byte{' '}, 9<<20))).Bytes())
	for name, raw := range map[string]string{
		"RTF that expands":  mixed(tt.Part(tt.New().Message(tt.Binary(0x1009, tt.Packed(references, 27<<20))).Bytes())),
		"many files":        mixed(tt.Part(many.Bytes())),
		"bodies together":   mixed(long, long, long),
		"many winmail.dat":  mixed(strings.Repeat(small+"\r\n--outer\r\n", 30) + small),
		"200,000 parts":     mixed(strings.Repeat("\r\n--outer\r\n", 200_000) + small),
		"braces in braces":  mixed(tt.Part(tt.New().Message(tt.Binary(0x1009, tt.PlainRTF(`{\rtf1 `+strings.Repeat("{", 100_000)))).Bytes())),
		"many values":       mixed(tt.Part(tt.New().Message(tt.Many(0x1001, make([]string, 200_000)...)).Bytes())),
		"a body too long":   mixed(tt.Part(tt.New().Message(tt.Unicode(0x1000, strings.Repeat("x", 7<<20))).Bytes())),
		"in itself 20 deep": mixed(nested(20)),
	} {
		t.Run(name, func(t *testing.T) {
			m, doubts, err := tnef.Unpack(strings.NewReader(raw), int64(len(raw)), func() tnef.Scratch { return &scratch{} })
			if err != nil || len(doubts) != 1 || !strings.Contains(doubts[0], "winmail.dat") {
				t.Fatalf("got doubts %q, %v", doubts, err)
			}
			if m == nil {
				return
			}
			if out, err := io.ReadAll(m.Reader()); err != nil || !bytes.Contains(out, []byte("application/ms-tnef")) {
				t.Errorf("a part is lost (%v)", err)
			}
		})
	}
	deep := head + strings.Repeat("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n", 8000) + small
	if out, _ := unpack(t, deep); out != deep {
		t.Error("8000 multiparts in one another: changed")
	}
}

func nested(deep int) string {
	s := tt.New().Message(tt.Unicode(0x1000, "x"))
	for range deep {
		s = tt.New().Attach("x", nil, tt.Long(0x3705, 5), tt.Inside(s.Bytes()))
	}
	return tt.Part(s.Bytes())
}
