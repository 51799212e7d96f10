package words

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed lang
var files embed.FS

// The areas. A language's folder has a file AREA.txt for each, and beside it an
// AREA-TOPIC.txt where an area has topics of its own (portal-compose.txt).
const (
	Common = "language" // name of the language, times, sizes
	Portal = "portal"   // the web pages and what the API says
	Mail   = "mail"     // the mails
	Page   = "page"     // securedoc.html
)

// Default is the tag of the pattern that other languages are held against. What a
// language lacks is said in it.
const Default = "en"

// Language is one language's words. It is not changed after it was read and may
// be used by many goroutines.
type Language struct {
	tag   string
	text  map[string]string // by full key
	areas map[string][]string
	under *Language // says what this one lacks; nil for the default
}

// all are the languages by tag. A fault in a file is a fault of the program, and
// stops it at the start.
var all = func() map[string]*Language {
	m, err := load(files)
	if err != nil {
		panic(err)
	}
	return m
}()

func load(from fs.FS) (map[string]*Language, error) {
	folders, err := fs.ReadDir(from, "lang")
	if err != nil {
		return nil, err
	}
	m := map[string]*Language{}
	for _, f := range folders {
		l := &Language{tag: f.Name(), text: map[string]string{}, areas: map[string][]string{}}
		for _, area := range []string{Common, Portal, Mail, Page} {
			if err := l.read(from, area); err != nil {
				return nil, err
			}
		}
		m[l.tag] = l
	}
	if m[Default] == nil {
		return nil, fmt.Errorf("words: no folder lang/%s", Default)
	}
	for _, l := range m {
		if l.tag != Default {
			l.under = m[Default]
		}
	}
	return m, nil
}

// read takes in the files of one area.
func (l *Language) read(from fs.FS, area string) error {
	names, err := fs.Glob(from, path.Join("lang", l.tag, area+"-*.txt"))
	if err != nil {
		return err
	}
	for _, name := range append([]string{path.Join("lang", l.tag, area+".txt")}, names...) {
		b, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		keys, err := parse(name, string(b), l.text)
		if err != nil {
			return err
		}
		l.areas[area] = append(l.areas[area], keys...)
	}
	return nil
}

// Tags gives the tags of all languages, the default first, then by name.
func Tags() []string {
	tags := []string{Default}
	var others []string
	for tag := range all {
		if tag != Default {
			others = append(others, tag)
		}
	}
	slices.Sort(others)
	return append(tags, others...)
}

// In gives the language of a tag such as "cy"; an unknown tag gives the default.
func In(tag string) *Language {
	if l, ok := all[tag]; ok {
		return l
	}
	return all[Default]
}

// Known tells whether there is a language of this tag.
func Known(tag string) bool { return all[tag] != nil }

// Tag is the language's short name, which configuration and cookies use: "cy".
func (l *Language) Tag() string { return l.tag }

// Lang is what stands in an HTML lang attribute (BCP 47): "en-GB".
func (l *Language) Lang() string { return l.Text("language.lang") }

// Name is the language's name in itself: "Cymraeg".
func (l *Language) Name() string { return l.Text("language.name") }

// Keys gives the full keys of an area in the order of its file, without variants
// for single numbers.
func (l *Language) Keys(area string) []string { return slices.Clone(l.areas[area]) }

// Area gives all texts of an area as they stand in its file, by full key, those
// for single numbers too; what the language lacks is there in the default.
func (l *Language) Area(area string) map[string]string {
	out := map[string]string{}
	for _, key := range all[Default].areas[area] {
		for full := range all[Default].text {
			if full == key || strings.HasPrefix(full, key+"@") {
				out[full] = all[Default].text[full]
			}
		}
		if _, ok := l.text[key]; ok { // with its own variants, and no others
			for full := range out {
				if strings.HasPrefix(full, key+"@") {
					delete(out, full)
				}
			}
		}
	}
	for key, text := range l.text {
		base, _, _ := strings.Cut(key, "@")
		if slices.Contains(all[Default].areas[area], base) {
			out[key] = text
		}
	}
	return out
}

// Raw gives a text as it stands in the file, and whether the language has it.
func (l *Language) Raw(key string) (string, bool) {
	s, ok := l.text[key]
	return s, ok
}

// find gives the text for a key, by number where {n} is given, and from the
// default where this language lacks it; an unknown key gives itself, which a test
// of every caller rules out.
func (l *Language) find(key string, values []any) string {
	for at := l; at != nil; at = at.under {
		if n, ok := value(values, "n"); ok {
			if s, ok := at.text[key+"@"+n]; ok {
				return s
			}
		}
		if s, ok := at.text[key]; ok {
			return s
		}
	}
	return key
}

// Text gives a sentence without markup, for titles, plain mail and attributes.
// values are names and values in turn: Text("code.sent", "address", a).
func (l *Language) Text(key string, values ...any) string {
	return fill(l.find(key, values), values, plain{})
}

// HTML gives a sentence with its markup; values are escaped.
func (l *Language) HTML(key string, values ...any) template.HTML {
	return template.HTML(fill(l.find(key, values), values, rich{})) //nolint:gosec // rich escapes all but its own tags
}

// value gives what a caller set for a name, as text.
func value(values []any, name string) (string, bool) {
	for i := 0; i+1 < len(values); i += 2 {
		if values[i] == name {
			return fmt.Sprint(values[i+1]), true
		}
	}
	return "", false
}
