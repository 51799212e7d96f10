package milter_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/postseal/postseal/milter"
	"github.com/postseal/postseal/milter/miltertest"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/policy"
	"github.com/postseal/postseal/relay/relaytest"
)

// lineEnds are what some program takes for the end of a line, and the end of a text.
var lineEnds = map[string]string{
	"CR LF": "\r\n", "LF": "\n", "CR": "\r", "NUL": "\x00", "NEL": "\u0085", "LS": "\u2028", "PS": "\u2029", "VT": "\v", "FF": "\f",
	"percent": "%0d%0a", "end of data": "\r\n.\r\n", "half an end of data": "\n.\n", "old Mac's end of data": "\r.\r",
}

const planting = "Bcc: evil@evil.example"

// codings are the ways in which a line end travels inside one field.
var codings = map[string]func(string) string{
	"Q": func(s string) string { return mime.QEncoding.Encode("utf-8", s) },
	"B": func(s string) string { return "=?utf-8?B?" + base64.StdEncoding.EncodeToString([]byte(s)) + "?=" },
	"latin": func(s string) string {
		return "=?iso-8859-1?Q?" + strings.ReplaceAll(url.PathEscape(s), "%", "=") + "?="
	},
	"UTF-7":    func(s string) string { return "=?utf-7?Q?" + strings.ReplaceAll(url.PathEscape(s), "%", "=") + "?=" },
	"split":    func(s string) string { return codedApart(s) },
	"in words": func(s string) string { return strings.Map(withoutEnds, s) },
}

// codedApart puts every two characters into an encoded word of their own.
func codedApart(s string) string {
	var words []string
	for two := range slices.Chunk([]rune(s), 2) {
		words = append(words, "=?utf-8?B?"+base64.StdEncoding.EncodeToString([]byte(string(two)))+"?=")
	}
	return strings.Join(words, "\r\n ")
}

// withoutEnds leaves what Postfix itself hands over raw.
func withoutEnds(r rune) rune {
	if r == '\r' || r == '\n' || r == 0 {
		return ' '
	}
	return r
}

// places are the fields of a message that somebody types, and that the outer mail or
// a notice takes over.
var places = map[string]string{
	"Subject":         "Subject: [SECURE] x%s\r\n",
	"From name":       "From: %s <jane@council.example>\r\n",
	"To name":         "To: %s <" + outside + ">\r\n",
	"To":              "To: " + outside + ", %s\r\n",
	"Cc name":         "Cc: %s <ann@firm.example>\r\n",
	"Reply-To":        "Reply-To: %s <jane@council.example>\r\n",
	"Sender":          "Sender: %s <jane@council.example>\r\n",
	"Message-ID":      "Message-ID: <a%s@council.example>\r\n",
	"In-Reply-To":     "In-Reply-To: <a%s@council.example>\r\n",
	"References":      "References: <a@council.example> %s <b@council.example>\r\n",
	"Date":            "Date: Sat, 21 Nov 2026 09:14:00 +0000 (%s)\r\n",
	"Thread-Topic":    "Thread-Topic: %s\r\n",
	"Thread-Index":    "Thread-Index: %s\r\n",
	"MIME type":       "Content-Type: text/plain; name=\"%s\"\r\n",
	"file name":       "Content-Type: text/plain\r\nContent-Disposition: attachment; filename*0*=utf-8''%s; filename*1=b\r\n",
	"a field's name":  "X-%s: x\r\n",
	"X-Postseal":      "X-Postseal: notice; kind=%s\r\n",
	"Auto-Submitted":  "Auto-Submitted: %s\r\n",
	"Resent-From":     "Resent-From: %s <x@council.example>\r\n",
	"List-Id":         "List-Id: %s <x.council.example>\r\n",
	"Authentication":  "Authentication-Results: council.example; %s\r\n",
	"a label's field": "X-Protective-Marking: OFFICIAL-SENSITIVE %s\r\n",
}

// typed are the places that most is typed into.
var typed = []string{"Subject", "From name", "To name", "Message-ID"}

// fieldsOfAnEnvelope are all that an outer mail may have, each once.
var fieldsOfAnEnvelope = []string{"From", "Reply-To", "To", "Cc", "Subject", "Date", "Message-Id", "In-Reply-To", "References", "Mime-Version", "X-Postseal", "Content-Type",
	"Auto-Submitted", "X-Auto-Response-Suppress", "Thread-Topic", "Thread-Index", "Content-Transfer-Encoding"}

// leaves looks at a mail as it goes to the relay: lines end in CR LF alone, no field
// stands in it but ours, none twice, none says a line end, and its parts are ours.
func leaves(t *testing.T, raw []byte) {
	t.Helper()
	bare := bytes.ReplaceAll(raw, []byte("\r\n"), nil)
	if bytes.ContainsAny(bare, "\r\n\x00") {
		t.Errorf("lone CR, LF or NUL in what leaves")
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("got %v in\n%.2000s", err, raw)
	}
	for name, values := range m.Header {
		if !slices.Contains(fieldsOfAnEnvelope, name) || len(values) != 1 {
			t.Errorf("%d fields %s leave", len(values), name)
			continue
		}
		said, err := new(mime.WordDecoder).DecodeHeader(values[0])
		if err != nil || strings.ContainsAny(said, "\r\n\x00\v\f\u0085\u2028\u2029\u202e") {
			t.Errorf("%s says %q (%v)", name, said, err)
		}
	}
	if kind, _, err := mime.ParseMediaType(m.Header.Get("Content-Type")); err != nil || !strings.HasPrefix(kind, "multipart/") {
		t.Errorf("Content-Type is %q", m.Header.Get("Content-Type"))
	}
	if !bytes.Contains(raw, []byte("Content-Disposition: attachment; filename=\"securedoc.html\"\r\n")) && bytes.Contains(raw, []byte("X-Postseal: envelope")) {
		t.Error("the attached page is not where it was")
	}
}

// No line end in any field, in whatever coding, becomes one in what leaves: neither a
// field nor a recipient nor a part nor a second mail more.
func TestHeaderInjectionThroughEveryField(t *testing.T) {
	w := newWorld(t)
	w.f.ReplyAddress, w.f.BounceAddress = true, true
	var all string
	for _, end := range lineEnds {
		all += end + planting
	}
	sealed, n := 0, 0
	for place, field := range places {
		for coding, coded := range codings {
			evil := []string{all}
			if coding == "Q" && slices.Contains(typed, place) { // and each for itself: one must not hide another
				for _, end := range lineEnds {
					evil = append(evil, end)
				}
			}
			for _, end := range evil {
				n++
				sealed += w.injected(t, place+" in "+coding, fmt.Sprintf(field, coded("a"+end+planting+end+end+"<script>x</script>")), n)
			}
		}
	}
	if sealed < n*9/10 {
		t.Errorf("only %d of %d were sealed: the others show nothing", sealed, n)
	}
	w.told(t)
}

// injected has a marked message decided that has a field in place of its own, and
// counts it when it was sealed.
func (w *world) injected(t *testing.T, what, field string, n int) int {
	t.Helper()
	raw := field + withoutField(message("[SECURE] x", outside), field)
	raw = strings.Replace(raw, "pelargonium", fmt.Sprintf("pelargonium %d", n), 1) // no retry of the one before
	before := len(w.out.Sent())
	out := w.decide(mailFor(raw, outside))
	if out.Action == milter.Answer {
		if out.Reply.Code < 400 || strings.ContainsAny(out.Reply.Text, "\r\n\x00") {
			t.Errorf("%s: got %+v", what, out)
		}
		return 0
	}
	sent := w.out.Sent()[before:]
	if out.Action != milter.Discard || len(sent) != 1 || len(sent[0].Recipients) != 1 || sent[0].Recipients[0].Address.String() != outside {
		t.Fatalf("%s: got %+v and %d mails", what, out, len(sent))
	}
	leaves(t, sent[0].Bytes)
	if t.Failed() {
		t.Fatalf("%s:\n%.1500s", what, sent[0].Bytes)
	}
	return 1
}

// told looks at every notice that came of it, as it will leave.
func (w *world) told(t *testing.T) {
	t.Helper()
	for {
		claimed, err := w.store.Claim(t.Context(), 100, 1<<40, w.clock().Add(1<<30))
		if err != nil {
			t.Fatal(err)
		}
		if len(claimed) == 0 {
			return
		}
		for _, o := range claimed {
			m, err := w.f.Notices.Render(notice.Kind(o.Kind), o.To, json.RawMessage(o.Data), start)
			if err != nil {
				t.Fatal(err)
			}
			var raw bytes.Buffer
			if err := m.Encode(&raw); err != nil {
				t.Fatal(err)
			}
			leaves(t, raw.Bytes())
			if t.Failed() {
				t.Fatalf("a notice of kind %s:\n%.1500s", o.Kind, raw.Bytes())
			}
		}
	}
}

// withoutField takes the field out that another one stands for.
func withoutField(raw, field string) string {
	name, _, _ := strings.Cut(field, ":")
	head, body, _ := strings.Cut(raw, "\r\n\r\n")
	lines := slices.DeleteFunc(strings.Split(head, "\r\n"), func(l string) bool { return strings.HasPrefix(l, name+":") })
	return strings.Join(lines, "\r\n") + "\r\n\r\n" + body
}

// What operators set can hold a line end by mistake, or by somebody else's doing.
func TestHeaderInjectionThroughTheRules(t *testing.T) {
	for ending, end := range lineEnds {
		w := newWorld(t)
		evil := "a" + end + planting + end + end + "<script>x</script>"
		w.rules.Organisation.Name = evil
		w.rules.Profiles["official"] = policy.Profile{Marking: evil, Banner: evil, Organisation: evil, SenderName: evil}
		raw := strings.Replace(message("x", outside), "Subject: x", "Subject: x\r\nSensitivity: company-confidential", 1)
		if out := w.decide(mailFor(raw, outside)); out.Action != milter.Discard {
			t.Errorf("%s: got %+v", ending, out)
			continue
		}
		leaves(t, w.out.Sent()[0].Bytes)
		w.told(t)
		if t.Failed() {
			t.Fatalf("%s:\n%.1500s", ending, w.out.Sent()[0].Bytes)
		}
	}
}

// A line end that Postfix hands over raw inside a field ends the message with 451 or
// is sealed as it is; nothing is made of it.
func TestRawLineEndInAFieldIsNoNewField(t *testing.T) {
	for _, c := range []struct {
		name, value string
		want        miltertest.Action
	}{
		{"LF", " [SECURE] x\n" + planting, miltertest.TempFail},
		{"CR", " [SECURE] x\r" + planting, miltertest.Discard},
		{"CR LF", " [SECURE] x\r\n" + planting, miltertest.TempFail},
	} {
		w := newWorld(t)
		m := handed(message("x", outside), outside)
		for i := range m.Header {
			if m.Header[i].Name == "Subject" {
				m.Header[i].Value = c.value
			}
		}
		if got := w.send(w.serve(), m); got.Action != c.want {
			t.Errorf("%s: got %+v, want %s", c.name, got, c.want)
		}
		sealedOnce(t, w.out.Sent())
	}
}

func sealedOnce(t *testing.T, sent []relaytest.Sent) {
	t.Helper()
	for _, s := range sent {
		leaves(t, s.Bytes)
		if len(s.Recipients) != 1 {
			t.Errorf("got %d recipients", len(s.Recipients))
		}
	}
}

// Who writes on the pages chooses her name; the rest of that mail's header is ours.
func TestHeaderInjectionThroughTheWriter(t *testing.T) {
	for ending, end := range lineEnds {
		w := newWorld(t)
		author := carla
		author.Name = "Carla" + end + planting + end + end + "<script>x</script>"
		if err := w.f.SealAnswer(t.Context(), answerTo("sam@firm.example"), author, "official"); err != nil {
			t.Errorf("%s: %v", ending, err)
			continue
		}
		sent := w.out.Sent()
		if len(sent) != 1 || len(sent[0].Recipients) != 1 {
			t.Fatalf("%s: got %d mails", ending, len(sent))
		}
		leaves(t, sent[0].Bytes)
		if t.Failed() {
			t.Fatalf("%s:\n%.1500s", ending, sent[0].Bytes)
		}
	}
}
