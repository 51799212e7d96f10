package notice_test

import (
	"os"
	"testing"

	"github.com/postseal/postseal/words"
	"github.com/postseal/postseal/words/wordstest"
)

// What the mails say stands in the catalogues, all of it and nothing else.
func TestWordsAreInTheCatalogue(t *testing.T) {
	here := os.DirFS(".")
	mails := wordstest.Sources{FS: here, Globs: []string{"templates/*.html", "templates/*.txt", "templates/*.subject"}}
	code := wordstest.Sources{FS: here, Globs: []string{"*.go"}}
	wordstest.Silent(t, mails)
	wordstest.NoSentences(t, code)
	wordstest.Keys(t, words.Mail, nil, mails, code)
}
