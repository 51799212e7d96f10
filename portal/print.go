package portal

import (
	"html/template"
	"io"
	"strings"
)

// printHead goes before the text on the page for printing: what the record says of
// the message, in a box that the message's own styles cannot reach, since important
// style attributes come before every sheet.
var printHead = template.Must(template.New("print").Parse(`<div style="all:initial!important;display:block!important;position:relative!important;font:16px/1.5 Arial,sans-serif!important;color:#0b0c0c!important;background:#fff!important;border-bottom:1px solid #0b0c0c!important;padding:8px!important;margin:0 0 16px!important">
{{- with .Marking}}<b style="all:unset!important;display:block!important;font-weight:700!important">{{.}}</b>{{end -}}
<b style="all:unset!important;display:block!important;font:700 24px/1.3 Arial,sans-serif!important">{{.Title}}</b>
{{- range .Facts}}<i style="all:unset!important;display:block!important"><b style="all:unset!important;font-weight:700!important">{{index . 0}}:</b> {{index . 1}}</i>{{end -}}
</div>`))

// bodyBox keeps what the message shows within its own box.
const bodyBox = `<div style="position:relative!important;z-index:0!important;contain:layout paint!important;overflow:auto!important">`

// printed answers the message on one page to print: the frame of the usual page
// cannot be printed whole. It can do as little as the frame.
func printed(v *visit) error {
	o, p, err := v.openPlace(forOpen)
	if err != nil {
		return err
	}
	defer func() { _ = o.Close() }()
	facts := v.facts(o, p)
	s, err := v.display(o.file)
	if err != nil {
		return err
	}
	var names []string
	for _, f := range s.files {
		if !f.hidden {
			names = append(names, f.name)
		}
	}
	rows := [][2]string{}
	for _, r := range append(facts.rows, [2]string{v.t("message.attached"), strings.Join(names, ", ")}) {
		if r[1] != "" {
			rows = append(rows, r)
		}
	}
	var head strings.Builder
	if err := printHead.Execute(&head, map[string]any{"Marking": facts.marking, "Title": facts.title, "Facts": rows}); err != nil {
		return err
	}
	page := s.html
	if page == "" {
		page = bareFrame(s.text)
	}
	v.frameHeaders()
	_, _ = io.WriteString(v.w, withHead(page, head.String())) // the reader went away: nobody to tell
	return nil
}

// withHead puts head before what the frame's document shows.
func withHead(page, head string) string {
	at := strings.Index(page, "<body")
	if at < 0 {
		return page
	}
	open := strings.IndexByte(page[at:], '>') // attribute values are escaped: the first is the end of the tag
	end := strings.LastIndex(page, "</body>")
	if open < 0 || end < at+open {
		return page
	}
	start := at + open + 1
	return page[:start] + head + bodyBox + page[start:end] + "</div>" + page[end:]
}

// messageFacts are what stands above a message.
type messageFacts struct {
	title, marking string
	rows           [][2]string
	until          string
	own            bool // said by a message inside, of itself
}

// facts are those of the record; of a message inside, what it says itself.
func (v *visit) facts(o *opened, p place) messageFacts {
	rows := func(from, to, cc, sent string) [][2]string {
		return [][2]string{{v.t("message.from"), from}, {v.t("message.to"), to}, {v.t("message.cc"), cc}, {v.t("message.sent"), sent}}
	}
	if p.in != "" {
		f := v.ownFacts(o.file)
		if f.Subject == "" {
			f.Subject = v.t("message.no-subject")
		}
		return messageFacts{title: f.Subject, marking: o.rec.Marking, own: true,
			rows: rows(f.From, f.To, f.Cc, f.Date)}
	}
	rec := o.rec
	m := messageFacts{title: v.subjectOf(rec), marking: rec.Marking,
		rows: rows(fromLine(rec, v.lang()), strings.Join(rec.To, ", "), strings.Join(rec.Cc, ", "), capital(v.when(rec.SealedAt)))}
	if !rec.ExpiresAt.IsZero() {
		m.until = v.when(rec.ExpiresAt)
	}
	return m
}
