package directory_test

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"errors"
	"strings"
	"testing"

	"github.com/postseal/postseal/directory"
)

// hostile are entries as somebody types them who wants to harm who takes them in.
var hostile = []directory.Entry{
	{Address: "jane@example.gov.uk", Name: "Jane Officer", Organisation: "Borough of Example", Unit: "Housing", Phone: "01632 960001", Class: "organisation"},
	{Address: "plain@example.gov.uk"},
	{Address: "=cmd@evil.example", Name: "=HYPERLINK(\"http://evil.example\",\"x\")", Organisation: "+1+1", Unit: "-2", Phone: "+44 1632 960002", Class: "@SUM(A1)"},
	{Address: "tab@evil.example", Name: "\t=1", Organisation: "\r=1", Unit: "\n=1", Phone: "  =1", Class: "＝1"},
	{Address: "lines@evil.example", Name: "A\r\nEND:VCARD\r\nBEGIN:VCARD", Organisation: "B\ndn: cn=admin", Unit: "C\n\ndn: cn=x", Phone: "1;ext=2,3\\4", Class: `q"u,o;t"e`},
	{Address: "welsh@example.gov.uk", Name: "Siân Ŵyn " + strings.Repeat("ŵ", 100), Organisation: " leads and ends with a blank ", Unit: ":colon", Phone: "<file:///etc/passwd", Class: strings.Repeat("long ", 40) + "end"},
	{Address: `"a,b+c=d"@example.gov.uk`, Name: "日本語 名前", Unit: "50% # off"},
}

func written(t *testing.T, f directory.Format, entries ...directory.Entry) string {
	t.Helper()
	var b bytes.Buffer
	if err := directory.Write(&b, f, entries); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// CJSM-7: a spreadsheet reads each value back as one cell, and runs none of them.
func TestCSV(t *testing.T) {
	text, ok := strings.CutPrefix(written(t, directory.CSV, hostile...), "\ufeff")
	if !ok {
		t.Error("without a byte order mark Excel spoils Welsh names")
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) != len(hostile)+1 {
		t.Fatalf("got %d rows and %v, want %d", len(rows), err, len(hostile)+1)
	}
	for i, e := range hostile {
		for j, want := range []string{e.Address, e.Name, e.Organisation, e.Unit, e.Phone, e.Class} {
			got := rows[i+1][j]
			if first := strings.TrimLeft(got, " "); first != "" && strings.ContainsRune("=+-@\t\r\n＝", []rune(first)[0]) {
				t.Errorf("%q would be run", got)
			}
			want = strings.ReplaceAll(want, "\r\n", "\n") // as encoding/csv reads them
			if plain := strings.TrimPrefix(got, "'"); plain != want && plain != strings.ReplaceAll(want, "\r", "") {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	}
	if got := rows[1][1]; got != "Jane Officer" {
		t.Errorf("an ordinary name became %q", got)
	}
}

// readVCards is a reader of its own (RFC 6350, 3.2 to 3.4): unfold, split, unescape.
func readVCards(t *testing.T, text string) (out []map[string][]string) {
	t.Helper()
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("a line of %d octets: %q", len(line), line)
		}
		if strings.ToValidUTF8(line, "?") != line {
			t.Errorf("folded within a character: %q", line)
		}
	}
	var card map[string][]string
	for line := range strings.SplitSeq(strings.TrimSuffix(strings.ReplaceAll(text, "\r\n ", ""), "\r\n"), "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		switch {
		case line == "BEGIN:VCARD" && card == nil:
			card = map[string][]string{}
		case line == "END:VCARD" && card != nil:
			out, card = append(out, card), nil
		case card == nil || card[name] != nil:
			t.Errorf("%q stands outside or twice", line)
		default:
			card[name] = vcardParts(value)
		}
	}
	return out
}

func vcardParts(value string) []string {
	parts := []string{""}
	for i := 0; i < len(value); i++ {
		last := &parts[len(parts)-1]
		switch c := value[i]; {
		case c == '\\' && i+1 < len(value):
			if i++; value[i] == 'n' {
				*last += "\n"
			} else {
				*last += value[i : i+1]
			}
		case c == ';' || c == ',':
			parts = append(parts, "")
		default:
			*last += value[i : i+1]
		}
	}
	return parts
}

// CJSM-7: each card comes back with the values that were typed, and no more cards.
func TestVCard(t *testing.T) {
	cards := readVCards(t, written(t, directory.VCard, hostile...))
	if len(cards) != len(hostile) {
		t.Fatalf("got %d cards, want %d", len(cards), len(hostile))
	}
	lines := strings.NewReplacer("\r\n", "\n", "\r", "\n")
	for i, e := range hostile {
		name := e.Name
		if name == "" {
			name = e.Address
		}
		want := map[string][]string{"VERSION": {"4.0"}, "KIND": {"individual"}, "FN": {name}, "EMAIL": {e.Address}}
		if e.Organisation != "" || e.Unit != "" {
			want["ORG"] = []string{e.Organisation}
			if e.Unit != "" {
				want["ORG"] = append(want["ORG"], e.Unit)
			}
		}
		if e.Phone != "" {
			want["TEL;VALUE=text"] = []string{e.Phone}
		}
		if e.Class != "" {
			want["CATEGORIES"] = []string{e.Class}
		}
		if len(cards[i]) != len(want) {
			t.Errorf("%s: got %v", e.Address, cards[i])
		}
		for field, values := range want {
			if got, wanted := strings.Join(cards[i][field], "|"), lines.Replace(strings.Join(values, "|")); got != wanted {
				t.Errorf("%s %s: got %q, want %q", e.Address, field, got, wanted)
			}
		}
	}
}

// readLDIF is a reader of its own (RFC 2849): unfold, split, base64.
func readLDIF(t *testing.T, text string) (out []map[string][]string) {
	t.Helper()
	for line := range strings.SplitSeq(text, "\n") {
		if len(line) > 76 {
			t.Errorf("a line of %d octets: %q", len(line), line)
		}
		for i := range len(line) {
			if line[i] > 0x7e || line[i] < ' ' && line[i] != '\t' {
				t.Errorf("not plain ASCII: %q", line)
				break
			}
		}
	}
	for i, part := range strings.Split(strings.TrimSuffix(strings.ReplaceAll(text, "\n ", ""), "\n"), "\n\n") {
		if i == 0 {
			if part != "version: 1" {
				t.Errorf("begins with %q", part)
			}
			continue
		}
		entry := map[string][]string{}
		for line := range strings.SplitSeq(part, "\n") {
			name, value, ok := strings.Cut(line, ":")
			if rest, coded := strings.CutPrefix(value, ": "); coded {
				raw, err := base64.StdEncoding.DecodeString(rest)
				if err != nil {
					t.Error(err)
				}
				value = string(raw)
			} else {
				value = strings.TrimPrefix(value, " ")
			}
			if !ok {
				t.Errorf("no attribute: %q", line)
			}
			entry[name] = append(entry[name], value)
		}
		out = append(out, entry)
	}
	return out
}

// CJSM-7: each entry comes back as it was typed, below its own name, and no more entries.
func TestLDIF(t *testing.T) {
	entries := readLDIF(t, written(t, directory.LDIF, hostile...))
	if len(entries) != len(hostile) {
		t.Fatalf("got %d entries, want %d", len(entries), len(hostile))
	}
	for i, e := range hostile {
		got := entries[i]
		name := e.Name
		if name == "" {
			name = e.Address
		}
		for field, want := range map[string]string{"cn": name, "mail": e.Address, "o": e.Organisation, "ou": e.Unit, "telephoneNumber": e.Phone, "businessCategory": e.Class} {
			if have := strings.Join(got[field], "|"); have != want {
				t.Errorf("%s %s: got %q, want %q", e.Address, field, have, want)
			}
		}
		if len(got["dn"]) != 1 || len(got["sn"]) != 1 || got["sn"][0] == "" || strings.Join(got["objectClass"], " ") != "top person organizationalPerson inetOrgPerson" {
			t.Errorf("%s: got %v", e.Address, got)
		}
	}
	if got, want := entries[6]["dn"][0], `mail=\"a\,b\+c\=d\"@example.gov.uk,ou=Secure mail directory`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestNoSuchFormat(t *testing.T) {
	if err := directory.Write(&bytes.Buffer{}, "xls", nil); !errors.Is(err, directory.ErrFormat) {
		t.Errorf("got %v", err)
	}
	if _, _, err := directory.Format("xls").File(); !errors.Is(err, directory.ErrFormat) {
		t.Errorf("got %v", err)
	}
}
