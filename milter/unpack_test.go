package milter_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/milter"
	"github.com/postseal/postseal/relay"
	tt "github.com/postseal/postseal/tnef/tneftest"
)

// outlookMail is a marked mail as Outlook writes it to people who it thinks use
// Outlook too.
func outlookMail(stream []byte) string {
	return strings.Replace(message("[SECURE] greenhouse", outside), "\r\n\r\nDear all,\r\nthe pelargonium is in the greenhouse.\r\n",
		"\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nDear all\r\n--b\r\n"+tt.Part(stream)+"\r\n--b--\r\n", 1)
}

// C14: the envelope holds the files instead of winmail.dat; who gets the mail in
// clear gets it as it was; a retry after a lost answer writes the same octets.
func TestWinmailIsTakenApart(t *testing.T) {
	content := bytes.Repeat([]byte("pelargonium "), 50_000) // more than the spool keeps in memory
	raw := outlookMail(tt.New().Message(tt.Unicode(0x1000, "Dear all")).Attach("plan.bin", content, tt.Unicode(0x3707, "plan.bin")).Bytes())
	w := newWorld(t)
	w.faults.set("relay", "lost")
	if out := w.decide(mailFor(raw, inside, outside)); out.Action != milter.Answer {
		t.Fatalf("got %+v, want a 451", out)
	}
	w.faults.heal()
	w.pass(time.Hour)
	m := mailFor(raw, inside, outside)
	if out := w.decide(m); out.Action != milter.Accept || !slices.Equal(out.Drop, []string{outside}) {
		t.Fatalf("got %+v, want the inside recipient to keep the original", out)
	}
	if got := original(t, m); !bytes.Contains(got, []byte("ms-tnef")) {
		t.Error("the original that goes on inside was changed")
	}
	sent := w.out.Sent()
	if len(sent) != 2 {
		t.Fatalf("relayed %d mails, want both tries", len(sent))
	}
	first, page := w.opened(sent[0])
	second, again := w.opened(sent[1])
	if !bytes.Equal(first, second) || page.ID != again.ID {
		t.Error("the second try seals other octets")
	}
	want := strings.ReplaceAll(tt.Base64(content), "\r\n", "")
	if got := strings.ReplaceAll(string(second), "\r\n", ""); !strings.Contains(got, want) || !strings.Contains(string(second), `filename="plan.bin"`) || strings.Contains(got, "winmail") || strings.Contains(got, "ms-tnef") {
		t.Errorf("sealed\n%.1500s", second)
	}
	known, err := w.store.Lookup(context.Background(), again.ID)
	if err != nil || known.Record.Size != int64(len(second)) || len(known.Record.Digests) != 1 {
		t.Errorf("the record says %d octets and %d digests; the message has %d, and both tries one container", known.Record.Size, len(known.Record.Digests), len(second))
	}
}

// What cannot be taken apart goes as it is, and its sender is told.
func TestDamagedWinmailIsTold(t *testing.T) {
	whole := tt.New().Attach("plan.bin", []byte("pelargonium")).Bytes()
	w := newWorld(t)
	m := mailFor(outlookMail(whole[:len(whole)-9]), outside)
	if out := w.decide(m); out.Action != milter.Discard {
		t.Fatalf("got %+v", out)
	}
	sent := w.out.Sent()
	if len(sent) != 1 || sent[0].Kind != relay.KindEnvelope {
		t.Fatalf("relayed %+v", sent)
	}
	if got, _ := w.opened(sent[0]); !bytes.Equal(got, original(t, m)) {
		t.Error("a damaged winmail.dat was changed")
	}
	told := w.confirmations()
	if len(told) != 1 || !slices.ContainsFunc(told[0].Notes, func(s string) bool { return strings.Contains(s, "winmail.dat could not be taken apart") }) {
		t.Errorf("told %+v", told)
	}
}
