package extract

import (
	"path"
	"strconv"
	"strings"
)

// odf reads OpenDocument text, sheets and presentations (OASIS ODF 1.3).
func (p *pack) odf() error {
	p.w.kind = "odf"
	if f := p.byName["mimetype"]; f != nil && f.UncompressedSize64 < 200 {
		if r, err := p.open(f); err == nil {
			media, _ := p.w.all(r)
			r.Close()
			p.w.release(len(media))
			p.w.kind = odfKind(string(media))
		}
	}
	if f := p.byName["meta-inf/manifest.xml"]; f != nil {
		if err := p.stream(f, notEncrypted); err != nil {
			return err
		}
	}
	for _, name := range p.inOrder() {
		if err := p.odfPart(name); err != nil {
			return err
		}
	}
	return p.w.onlyPictures()
}

func odfKind(media string) kind {
	switch {
	case strings.Contains(media, "opendocument.text"):
		return "odt"
	case strings.Contains(media, "opendocument.spreadsheet"):
		return "ods"
	case strings.Contains(media, "opendocument.presentation"):
		return "odp"
	}
	return "odf"
}

// notEncrypted looks into the manifest, which alone says that the other parts
// are locked.
func notEncrypted(s *xmlScan) error {
	for {
		token, err := s.next()
		if err != nil || token == xmlEnd {
			return err
		}
		if token != xmlText && s.name() == "encryption-data" {
			return unreadable("locked with a password")
		}
	}
}

func (p *pack) odfPart(name string) error {
	f := p.byName[name]
	switch base := path.Base(name); {
	case name == "meta.xml":
		return p.stream(f, p.w.officeProperties)
	case base == "content.xml":
		p.w.place("text")
		return p.stream(f, p.w.odfText)
	case name == "styles.xml": // headers and footers stand here
		p.w.place("header and footer")
		return p.stream(f, p.w.odfText)
	case strings.HasPrefix(name, "pictures/"), strings.HasPrefix(name, "media/"):
		p.w.pictures = true
	case strings.HasPrefix(name, "object") && !strings.Contains(name, "/") && path.Ext(name) == "":
		return p.descend(f) // an embedded object of another program
	}
	return nil
}

// odfText reads all text of a part, but that of styles and scripts.
func (w *writer) odfText(s *xmlScan) error {
	skip := 0
	for {
		token, err := s.next()
		if err != nil || token == xmlEnd {
			return err
		}
		if token == xmlText {
			if text := s.text(); skip == 0 && strings.TrimSpace(text) != "" || s.data {
				err = w.write(text)
			} else if skip == 0 && text != "" && w.letters > 0 {
				err = w.write(" ")
			}
		} else {
			switch name := s.name(); name {
			case "script", "binary-data", "font-face-decls", "date-style", "number-style", "currency-style", "percentage-style", "time-style", "boolean-style", "text-style":
				skip = max(0, skip+step(token))
			default:
				err = w.odfTag(s, token, name)
			}
		}
		if err != nil {
			return err
		}
	}
}

// odfTag writes what a tag itself shows.
func (w *writer) odfTag(s *xmlScan, token xmlToken, name string) error {
	if token == xmlClose {
		switch name {
		case "p", "h":
			if w.kind == "ods" { // within a cell
				return w.write(" ")
			}
			w.paragraphEnd()
		case "list-item":
			w.paragraphEnd()
		case "table-row":
			w.rowEnd()
		case "table-cell":
			return w.cellEnd()
		}
		return nil
	}
	switch name {
	case "table-cell":
		w.grid.depth += step(token)
	case "s":
		const most = 100 // spaces of one run
		n, _ := strconv.Atoi(s.attribute("c"))
		return w.write(strings.Repeat(" ", min(max(n, 1), most)))
	case "tab":
		return w.write("\t")
	case "line-break":
		return w.write("\n")
	case "table":
		if sheet := s.attribute("name"); sheet != "" && w.kind == "ods" {
			w.place("sheet " + sheet)
		}
	case "page":
		w.place("slide " + s.attribute("name"))
	case "image":
		w.pictures = true
	}
	return nil
}
