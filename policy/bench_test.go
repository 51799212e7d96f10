package policy_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime/quotedprintable"
	"os"
	"strings"
	"testing"

	"github.com/emersion/go-message"

	"github.com/postseal/postseal/bench/cputime"
	"github.com/postseal/postseal/policy"
)

// scanRules are the usual ones: every message that goes out is scanned.
const scanRules = "organisation: {name: X, domains: [example.gov.uk]}\nrules:\n- {name: tag, do: seal, if: {subject_tag: [SECURE]}}\n- {name: scan, do: seal, if: {pid: {score: 10}}}\n"

// mailTexts is ordinary mail text of n octets, with CRLF.
func mailTexts(tb testing.TB, n int) []byte {
	raw, err := os.ReadFile("../testdata/bench/mails.txt")
	if err != nil {
		tb.Fatal(err)
	}
	text := string(raw)
	for _, m := range labelledMessages(tb, "dev") {
		if !m.pid {
			text += m.subject + "\n\n" + m.text + "\n"
		}
	}
	text = strings.ReplaceAll(text, "\n", "\r\n")
	for len(text) < n {
		text += text
	}
	return []byte(text[:n])
}

// textParts is a mail of so many octets in text parts of half a megabyte, plain,
// quoted-printable and in base64 in turn.
func textParts(tb testing.TB, octets int) []byte {
	const part = 512 << 10
	text := mailTexts(tb, part)
	var b bytes.Buffer
	b.WriteString("From: Jane Doe <jane@example.gov.uk>\r\nTo: bob@firm.example\r\nSubject: Minutes\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"----=_Part_8812\"\r\n\r\n")
	for i := 0; b.Len() < octets; i++ {
		coding := []string{"7bit", "quoted-printable", "base64"}[i%3]
		fmt.Fprintf(&b, "------=_Part_8812\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: %s\r\n\r\n", coding)
		switch coding {
		case "quoted-printable":
			q := quotedprintable.NewWriter(&b)
			_, _ = q.Write(text)
			_ = q.Close()
		case "base64":
			for code := base64.StdEncoding.EncodeToString(text); code != ""; {
				n := min(76, len(code))
				b.WriteString(code[:n] + "\r\n")
				code = code[n:]
			}
		default:
			b.Write(text)
		}
		b.WriteString("\r\n")
	}
	b.WriteString("------=_Part_8812--\r\n")
	return b.Bytes()
}

// walked is Read and Walk of go-message, with the parts decoded.
func walked(b *testing.B, raw []byte) {
	entity, err := message.Read(bytes.NewReader(raw))
	if err != nil {
		b.Fatal(err)
	}
	err = entity.Walk(func(_ []int, part *message.Entity, err error) error {
		if err != nil || part.MultipartReader() != nil {
			return err
		}
		_, err = io.Copy(io.Discard, part.Body)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkReadBesideGoMessage is parsing and decoding alone.
func BenchmarkReadBesideGoMessage(b *testing.B) {
	raw := textParts(b, 10<<20)
	cputime.Beside(b, len(raw), func() { read(b, raw) }, len(raw), func() { walked(b, raw) })
}

// BenchmarkClassifyBesideGoMessage is parsing, decoding and the scan. The goal is
// a ratio of 0.4.
func BenchmarkClassifyBesideGoMessage(b *testing.B) {
	raw, f := textParts(b, 10<<20), rules(b, scanRules)
	cputime.Beside(b, len(raw), func() { f.Classify(read(b, raw)) }, len(raw), func() { walked(b, raw) })
}

// BenchmarkUntagged is the whole verdict on an untagged mail of 4 KB, from the
// header and body that Postfix hands over.
func BenchmarkUntagged(b *testing.B) {
	header := []policy.Field{{Name: "From", Value: " Jane Doe <jane@example.gov.uk>"}, {Name: "To", Value: " bob@firm.example"}, {Name: "Subject", Value: " Minutes"}}
	body, f := mailTexts(b, 4<<10), rules(b, scanRules)
	verdict := func() policy.Verdict {
		m, err := policy.Read(staff(), header, bytes.NewReader(body), policy.Limits{})
		if err != nil {
			b.Fatal(err)
		}
		return f.Classify(m)
	}
	if got := verdict().Recipients[0].Action; got != policy.Pass {
		b.Fatalf("got %v, want a mail that passes", got)
	}
	cputime.Loop(b, len(body), func() { verdict() })
}
