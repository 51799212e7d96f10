package e2e_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/internal/redistest"
)

const outerMessages = 200

const outerMail = `From: Jane Doe <jane.doe@example.gov.uk>
To: Bob <bob@firm.example>
Subject: TOPIC [SECURE] SUBJECT
Thread-Topic: TOPIC
Comments: COMMENT
X-Mailer: MAILER
Date: Sat, 21 Nov 2026 10:00:00 +0000
Message-ID: <COUNT.outer@client.example.gov.uk>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="BOUNDARY"

--BOUNDARY
Content-Type: text/plain

BODY NUMBER

--BOUNDARY
Content-Type: application/octet-stream; name="FILE.bin"
Content-Disposition: attachment; filename="FILE.bin"
Content-Description: DESCRIPTION

DATA

--BOUNDARY--
`

// hidden is Rules with a profile that does not let the subject show.
var hidden = strings.Replace(e2etest.Rules, "attach_up_to: 60MB", "attach_up_to: 60MB, subject: hide", 1)

// The whole outer mail of 200 sealed messages shows no word of their subjects,
// file names, thread fields and bodies; nor does any log, metric or the Redis
// dump of the run.
func TestOuterMailShowsNothing(t *testing.T) {
	t.Parallel()
	e2etest.NeedRoot(t)
	s := &site{t: t, Postfix: e2etest.NewPostfix(t, e2etest.PostfixOptions{}), redis: redistest.StartRedis(t)}
	s.seal = e2etest.StartPostseal(t, e2etest.PostsealOptions{Postfix: s.Postfix, Redis: s.redis.Addr, Rules: hidden})
	s.Start()
	var words []string
	word := func() string {
		w := "w" + strings.ToLower(rand.Text()[:12])
		words = append(words, w)
		return w
	}
	for i := range outerMessages {
		ni := fmt.Sprintf("QQ%06dC", 100000+i*37)
		words = append(words, ni)
		raw := crlf(strings.NewReplacer("TOPIC", word(), "SUBJECT", word(), "COMMENT", word(), "MAILER", word(), "BOUNDARY", word(), "BODY", word(),
			"FILE", word(), "DESCRIPTION", word(), "DATA", word(), "NUMBER", ni, "COUNT", fmt.Sprint(i)).Replace(outerMail))
		s.accepted(staff, []string{outside}, raw)
	}
	s.Outside.Wait(outerMessages)
	s.WaitIdle()
	got := messages(s.Outside, outside)
	if got := len(got); got != outerMessages {
		t.Fatalf("got %d messages, want %d", got, outerMessages)
	}
	places := map[string][]byte{"postseal's log": []byte(s.seal.Output()), "the mail log": []byte(s.Log()), "the metrics": []byte(s.seal.Metrics()), "Redis": dump(t, s.redis.Dir)}
	for i, d := range got {
		all := bytes.Clone(d.Raw)
		for _, f := range e2etest.Leaves(t, d.Raw) {
			all = append(append(all, f.Body...), f.Name...)
		}
		places[fmt.Sprintf("outer mail %d", i)] = all
	}
	for place, text := range places {
		text = bytes.ToLower(text)
		for _, w := range words {
			if bytes.Contains(text, []byte(strings.ToLower(w))) {
				t.Errorf("%s shows %q", place, w)
			}
		}
	}
}

// dump gives every byte that Redis keeps on disk.
func dump(t *testing.T, dir string) []byte {
	t.Helper()
	var all []byte
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		all = append(all, b...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("Redis keeps nothing on disk")
	}
	return all
}
