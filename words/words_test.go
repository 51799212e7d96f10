package words

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// Every language says all that English says and nothing else, leaves the same
// holes, and its files say who has to look at them.
func TestLanguagesAreComplete(t *testing.T) {
	if got := Tags(); !slices.Equal(got, []string{"en", "cy"}) {
		t.Errorf("languages are %v", got) // a new language: add it here, so that one that is lost is noticed
	}
	for tag, l := range all {
		for _, area := range []string{Common, Portal, Mail, Page} {
			want := all[Default].areas[area]
			for _, key := range want {
				if _, ok := l.text[key]; !ok {
					t.Errorf("lang/%s/%s.txt lacks %s = %s", tag, area, key, all[Default].text[key])
				}
			}
			for _, key := range l.areas[area] {
				if !slices.Contains(want, key) {
					t.Errorf("lang/%s/%s.txt has %s, which English has not", tag, area, key)
				}
			}
			head, _ := files.ReadFile("lang/" + tag + "/" + area + ".txt")
			if first, _, _ := strings.Cut(string(head), "\n"); tag != Default && !strings.Contains(strings.ToLower(first), "review by a native speaker") {
				t.Errorf("lang/%s/%s.txt: the first line does not say that a native speaker has to review or has reviewed it", tag, area)
			}
		}
		for key, text := range l.text {
			base, _, _ := strings.Cut(key, "@")
			got, want := holes(text), holes(all[Default].text[base])
			if key != base {
				got, want = withoutNumber(got), withoutNumber(want)
			}
			if !slices.Equal(got, want) {
				t.Errorf("lang/%s: %s leaves %v open, English %v", tag, key, got, want)
			}
			if strings.Count(text, "*")%2 != 0 {
				t.Errorf("lang/%s: %s begins strong letters and does not end them", tag, key)
			}
			if strings.ContainsAny(text, "<>&") {
				t.Errorf("lang/%s: %s has a character that means something in HTML", tag, key)
			}
		}
	}
}

func holes(text string) []string {
	out := Placeholders(text)
	slices.Sort(out)
	return slices.Compact(out) // a sentence may have to name something twice
}

func withoutNumber(list []string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return s == "{n}" })
}

// What the script of securedoc.html shows has no markup, and no two of its names
// are the same once their sections are gone.
func TestPageNames(t *testing.T) {
	for tag, l := range all {
		seen := map[string]string{}
		for _, area := range []string{Common, Page} {
			for key, text := range l.Area(area) {
				section, name, _ := strings.Cut(key, ".")
				switch section {
				case "cover":
					continue
				case "file", "invite": // the script calls these by their full keys
					name = key
				}
				if other, twice := seen[name]; twice {
					t.Errorf("%s and %s are both %s to the script", key, other, name)
				}
				seen[name] = key
				if slices.ContainsFunc(Placeholders(text), func(p string) bool { return p[0] != '{' }) {
					t.Errorf("lang/%s: %s has markup, which the script does not know", tag, key)
				}
			}
		}
	}
}

func TestFill(t *testing.T) {
	l := &Language{text: map[string]string{
		"a.b":   "To *{who}*: [read {what}](page) & go, {missing}",
		"f.n":   "{n} files",
		"f.n@1": "1 file",
	}}
	evil := `<i>*{what}*[x](page)`
	for _, c := range []struct {
		got, want string
	}{
		{string(l.HTML("a.b", "who", evil, "what", "it", "page", "/m")), `To <strong>&lt;i&gt;*{what}*[x](page)</strong>: <a href="/m">read it</a> &amp; go, {missing}`},
		{string(l.HTML("a.b", "page", "javascript:alert(1)")), `To <strong>{who}</strong>: read {what} &amp; go, {missing}`},
		{string(l.HTML("a.b", "page", `//evil.example/"`)), `To <strong>{who}</strong>: read {what} &amp; go, {missing}`},
		{string(l.HTML("a.b", "page", `/a"b`)), `To <strong>{who}</strong>: <a href="/a&#34;b">read {what}</a> &amp; go, {missing}`},
		{l.Text("a.b", "who", evil, "what", "it"), `To ` + evil + `: read it & go, {missing}`},
		{l.Text("f.n", "n", 1), "1 file"},
		{l.Text("f.n", "n", 12), "12 files"},
		{l.Text("no.such"), "no.such"},
	} {
		if c.got != c.want {
			t.Errorf("got  %s\nwant %s", c.got, c.want)
		}
	}
}

func TestTimes(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	summer := time.Date(2016, 8, 21, 11, 21, 0, 0, time.UTC)
	winter := time.Date(2016, 12, 31, 23, 59, 0, 0, time.UTC)
	for _, c := range []struct{ got, want string }{
		{In("en").Time(summer, london), "Sunday 21 August 2016, 12:21 BST"}, // BCC-18
		{In("cy").Time(summer, london), "dydd Sul 21 Awst 2016, 12:21 BST"},
		{In("cy").Time(winter, london), "dydd Sadwrn 31 Rhagfyr 2016, 23:59 GMT"},
		{In("cy").When(summer, summer.Add(time.Hour), london), "heddiw, 12:21 BST"},
		{In("cy").Until(summer, summer.Add(time.Hour), london), "12:21 BST"},
		{In("en").When(winter, winter.Add(time.Minute), london), "Saturday 31 December 2016, 23:59 GMT"},
		{In("en").Time(summer, nil), "Sunday 21 August 2016, 11:21 UTC"},
		{In("en").Size(1), "1 byte"},
		{In("cy").Size(2), "2 beit"},
		{In("xx").Name(), "English"},
		{In("cy").Lang(), "cy"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// A fault in a file is told with its line.
func TestParse(t *testing.T) {
	for content, want := range map[string]string{
		"a = b":               "x.txt:1: wants [section]",
		"[s]\na = b\nc d":     "x.txt:3: wants [section]",
		"[s]\na = b\na = c":   "x.txt:3: s.a stands twice",
		"[s]\n  more":         "x.txt:2: continues nothing",
		"[s]\na = b\n\n more": "x.txt:4: continues nothing",
		"[S]":                 "x.txt:1: wants [section]",
	} {
		_, err := parse("x.txt", content, map[string]string{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", content, err, want)
		}
	}
	text := map[string]string{}
	keys, err := parse("x.txt", "# note\n[s]\na = one\n  two\nb@1 = x\nb = y\n", text)
	if err != nil || !slices.Equal(keys, []string{"s.a", "s.b"}) || text["s.a"] != "one two" || text["s.b@1"] != "x" {
		t.Errorf("got %v %v %v", keys, text, err)
	}
	if _, err := load(fstest.MapFS{"lang/en/portal.txt": {Data: []byte("[a]\nb = c\n")}}); err == nil {
		t.Error("a language without all its files was taken")
	}
}

// A language that lacks a sentence says it in English, with English's own forms.
func TestFallback(t *testing.T) {
	en := &Language{tag: "en", text: map[string]string{"a.n": "{n} things", "a.n@1": "one thing"}}
	cy := &Language{tag: "cy", text: map[string]string{}, under: en}
	if got := cy.Text("a.n", "n", 1); got != "one thing" {
		t.Errorf("got %q", got)
	}
	cy.text["a.n"] = "{n} peth"
	if got := cy.Text("a.n", "n", 1); got != "1 peth" {
		t.Errorf("got %q", got)
	}
}
