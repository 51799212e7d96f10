package policy

import "strings"

// joinAttributes gives the words of a classification field that says them in
// several attributes, "SEC=OFFICIAL, DLM=Sensitive", as they are read together.
// It is empty when the field has none, or the marking stands in one of them.
func joinAttributes(value string) string {
	const most = 50 // attributes of one field
	base := ""
	var more []string
	items := strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ';' })
	for _, item := range items[:min(len(items), most)] {
		name, v, ok := strings.Cut(item, "=")
		v = strings.Trim(v, "\" '")
		switch strings.ToUpper(strings.TrimSpace(name)) {
		case "SEC", "CLASSIFICATION", "MARKING", "LEVEL":
			if ok && base == "" {
				base = v
			}
		case "DLM", "IM", "IMM", "ACCESS", "CAVEAT", "QUALIFIER", "HANDLING", "DESCRIPTOR", "SENSITIVITY":
			if ok && v != "" {
				more = append(more, v)
			}
		}
	}
	if base == "" || len(more) == 0 {
		return ""
	}
	return base + "-" + strings.Join(more, " | "+base+"-")
}
