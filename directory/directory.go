// Package directory writes lists of members for address books (CJSM-7): CSV for a
// spreadsheet, vCard 4 (RFC 6350) for contacts, LDIF (RFC 2849) for an
// organisation's global address list. What stands in an entry was typed by its
// owner and is hostile: it may hold formulas, line ends and separators of any of
// the three, and must come back from each as it was typed and as one value.
//
// Start reading at Write.
package directory

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Entry is one member. Only Address must be set.
type Entry struct {
	Address      string // where to write to
	Name         string
	Organisation string
	Unit         string
	Phone        string
	Class        string // of member: "organisation" or "practitioner" (CJSM-3)
}

// Format is a kind of file.
type Format string

const (
	CSV   Format = "csv"
	VCard Format = "vcard"
	LDIF  Format = "ldif"
)

// ErrFormat says that there is no such kind of file.
var ErrFormat = errors.New("directory: no such format; say csv, vcard or ldif")

// File gives the ending and the media type of a kind of file. ErrFormat.
func (f Format) File() (ending, media string, err error) {
	switch f {
	case CSV:
		return "csv", "text/csv; charset=utf-8", nil
	case VCard:
		return "vcf", "text/vcard; charset=utf-8", nil
	case LDIF:
		return "ldif", "text/x-ldif; charset=utf-8", nil
	}
	return "", "", ErrFormat
}

// Write writes entries in their order. ErrFormat, and what w says.
func Write(w io.Writer, f Format, entries []Entry) error {
	switch f {
	case CSV:
		return writeCSV(w, entries)
	case VCard:
		return writeVCard(w, entries)
	case LDIF:
		return writeLDIF(w, entries)
	}
	return ErrFormat
}

// byteOrder stands before the table: without it Excel reads UTF-8 as the machine's
// own code page, and spoils Welsh names.
const byteOrder = "\ufeff"

func writeCSV(w io.Writer, entries []Entry) error {
	if _, err := io.WriteString(w, byteOrder); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true // RFC 4180
	rows := [][]string{{"address", "name", "organisation", "unit", "phone", "class"}}
	for _, e := range entries {
		rows = append(rows, []string{e.Address, e.Name, e.Organisation, e.Unit, e.Phone, e.Class})
	}
	for _, row := range rows {
		for i, cell := range row {
			row[i] = plainCell(cell)
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// formulas are what a spreadsheet takes for the beginning of a formula; the wide
// forms are those of East Asian keyboards, which some take likewise.
const formulas = "=+-@\t\r\n＝＋－＠"

// plainCell puts an apostrophe before what a spreadsheet would run. A blank before
// it does not help: some cut blanks off first.
func plainCell(text string) string {
	if first := strings.TrimLeft(text, " \u00a0"); first != "" && strings.ContainsRune(formulas, []rune(first)[0]) {
		return "'" + text
	}
	return text
}

// vcardEscapes are RFC 6350, 3.4; a carriage return says nothing beside a line feed.
var vcardEscapes = strings.NewReplacer(`\`, `\\`, ",", `\,`, ";", `\;`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`)

func writeVCard(w io.Writer, entries []Entry) error {
	for _, e := range entries {
		name := e.Name
		if name == "" {
			name = e.Address // FN must be there (6.2.1)
		}
		lines := []string{"BEGIN:VCARD", "VERSION:4.0", "KIND:individual", "FN:" + vcardText(name), "EMAIL:" + vcardText(e.Address)}
		if e.Organisation != "" || e.Unit != "" {
			org := "ORG:" + vcardText(e.Organisation)
			if e.Unit != "" {
				org += ";" + vcardText(e.Unit)
			}
			lines = append(lines, org)
		}
		if e.Phone != "" {
			lines = append(lines, "TEL;VALUE=text:"+vcardText(e.Phone))
		}
		if e.Class != "" {
			lines = append(lines, "CATEGORIES:"+vcardText(e.Class))
		}
		for _, line := range append(lines, "END:VCARD") {
			if _, err := io.WriteString(w, folded(line, vcardLine, "\r\n")); err != nil {
				return err
			}
		}
	}
	return nil
}

func vcardText(text string) string { return vcardEscapes.Replace(strings.ToValidUTF8(text, "\ufffd")) }

// Longest lines in octets, without their end: RFC 6350, 3.2, and RFC 2849, note 2.
const (
	vcardLine = 75
	ldifLine  = 76
)

// folded cuts a line in pieces that begin with a blank, never within a character,
// and ends it.
func folded(line string, longest int, end string) string {
	var b strings.Builder
	width := 0
	for _, r := range line {
		piece := string(r)
		if width+len(piece) > longest {
			b.WriteString(end + " ")
			width = 1
		}
		b.WriteString(piece)
		width += len(piece)
	}
	return b.String() + end
}

func writeLDIF(w io.Writer, entries []Entry) error {
	if _, err := io.WriteString(w, "version: 1\n"); err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name
		if name == "" {
			name = e.Address
		}
		words := strings.Fields(name)
		last := name
		if len(words) > 0 {
			last = words[len(words)-1]
		}
		var b strings.Builder
		b.WriteString("\n" + ldifValue("dn", "mail="+dnValue(e.Address)+","+ldifBase))
		for _, class := range []string{"top", "person", "organizationalPerson", "inetOrgPerson"} {
			b.WriteString(ldifValue("objectClass", class))
		}
		for _, a := range [][2]string{{"cn", name}, {"sn", last}, {"mail", e.Address}, {"o", e.Organisation}, {"ou", e.Unit}, {"telephoneNumber", e.Phone}, {"businessCategory", e.Class}} {
			if a[1] != "" { // LDAP has no empty values
				b.WriteString(ldifValue(a[0], a[1]))
			}
		}
		if _, err := io.WriteString(w, b.String()); err != nil {
			return fmt.Errorf("directory: %w", err)
		}
	}
	return nil
}
