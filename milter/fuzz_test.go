package milter_test

import (
	"bytes"
	"testing"

	"github.com/postseal/postseal/milter"
)

// FuzzDecide: whatever else a marked message holds, it leaves sealed and opens
// octet for octet, or it is answered; it never passes.
func FuzzDecide(f *testing.F) {
	for _, seed := range []string{
		message("greenhouse", outside),
		"To: \r\n\r\n", "Subject: =?utf-8?Q?x?=\r\n\tfold\r\n\r\n--b\r\n",
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\nz\r\n--b--",
		"To: a@b, <>, \"\xff\" <c@d>\r\nDate: never\r\nReferences: <<>> <a@b\r\n\r\n\x00\r\n.\r\n",
		"Cc: undisclosed-recipients:;\r\nContent-Transfer-Encoding: base64\r\n\r\n====",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, rest []byte) {
		w := newWorld(t)
		m := mailFor("Subject: [SECURE] marked\r\n"+string(rest), outside)
		out := w.decide(m)
		if out.Action == milter.Accept {
			t.Fatalf("a marked message passed: %+v", out)
		}
		for _, s := range w.out.Sent() {
			if securedoc(t, s.Bytes) == nil {
				continue // too big to attach
			}
			if got, _ := w.opened(s); !bytes.Equal(got, original(t, m)) {
				t.Fatal("the envelope opens to something else")
			}
		}
		if out.Action == milter.Answer && out.Reply.Code != 451 && out.Reply.Code != 550 && out.Reply.Code != 552 {
			t.Fatalf("answered %+v", out.Reply)
		}
	})
}
