package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/store"
)

// accountCommand looks at somebody's account, ends its locks, or resets it for a
// person who has lost password and answers (BOP-18). Only who can read the
// configuration and the master key can do this: the help desk cannot (BOP-19). It
// reads no message, sets no password, and stands in the account's audit chain.
func accountCommand(ctx context.Context, args []string, s streams) error {
	if len(args) > 0 && (args[0] == "block" || args[0] == "unblock") {
		return accountBlock(ctx, args[0], args[1:], s)
	}
	if len(args) == 0 || (args[0] != "show" && args[0] != "unlock" && args[0] != "reset") {
		return usageError{"say: account show ADDRESS, and likewise unlock, reset, block or unblock"}
	}
	f := flags("account "+args[0], s)
	path := configFlag(f)
	if err := parse(f, args[1:]); err != nil {
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
	now, by := time.Now(), audit.Operator(operatorName())
	switch args[0] {
	case "unlock":
		err = st.Unlock(ctx, a, by, now)
	case "reset":
		err = st.ResetAccount(ctx, a, by, now)
	}
	if err != nil {
		return explainAccount(ctx, st, a, args[0], err)
	}
	state, err := st.AccountForOperator(ctx, a, now)
	if err != nil {
		return explainAccount(ctx, st, a, args[0], err)
	}
	if args[0] == "reset" {
		fmt.Fprintf(s.out, "%s has no account any more: password, question and passkeys are gone, and all sessions are over.\nShe sets up a new one on the first page; a link to her mailbox proves that it is hers.\n", a)
	}
	printAccount(s.out, a, state)
	return printBlock(ctx, st, a, s)
}

// explainAccount says what an operator can do about what the store said.
func explainAccount(ctx context.Context, st *store.Store, a addr.Address, verb string, err error) error {
	switch {
	case errors.Is(err, store.ErrNoAccount):
		if on, onErr := st.On(ctx, a); onErr == nil && !on.IsZero() {
			return fmt.Errorf("%s is on the account of %s; reset that one", a, on)
		}
		return fmt.Errorf("%s has no account; a code by mail opens messages without one", a)
	case errors.Is(err, store.ErrSyntax):
		return fmt.Errorf("the account of %s cannot be read: its record is damaged, or keys.master is another key than it was sealed under", a)
	case errors.Is(err, store.ErrUnavailable) && verb != "show":
		return fmt.Errorf("%w; whether it was done is not known, so repeat this when Redis is back", err)
	case errors.Is(err, store.ErrUnavailable):
		return fmt.Errorf("%w; start Redis, or correct redis.addresses", err)
	}
	return err
}

func printAccount(w io.Writer, a addr.Address, s store.AccountState) {
	when := func(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }
	fmt.Fprintf(w, "address   %s\n", a)
	switch {
	case !s.On.IsZero():
		fmt.Fprintf(w, "account   none of its own; it is on that of %s\n", s.On)
	case !s.Exists:
		fmt.Fprintln(w, "account   none")
	default:
		question := "with a question"
		if s.Account.Question == "" {
			question = "without a question"
		}
		fmt.Fprintf(w, "account   %s %s, since %s, %s\n", s.Account.FirstName, s.Account.LastName, when(s.Account.ActiveAt), question)
	}
	for _, also := range s.Account.Also {
		fmt.Fprintf(w, "also      %s\n", also)
	}
	if s.Passkeys+s.Providers > 0 {
		fmt.Fprintf(w, "ways      %d passkeys, %d accounts elsewhere\n", s.Passkeys, s.Providers)
	}
	open := true
	for _, l := range []struct {
		what  string
		until time.Time
	}{{"wrong passwords", s.Password}, {"wrong answers", s.Answers}, {"wrong codes, for browsers that never signed in", s.Codes}} {
		if !l.until.IsZero() {
			open = false
			fmt.Fprintf(w, "locked    until %s by %s\n", when(l.until), l.what)
		}
	}
	if open {
		fmt.Fprintln(w, "locked    no")
	}
	fmt.Fprintf(w, "audit     %d entries\n", s.Trail)
}
