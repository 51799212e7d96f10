package scan

import (
	"bytes"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// Page is an attached HTML file as rules look at it, with the mail around it.
type Page struct {
	Raw        string
	Lower      string   // Raw in lower case
	Lines      []string // what the public rules call strings
	Title      string
	Script     string   // all scripts in the page, one after the other
	ScriptText []string // string literals in Script
	Names      []string // identifiers in Script, and words in its strings, each once
	Tags       []Tag
	Entropy    float64  // of Raw, bits an octet
	From       string   // domain of the sender
	To         []string // addresses of the recipients
}

// Tag is one start tag; names of tag and attributes are in lower case.
type Tag struct {
	Name  string
	Attrs map[string]string
}

var (
	literal    = regexp.MustCompile("\"(?:[^\"\\\\\n]|\\\\.)*\"|'(?:[^'\\\\\n]|\\\\.)*'|`(?:[^`\\\\]|\\\\.)*`")
	identifier = regexp.MustCompile(`[A-Za-z_$][A-Za-z0-9_$]*`)
)

// Read takes a page apart. from is the domain of the sender, to are the
// addresses of the recipients; both as they stand in the mail.
func Read(raw []byte, from string, to []string) *Page {
	p := &Page{Raw: string(raw), Lower: strings.ToLower(string(raw)), From: strings.ToLower(from), Entropy: entropy(raw)}
	for _, a := range to {
		p.To = append(p.To, strings.ToLower(a))
	}
	p.Lines = strings.Split(p.Raw, "\n")
	p.tags(raw)
	p.ScriptText = literal.FindAllString(p.Script, -1)
	seen := map[string]bool{}
	for _, name := range identifier.FindAllString(p.Script, -1) { // words in strings count too: obfuscated scripts keep names there
		if !seen[name] {
			seen[name] = true
			p.Names = append(p.Names, name)
		}
	}
	return p
}

func (p *Page) tags(raw []byte) {
	inside := ""
	for z := html.NewTokenizer(bytes.NewReader(raw)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.TextToken:
			switch inside {
			case "script":
				p.Script += string(z.Raw()) + "\n"
			case "title":
				p.Title += string(z.Text())
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			tag := Tag{Name: t.Data, Attrs: map[string]string{}}
			for _, a := range t.Attr {
				tag.Attrs[a.Key] = a.Val
			}
			p.Tags = append(p.Tags, tag)
			inside = t.Data
		case html.EndTagToken:
			inside = ""
		}
	}
}

// entropy is Shannon's, in bits for each octet.
func entropy(raw []byte) (bits float64) {
	var count [256]int
	for _, b := range raw {
		count[b]++
	}
	for _, n := range count {
		if n > 0 {
			share := float64(n) / float64(len(raw))
			bits -= share * math.Log2(share)
		}
	}
	return bits
}

// has tells whether the page contains one of the texts, in any case.
func (p *Page) has(texts ...string) bool {
	return slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(p.Lower, strings.ToLower(s)) })
}

// calls tells whether the script uses all of the names.
func (p *Page) calls(names ...string) bool {
	for _, n := range names {
		if !slices.Contains(p.Names, n) {
			return false
		}
	}
	return true
}

// line tells whether one line, or one string of the script, matches.
func (p *Page) line(re *regexp.Regexp) bool {
	return slices.ContainsFunc(p.Lines, re.MatchString)
}

// tag tells whether a start tag satisfies want.
func (p *Page) tag(name string, want func(attrs map[string]string) bool) bool {
	return slices.ContainsFunc(p.Tags, func(t Tag) bool { return (name == "" || t.Name == name) && want(t.Attrs) })
}

// count is how many of the conditions hold.
func count(conditions ...bool) (n int) {
	for _, c := range conditions {
		if c {
			n++
		}
	}
	return n
}

// lines counts those that contain text, in any case.
func lines(all []string, text string) (n int) {
	for _, l := range all {
		if strings.Contains(strings.ToLower(l), text) {
			n++
		}
	}
	return n
}

// toRecipient tells whether the page names one of the people the mail goes to.
func (p *Page) toRecipient() bool { return len(p.To) > 0 && p.has(p.To...) }

// foreign tells whether an address leads to a host that is not of the sender's
// domain.
func (p *Page) foreign(address string) bool {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return true
	}
	host := strings.ToLower(u.Hostname())
	return host != "" && host != p.From && !strings.HasSuffix(host, "."+p.From)
}
