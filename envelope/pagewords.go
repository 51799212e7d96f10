package envelope

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/postseal/postseal/words"
)

// scriptWords gives what the script says, in the page's languages, the first one
// first: {"en": {"signIn": "..."}}. A sentence stands on a line of its own, since
// mail takes no long ones, in ASCII, and without characters that mean something in HTML.
func scriptWords(v *pageView) template.HTML {
	var b strings.Builder
	b.WriteString("{")
	for i, view := range append([]pageView{*v}, v.Others...) {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, "%q:%s", view.W.Tag(), catalogues[view.W.Tag()])
	}
	b.WriteString("}")
	return template.HTML(b.String()) //nolint:gosec // encoding/json writes <, > and & as \u003c and so on
}

// catalogues are the sentences of each language as JSON.
var catalogues = func() map[string]string {
	out := map[string]string{}
	for _, tag := range words.Tags() {
		b, err := json.MarshalIndent(scriptCatalogue(words.In(tag)), "", "")
		if err != nil {
			panic(err) // texts always marshal
		}
		out[tag] = strings.ReplaceAll(ascii(string(b)), "\": \"", `":"`) // a quote within a text has a backslash before it
	}
	return out
}()

// scriptCatalogue names sentences by what stands behind their section.
func scriptCatalogue(l *words.Language) map[string]string {
	out := map[string]string{}
	for _, area := range []string{words.Common, words.Page} {
		for key, text := range l.Area(area) {
			switch section, name, _ := strings.Cut(key, "."); section {
			case "cover", "invite", "weekday", "month": // what an invitation says comes from the server
			case "file":
				out[key] = text // with names that others have too
			default:
				out[name] = text
			}
		}
	}
	var days, months []string // as lists, since a key for each would weigh as much again
	for d := time.Sunday; d <= time.Saturday; d++ {
		days = append(days, l.Text("weekday."+strings.ToLower(d.String())))
	}
	for m := time.January; m <= time.December; m++ {
		months = append(months, l.Text("month."+strings.ToLower(m.String())))
	}
	out["days"], out["months"] = strings.Join(days, ","), strings.Join(months, ",")
	return out
}

// ascii writes what is not ASCII as JSON escapes.
func ascii(s string) string {
	var b bytes.Buffer
	for _, r := range s {
		switch {
		case r < 0x80:
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, "\\u%04x", r)
		default:
			r -= 0x10000
			fmt.Fprintf(&b, "\\u%04x\\u%04x", 0xd800+r>>10, 0xdc00+r&0x3ff)
		}
	}
	return b.String()
}
