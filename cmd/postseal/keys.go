package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

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
		return fmt.Errorf("%s is there already; a master key is never replaced, since nothing sealed under it would open any more", args[1])
	}
	if err != nil {
		return fmt.Errorf("the key cannot be written: %w", plain(err))
	}
	_, err = f.Write(store.NewMasterKeyFile())
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		os.Remove(args[1])
		return err
	}
	fmt.Fprintf(s.out, "%s made. Keep a copy away from this machine and from Redis: without it no sealed message can be opened.\n", args[1])
	return nil
}

// loadKeyring reads the master keys from the file that keys.master names.
func loadKeyring(name string) (*store.Keyring, error) {
	path, err := credential(name)
	if err != nil {
		return nil, fmt.Errorf("keys.master: %w", err)
	}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("keys.master: there is no file %s; put back the copy you kept, or make the very first one: postseal keys new %s", path, path)
	}
	if err != nil {
		return nil, fmt.Errorf("keys.master: %w", plain(err))
	}
	defer f.Close()
	k, err := store.LoadKeyring(f)
	if err != nil {
		what := strings.TrimPrefix(err.Error(), store.ErrMasterKey.Error()+": ")
		return nil, fmt.Errorf("keys.master: %s: %s; put back the copy you kept", path, what)
	}
	return k, nil
}
