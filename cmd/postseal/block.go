package main

import (
	"context"
	"fmt"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/store"
)

// accountBlock keeps an address from writing on the pages, or lets it write again.
// It reads on as before; with or without an account.
func accountBlock(ctx context.Context, verb string, args []string, s streams) error {
	f := flags("account "+verb, s)
	path := configFlag(f)
	reason := ""
	if verb == "block" {
		f.StringVar(&reason, "reason", "", "`WORDS` for the audit trail; the writer does not see them")
	}
	if err := parse(f, args); err != nil {
		return err
	}
	if f.NArg() != 1 {
		return usageError{"whose account? One e-mail address"}
	}
	a, err := addr.Parse(f.Arg(0))
	if err != nil {
		return usageError{f.Arg(0) + ": " + err.Error()}
	}
	_, st, err := openStore(*path)
	if err != nil {
		return err
	}
	defer st.Close()
	return setBlock(ctx, st, a, verb, reason, s)
}

func setBlock(ctx context.Context, st *store.Store, a addr.Address, verb, reason string, s streams) error {
	now, by := time.Now(), audit.Operator(operatorName())
	what := "reads, and does not write on the pages any more"
	err := error(nil)
	if verb == "block" {
		err = st.BlockWriter(ctx, a, by, reason, now)
	} else {
		what, err = "writes on the pages as anybody does", st.UnblockWriter(ctx, a, by, now)
	}
	if err != nil {
		return explainAccount(ctx, st, a, verb, err)
	}
	_, err = fmt.Fprintf(s.out, "%s %s\n", a, what)
	return err
}

// printBlock says so where somebody is kept from writing.
func printBlock(ctx context.Context, st *store.Store, a addr.Address, s streams) error {
	b, err := st.WriterBlocked(ctx, a)
	if err != nil || b.At.IsZero() {
		return err
	}
	_, err = fmt.Fprintf(s.out, "writing   blocked since %s: %s\n", b.At.Local().Format("2006-01-02 15:04:05"), b.Reason)
	return err
}
