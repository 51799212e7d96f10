// Package wordstest holds the guards that keep sentences in the catalogues: what
// is asked for is there, what is there is asked for, and templates say nothing by
// themselves. The packages that speak to people run them over their own files.
package wordstest

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template/parse"

	"github.com/postseal/postseal/words"
)

// Sources are the files whose keys are looked at.
type Sources struct {
	FS    fs.FS
	Globs []string // "web/*.html", "*.go"; files named *_test.* are left out
}

// Keys compares the keys of an area with those that the sources name. A key is
// named where it, or its beginning up to a hyphen, stands in quotes; built are patterns of those that the program
// puts together, such as "refusal.*".
func Keys(t *testing.T, area string, built []string, sources ...Sources) {
	t.Helper()
	quoted := regexp.MustCompile("[\"`']([a-zA-Z][a-zA-Z0-9-]*(?:\\.[a-zA-Z0-9-]+)*)[\"`']")
	named := map[string]bool{}
	for _, s := range sources {
		for _, text := range s.read(t) {
			for _, m := range quoted.FindAllStringSubmatch(text, -1) {
				named[m[1]] = true
			}
		}
	}
	keys := words.In(words.Default).Keys(area)
	isBuilt := func(key string) bool {
		return slices.ContainsFunc(built, func(pattern string) bool { ok, _ := path.Match(pattern, key); return ok })
	}
	sections := map[string]bool{}
	for _, key := range keys {
		section, rest, _ := strings.Cut(key, ".")
		sections[section] = true
		begun := false // as in "invite.every-" + how
		for prefix := range named {
			begun = begun || strings.HasSuffix(prefix, "-") && strings.HasPrefix(key, prefix)
		}
		if !begun && !named[key] && !(area == words.Page && named[rest]) && !isBuilt(key) {
			t.Errorf("nobody says %s", key)
		}
	}
	for key := range named {
		if strings.HasSuffix(key, "-") && slices.ContainsFunc(keys, func(k string) bool { return strings.HasPrefix(k, key) }) {
			continue
		}
		section, rest, dotted := strings.Cut(key, ".")
		if dotted && sections[section] && rest != "" && !slices.Contains(keys, key) && !isBuilt(key) && !looksLikeFile(key) {
			t.Errorf("%s is said, and is not in lang/%s/%s.txt", key, words.Default, area)
		}
	}
}

// looksLikeFile leaves names such as "message.eml" alone.
func looksLikeFile(s string) bool {
	switch path.Ext(s) {
	case ".eml", ".txt", ".html", ".zip", ".ics", ".css", ".js", ".subject":
		return true
	}
	return false
}

func (s Sources) read(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, glob := range s.Globs {
		names, err := fs.Glob(s.FS, glob)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: no files (%v)", glob, err)
		}
		for _, name := range names {
			if strings.Contains(path.Base(name), "_test.") {
				continue
			}
			b, err := fs.ReadFile(s.FS, name)
			if err != nil {
				t.Fatal(err)
			}
			out[name] = string(b)
		}
	}
	return out
}

var (
	comment   = regexp.MustCompile(`(?s)<!--.*?-->|<style>.*?</style>|&[a-z]+;`)
	tag       = regexp.MustCompile(`(?s)<[^<>]*>`)
	attribute = regexp.MustCompile(`(?s)\b(?:title|alt|aria-label|placeholder|label)="([^"]*)"`)
	word      = regexp.MustCompile(`\pL{2,}`)
)

// Silent fails for every word that a template says by itself, between its tags or
// in an attribute that people meet. allowed are words that are the same in every language.
func Silent(t *testing.T, s Sources, allowed ...string) {
	t.Helper()
	for name, text := range s.read(t) {
		for _, found := range spoken(t, name, text) {
			if !slices.Contains(allowed, found) {
				t.Errorf("%s says %q by itself: it belongs into words/lang/*", name, found)
			}
		}
	}
}

// spoken gives the words of a template outside actions and tags.
func spoken(t *testing.T, name, text string) []string {
	t.Helper()
	tree := parse.New(name)
	tree.Mode = parse.SkipFuncCheck
	set := map[string]*parse.Tree{}
	if _, err := tree.Parse(text, "", "", set); err != nil {
		t.Fatal(err)
	}
	set[name] = tree
	var all []string
	for _, one := range set {
		if one.Root == nil {
			continue
		}
		var b strings.Builder
		literal(one.Root, &b)
		page := comment.ReplaceAllString(b.String(), " ")
		for _, m := range attribute.FindAllStringSubmatch(page, -1) {
			all = append(all, word.FindAllString(m[1], -1)...)
		}
		all = append(all, word.FindAllString(tag.ReplaceAllString(page, " "), -1)...)
	}
	return all
}

// literal writes the text nodes below n one after the other, actions left out.
func literal(n parse.Node, b *strings.Builder) {
	list := func(l *parse.ListNode) {
		if l != nil {
			for _, below := range l.Nodes {
				literal(below, b)
			}
		}
	}
	switch n := n.(type) {
	case *parse.TextNode:
		b.Write(n.Text)
	case *parse.ListNode:
		list(n)
	case *parse.IfNode:
		list(n.List)
		list(n.ElseList)
	case *parse.RangeNode:
		list(n.List)
		list(n.ElseList)
	case *parse.WithNode:
		list(n.List)
		list(n.ElseList)
	}
}

var sentence = regexp.MustCompile("\"([A-Z][a-z]+(?: [a-zA-Z,']+){2,}[.?!]?)\"")

// NoSentences fails for what reads like a sentence in a Go file, errors and logs apart.
func NoSentences(t *testing.T, s Sources) {
	t.Helper()
	apart := regexp.MustCompile(`errors\.New|Errorf|Log\.|\.log\(|panic|regexp|//|Sprintf\("|fault\(`)
	for name, text := range s.read(t) {
		if path.Base(name) == "metrics.go" { // for operators
			continue
		}
		for i, line := range strings.Split(text, "\n") {
			code, _, _ := strings.Cut(line, "// ")
			if m := sentence.FindStringSubmatch(code); m != nil && !apart.MatchString(code) {
				t.Errorf("%s:%d says %q: it belongs into words/lang/*", name, i+1, m[1])
			}
		}
	}
}
