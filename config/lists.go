package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/postseal/postseal/policy"
)

// readLists puts in what stands in list files. Their paths begin at the directory
// of the configuration file.
func (s *source) readLists(lists map[string]policy.List) error {
	var names []string
	for name, l := range lists {
		if l.File() != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var all []error
	for _, name := range names {
		at := &Problem{s.name, s.line("lists." + name), ""}
		if s.read == nil {
			at.What = fmt.Sprintf("list %q stands in a file, which is looked for beside a configuration file only", name)
			all = append(all, at)
			continue
		}
		path := lists[name].File()
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(s.name), path)
		}
		b, err := s.read(path)
		if err != nil {
			at.What = fmt.Sprintf("list %q: %v", name, whyNot(path, err))
			all = append(all, at)
			continue
		}
		l, err := policy.ParseList(b)
		for _, e := range flatten(err) {
			var line *policy.LineError
			if errors.As(e, &line) {
				e = &Problem{path, line.Line, line.What}
			}
			all = append(all, e)
		}
		lists[name] = l
		if s.files == nil {
			s.files = map[string]string{}
		}
		s.files[name] = path
	}
	return errors.Join(all...)
}

// whyNot says in words why a file cannot be read.
func whyNot(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no file %s", path)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: this user has no right to it", path)
	case errors.Is(err, ErrConfig):
		return err
	}
	return fmt.Errorf("%s cannot be read", path)
}
