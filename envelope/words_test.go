package envelope_test

import (
	"os"
	"testing"

	"github.com/postseal/postseal/words"
	"github.com/postseal/postseal/words/wordstest"
)

// What securedoc.html says stands in the catalogues, all of it and nothing else.
func TestWordsAreInTheCatalogue(t *testing.T) {
	here := os.DirFS(".")
	page := wordstest.Sources{FS: here, Globs: []string{"web/page.html"}}
	code := wordstest.Sources{FS: here, Globs: []string{"*.go", "web/src/*.js"}}
	wordstest.Silent(t, page)
	wordstest.Keys(t, words.Page, nil, page, code)
}
