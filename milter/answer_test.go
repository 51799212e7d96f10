package milter_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/relay/relaytest"
)

const answerText = "From: \"Carla (secure mail)\" <reply+abc@secure.council.example>\r\nReply-To: carla@home.example\r\nTo: Jane <jane@council.example>\r\nCc: sam@firm.example\r\n" +
	"Subject: =?utf-8?q?Re:_Caf=C3=A9?=\r\nDate: Sat, 21 Nov 2026 09:15:00 +0000\r\nMessage-ID: <r.1@secure.council.example>\r\nIn-Reply-To: <outer@council.example>\r\n" +
	"References: <a@council.example>\r\n <outer@council.example>\r\nThread-Topic: =?utf-8?q?Caf=C3=A9?=\r\nThread-Index: AQHdXX2Cp4mXMkqzTUGQx1bLrIAA1A==\r\nMIME-Version: 1.0\r\n\r\nthank you\r\n"

func answerTo(to ...string) relay.Mail {
	m := relay.Mail{Kind: relay.KindInside, From: addr.MustParse("b+abc@secure.council.example"), Write: func(w io.Writer) error {
		_, err := io.WriteString(w, answerText)
		return err
	}}
	for _, a := range to {
		m.Recipients = append(m.Recipients, relay.Recipient{Address: addr.MustParse(a)})
	}
	return m
}

var carla = addr.Named{Name: "Carla Carer", Address: addr.MustParse("carla@home.example")}

// An answer of an outsider is sealed as the mail of staff is: for outsiders,
// partners whom a rule would let pass, and her own copy, in one envelope whose
// record names her; the second call with the same mail serves nobody again.
func TestSealAnswer(t *testing.T) {
	w := newWorld(t)
	inbound := &relaytest.Outbox{}
	w.f.Inbound = inbound
	m := answerTo("sam@firm.example", "pat@friends.example", carla.Address.String())
	for range 2 {
		if err := w.f.SealAnswer(context.Background(), m, carla, "official"); err != nil {
			t.Fatal(err)
		}
	}
	sent := w.out.Sent()
	if len(sent) != 1 || len(sent[0].Recipients) != 3 || sent[0].Kind != relay.KindEnvelope || len(inbound.Sent()) != 0 {
		t.Fatalf("got %d envelopes %+v and %d in clear, want one to three people", len(sent), w.envelopes(), len(inbound.Sent()))
	}
	outer := string(sent[0].Bytes)
	for _, want := range []string{`From: "Carla Carer (carla@home.example)" <secure@council.example>`, "In-Reply-To: <outer@council.example>\r\n",
		"References: <a@council.example> <outer@council.example>\r\n", "OFFICIAL-SENSITIVE"} {
		if !strings.Contains(strings.ReplaceAll(outer, "\r\n ", " "), strings.TrimRight(want, "\r\n")) {
			t.Errorf("the envelope lacks %q:\n%.1500s", want, outer)
		}
	}
	if strings.Contains(outer, "thank you") {
		t.Error("the text left in clear")
	}
	if w.confirmations() != nil {
		t.Error("an answer was confirmed by mail")
	}
	w.shelf.mu.Lock()
	defer w.shelf.mu.Unlock()
	for id, container := range w.shelf.kept {
		if got := w.open(id, container); string(got) != answerText {
			t.Errorf("got %q", got)
		}
		known, err := w.store.Lookup(context.Background(), id)
		r := known.Record
		if err != nil || !r.Sender.Equal(carla.Address) || r.SenderName != carla.Name || !r.EnvelopeFrom.Equal(carla.Address) || r.Subject != "Re: Café" ||
			r.OriginalID != "<r.1@secure.council.example>" || r.References != "<a@council.example> <outer@council.example>" ||
			r.ThreadTopic != "Café" || r.ThreadIndex != "AQHdXX2Cp4mXMkqzTUGQx1bLrIAA1A==" || len(r.To) != 1 || len(r.Cc) != 1 {
			t.Errorf("got record %+v: %v", r, err)
		}
	}
}

// An address of ours that is led outside gets an envelope there; who is inside
// behind the same alias has it from the inbound port.
func TestSealAnswerBehindAnAlias(t *testing.T) {
	for name, c := range map[string]struct {
		finals, sealed, clear []string
	}{
		"outside":           {[]string{"jane@elsewhere.example"}, []string{"jane@elsewhere.example"}, nil},
		"both":              {[]string{"bob@council.example", "jane@elsewhere.example"}, []string{"jane@elsewhere.example"}, []string{"bob@council.example"}},
		"copy to herself":   {[]string{"jane@council.example", "jane@elsewhere.example"}, []string{"jane@council.example", "jane@elsewhere.example"}, nil},
		"inside after all":  {[]string{"bob@council.example"}, nil, []string{"jane@council.example"}},
		"nobody to be told": {nil, nil, []string{"jane@council.example"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			inbound := &relaytest.Outbox{}
			w.f.Inbound = inbound
			if c.finals != nil {
				w.maps.to["jane@council.example"] = c.finals
			}
			if err := w.f.SealAnswer(context.Background(), answerTo("jane@council.example"), carla, "default"); err != nil {
				t.Fatal(err)
			}
			got := w.envelopes()
			if len(got) != len(c.sealed) {
				t.Errorf("got envelopes %v, want %v", got, c.sealed)
			}
			for _, a := range c.sealed {
				if got[a] != 1 {
					t.Errorf("got envelopes %v, want %v", got, c.sealed)
				}
			}
			var clear []string
			for _, s := range inbound.Sent() {
				for _, r := range s.Recipients {
					clear = append(clear, r.Address.String())
				}
			}
			if strings.Join(clear, " ") != strings.Join(c.clear, " ") {
				t.Errorf("got in clear %v, want %v", clear, c.clear)
			}
		})
	}
}

// Whatever fails, nothing leaves in clear and the caller is told; a copy that
// Postfix would send outside stops it.
func TestSealAnswerFails(t *testing.T) {
	for _, call := range []string{"resolve", "copies", "lookup", "prepare", "relay"} {
		w := newWorld(t)
		w.f.Inbound = &relaytest.Outbox{}
		w.faults.set(call, "failed")
		if err := w.f.SealAnswer(context.Background(), answerTo("sam@firm.example", inside), carla, "default"); err == nil || len(w.out.Sent()) != 0 || len(w.f.Inbound.(*relaytest.Outbox).Sent()) != 0 {
			t.Errorf("%s failed: got %v and %d mails", call, err, len(w.out.Sent()))
		}
	}
	w := newWorld(t)
	w.maps.copies = []string{"archive@elsewhere.example"}
	if err := w.f.SealAnswer(context.Background(), answerTo("sam@firm.example"), carla, "default"); err == nil || len(w.out.Sent()) != 0 {
		t.Errorf("a copy outside: got %v", err)
	}
	w = newWorld(t)
	w.faults.set("relay", "lost")
	if err := w.f.SealAnswer(context.Background(), answerTo("sam@firm.example"), carla, "default"); !errors.Is(err, relay.ErrUnknown) {
		t.Errorf("a lost answer: got %v, want ErrUnknown", err)
	}
	for _, text := range []string{"", "no header", "a b\r\nc\r\n\r\n", strings.Repeat("X", 2<<20)} {
		w := newWorld(t)
		m := answerTo("sam@firm.example")
		m.Write = func(to io.Writer) error { _, err := io.Copy(to, bytes.NewReader([]byte(text))); return err }
		if err := w.f.SealAnswer(context.Background(), m, carla, "default"); err == nil || len(w.out.Sent()) != 0 {
			t.Errorf("%.20q: got %v and %d mails", text, err, len(w.out.Sent()))
		}
	}
}
