package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/postseal/postseal/store"
)

// keysCommand makes a master-key file. It never replaces one: whoever lost the
// old key could open nothing that was sealed under it.
func keysCommand(_ context.Context, args []string, s streams) error {
	if len(args) != 2 || args[0] != "new" {
		return usageError{"say: keys new FILE"}
	}
	f, err := os.OpenFile(args[1], os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s exists; a master key is never replaced, add a line to it instead", args[1])
	}
	if err != nil {
		return err
	}
	_, err = f.Write(store.NewMasterKeyFile())
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		os.Remove(args[1])
		return err
	}
	fmt.Fprintf(s.out, "%s made. Keep a copy away from this machine and from Redis: without it no sealed message can be opened.\n", args[1])
	return nil
}

// loadKeyring reads the master keys from a file.
func loadKeyring(path string) (*store.Keyring, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("master key: %w; postseal keys new %s makes one", err, path)
	}
	defer f.Close()
	k, err := store.LoadKeyring(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return k, nil
}
