package notice

import (
	"embed"
	htmltemplate "html/template"
	"maps"
	"strconv"
	"strings"
	texttemplate "text/template"
	"text/template/parse"
	"time"

	"github.com/postseal/postseal/words"
)

// The templates hold what every language shares; what they say stands in
// words/lang/*/mail.txt.
//
//go:embed templates
var templates embed.FS

// DefaultColour is used where the brand sets none.
const DefaultColour = "#1d70b8"

// kinds are those that have templates.
var kinds = [...]Kind{Message, Confirmation, Code, Activation, Reset, Reply, Bounce, PlainReply, PlainReplyTold, Rescue, RescueTold, Asked, AskAnswered,
	Reminder, Enable, Desk, DeskMember, Colleague, Join, JoinTold, AccountChanged, TakenBack}

// view is what a kind's templates see.
type view struct {
	Brand   look
	D       any // pointer to the kind's data, prepared
	Subject string
}

// sheet is what the layout sees: the same notice in each of its languages.
type sheet struct {
	Brand   look
	Subject string
	Lang    string // of the whole
	Parts   []part
}

// part is a notice in one language.
type part struct {
	Lang       string
	Below      string // says in this language that it stands below
	HTML, Foot htmltemplate.HTML
}

// look is the brand, cleaned for templates.
type look struct {
	Organisation, Service, PortalURL, Host       string
	Colour, Ink, Link                            string // Ink is readable on Colour; Link is readable on white
	HelpURL, PrivacyURL, Disclaimer, Explanation string
	Address                                      []string
}

func lookOf(b Brand, tag string) look {
	b = b.In(tag)
	l := look{
		Organisation: oneLine(b.Organisation, maxName),
		Service:      b.Service.String(),
		Colour:       colour(b.Colour),
		Disclaimer:   paragraphs(b.Disclaimer),
		Explanation:  paragraphs(b.Explanation),
		Address:      tongue{words: words.In(tag)}.lines(strings.Split(paragraphs(b.Address), "\n")),
	}
	l.PortalURL, _ = webAddress(strings.TrimSuffix(b.PortalURL, "/"))
	l.Host = host(l.PortalURL)
	l.HelpURL, _ = webAddress(b.HelpURL)
	l.PrivacyURL, _ = webAddress(b.PrivacyURL)
	l.Ink, l.Link = "#ffffff", l.Colour
	if luminance(l.Colour) > 0.179 { // where black and white contrast the same (WCAG 2.2, 1.4.3)
		l.Ink = "#0b0c0c"
	}
	if luminance(l.Colour) > 0.183 { // contrast below 4.5 on white
		l.Link = DefaultColour
	}
	return l
}

// colour gives "#rrggbb" or the default.
func colour(s string) string {
	if len(s) != 7 || s[0] != '#' {
		return DefaultColour
	}
	if _, err := strconv.ParseUint(s[1:], 16, 32); err != nil {
		return DefaultColour
	}
	return strings.ToLower(s)
}

// luminance is WCAG's relative luminance, with a short polynomial in place of the
// sRGB curve: near enough for a choice between two inks.
func luminance(c string) float64 {
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		v, _ := strconv.ParseUint(c[1+2*i:3+2*i], 16, 8)
		f := float64(v) / 255
		sum += weight * f * f * (0.8 + 0.2*f)
	}
	return sum
}

// page holds the templates of one kind in one language.
type page struct {
	words      *words.Language
	head, text *texttemplate.Template
	rich       *htmltemplate.Template
}

// layout is the frame of every mail's HTML.
var layout = htmltemplate.Must(htmltemplate.New("layout.html").ParseFS(templates, "templates/layout.html"))

// parsed reads the embedded templates in one language. They are part of the
// program, so a fault in them stops it at the start.
func parsed(l *words.Language, loc *time.Location) map[Kind]page {
	functions := map[string]any{
		"t":     l.Text,
		"time":  func(t time.Time) string { return l.Time(t, loc) },
		"clock": func(t time.Time) string { return l.Clock(t, loc) },
		"after": func(t time.Time, minutes int) time.Time { return t.Add(time.Duration(minutes) * time.Minute) },
		"br":    breaks,
	}
	rich := maps.Clone(functions)
	rich["t"] = l.HTML
	pages := map[Kind]page{}
	for _, k := range kinds {
		file := "templates/" + string(k)
		p := page{
			words: l,
			head:  texttemplate.Must(texttemplate.New(string(k)+".subject").Funcs(functions).ParseFS(templates, file+".subject")),
			text:  texttemplate.Must(texttemplate.New("part.txt").Funcs(functions).ParseFS(templates, "templates/part.txt", file+".txt")),
			rich:  htmltemplate.Must(htmltemplate.New("part.html").Funcs(rich).ParseFS(templates, "templates/part.html", file+".html")),
		}
		for _, t := range append(p.head.Templates(), p.text.Templates()...) {
			settle(t.Tree, func(key string) string { return l.Text(key) })
		}
		for _, t := range p.rich.Templates() {
			settle(t.Tree, func(key string) string { return string(l.HTML(key)) })
		}
		pages[k] = p
	}
	return pages
}

// settle writes the sentences that have no values into a template, so that they are
// not looked up anew for each mail. They stand between tags only, never in one.
func settle(tree *parse.Tree, say func(key string) string) {
	if tree == nil || tree.Root == nil {
		return
	}
	var walk func(list *parse.ListNode)
	branches := func(b *parse.BranchNode) { walk(b.List); walk(b.ElseList) }
	walk = func(list *parse.ListNode) {
		if list == nil {
			return
		}
		for i, n := range list.Nodes {
			switch n := n.(type) {
			case *parse.ActionNode:
				if key, ok := sentence(n); ok {
					list.Nodes[i] = &parse.TextNode{NodeType: parse.NodeText, Pos: n.Pos, Text: []byte(say(key))}
				}
			case *parse.IfNode:
				branches(&n.BranchNode)
			case *parse.WithNode:
				branches(&n.BranchNode)
			case *parse.RangeNode:
				branches(&n.BranchNode)
			}
		}
	}
	walk(tree.Root)
}

// sentence tells whether an action is t with a key alone.
func sentence(n *parse.ActionNode) (key string, ok bool) {
	if len(n.Pipe.Decl) > 0 || len(n.Pipe.Cmds) != 1 || len(n.Pipe.Cmds[0].Args) != 2 {
		return "", false
	}
	name, isName := n.Pipe.Cmds[0].Args[0].(*parse.IdentifierNode)
	text, isText := n.Pipe.Cmds[0].Args[1].(*parse.StringNode)
	if !isName || !isText || name.Ident != "t" {
		return "", false
	}
	return text.Text, true
}

func (p page) subject(v view) (string, error) {
	var b strings.Builder
	err := p.head.Execute(&b, v)
	return oneLine(b.String(), maxSubject), err
}

func (p page) plain(v view) (string, error) {
	var b strings.Builder
	err := p.text.ExecuteTemplate(&b, "part", v)
	return tidy(b.String()), err
}

func (p page) html(v view) (part, error) {
	var body, foot strings.Builder
	if err := p.rich.ExecuteTemplate(&body, "part", v); err != nil {
		return part{}, err
	}
	err := p.rich.ExecuteTemplate(&foot, "below", v)
	return part{Lang: p.words.Lang(), Below: p.words.Text("mail.below"),
		HTML: htmltemplate.HTML(body.String()), Foot: htmltemplate.HTML(foot.String())}, err //nolint:gosec // both come out of html/template
}

// tidy leaves at most one empty line between paragraphs, so that templates need
// not care where an optional one is missing.
func tidy(s string) string {
	var out []string
	empty := true
	for _, line := range strings.Split(s, "\n") {
		line = strings.TrimRight(line, " \t")
		if line != "" || !empty {
			out = append(out, line)
		}
		empty = line == ""
	}
	return strings.TrimRight(strings.Join(out, "\n"), "\n") + "\n"
}
