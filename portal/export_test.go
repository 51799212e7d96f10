package portal

import (
	"io"

	"github.com/postseal/postseal/words"
)

// Shown is what display gives, for tests outside the package.
type Shown struct {
	Text, HTML    string
	Files         []ShownFile
	Cut, Doubtful bool
}

// ShownFile is one attachment.
type ShownFile struct {
	N               int
	Name, Kind      string
	Size            int64
	Damaged, Hidden bool
}

// Display reads a message as the page does.
func Display(r io.Reader) Shown {
	s := display(r, words.In("en"))
	out := Shown{Text: s.text, HTML: s.html, Cut: s.cut, Doubtful: s.doubtful}
	for _, f := range s.files {
		out.Files = append(out.Files, ShownFile{f.n, f.name, f.kind, f.size, f.damaged, f.hidden})
	}
	return out
}

// CleanName and DispositionOf are what downloads are named by.
var (
	CleanName     = cleanName
	DispositionOf = dispositionOf
	BrandColours  = brandColours
)

// RefusalKeys are the words that the table of refusals asks for.
func RefusalKeys() []string {
	var keys []string
	for _, row := range append(table[:len(table):len(table)], struct {
		err  error
		what refusal
	}{what: away}) {
		for _, which := range []string{"title", "cause", "next"} {
			keys = append(keys, "refusal."+row.what.name+"."+which)
		}
		if row.what.link != "" {
			keys = append(keys, "refusal."+row.what.name+".label")
		}
	}
	for _, q := range questions {
		keys = append(keys, "question."+q)
	}
	return keys
}
