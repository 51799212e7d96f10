package envelope_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postseal/postseal/envelope"
)

// The letter that the browser opens: text, a picture inside it, hostile parts
// and two attachments.
func letter() (mail, pdf []byte) {
	pdf = noise(400_000, 6)
	png, _ := base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAABgAAAAYCAIAAABvFaqvAAAAKUlEQVR4nGNgGAWjYBSMglEwCkbBKBgFo2AUjIJRMApGwSgYBaNgFIyCUQAABQ4AAbF3xVEAAAAASUVORK5CYII=")
	var b strings.Builder
	line := func(s ...string) { b.WriteString(strings.Join(s, "") + "\r\n") }
	code := func(data []byte) {
		s := base64.StdEncoding.EncodeToString(data)
		for ; len(s) > 76; s = s[76:] {
			line(s[:76])
		}
		line(s)
	}
	line("From: Somebody Else <forged@bad.example>")
	line("Subject: a subject that the record does not have")
	line("MIME-Version: 1.0")
	line("Content-Type: multipart/mixed; boundary=m")
	line("")
	line("--m")
	line("Content-Type: multipart/related; boundary=r")
	line("")
	line("--r")
	line("Content-Type: text/html; charset=utf-8")
	line("")
	line(`<p>Dear Jane,</p><p>Thank you for your call. The care plan that we agreed is attached, with the caf\u00e9 visits you asked for.</p>`)
	line(`<p>Please look at <a href="https://www.example.gov.uk/care">the page on care</a> too.</p><img src="cid:logo" alt="logo"><p>S\u00f8ren Keats</p>`)
	line(`<script>parent.document.title='broken out'</script><img src="HOSTILE/pixel.png" onerror="parent.document.title='broken out'">`)
	line(`<form action="HOSTILE/form"><button id="post">x</button></form><link rel=stylesheet href="HOSTILE/style.css"><iframe src="HOSTILE/frame"></iframe>`)
	line("--r")
	line("Content-Type: image/png")
	line("Content-ID: <logo>")
	line("Content-Transfer-Encoding: base64")
	line("")
	code(png)
	line("--r--")
	line("--m")
	line("Content-Type: application/pdf")
	line("Content-Disposition: attachment; filename*=utf-8''Care%20plan%20%E2%80%AEfdp.pdf")
	line("Content-Transfer-Encoding: base64")
	line("")
	code(pdf)
	line("--m")
	line("Content-Type: text/plain; name=notes.txt")
	line("")
	line("notes")
	line("--m--")
	text := strings.NewReplacer(`\u00e9`, "é", `\u00f8`, "ø").Replace(b.String())
	return []byte(text), pdf
}

// standIn is a server that answers the page as docs/api.md says.
type standIn struct {
	*httptest.Server
	mu      sync.Mutex
	asked   []string // "call field=value ..." without secrets
	staged  []byte   // what a plain form posted, decoded
	reply   map[string]string
	digest  envelope.Digest
	lookups []string // paths that hostile mail made the browser fetch
}

func newStandIn(t *testing.T) *standIn {
	s := &standIn{reply: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/{call}", s.api)
	mux.HandleFunc("POST /open", s.open)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.lookups = append(s.lookups, r.Method+" "+r.URL.Path)
		http.NotFound(w, r)
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *standIn) api(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Content-Type", "application/json")
	_ = r.ParseMultipartForm(1 << 22)
	if r.PostForm == nil {
		_ = r.ParseForm()
	}
	p := page(envelope.Classic)
	call := r.PathValue("call")
	s.asked = append(s.asked, fmt.Sprintf("%s address=%s cookie=%q", call, r.PostForm.Get("address"), r.Header.Get("Cookie")))
	refuse := func(status int, cause, text string) {
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error":%q,"text":%q}`, cause, text)
	}
	switch {
	case call == "reply":
		s.reply["text"], s.reply["session"] = r.PostForm.Get("text"), r.PostForm.Get("session")
		for _, f := range r.MultipartForm.File["file"] {
			in, _ := f.Open()
			b, _ := io.ReadAll(in)
			s.reply["file "+f.Filename] = string(b)
		}
		fmt.Fprint(w, `{"sent":true}`)
	case call == "invitation":
		s.reply["calendar"] = r.PostForm.Get("calendar")
		fmt.Fprint(w, `{"title":"You are invited","rows":[["What","Case conference"],["When","Tuesday 7 July 2026, 14:00 to 15:30 BST"],["Repeats","Every week on Tuesday, 6 times"],["Where","https://meet.example.gov.uk/42"],["Organised by","Jane Doe (jane.doe@example.gov.uk)"]],
			"answers":[["accepted","Accept"],["tentative","Tentative"],["declined","Decline"]],"note":"Your answer goes to the organiser only.","save":"Save for your calendar (.ics)"}`)
	case call == "answer":
		s.reply["answer"] = r.PostForm.Get("answer") + " " + r.PostForm.Get("session")
		fmt.Fprint(w, `{"sent":true,"text":"You have accepted. The organiser has been told."}`)
	case call == "signout":
		fmt.Fprint(w, `{}`)
	case r.PostForm.Get("id") != p.ID.String() || r.PostForm.Get("t") != p.Secret.Encode() || len(r.PostForm.Get("browser")) < 32:
		refuse(404, "not_found", "There is no such message.")
	case call == "code":
		fmt.Fprint(w, `{"sent":true,"reference":"KX"}`)
	case r.PostForm.Get("password") == "right" || r.PostForm.Get("code") == "12345678":
		fmt.Fprintf(w, `{"key":%q,"digest":"%[2]x","digests":["00","%[2]x"],"session":"s1","from":"Søren Keats <soren.keats@example.gov.uk>","to":["jane@solicitors.example"],"cc":["bob@firm.example"],
			"subject":"Care plan for your mother","sealed_at":%q,"expires_at":"2026-08-21T11:21:00Z","marking":"OFFICIAL-SENSITIVE: Personal data on health and care",
			"reply":{"to":["soren.keats@example.gov.uk"],"subject":"Re: Care plan for your mother","limit":1048576}}`,
			base64.RawURLEncoding.EncodeToString(key(1).Bytes()), s.digest, time.Now().UTC().Format(time.RFC3339))
	default:
		refuse(403, "wrong", "The address or the password is not right. You have 19 more tries. You can also ask for a code.")
	}
}

// open is where the plain form posts to.
func (s *standIn) open(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := r.ParseMultipartForm(1 << 24); err != nil {
		http.Error(w, err.Error(), 400)
		return
	}
	text := strings.Join(strings.Fields(r.PostForm.Get("ct")), "")
	s.staged, _ = base64.StdEncoding.DecodeString(text)
	fmt.Fprintf(w, "<!doctype html><title>staged</title><p id=staged>%s</p>", r.PostForm.Get("id"))
}
