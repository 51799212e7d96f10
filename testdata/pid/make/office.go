package main

import (
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// flatForms is, by form, the flat OpenDocument file that soffice is given.
var flatForms = map[string]string{
	"docx": "fodt", "doc": "fodt", "odt": "fodt", "rtf": "fodt", "pdf": "fodt", "html": "fodt",
	"xlsx": "fods", "xls": "fods", "ods": "fods",
	"pptx": "fodp", "ppt": "fodp", "odp": "fodp",
}

// convert runs soffice once for each form.
func convert(todo []wanted) error {
	byForm := map[string][]wanted{}
	for _, w := range todo {
		byForm[w.ext] = append(byForm[w.ext], w)
	}
	tmp, err := os.MkdirTemp("", "pidfiles")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	for ext, some := range byForm {
		args := []string{"-env:UserInstallation=file://" + tmp + "/profile", "--headless", "--convert-to", ext, "--outdir", filepath.Join(tmp, ext)}
		for i, w := range some {
			flat := flatForms[ext]
			path := filepath.Join(tmp, fmt.Sprintf("%s-%d.%s", ext, i, flat))
			if err := put(path, []byte(flatten(flat, w.text))); err != nil {
				return err
			}
			args = append(args, path)
		}
		if out, err := exec.Command("soffice", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("soffice: %w: %s", err, out)
		}
		for i, w := range some {
			b, err := os.ReadFile(filepath.Join(tmp, ext, fmt.Sprintf("%s-%d.%s", ext, i, ext)))
			if err != nil {
				return fmt.Errorf("%s was not made: %w", w.path, err)
			}
			if err := put(w.path, b); err != nil {
				return err
			}
		}
	}
	return nil
}

const namespaces = `xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" ` +
	`xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" ` +
	`xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" ` +
	`xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" office:version="1.2"`

// flatten writes text as a flat OpenDocument file.
func flatten(form, text string) string {
	kind, body := "text", ""
	switch form {
	case "fodt":
		body = document(text)
	case "fods":
		kind, body = "spreadsheet", sheets(text)
	case "fodp":
		kind, body = "presentation", slides(text)
	}
	const styles = `<office:automatic-styles><style:style style:name="break" style:family="paragraph"><style:paragraph-properties fo:break-before="page"/></style:style></office:automatic-styles>`
	return `<?xml version="1.0" encoding="UTF-8"?><office:document ` + namespaces + ` office:mimetype="application/vnd.oasis.opendocument.` + kind + `">` +
		styles + `<office:body><office:` + kind + `>` + body + `</office:` + kind + `></office:body></office:document>`
}

// document makes paragraphs, headings of short lines in capitals or with "#", and
// tables of lines with the same signs between columns. A form feed, or a line
// that says so, begins a page.
func document(text string) string {
	var b strings.Builder
	lines := strings.Split(pageLine.ReplaceAllString(text, "\f"), "\n")
	fresh := false
	for i := 0; i < len(lines); i++ {
		line := strings.TrimRight(lines[i], " \r")
		if before, after, ok := strings.Cut(line, "\f"); ok {
			b.WriteString(paragraph(before, false))
			fresh, line = true, after
		}
		sep := separator(line)
		from := i
		for sep != "" && i+1 < len(lines) && separator(lines[i+1]) == sep {
			i++
		}
		switch {
		case i > from || sep == "\t":
			fmt.Fprintf(&b, `<table:table><table:table-column table:number-columns-repeated="%d"/>%s</table:table>`,
				strings.Count(strings.Trim(lines[from], "| "), sep)+1, rows(lines[from:i+1], sep))
		case heading(line):
			fmt.Fprintf(&b, `<text:h text:outline-level="1"%s>%s</text:h>`, styled(fresh), escape(strings.TrimLeft(line, "# ")))
			fresh = false
		default:
			b.WriteString(paragraph(line, fresh))
			fresh = false
		}
	}
	return b.String()
}

var pageLine = regexp.MustCompile(`(?im)^[-=\[( ]*(?:page break|new page|page [0-9]+|<page>)[-=\]) ]*$\n?`)

func styled(fresh bool) string {
	if fresh {
		return ` text:style-name="break"`
	}
	return ""
}

func paragraph(line string, fresh bool) string {
	return `<text:p` + styled(fresh) + `>` + spaces.ReplaceAllStringFunc(escape(line), func(s string) string {
		return fmt.Sprintf(` <text:s text:c="%d"/>`, len(s)-1)
	}) + `</text:p>`
}

var spaces = regexp.MustCompile(`  +`)

func heading(line string) bool {
	const short = 60
	return strings.HasPrefix(line, "# ") || strings.HasPrefix(line, "## ") ||
		line != "" && len(line) < short && strings.ToUpper(line) == line && strings.ToLower(line) != line && !strings.ContainsAny(line, "0123456789:")
}

// separator tells what stands between the columns of a line, or nothing.
func separator(line string) string {
	switch {
	case strings.Contains(line, "\t"):
		return "\t"
	case strings.Count(line, "|") >= 1:
		return "|"
	}
	return ""
}

func rows(lines []string, sep string) string {
	var b strings.Builder
	for _, line := range lines {
		if strings.Trim(line, "|-:+ \r") == "" {
			continue // the rule below a heading
		}
		if sep == "|" {
			line = strings.Trim(line, "| \r")
		}
		b.WriteString(`<table:table-row>`)
		for _, cell := range cells(line, sep) {
			b.WriteString(`<table:table-cell office:value-type="string"><text:p>` + escape(strings.TrimSpace(cell)) + `</text:p></table:table-cell>`)
		}
		b.WriteString(`</table:table-row>`)
	}
	return b.String()
}

// cells splits a line; a comma in quotes does not part.
func cells(line, sep string) []string {
	if sep == "" {
		return []string{line}
	}
	if sep != "," {
		return strings.Split(line, sep)
	}
	var all []string
	quoted, from := false, 0
	for i := range len(line) {
		switch {
		case line[i] == '"':
			quoted = !quoted
		case line[i] == ',' && !quoted:
			all = append(all, strings.Trim(line[from:i], `" `))
			from = i + 1
		}
	}
	return append(all, strings.Trim(line[from:], "\" \r"))
}

// sheets makes a sheet of what stands between form feeds or lines that name one.
func sheets(text string) string {
	var b strings.Builder
	names := sheetLine.FindAllStringSubmatch(text, -1)
	parts := sheetLine.Split(text, -1)
	if len(parts) > 1 && strings.TrimSpace(parts[0]) == "" {
		parts = parts[1:]
	} else {
		names = append([][]string{{"", "Sheet1"}}, names...)
	}
	for i, part := range parts {
		fmt.Fprintf(&b, `<table:table table:name="%s">`, escape(strings.Trim(names[i][1], " :]=-\"")))
		for _, line := range strings.Split(strings.TrimRight(part, "\n"), "\n") {
			sep := separator(line)
			if sep == "" && strings.Count(line, ",") >= 2 {
				sep = ","
			}
			b.WriteString(or(rows([]string{line}, sep), `<table:table-row><table:table-cell/></table:table-row>`))
		}
		b.WriteString(`</table:table>`)
	}
	return b.String()
}

var sheetLine = regexp.MustCompile(`(?im)^(?:[-=#\[( ]*(?:work)?sheet[: ]+([^\n]{1,40}?)[-=\]) ]*$\n?)`)

// slides makes a slide of each block between empty lines.
func slides(text string) string {
	var b strings.Builder
	for i, block := range strings.Split(strings.TrimSpace(text), "\n\n") {
		fmt.Fprintf(&b, `<draw:page draw:name="page%d"><draw:frame svg:width="24cm" svg:height="15cm" svg:x="2cm" svg:y="2cm"><draw:text-box>`, i+1)
		for _, line := range strings.Split(block, "\n") {
			b.WriteString(paragraph(line, false))
		}
		b.WriteString(`</draw:text-box></draw:frame></draw:page>`)
	}
	return b.String()
}

func or(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(strings.ReplaceAll(s, "\f", " "))) // a Builder does not fail
	return strings.ReplaceAll(b.String(), "&#x9;", " ")
}
