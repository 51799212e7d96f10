package notice_test

import (
	"testing"

	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/words"
)

// CYC-15: a failure is told in plain words, by the code and by nothing else of what
// another system says.
func TestFailureInPlainWords(t *testing.T) {
	for said, want := range map[string]string{
		"550 5.1.1 <jane@home.example>: no such user here": "mail-why.no-mailbox",
		"5.2.2 mailbox full":                           "mail-why.full",
		"552 5.3.4 Message size exceeds":               "mail-why.too-big",
		"Host or domain name not found (5.4.4)":        "mail-why.no-domain",
		"556 5.1.10 recipient address has a null MX":   "mail-why.no-domain",
		"554 5.7.1 rejected as spam":                   "mail-why.refused",
		"4.4.1 connect to mx.home.example: timed out":  "mail-why.not-reached",
		"554 5.0.0 failed":                             "",
		"550 no such user, call 5.1.10.7 or 192.5.1.1": "",
		"":                                 "",
		"no such user":                     "",
		"smtp; 550-5.7.26 unauthenticated": "",
		"550 5.7.26 This mail is unauthenticated": "mail-why.refused",
	} {
		got := notice.Failure(said)
		if got != want {
			t.Errorf("%q: got %q, want %q", said, got, want)
		}
		if got != "" {
			if _, ok := words.In(words.Default).Raw(got); !ok {
				t.Errorf("%s is not in the catalogue", got)
			}
		}
	}
}

func FuzzFailure(f *testing.F) {
	f.Add("550 5.1.1 no such user")
	f.Add("5.2.2")
	f.Fuzz(func(t *testing.T, said string) {
		if key := notice.Failure(said); key != "" {
			if _, ok := words.In(words.Default).Raw(key); !ok {
				t.Errorf("%q leads to %q, which is not in the catalogue", said, key)
			}
		}
	})
}
