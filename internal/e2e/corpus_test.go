package e2e_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postseal/postseal/internal/e2e/e2etest"
)

// Each odd message of the corpus, marked, sent through Postfix: none leaves in
// clear; each is sealed and opens to what Postfix handed the milter, or is
// refused with a reason. What Postfix itself changes is shown by the same
// message sent through a site without postseal.
func TestCorpusNeverLeavesInClear(t *testing.T) {
	t.Parallel()
	// smtp(8) breaks lines that are too long on the way out, long after the milter.
	control := e2etest.StartPostfix(t, e2etest.PostfixOptions{Plain: true, Main: map[string]string{"smtp_line_length_limit": "0"}})
	s := newSite(t, e2etest.PostfixOptions{})
	var files []string
	root := filepath.Join(e2etest.Root(t), "testdata", "mime")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && (strings.HasSuffix(path, ".eml") || strings.HasSuffix(path, ".msg") || strings.HasSuffix(path, ".mbox")) {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) < 100 {
		t.Fatalf("got %d files, %v; want the corpus", len(files), err)
	}
	sealed, refused, changed := 0, 0, 0
	for i, file := range files {
		name, _ := filepath.Rel(root, file)
		raw := marked(read(t, file))
		rcpt := fmt.Sprintf("corpus%d@firm.example", i)
		_, err := e2etest.Send(t, s.Submission, staff, []string{rcpt}, raw, e2etest.SendOptions{Body: "8BITMIME"})
		var no *e2etest.Refusal
		if errors.As(err, &no) {
			refused++
			if no.Code/100 < 4 || len(no.Text) < 10 {
				t.Errorf("%s: refused without a reason: %v", name, no)
			}
			t.Logf("%s: %v", name, no)
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		d := s.Outside.WaitFor("a message for "+rcpt, func(d e2etest.Delivery) bool { return d.Has(rcpt) && !notice(d) })
		if !e2etest.IsSealed(t, d.Raw) {
			t.Errorf("%s left in clear:\n%.1000s", name, d.Raw)
			continue
		}
		sealed++
		got := e2etest.NewReader(t, s.seal, s.Outside, rcpt).Open(d.Raw)
		e2etest.MustSend(t, control.Submission, staff, []string{rcpt}, raw, e2etest.SendOptions{Body: "8BITMIME"})
		want := withoutReceived(control.Outside.WaitTo(rcpt).Raw)
		if !bytes.Equal(want, raw) {
			changed++
		}
		if !bytes.Equal(comparable(got), comparable(want)) {
			t.Errorf("%s opens to something else:\ngot  %.1500q\nwant %.1500q", name, got, want)
		}
	}
	t.Logf("%d messages: %d sealed, %d refused; Postfix itself changed %d", len(files), sealed, refused, changed)
	for _, d := range s.Outside.All() {
		if !notice(d) && !e2etest.IsSealed(t, d.Raw) {
			t.Errorf("in clear to %v", d.To())
		}
	}
}

// marked puts a tag in front of the subject, or a subject in front of all, and
// gives every line CRLF.
func marked(raw []byte) []byte {
	raw = bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	i := bytes.Index(bytes.ToLower(append([]byte("\r\n"), head...)), []byte("\r\nsubject:"))
	if i < 0 {
		return append([]byte("Subject: [SECURE]\r\n"), raw...)
	}
	at := i + len("subject:")
	return append(append(bytes.Clone(raw[:at]), " [SECURE]"...), raw[at:]...)
}

// comparable leaves out what Postfix adds with the time and queue id of each run:
// Message-Id and Date of a message that had none.
func comparable(raw []byte) []byte {
	head, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	var kept [][]byte
	for _, line := range bytes.Split(head, []byte("\r\n")) {
		lower := bytes.ToLower(line)
		if (bytes.HasPrefix(lower, []byte("message-id:")) && bytes.Contains(line, []byte("@"+e2etest.Hostname))) || bytes.HasPrefix(lower, []byte("date:")) {
			continue
		}
		kept = append(kept, line)
	}
	return append(append(bytes.Join(kept, []byte("\r\n")), "\r\n\r\n"...), body...)
}
