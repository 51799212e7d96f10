package policy

import (
	"strings"
)

// labelHead is how much of a page is looked at for a marking below its first line,
// in octets.
const labelHead = 4 << 10

// documentLabels adds the texts in which attached documents bear a label: their
// properties, and the first line of each of their first places (CJSM-2). A
// document in an attached message says nothing about this one (BOP-11).
func (v *view) documentLabels(add func(where, s string, said bool)) {
	for _, p := range v.m.Parts {
		if p.nested {
			continue
		}
		v.propertyLabels(p, add)
		if p.Name == "" {
			continue
		}
		const most = 20 // places: a marking stands on the first page, header or slide
		pieces := p.Pieces()
		for _, piece := range pieces[:min(len(pieces), most)] {
			if line := firstLineOf(piece.Text); line != "" {
				add("first line of "+piece.Where, line, false)
				v.labels = append(v.labels, laterLines(piece.Text[:min(len(piece.Text), labelHead)], "first lines of "+piece.Where)...)
			}
		}
	}
}

// propertyLabels adds the properties of a document. Labels of Microsoft Purview
// are named MSIP_Label_ID_What as in the header.
func (v *view) propertyLabels(p Part, add func(where, s string, said bool)) {
	where := "properties of " + p.Where
	all := map[string]*purviewLabel{}
	var order []string
	for _, property := range p.Properties {
		name := strings.ToLower(property.Name)
		if strings.HasPrefix(name, purviewPrefix) {
			order = readPurview(property.Name+"="+property.Value, all, order)
			continue
		}
		add(where, property.Value, saysLabel(name))
	}
	for _, name := range v.purviewNames(all, order) {
		add(where, name, true)
	}
}

// saysLabel tells the properties that hold nothing but a label from those in
// which people write what they like.
func saysLabel(name string) bool {
	for _, word := range []string{"classif", "label", "marking", "sensitiv", "protect", "securit", "category"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}
