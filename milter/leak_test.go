package milter_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"strings"
	"testing"

	"github.com/postseal/postseal/milter"
)

// planted are words that stand nowhere else, each in one place of a message.
type planted struct{ subject, topic, file, ni, body, comment, name, header string }

func plant(i int) planted {
	word := func(kind string) string { return fmt.Sprintf("zq%s%03dvelvet", kind, i) }
	return planted{word("subject"), word("topic"), word("file"), fmt.Sprintf("QQ%02d%02d%02dC", 12, 34, i%100),
		word("body"), word("comment"), word("name"), word("header")}
}

func (p planted) words() []string {
	return []string{p.subject, p.topic, p.file, p.ni, p.body, p.comment, p.name, p.header}
}

// message has the words in every place that a mail program writes them to. The
// subject looks personal, or the profile hides it.
func (p planted) message(i int) string {
	subject := "[SECURE] " + p.subject + " " + p.ni
	extra := ""
	if i%2 == 1 {
		subject, extra = "=?utf-8?B?"+base64.StdEncoding.EncodeToString([]byte(p.subject+" "+p.ni))+"?=", "Sensitivity: Company-Confidential\r\n"
	}
	return "From: Jane Doe <jane@council.example>\r\n" +
		"To: \"Ann " + p.name + " 943 476 5919\" <" + outside + "> (" + p.comment + ")\r\n" +
		"Subject: " + subject + "\r\n" + extra +
		"Thread-Topic: " + p.topic + "\r\nKeywords: " + p.header + "\r\nComments: " + p.header + "\r\nX-Note: " + p.header + "\r\n" +
		fmt.Sprintf("Message-ID: <%d@council.example>\r\n", i) +
		"Date: Sat, 21 Nov 2026 09:14:00 +0000 (" + p.comment + ")\r\n" +
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
		"--b\r\nContent-Type: text/plain\r\n\r\n" + p.body + " " + p.ni + "\r\n" +
		"--b\r\nContent-Type: application/octet-stream; name=\"" + p.file + ".bin\"\r\n\r\n" + p.body + "\r\n--b--\r\n"
}

// The whole outer mail of 200 sealed messages, the log and the metrics hold no
// planted word (promise 4).
func TestNothingPlantedLeaves(t *testing.T) {
	const messages = 200
	w := newWorld(t)
	for i := range messages {
		m := mailFor(plant(i).message(i), outside)
		if i%10 == 9 { // faults must not speak either
			w.faults.set("relay", "failed")
		}
		out := w.decide(m)
		w.faults.heal()
		if i%10 != 9 && out.Action != milter.Discard {
			t.Fatalf("message %d: %+v", i, out)
		}
	}
	panicking := mailFor(plant(0).message(0), outside)
	panicking.Body = nil
	w.decide(panicking)
	sent := w.out.Sent()
	if len(sent) != messages*9/10 {
		t.Fatalf("%d envelopes", len(sent))
	}
	families, err := w.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	log, metrics := w.log.String(), fmt.Sprint(families)
	if len(log) < 1000 || len(metrics) < 1000 {
		t.Error("no log or no metrics to look at")
	}
	for i := range messages {
		for _, word := range plant(i).words() {
			if strings.Contains(log, word) || strings.Contains(metrics, word) {
				t.Fatalf("log or metrics hold %q", word)
			}
		}
	}
	for at, s := range sent {
		text := readable(t, s.Bytes)
		for _, word := range plant(at + at/9).words() { // every tenth did not leave
			if strings.Contains(text, word) {
				t.Fatalf("outer mail %d holds %q", at, word)
			}
		}
		if strings.Contains(text, "943 476") {
			t.Errorf("outer mail %d holds a number out of a display name", at)
		}
		if got, _ := w.opened(s); !bytes.Contains(got, []byte(plant(at+at/9).body)) {
			t.Fatalf("outer mail %d is of another message", at)
		}
	}
	for _, s := range sent {
		_, page := w.opened(s)
		if place := w.log.String(); strings.Contains(place, page.Secret.Encode()) {
			t.Fatal("a link's secret is in the log")
		}
	}
}

// readable gives a mail as written, with its encoded words and quoted-printable
// decoded too.
func readable(t *testing.T, raw []byte) string {
	t.Helper()
	head, body, _ := strings.Cut(string(raw), "\r\n\r\n")
	words, err := new(mime.WordDecoder).DecodeHeader(strings.ReplaceAll(head, "\r\n ", " "))
	if err != nil {
		t.Fatal(err)
	}
	plain, _ := io.ReadAll(quotedprintable.NewReader(bytes.NewReader([]byte(body))))
	return string(raw) + words + string(plain) + string(securedoc(t, raw))
}
