package portal_test

import (
	"encoding/base64"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/store"
)

// BCC-22: one "Re: " whatever stood there, in the languages that staff here meet.
func TestReplySubject(t *testing.T) {
	for subject, want := range map[string]string{
		"Care plan": "Re: Care plan", "RE: Care plan": "Re: Care plan", "re:Re: Care plan": "Re: Care plan", "AW: Antw: Sv: Care plan": "Re: Care plan",
		"Atb: Cynllun gofal": "Re: Cynllun gofal", "Re[2]: x": "Re: x", "Re (3): x": "Re: x", "Re： x": "Re: x", "[SECURE] Re: Care plan": "Re: Care plan",
		"Re: [secure] RE: [SECURE] Care plan": "Re: Care plan", "Care plan [SECURE]": "Re: Care plan [SECURE]", "Fwd: Care plan": "Re: Fwd: Care plan",
		"Reform: Re: x": "Re: Reform: Re: x", "Ref: 12": "Re: Ref: 12", "": "Re:", "Re:": "Re:",
		"OFFICIAL-SENSITIVE Re: Case 7": "Re: OFFICIAL-SENSITIVE Case 7", "Re: OFFICIAL-SENSITIVE: AW: Case 7": "Re: OFFICIAL-SENSITIVE: Case 7",
	} {
		if got := portal.ReplySubject(store.Record{Subject: subject, Marking: "OFFICIAL-SENSITIVE: Personal data"}, "[SECURE]"); got != want {
			t.Errorf("%q: got %q, want %q", subject, got, want)
		}
	}
}

// An original as Exchange writes it: 2016-08-21 12:21 UTC and a GUID.
var begun = time.Date(2016, 8, 21, 12, 21, 0, 0, time.UTC)

func index(at time.Time, children int) string {
	ft := uint64(at.Unix()+11644473600) * 10_000_000
	b := []byte{byte(ft >> 56), byte(ft >> 48), byte(ft >> 40), byte(ft >> 32), byte(ft >> 24), byte(ft >> 16)}
	b = append(b, "0123456789abcdef"...)
	return base64.StdEncoding.EncodeToString(append(b, make([]byte, 5*children)...))
}

// SCC-15: Outlook puts an answer below what it answers: the original's index with
// five octets more, whose time is that of the answer (MS-OXOMSG 2.2.1.3).
func TestThreadIndex(t *testing.T) {
	for name, c := range map[string]struct {
		after time.Duration
		shift uint
		flag  uint32
	}{
		"a minute later":    {time.Minute, 18, 0},
		"a year later":      {365 * 24 * time.Hour, 18, 0},
		"three years later": {3 * 365 * 24 * time.Hour, 23, 0x80000000},
	} {
		for _, children := range []int{0, 3} {
			original := index(begun, children)
			got, err := base64.StdEncoding.DecodeString(portal.ThreadIndex(original, "<a@b>", begun.Add(c.after)))
			if err != nil || len(got) != 22+5*children+5 || !strings.HasPrefix(string(got), string(mustDecode(t, original))) {
				t.Fatalf("%s: got %d octets, %v", name, len(got), err)
			}
			child := got[22+5*children:]
			value := uint32(child[0])<<24 | uint32(child[1])<<16 | uint32(child[2])<<8 | uint32(child[3])
			want := uint32(uint64(c.after/100)>>c.shift) & 0x7fffffff
			if value&0x80000000 != c.flag || value&0x7fffffff < want || value&0x7fffffff > want+1 {
				t.Errorf("%s: got %x, want %x with %x", name, value, want, c.flag)
			}
		}
	}
	if a, b := portal.ThreadIndex(index(begun, 0), "<a@b>", begun), portal.ThreadIndex(index(begun, 0), "<a@b>", begun); a != b {
		t.Error("the same answer has two places")
	}
	for _, bad := range []string{"", "x", "AAAA", index(begun, 51), strings.Repeat("A", 36)} {
		if got := portal.ThreadIndex(bad, "<a@b>", begun); got != "" {
			t.Errorf("%q: got %q", bad, got)
		}
	}
}

func mustDecode(t *testing.T, s string) []byte {
	b, err := base64.StdEncoding.DecodeString(s)
	must(t, err)
	return b
}

// SCC-15: what people inside and people outside get carries the thread that each
// of them has: by the original's Message-ID, and by that of the sealed mail.
func TestReplyThreads(t *testing.T) {
	h, s, l := answers(t, "all", func(r *store.Record) {
		r.References, r.ThreadTopic, r.ThreadIndex = "<root@example.gov.uk> <two@home.example>", "Care plan é", index(begun, 1)
		r.Subject = "[SECURE] Re: Care plan é"
	})
	h.reader(l, carer).open(l.page+"/reply").upload("Send", field{name: "text", value: "hello"}, field{name: "cc", value: "sam@firm.example"}).reads(200, l.page+"/replied")
	inside := strings.ReplaceAll(string(h.staff.Sent()[0].Bytes), "\r\n ", " ")
	outside := strings.ReplaceAll(s.sent[0].text, "\r\n ", " ")
	for _, want := range []string{"In-Reply-To: <orig-1@example.gov.uk>\r\n", "Subject: =?utf-8?q?[SECURE]_Re:_Care_plan_=C3=A9?=\r\n",
		"References: <root@example.gov.uk> <two@home.example> <outer@example.gov.uk> <orig-1@example.gov.uk>\r\n",
		"Thread-Topic: =?utf-8?q?Care_plan_=C3=A9?=\r\n", "Thread-Index: " + index(begun, 1)[:36]} {
		if !strings.Contains(strings.ReplaceAll(inside, "=5B", "["), want) && !strings.Contains(strings.NewReplacer("=5B", "[", "=5D", "]", "=3A", ":", "?Q?", "?q?", "?b?", "?b?").Replace(inside), want) {
			t.Errorf("inside lacks %q:\n%.900s", want, inside)
		}
	}
	for _, want := range []string{"In-Reply-To: <outer@example.gov.uk>\r\n", "References: <root@example.gov.uk> <two@home.example> <orig-1@example.gov.uk> <outer@example.gov.uk>\r\n"} {
		if !strings.Contains(outside, want) {
			t.Errorf("outside lacks %q:\n%.900s", want, outside)
		}
	}
}

// FuzzReplyForm sends whatever a browser may send: nothing of it reaches anybody
// but people of the message, and the page always answers.
func FuzzReplyForm(f *testing.F) {
	for _, seed := range []string{
		"--B\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nhello\r\n--B--\r\n",
		"--B\r\nContent-Disposition: form-data; name=\"cc\"\r\n\r\nevil@evil.example\r\n--B\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nx\r\n--B--\r\n",
		"--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../a\x00.exe\"\r\nContent-Type: a/b\r\n\r\nx\r\n--B\r\n\r\n--B--\r\n",
		"--B\r\nContent-Disposition: form-data; name=\"once\"\r\n\r\n" + strings.Repeat("o", 22) + "\r\n--B\r\nContent-Disposition: form-data; name=\"quote\"\r\n\r\nyes\r\n--B--",
		"", "--B", "--B\r\n\r\n",
	} {
		f.Add(seed)
	}
	h, s, l := answers(f, "domains")
	session := h.apiSession(l)
	head := "--B\r\nContent-Disposition: form-data; name=\"session\"\r\n\r\n" + session + "\r\n--B\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\n" + l.id.String() + "\r\n"
	allowed := map[string]bool{officer.String(): true, "bob@example.gov.uk": true, "pat@partner.example": true, carer.String(): true}
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest("POST", "/api/v1/reply", strings.NewReader(head+body))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=B")
		w := httptest.NewRecorder()
		h.web.Config.Handler.ServeHTTP(w, r)
		if w.Code != 200 && !strings.HasPrefix(w.Body.String(), `{"error":"`) {
			t.Fatalf("got %d %s", w.Code, w.Body)
		}
		for _, m := range h.staff.Sent() {
			for _, to := range recipients(m.Mail) {
				if !allowed[to] {
					t.Fatalf("sent to %s", to)
				}
			}
		}
		for _, m := range s.sent {
			for _, to := range m.to {
				if !allowed[to] {
					t.Fatalf("sealed for %s", to)
				}
			}
		}
	})
}
