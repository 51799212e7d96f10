package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/directory"
	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/store"
)

// directoryCommand writes the directory as a file (CJSM-7), and shows or makes
// exceptions of the class of a member (CJSM-3).
func directoryCommand(ctx context.Context, args []string, s streams) error {
	switch {
	case len(args) > 0 && args[0] == "export":
		return directoryExport(ctx, args[1:], s)
	case len(args) > 0 && args[0] == "class":
		return directoryClass(ctx, args[1:], s)
	}
	return usageError{"say: directory export --format csv|vcard|ldif, or directory class ADDRESS [organisation|practitioner|default]"}
}

func directoryExport(ctx context.Context, args []string, s streams) error {
	f := flags("directory export", s)
	path := configFlag(f)
	format := f.String("format", string(directory.CSV), "csv for a spreadsheet, vcard for contacts, ldif for an address list")
	if err := parse(f, args); err != nil {
		return err
	}
	if _, _, err := directory.Format(*format).File(); err != nil || f.NArg() > 0 {
		return usageError{"the format is csv, vcard or ldif, and there is nothing else to name"}
	}
	cfg, st, err := openStore(*path)
	if err != nil {
		return err
	}
	defer st.Close()
	cards, damaged, err := st.Members(ctx)
	if err != nil {
		return err
	}
	entries := make([]directory.Entry, 0, len(cards))
	for _, c := range cards {
		entries = append(entries, portal.DirectoryEntry(c, cfg.Inside(c.Address), cfg.SecureSuffix))
	}
	if err := directory.Write(s.out, directory.Format(*format), entries); err != nil {
		return err
	}
	if damaged > 0 {
		return fmt.Errorf("%d entries were left out: their records are damaged, or keys.master is another key than they were sealed under", damaged)
	}
	return nil
}

func directoryClass(ctx context.Context, args []string, s streams) error {
	f := flags("directory class", s)
	path := configFlag(f)
	if err := parse(f, args); err != nil {
		return err
	}
	if f.NArg() < 1 || f.NArg() > 2 {
		return usageError{"name one address, and a class to change it: organisation, practitioner, or default to end an exception"}
	}
	a, err := addr.Parse(f.Arg(0))
	if err != nil {
		return usageError{f.Arg(0) + ": " + err.Error()}
	}
	cfg, st, err := openStore(*path)
	if err != nil {
		return err
	}
	defer st.Close()
	c, err := st.Card(ctx, a)
	if class := f.Arg(1); err == nil && class != "" {
		if class == "default" {
			class = ""
		}
		c, err = st.SetClass(ctx, a, class, audit.Operator(operatorName()), time.Now())
	}
	if errors.Is(err, store.ErrSyntax) && f.NArg() == 2 {
		return usageError{"the class is organisation, practitioner or default"}
	}
	if err != nil {
		return err
	}
	printClass(s.out, a, c, portal.DirectoryEntry(c, cfg.Inside(a), "").Class)
	return nil
}

func printClass(w io.Writer, a addr.Address, c store.Card, class string) {
	why := "by its address"
	if c.Class != "" {
		why = "by an operator"
	}
	shown := "not shown"
	if c.Listed {
		shown = "shown"
	}
	fmt.Fprintf(w, "%s counts as %s, %s; %s in the directory\n", a, class, why, shown)
}
