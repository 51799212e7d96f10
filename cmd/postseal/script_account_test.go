package main

import (
	"context"
	"errors"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/store"
)

// registerCommand makes accounts as people would: "register ADDRESS...". Each has
// the password "correct horse battery" and is locked by twenty wrong ones.
func registerCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: register ADDRESS...")
	}
	keys, err := loadKeyring(ts.Getenv("RUN") + "/master.key")
	ts.Check(err)
	st, err := store.Open(store.Options{Addresses: []string{ts.Getenv("REDIS")}, Keys: keys, Hash: store.HashCost{MemoryKiB: 64, Passes: 1, Lanes: 1}})
	ts.Check(err)
	defer st.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, text := range args {
		a := addr.MustParse(text)
		token, _, err := st.Register(ctx, a, store.Registration{FirstName: "Carla", LastName: "Carer", Password: "correct horse battery", Question: "pet", Answer: "Tibbles"}, "b", time.Now())
		ts.Check(err)
		_, _, err = st.Activate(ctx, token, "b", nil, time.Now())
		ts.Check(err)
		for range store.PasswordTries {
			if _, err = st.CheckPassword(ctx, a, "wrong", time.Now()); !errors.Is(err, store.ErrWrong) && !errors.Is(err, store.ErrLocked) {
				ts.Check(err)
			}
		}
	}
}
