package policy

import (
	"net/url"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/postseal/postseal/addr"
)

var labelKind = conditionKind{name: "label", example: `[OFFICIAL-SENSITIVE, "COMMERCIAL IN CONFIDENCE"]`, parse: func(n *yaml.Node) (condition, error) {
	labels, err := textList(n, "a label, such as OFFICIAL-SENSITIVE")
	if err != nil {
		return nil, err
	}
	c := newLabelCondition(labels)
	for _, p := range c.phrases {
		if len(p.words) == 0 {
			return nil, yamlError(n, "a label must hold letters")
		}
	}
	return c, nil
}}

// labelCondition holds when a label stands in a label header field, in the
// subject, in the first line of the text, or at the head of one of the next lines
// (SCC-1, CJSM-2). Between its words
// may stand a space, a hyphen or nothing, and each long word of a label of
// several may have one slip; UNOFFICIAL is another word than OFFICIAL. In subject
// and text a label of one word counts only where it is meant as one: in capitals
// or set off.
type labelCondition struct{ phrases []phrase }

func (*labelCondition) isMark() {}

func newLabelCondition(labels []string) *labelCondition {
	c := &labelCondition{}
	for _, l := range labels {
		c.phrases = append(c.phrases, newPhrase(l))
	}
	return c
}

// labelHeaders are fields in which mail programs and gateways write a label.
// RFC 7444 names SIO-Label; the others are those of products.
var labelHeaders = []string{
	"X-Protective-Marking", "Protective-Marking", "SIO-Label", "X-Classification", "Classification", "X-Security-Label",
	"X-MS-Exchange-Organization-Classification", "X-Sensitivity-Label", "X-Document-Classification", "X-Label",
}

// purviewPrefix begins the fields and the names in which Microsoft Purview
// writes its labels.
const purviewPrefix = "msip_label"

func (c *labelCondition) match(v *view, _ addr.Address) []Finding {
	var found []Finding
	for _, place := range v.labelTexts() {
		for _, p := range c.phrases {
			ok := func(start, end int) bool {
				if place.isLater {
					return place.heads(start, end, len(p.words) > 1) || place.isMarking(start, end, len(p.words) > 1)
				}
				return place.said || place.isSubject && len(p.words) > 1 || place.isLabel(start, end)
			}
			if place.find(p, ok) {
				found = appendFinding(found, Finding{Where: place.where, What: "label " + p.label})
			}
		}
	}
	return found
}

// labelText is a text in which labels are looked for.
type labelText struct {
	text
	where     string
	said      bool // a field that holds nothing but labels
	isSubject bool
	isLater   bool // not the first line: only what heads the line counts
}

// labelTexts gives the texts of a message in which a label may stand, read once.
func (v *view) labelTexts() []labelText {
	if v.labels != nil {
		return v.labels
	}
	v.labels = []labelText{}
	add := func(where, s string, said bool) {
		v.labels = append(v.labels, labelText{text: newText(s), where: where, said: said, isSubject: where == "subject"})
	}
	for _, s := range v.values("Subject") {
		add("subject", s, false)
	}
	for _, name := range append(append([]string{}, labelHeaders...), v.f.Labels.Headers...) {
		for _, s := range v.values(name) {
			add("header "+name, s, true)
			if joined := joinAttributes(s); joined != "" {
				add("header "+name, joined, true)
			}
		}
	}
	for _, s := range v.purviewLabels() {
		add("header msip_labels", s, true)
	}
	for _, p := range v.m.Parts {
		line := firstLine(p)
		if line == "" {
			continue
		}
		add("first line of the text", line, false)
		v.labels = append(v.labels, laterLines(p.Text, "first lines of the text")...)
		if flowed, ok := unflow(p); ok {
			add("first line of the text", firstLineOf(flowed), false)
			v.labels = append(v.labels, laterLines(flowed, "first lines of the text")...)
		}
	}
	v.documentLabels(add)
	return v.labels
}

// laterLines gives the lines behind the first one that are not empty, as far as a
// marking stands there: below "Dear Ann", below a banner of the mail program.
// Only short ones: a long line is prose, or the disclaimer of a short mail.
func laterLines(text, where string) []labelText {
	const most, longest = 4, 80 // lines, octets
	var all []labelText
	first := true
	for line := range strings.SplitSeq(text, "\n") {
		line = trimLine(line)
		switch {
		case line == "":
		case first:
			first = false
		case len(all) == most:
			return all
		case len(line) > longest:
			all = append(all, labelText{isLater: true, where: where})
		default:
			all = append(all, labelText{text: newText(line), isLater: true, where: where})
		}
	}
	return all
}

// unflow joins the lines of format=flowed (RFC 3676 section 4) as programs show
// them; ok is false for any other text. Only the head is of interest here.
func unflow(p Part) (text string, ok bool) {
	if !contains(values(p.params, "format"), "flowed") {
		return "", false
	}
	const most = 4 << 10 // octets: the first lines
	text = strings.ReplaceAll(p.Text[:min(len(p.Text), most)], "\r\n", "\n")
	if contains(values(p.params, "delsp"), "yes") {
		return strings.ReplaceAll(text, " \n", ""), true
	}
	return strings.ReplaceAll(text, " \n", " "), true
}

func trimLine(line string) string {
	return strings.TrimSpace(strings.Trim(line, "\ufeff \t\r\u00a0\u200b"))
}

// firstLine gives the first line that is not empty of the text of a message. A
// long one is prose.
func firstLine(p Part) string {
	if p.nested || p.Name != "" || !strings.HasPrefix(p.Type, "text/") || p.encloser == "multipart/digest" {
		return ""
	}
	return firstLineOf(p.Text)
}

func firstLineOf(rest string) string {
	const longest = 200 // octets; "Classification: OFFICIAL-SENSITIVE: Personal data" and its like
	for rest != "" {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		if line = trimLine(line); line != "" {
			if len(line) > longest {
				return ""
			}
			return line
		}
	}
	return ""
}

// purviewLabels gives the names of the labels of Microsoft Purview: by Name, or
// by the id that the file gives a name. The field msip_labels holds
// "MSIP_Label_ID_Name=...; MSIP_Label_ID_Enabled=true; ..." in any order, folded
// anywhere; an id may have no Name. A label counts unless it says Enabled=false.
func (v *view) purviewLabels() []string {
	all := map[string]*purviewLabel{}
	var order []string
	for _, f := range v.fields() {
		name := strings.ToLower(f.Name)
		switch {
		case name == "msip_labels", name == "x-msip-labels":
			for _, s := range readings(f.Value) {
				for _, item := range purviewItems(s) {
					order = readPurview(item, all, order)
				}
			}
		case strings.HasPrefix(name, purviewPrefix+"_"):
			order = readPurview(f.Name+"="+DecodeHeader(f.Value), all, order)
		}
	}
	return v.purviewNames(all, order)
}

// purviewNames gives the names of the labels that are not switched off.
func (v *view) purviewNames(all map[string]*purviewLabel, order []string) []string {
	var names []string
	for _, id := range order {
		l := all[id]
		if l.off && !l.on {
			continue
		}
		names = append(names, l.names...)
		for known, name := range v.f.Labels.GUIDs {
			if hexOf(known) == hexOf(id) {
				names = append(names, name)
			}
		}
	}
	return names
}

type purviewLabel struct {
	names   []string
	on, off bool // what Enabled says; both where it contradicts itself, which counts as on
}

// purviewItems cuts a field at semicolons, and wherever a further name begins:
// some gateways write commas or spaces between the items.
func purviewItems(s string) []string {
	var all []string
	for _, item := range strings.Split(s, ";") {
		lower := strings.ToLower(item)
		if len(lower) != len(item) { // letters that change length: leave it whole
			all = append(all, item)
			continue
		}
		from := 0
		for at := range strings.SplitSeq(lower, purviewPrefix+"_") {
			if end := from + len(at); end > 0 {
				all = append(all, strings.TrimRight(item[max(0, from-len(purviewPrefix+"_")):end], ", "))
			}
			from += len(at) + len(purviewPrefix+"_")
		}
	}
	return all
}

// hexOf gives the digits of an id, however they are set.
func hexOf(id string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '{' || r == '}' {
			return -1
		}
		return r
	}, strings.ToLower(id))
}

// readPurview reads one item "MSIP_Label_ID_What=value" into all.
func readPurview(item string, all map[string]*purviewLabel, order []string) []string {
	const most = 100 // labels of one message
	key, value, _ := strings.Cut(item, "=")
	key = squeeze(strings.ToLower(key))
	id, what, ok := strings.Cut(strings.TrimPrefix(key, purviewPrefix+"_"), "_")
	if !strings.HasPrefix(key, purviewPrefix) || !ok && what != "" || len(all) >= most && all[id] == nil {
		return order
	}
	l := all[id]
	if l == nil {
		l = &purviewLabel{}
		all[id] = l
		order = append(order, id)
	}
	value = strings.Trim(value, "\" \t")
	switch what {
	case "name":
		l.names = appendNew(l.names, value)
		if plain, err := url.QueryUnescape(value); err == nil {
			l.names = appendNew(l.names, plain)
		}
	case "enabled":
		if strings.EqualFold(value, "false") {
			l.off = true
		} else {
			l.on = true
		}
	}
	return order
}
