package postfix

import (
	"context"
	"fmt"
	"os"
	"strings"
)

// settings are the parts of main.cf that say what becomes of an address.
type settings struct {
	recipientCanonical [][]string // recipient_canonical_maps, then canonical_maps
	senderCanonical    [][]string // sender_canonical_maps, then canonical_maps
	virtualAlias       []string
	aliases            []string // nil when local(8) is not the local_transport
	alwaysBcc          string
	senderBcc          []string
	recipientBcc       []string

	destination  []string // mydestination, the interfaces' addresses are not looked at
	myorigin     string
	mydomain     string
	appendDot    bool
	delimiters   string // recipient_delimiter
	ownReq       bool   // owner_request_special
	doubleBounce string
	extCanonical bool // propagate_unmatched_extensions
	extVirtual   bool
	extAlias     bool
}

var settingNames = []string{
	"canonical_maps", "canonical_classes", "recipient_canonical_maps", "recipient_canonical_classes", "sender_canonical_maps", "sender_canonical_classes",
	"virtual_alias_maps", "alias_maps", "always_bcc", "sender_bcc_maps", "recipient_bcc_maps",
	"mydestination", "myorigin", "mydomain", "append_dot_mydomain", "recipient_delimiter", "owner_request_special", "double_bounce_sender",
	"propagate_unmatched_extensions", "local_transport",
}

func readSettings(ctx context.Context, t tools) (*settings, error) {
	p, err := t.parameters(ctx, settingNames...)
	if err != nil {
		return nil, err
	}
	s := &settings{
		virtualAlias: splitList(p["virtual_alias_maps"]),
		alwaysBcc:    p["always_bcc"],
		senderBcc:    splitList(p["sender_bcc_maps"]),
		recipientBcc: splitList(p["recipient_bcc_maps"]),
		destination:  splitList(p["mydestination"]),
		myorigin:     p["myorigin"],
		mydomain:     p["mydomain"],
		appendDot:    p["append_dot_mydomain"] == "yes",
		delimiters:   p["recipient_delimiter"],
		ownReq:       p["owner_request_special"] != "no",
		doubleBounce: p["double_bounce_sender"],
	}
	for _, kind := range splitList(p["propagate_unmatched_extensions"]) {
		s.extCanonical = s.extCanonical || kind == "canonical"
		s.extVirtual = s.extVirtual || kind == "virtual"
		s.extAlias = s.extAlias || kind == "alias"
	}
	s.recipientCanonical = [][]string{
		covering(p, "recipient_canonical_maps", "recipient_canonical_classes", "envelope_recipient"),
		covering(p, "canonical_maps", "canonical_classes", "envelope_recipient"),
	}
	s.senderCanonical = [][]string{
		covering(p, "sender_canonical_maps", "sender_canonical_classes", "envelope_sender"),
		covering(p, "canonical_maps", "canonical_classes", "envelope_sender"),
	}
	if transport, _, _ := strings.Cut(p["local_transport"], ":"); transport == "local" {
		s.aliases = splitList(p["alias_maps"])
	}
	if strings.HasPrefix(s.myorigin, "/") { // postconf(5): a file whose first line is the name
		b, err := os.ReadFile(s.myorigin)
		if err != nil {
			return nil, fmt.Errorf("%w: myorigin: %w", ErrUnavailable, err)
		}
		s.myorigin = strings.TrimSpace(strings.SplitN(string(b), "\n", 2)[0])
	}
	return s, nil
}

// covering gives the maps of a parameter if its classes name class.
func covering(p map[string]string, maps, classes, class string) []string {
	for _, c := range splitList(p[classes]) {
		if c == class {
			return splitList(p[maps])
		}
	}
	return nil
}

// parameters reads main.cf parameters with $names expanded. One that Postfix
// does not know is left out.
func (t tools) parameters(ctx context.Context, names ...string) (map[string]string, error) {
	out, complaint, status, err := t.run(ctx, "", "postconf", append([]string{"-x"}, names...)...)
	if err != nil {
		return nil, err
	}
	if status != 0 {
		return nil, fmt.Errorf("%w: postconf: %s", ErrUnavailable, firstSevere(complaint))
	}
	p := map[string]string{}
	for line := range strings.Lines(out) {
		name, value, ok := strings.Cut(line, "=")
		if ok {
			p[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	return p, nil
}

// splitList splits a main.cf list at commas and white space, but not inside
// braces: "inline:{ a=b, c=d } hash:/x" has two elements.
func splitList(value string) []string {
	var out []string
	depth, start := 0, -1
	for i, c := range value {
		separator := depth == 0 && strings.ContainsRune(", \t\r\n", c)
		switch {
		case separator && start >= 0:
			out = append(out, value[start:i])
			start = -1
		case !separator && start < 0:
			start = i
		}
		switch c {
		case '{':
			depth++
		case '}':
			if depth > 0 {
				depth--
			}
		}
	}
	if start >= 0 {
		out = append(out, value[start:])
	}
	return out
}
