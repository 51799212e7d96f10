package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/postseal/postseal/config"
	"github.com/postseal/postseal/policy"
	"github.com/postseal/postseal/policy/policycase"
)

// policyCommand tries the cases that an operator keeps beside her rules.
func policyCommand(ctx context.Context, args []string, s streams) error {
	if len(args) == 0 || args[0] != "test" {
		return usageError{"say: policy test DIR"}
	}
	f := flags("policy test", s)
	path := f.String("config", "", "rules or configuration `FILE` (default: rules.yaml in DIR, else as for other commands)")
	if err := parse(f, args[1:]); err != nil {
		return err
	}
	if f.NArg() != 1 {
		return usageError{"wants one directory with cases"}
	}
	rules, err := rulesFor(*path, f.Arg(0))
	if err != nil {
		return err
	}
	failed, passed := 0, 0
	judge := func(name string) tryout { return tryCase(rules, name) }
	tell := func(t tryout) error {
		if len(t.misses) == 0 && t.err == nil {
			passed++
			return nil
		}
		failed++
		return t.print(s.out)
	}
	if err := eachMail(ctx, f.Args(), judge, tell); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "cases: %d, as expected: %d, otherwise: %d\n", passed+failed, passed, failed)
	if failed > 0 {
		return errReported
	}
	return nil
}

// rulesFor reads the rules named, those beside the cases, or those of the service.
func rulesFor(path, dir string) (*policy.File, error) {
	if path == "" {
		path = filepath.Join(dir, "rules.yaml")
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			path = presetConfig()
		}
	}
	rules, err := config.LoadPolicy(path)
	return rules, plain(err)
}

// tryout is one case and how it went.
type tryout struct {
	name   string
	misses []policycase.Miss
	err    error
}

func tryCase(rules *policy.File, name string) tryout {
	b, err := readBounded(name, policycase.MaxCase)
	if err != nil {
		return tryout{name: name, err: err}
	}
	c, err := policycase.Parse(b)
	if err != nil {
		return tryout{name: name, err: err}
	}
	return tryout{name: name, misses: c.Try(rules)}
}

func (t tryout) print(w io.Writer) error {
	if t.err != nil {
		_, err := fmt.Fprintf(w, "%s: error: %v\n", t.name, t.err)
		return err
	}
	var lines strings.Builder
	fmt.Fprintf(&lines, "%s: otherwise\n", t.name)
	for _, m := range t.misses {
		fmt.Fprintf(&lines, "  %s\n    got:  %s\n    want: %s\n", m.What, m.Got, m.Want)
	}
	_, err := io.WriteString(w, lines.String())
	return err
}

func readBounded(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, plain(err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(b)) > most {
		err = fmt.Errorf("larger than %d MB", most>>20)
	}
	return b, err
}
