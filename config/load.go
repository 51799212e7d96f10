package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/postseal/postseal/policy"
)

// MaxFile bounds the configuration file in octets. Lists of some ten thousand
// addresses fit; a larger file is another file.
const MaxFile = 4 << 20

// ErrConfig is wrapped by every error about what a configuration file says.
var ErrConfig = errors.New("configuration")

// Problem is one thing that is wrong in a configuration file.
type Problem struct {
	File string
	Line int // 0 when the place is not known
	What string
}

// Error gives "FILE:LINE: words".
func (p *Problem) Error() string { return p.Place() + ": " + p.What }

// Place gives "FILE:LINE".
func (p *Problem) Place() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Unwrap gives ErrConfig.
func (p *Problem) Unwrap() error { return ErrConfig }

// Load reads, checks and completes a configuration file, with the list files
// that it names. The error joins all that is wrong, each a *Problem; nothing is
// changed anywhere, so that a reload that fails leaves everything as it was.
func Load(path string) (*Config, error) {
	b, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return parse(path, b, readFile)
}

// errTooLarge says that a file is none of ours.
var errTooLarge = errors.New("the file is larger than 4 MB")

// readFile reads a file of at most MaxFile octets.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err == nil && len(b) > MaxFile {
		return nil, &Problem{path, 0, errTooLarge.Error()}
	}
	return b, err
}

// Parse is Load for a text; name stands in errors. There is no directory beside
// which list files could be looked for, so that naming one is an error.
func Parse(name string, b []byte) (*Config, error) { return parse(name, b, nil) }

func parse(name string, b []byte, read func(string) ([]byte, error)) (*Config, error) {
	c := &Config{}
	src, err := decode(name, b, c)
	src.read = read
	c.source = src
	if err == nil {
		err = src.readLists(c.Lists)
	}
	if err != nil {
		return nil, c.alsoWrong(src, err)
	}
	c.complete()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return c, nil
}

// LoadPolicy reads the rules for judging messages without a running service: of
// a whole configuration file, of which only the policy part is checked, or of a
// file that holds nothing else.
func LoadPolicy(path string) (*policy.File, error) {
	b, err := readFile(path)
	if err != nil {
		return nil, err
	}
	c := &Config{}
	src, err := decode(path, b, c)
	if err != nil {
		return nil, err
	}
	src.read = readFile
	if err := src.readLists(c.Lists); err != nil {
		return nil, err
	}
	if err := src.locate(c.File.Validate()); err != nil {
		return nil, err
	}
	return &c.File, nil
}

// alsoWrong adds to the errors of a file that does not decode those of its
// values, as far as that helps: one for each line.
func (c *Config) alsoWrong(src *source, err error) error {
	if src.root == nil || src.broken {
		return err
	}
	c.complete()
	all, told := flatten(err), map[int]bool{}
	for _, e := range all {
		if p, ok := e.(*Problem); ok {
			told[p.Line] = true
		}
	}
	for _, e := range flatten(c.Validate()) {
		if p, ok := e.(*Problem); ok && !told[p.Line] {
			all = append(all, e)
		}
	}
	return errors.Join(all...)
}

// ParsePolicy reads a file that holds only the policy part (organisation,
// outbound, senders, labels, lists, rules, profiles, mode), as strictly as
// Parse.
func ParsePolicy(name string, b []byte) (*policy.File, error) {
	f := &policy.File{}
	src, err := decode(name, b, f)
	if err != nil {
		return nil, err
	}
	if err := src.readLists(f.Lists); err != nil {
		return nil, err
	}
	if err := src.locate(f.Validate()); err != nil {
		return nil, err
	}
	return f, nil
}

// decode reads one YAML document strictly into out.
func decode(name string, b []byte, out any) (*source, error) {
	src := &source{name: name}
	if len(b) > MaxFile {
		return src, &Problem{name, 0, errTooLarge.Error()}
	}
	var root yaml.Node
	if err := yaml.Unmarshal(b, &root); err != nil {
		return src, src.syntax(err)
	}
	if len(root.Content) == 0 || root.Content[0].Kind != yaml.MappingNode {
		return src, &Problem{name, 1, "the file holds no settings"}
	}
	src.root = root.Content[0]
	if err := src.checkTree(src.root); err != nil {
		src.broken = true
		return src, err
	}
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	err := dec.Decode(out)
	var typed *yaml.TypeError
	if errors.As(err, &typed) {
		return src, src.typed(typed)
	}
	if err != nil {
		return src, src.syntax(err)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return src, &Problem{name, 0, "the file holds more than one document (---)"}
	}
	return src, nil
}

// Validate finds what is wrong in the values: all problems joined, each with its
// line where the file is known.
func (c *Config) Validate() error {
	src := c.source
	if src == nil {
		src = &source{name: "configuration"}
	}
	p := &problems{}
	c.check(p)
	return src.locate(errors.Join(c.File.Validate(), errors.Join(p.all...)))
}

// Warnings tells what is allowed and seldom meant, each with its line.
func (c *Config) Warnings() []*Problem {
	src := c.source
	if src == nil {
		src = &source{name: "configuration"}
	}
	var all []*Problem
	for _, w := range c.File.Warnings() {
		all = append(all, &Problem{src.name, src.line(w.Path), w.What})
	}
	for _, w := range c.untranslated() {
		all = append(all, &Problem{src.name, src.line(w.Path), w.What})
	}
	return all
}

// String names the configuration without its content.
func (c *Config) String() string {
	return "configuration of " + strings.TrimSpace(c.Organisation.Name)
}
