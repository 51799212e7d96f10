package portal_test

import (
	"os"
	"testing"

	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/words"
	"github.com/postseal/postseal/words/wordstest"
)

// What the pages say stands in the catalogues, all of it and nothing else.
func TestWordsAreInTheCatalogue(t *testing.T) {
	here := os.DirFS(".")
	pages := wordstest.Sources{FS: here, Globs: []string{"web/*.html"}}
	code := wordstest.Sources{FS: here, Globs: []string{"*.go"}}
	wordstest.Silent(t, pages, "securedoc", "html")
	wordstest.NoSentences(t, code)
	wordstest.Keys(t, words.Portal, []string{"refusal.*", "question.*"}, pages, code)
	for _, key := range portal.RefusalKeys() {
		if _, ok := words.In(words.Default).Raw(key); !ok {
			t.Errorf("%s is said, and is not in the catalogue", key)
		}
	}
}
