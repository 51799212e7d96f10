package extract

import (
	"archive/zip"
	"path"
	"sort"
	"strconv"
	"strings"
)

// ooxml reads Word, Excel and PowerPoint documents since 2007 (ECMA-376), by
// the names of their parts. Every part that may hold text is read, whether or
// not the document refers to it.
func (p *pack) ooxml() error {
	switch {
	case p.has("word/"):
		p.w.kind = "docx"
	case p.has("xl/"):
		p.w.kind = "xlsx"
	case p.has("ppt/"):
		p.w.kind = "pptx"
	default:
		p.w.kind = "ooxml"
	}
	if p.byName["xl/workbook.bin"] != nil {
		return unreadable("a binary workbook")
	}
	if err := p.properties(); err != nil {
		return err
	}
	var err error
	if p.w.kind == "xlsx" {
		err = p.workbook()
	}
	for _, f := range p.inOrder() {
		if err == nil {
			err = p.part(f)
		}
	}
	if err == nil {
		err = p.w.onlyPictures()
	}
	return err
}

func (p *pack) has(prefix string) bool {
	for name := range p.byName {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// inOrder gives the parts as people count them: slide2 before slide10, the main
// document first.
func (p *pack) inOrder() []string {
	names := make([]string, 0, len(p.byName))
	for name := range p.byName {
		names = append(names, name)
	}
	rank := func(name string) int {
		if strings.HasPrefix(name, "word/document") {
			return -1
		}
		return partNumber(name)
	}
	sort.Slice(names, func(i, j int) bool {
		a, b := names[i], names[j]
		if da, db := path.Dir(a), path.Dir(b); da != db && rank(a) >= 0 && rank(b) >= 0 {
			return da < db
		}
		if ra, rb := rank(a), rank(b); ra != rb {
			return ra < rb
		}
		return a < b
	})
	return names
}

// partNumber gives 12 for "ppt/slides/slide12.xml", and 0 for a part without
// number.
func partNumber(name string) int {
	base := strings.TrimSuffix(path.Base(name), path.Ext(name))
	digits := base[len(strings.TrimRight(base, "0123456789")):]
	n, _ := strconv.Atoi(digits)
	return n
}

// part reads one part by what its name says it is.
func (p *pack) part(name string) error {
	f := p.byName[name]
	base, ext := path.Base(name), path.Ext(name)
	switch {
	case strings.HasSuffix(name, "/"), ext == ".rels", strings.HasPrefix(name, "docprops/"), name == "[content_types].xml":
		return nil
	case strings.Contains(name, "/embeddings/"):
		return p.descend(f)
	case strings.Contains(name, "/media/"):
		p.w.pictures = true
		return nil
	case ext != ".xml":
		if isUnseen(base, ext) {
			return nil
		}
		return p.descend(f) // pieces of other forms: altChunk of HTML, RTF or a mail
	}
	where, reads := placeOf(name, base)
	if !reads {
		return nil
	}
	p.w.place(where)
	p.w.grid = grid{}
	if p.w.page = 0; strings.HasPrefix(name, "word/document") {
		p.w.page, p.w.pageAt = 1, p.w.b.Len()
	}
	return p.stream(f, func(s *xmlScan) error { return p.w.runs(s, strings.Contains(name, "/charts/")) })
}

// isUnseen knows what accompanies a document and holds no text of its own:
// macros, printer settings, fonts, pictures, signatures.
func isUnseen(base, ext string) bool {
	switch ext {
	case ".png", ".jpg", ".jpeg", ".gif", ".emf", ".wmf", ".tiff", ".svg", ".vml", ".odttf", ".fntdata", ".sigs", ".psmdcp", ".ico", ".wdp":
		return true
	}
	return ext == ".bin" && !strings.HasPrefix(base, "oleobject")
}

// placeOf tells where the text of a part stands, and whether it has any.
func placeOf(name, base string) (where string, reads bool) {
	n := strconv.Itoa(partNumber(name))
	kinds := []struct{ prefix, where string }{
		{"word/document", "text"}, {"word/header", "header"}, {"word/footer", "footer"}, {"word/comments", "comments"},
		{"word/footnotes", "footnotes"}, {"word/endnotes", "endnotes"}, {"word/glossary/", "building blocks"},
		{"ppt/slides/", "slide " + n}, {"ppt/notesslides/", "notes of slide " + n}, {"ppt/comments/", "comments"},
		{"ppt/slidemasters/", "slide master"}, {"ppt/slidelayouts/", "slide layout"}, {"ppt/notesmasters/", "notes master"},
		{"ppt/handoutmasters/", "handout master"},
		{"xl/comments", "comments"}, {"xl/threadedcomments/", "comments"}, {"xl/drawings/", "drawings"},
	}
	for _, k := range kinds {
		if strings.HasPrefix(name, k.prefix) {
			return k.where, true
		}
	}
	switch {
	case strings.Contains(name, "/charts/"):
		return "chart", true
	case strings.Contains(name, "/diagrams/"):
		return "diagram", true
	case strings.HasPrefix(base, "document"): // a main part under a name of its own
		return "text", true
	}
	return "", false
}

// runs reads text runs: w:t, a:t and their like within paragraphs.
func (w *writer) runs(s *xmlScan, values bool) error {
	inText := 0
	for {
		token, err := s.next()
		if err != nil || token == xmlEnd {
			return err
		}
		if token == xmlText {
			if inText > 0 {
				err = w.write(s.text())
			}
		} else {
			name := s.name()
			if isRun(name) || values && name == "v" {
				inText = max(0, inText+step(token))
			}
			err = w.runTag(s, token, name)
		}
		if err != nil {
			return err
		}
	}
}

func isRun(name string) bool {
	return name == "t" || name == "delText" || name == "text"
}

func step(token xmlToken) int {
	switch token {
	case xmlOpen:
		return 1
	case xmlClose:
		return -1
	}
	return 0
}

// runTag writes what a tag itself shows.
func (w *writer) runTag(s *xmlScan, token xmlToken, name string) error {
	if token == xmlClose {
		switch name {
		case "p":
			w.paragraphEnd()
		case "comment", "text", "pt":
			w.line()
		case "tc":
			return w.cellEnd()
		case "tr":
			w.rowEnd()
		}
		return nil
	}
	switch name {
	case "tc":
		w.grid.depth += step(token)
	case "pageBreakBefore", "lastRenderedPageBreak":
		w.pageEnd()
	case "tab", "ptab":
		return w.write("\t")
	case "br", "cr":
		if s.attribute("type") == "page" {
			w.pageEnd()
			return nil
		}
		return w.write("\n")
	case "noBreakHyphen":
		return w.write("-")
	case "blip", "imagedata":
		w.pictures = true
	case "docPr", "cNvPr":
		if alt := s.attribute("descr"); alt != "" {
			return w.write(" " + alt + "\n")
		}
	case "sym":
		return w.write(" ")
	}
	return nil
}

// properties reads core, extended and custom properties, and the labels that
// newer programs keep in a part of their own.
func (p *pack) properties() error {
	for name, f := range p.byName {
		var err error
		switch {
		case strings.HasPrefix(name, "docprops/") && path.Ext(name) == ".xml":
			err = p.stream(f, p.w.officeProperties)
		case strings.HasPrefix(name, "docmetadata/") && path.Ext(name) == ".xml":
			err = p.stream(f, p.w.labelInfo)
		}
		if err != nil {
			return err
		}
	}
	sort.SliceStable(p.w.properties, func(i, j int) bool { return p.w.properties[i].Name < p.w.properties[j].Name })
	return nil
}

// propertyNames gives our name for an element of the programs' own property
// parts.
var propertyNames = map[string]string{
	"title": "title", "subject": "subject", "keywords": "keywords", "keyword": "keywords", "description": "comments", "category": "category",
	"contentStatus": "status", "Company": "company", "Manager": "manager",
}

// officeProperties reads a part of properties: elements of known names, and
// property elements with a name of their own.
func (w *writer) officeProperties(s *xmlScan) error {
	custom, value, depth := "", "", 0
	for {
		token, err := s.next()
		if err != nil || token == xmlEnd {
			return err
		}
		switch {
		case token == xmlText && len(value) < maxTag:
			value += s.text()
		case token == xmlOpen:
			value = ""
			if s.name() == "property" || s.name() == "user-defined" {
				custom, depth = s.attribute("name"), depth+1
			}
		case token == xmlClose:
			name := s.name()
			switch {
			case name == "property" || name == "user-defined":
				err = w.property(custom, value)
				custom, value = "", ""
			case custom != "": // the value's own element; the property's end takes it
			default:
				err = w.property(propertyNames[name], value)
				value = ""
			}
		}
		if err != nil {
			return err
		}
	}
}

// labelInfo reads sensitivity labels as programs since 2021 keep them, and gives
// them the names that they had as custom properties ([MS-OFFCRYPTO] section 2.6).
func (w *writer) labelInfo(s *xmlScan) error {
	for {
		token, err := s.next()
		if err != nil || token == xmlEnd {
			return err
		}
		if token != xmlClose && token != xmlText && s.name() == "label" {
			id := strings.Trim(s.attribute("id"), "{}")
			enabled := "true"
			if s.attribute("enabled") == "0" || s.attribute("removed") == "1" {
				enabled = "false"
			}
			if id != "" {
				err = w.property("MSIP_Label_"+id+"_Enabled", enabled)
			}
			if err != nil {
				return err
			}
		}
	}
}

// related gives the targets of a part's relations by id, as lower-case names of
// parts.
func (p *pack) related(part string) (map[string]string, error) {
	dir, base := path.Split(part)
	f := p.byName[dir+"_rels/"+base+".rels"]
	targets := map[string]string{}
	if f == nil {
		return targets, nil
	}
	return targets, p.stream(f, func(s *xmlScan) error {
		for {
			token, err := s.next()
			if err != nil || token == xmlEnd {
				return err
			}
			if token != xmlText && s.name() == "Relationship" && len(targets) < p.w.x.limits.Entries {
				target := strings.ToLower(s.attribute("Target"))
				if !strings.HasPrefix(target, "/") {
					target = dir + target
				}
				targets[s.attribute("Id")] = strings.TrimPrefix(path.Clean(target), "/")
			}
		}
	})
}

// entry is a zip entry under its lower-case name.
func (p *pack) entry(name string) *zip.File { return p.byName[strings.ToLower(name)] }
