package portal

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/store"
)

// partials are the templates beside pages, each in a file of its own that other
// pages use.
var partials = []string{"upload", "offer", "passkey", "address", "mailstate", "messages", "announced"}

// WebPages are the names of all templates in web but the layout.
func WebPages() (names []string, err error) {
	files, err := web.ReadDir("web")
	for _, f := range files {
		if name, ok := strings.CutSuffix(f.Name(), ".html"); ok && name != "layout" {
			names = append(names, name)
		}
	}
	return names, err
}

// MarkPages makes each page say in a hidden element which templates it is of, so
// that a test knows what it has seen. To be called before the first request.
func (s *Server) MarkPages() error {
	for page, parsed := range s.pages.byName {
		t, err := parsed()
		if err != nil {
			return err
		}
		for _, name := range append(slices.Clone(partials), "content") {
			mark := name
			if name == "content" {
				mark = page
			}
			seen, err := template.New("").Parse(`<i hidden data-shows="` + mark + `"></i>`)
			if err != nil {
				return err
			}
			tree := t.Lookup(name).Tree.Copy()
			tree.Root.Nodes = append(slices.Clone(seen.Tree.Root.Nodes), tree.Root.Nodes...)
			if _, err := t.AddParseTree(name, tree); err != nil {
				return err
			}
		}
	}
	return nil
}

// withNames gives an error with what its words name, where there are none without.
func withNames(err error) error {
	for _, of := range []error{errProvider, errAnswer, errReturn, errSource, errUnverified, errForeign, errOther, store.ErrOtherPerson} {
		if errors.Is(err, of) {
			return vouched{err, "Google", addr.MustParse("carla@home.example"), addr.MustParse("carer@home.example")}
		}
	}
	if errors.Is(err, errRetype) {
		return retyped{err, "Dear Jane,\n\nthe boiler is broken since Tuesday, and nobody has come."}
	}
	return err
}

// ServeRefusals adds a page for each row of the table of refusals, and gives their
// names: GET /refusal/NAME.
func (s *Server) ServeRefusals() (names []string) {
	add := func(name string, err error) {
		names = append(names, name)
		s.mux.Handle("GET /refusal/"+name, s.page(func(*visit) error { return err }))
	}
	for i, row := range table {
		if errors.Is(row.err, errSignIn) { // leads to the sign-in page instead
			continue
		}
		name := row.what.name
		if slices.Contains(names, name) {
			name = fmt.Sprint(name, i)
		}
		add(name, withNames(row.err))
	}
	add("away", http.ErrAbortHandler)
	return names
}
