package config

import (
	"fmt"
	"io/fs"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// Mode is the permission bits of a socket, written in octal: "0660".
type Mode fs.FileMode

// String gives the octal form.
func (m Mode) String() string { return fmt.Sprintf("%04o", uint32(m)) }

// UnmarshalYAML reads the octal form, with or without quotes.
func (m *Mode) UnmarshalYAML(n *yaml.Node) error {
	bits, err := strconv.ParseUint(n.Value, 8, 32)
	if err != nil || n.Kind != yaml.ScalarNode || bits == 0 || bits > 0o777 {
		return typeError(n, `wants permission bits in octal, such as "0660"`)
	}
	if bits&0o007 != 0 {
		return typeError(n, "would let everybody on this machine hand in mail")
	}
	*m = Mode(bits)
	return nil
}

func typeError(n *yaml.Node, words string) error {
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %s", n.Line, words)}}
}
