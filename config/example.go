package config

import (
	"bytes"
	_ "embed"
)

//go:embed example.yaml
var example []byte

// Example gives an annotated configuration that works as it stands, with every
// key and every condition that is built. A test holds it against the structs.
func Example() []byte { return bytes.Clone(example) }
