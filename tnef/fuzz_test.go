package tnef_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/postseal/postseal/tnef"
	tt "github.com/postseal/postseal/tnef/tneftest"
)

// FuzzStream reads anything as winmail.dat: no panic, and either nothing is
// changed and a doubt told, or what stands around it is kept.
func FuzzStream(f *testing.F) {
	whole := tt.New().Class("IPM.Microsoft Schedule.MtgReq").
		Message(tt.Unicode(0x1000, "hello"), tt.Binary(0x1009, tt.PackedRTF(wrapped)), tt.Many(0x3a58, "a"), tt.Named(tt.Appointment, 0x8208, tt.Unicode(0x8002, "Room"))).
		Attach("a.bin", []byte("content"), tt.Unicode(0x3712, "pic@1"), tt.String8(0x3707, "a.bin"))
	f.Add(whole.Bytes())
	f.Add(tt.New().Attach("m", nil, tt.Long(0x3705, 5), tt.Inside(whole.Bytes())).Bytes())
	f.Add(tt.New().Message(tt.Binary(0x1009, tt.PlainRTF(`{\rtf1\ansi a\par\'fc\u8364?}`))).Bytes())
	f.Add(tt.New().Message(tt.Binary(0x1013, []byte("<p>x"))).Bytes()[:60])
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<20 {
			return
		}
		// Checksums would keep out most of what a fuzzer finds.
		raw := mixed(plainText, tt.Part(tt.Mend(b)), "Content-Type: text/plain\r\n\r\nlast")
		m, doubts, err := tnef.Unpack(strings.NewReader(raw), int64(len(raw)), func() tnef.Scratch { return &scratch{} })
		if err != nil {
			t.Fatal(err)
		}
		if m == nil {
			if len(doubts) == 0 {
				t.Fatal("left as it was, and nobody is told")
			}
			return
		}
		out, err := io.ReadAll(m.Reader())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(out, []byte("Gr=FC=DFe from Jane\r\n")) || !bytes.HasSuffix(out, []byte("--outer\r\nContent-Type: text/plain\r\n\r\nlast\r\n--outer--\r\nepilogue\r\n")) {
			t.Fatalf("what stands around was changed: %.2000q", out)
		}
		leaves(t, string(out)) // whatever came out can be read as MIME
	})
}

// FuzzMail reads anything as a message.
func FuzzMail(f *testing.F) {
	part := tt.Part(tt.New().Message(tt.Unicode(0x1000, "hello")).Attach("a", []byte("b")).Bytes())
	f.Add(mixed(plainText, part))
	f.Add(head + part)
	f.Add(mixed("Content-Type: message/rfc822\r\n\r\nSubject: in\r\n" + part))
	f.Add("Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=ab\n\n--ab\n" + part + "\n--a\n--a--")
	f.Add("Content-Disposition: attachment; filename=winmail.dat\r\n\r\n\x78\x9f\x3e\x22\x00\x00")
	f.Fuzz(func(t *testing.T, raw string) {
		m, _, err := tnef.Unpack(strings.NewReader(raw), int64(len(raw)), func() tnef.Scratch { return &scratch{} })
		if err != nil {
			t.Fatal(err)
		}
		if m != nil {
			if _, err := io.Copy(io.Discard, m.Reader()); err != nil {
				t.Fatal(err)
			}
		}
	})
}
