package main

import (
	"encoding/json"
	"io"
	"runtime/debug"
)

// bom is a bill of materials in CycloneDX 1.5 (ecma-international.org, ECMA-424).
type bom struct {
	Format     string      `json:"bomFormat"`
	Spec       string      `json:"specVersion"`
	Version    int         `json:"version"`
	Metadata   bomMetadata `json:"metadata"`
	Components []component `json:"components"`
}

type bomMetadata struct {
	Component component `json:"component"`
}

type component struct {
	Type    string `json:"type"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	PURL    string `json:"purl"` // github.com/package-url/purl-spec, type golang
}

// billOfMaterials writes which modules are in this very program, as the linker
// recorded them.
func billOfMaterials(w io.Writer) {
	b := bom{Format: "CycloneDX", Spec: "1.5", Version: 1, Components: []component{}}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.Metadata.Component = module("application", info.Main.Path, version)
		b.Components = append(b.Components, module("library", "std", info.GoVersion))
		for _, m := range info.Deps {
			if m.Replace != nil {
				m = m.Replace
			}
			b.Components = append(b.Components, module("library", m.Path, m.Version))
		}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(b)
}

func module(kind, path, version string) component {
	return component{Type: kind, Name: path, Version: version, PURL: "pkg:golang/" + path + "@" + version}
}
