package portal

import (
	"html/template"
	"strings"

	"github.com/postseal/postseal/store"
)

// navRows are the rooms that the head of each page leads to, in their order, for
// somebody signed in. word is the key of the link's text; whom nil: everybody.
var navRows = []navRow{
	{path: "/messages", word: "nav.messages"},
	{path: "/write", word: "write.nav", whom: writes},
	{path: "/written", word: "written.nav", whom: outsider},
	{path: "/sent", word: "mysent.nav", whom: staff},
	{path: "/servicedesk", word: "servicedesk.nav", whom: ofServiceDesk},
	{path: "/desk", word: "desk.nav", whom: sitsSomewhere},
	{path: "/directory", word: "directory.nav", whom: mayDirectory},
	{path: "/account", word: "nav.account"},
}

// navRow is one room of the site.
type navRow struct {
	path string // of the room; the pages below it count as inside
	word string
	whom func(v *visit, p store.Proof) bool
}

// navLink is a row as the head of a page shows it. Current is the value of
// aria-current (ARIA 1.2, 6.6.2): "page" on the room's own page, "true" inside it.
type navLink struct {
	Path    string
	Text    template.HTML
	Current string
}

// nav gives the rooms that somebody may enter.
func (v *visit) nav(p store.Proof) []navLink {
	var out []navLink
	for _, row := range navRows {
		if row.whom != nil && !row.whom(v, p) {
			continue
		}
		link := navLink{Path: row.path, Text: v.lang().HTML(row.word)}
		switch {
		case v.r.URL.Path == row.path:
			link.Current = "page"
		case row.path != "/" && strings.HasPrefix(v.r.URL.Path, row.path+"/"):
			link.Current = "true"
		}
		out = append(out, link)
	}
	return out
}
