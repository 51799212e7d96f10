package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/store"
)

// keysCommand makes a master-key file and replaces the key in it, step by step.
func keysCommand(ctx context.Context, args []string, s streams) error {
	verbs := map[string]func(context.Context, []string, streams) error{"new": keysNew, "rotate": keysRotate, "use": keysUse, "reseal": keysReseal}
	if len(args) == 0 || verbs[args[0]] == nil {
		return usageError{"say: keys new FILE, rotate FILE, use FILE, or reseal"}
	}
	return verbs[args[0]](ctx, args[1:], s)
}

// keyFile gives the one argument of a subcommand.
func keyFile(verb string, args []string, s streams) (string, error) {
	f := flags("keys "+verb, s)
	if err := parse(f, args); err != nil {
		return "", err
	}
	if f.NArg() != 1 {
		return "", usageError{"say: keys " + verb + " FILE"}
	}
	return f.Arg(0), nil
}

// keysNew makes a file. It never replaces one: whoever lost the old key could open
// nothing that was sealed under it.
func keysNew(_ context.Context, args []string, s streams) error {
	name, err := keyFile("new", args, s)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s is there already; a master key is never replaced, since nothing sealed under it would open any more (keys rotate adds one)", name)
	}
	if err != nil {
		return fmt.Errorf("the key cannot be written: %w", plain(err))
	}
	_, err = f.Write(store.NewMasterKeyFile())
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		os.Remove(name)
		return err
	}
	fmt.Fprintf(s.out, "%s made. Keep a copy away from this machine and from Redis: without it no sealed message can be opened.\n", name)
	return nil
}

// keysRotate adds a key that every daemon has to know before one seals with it.
func keysRotate(_ context.Context, args []string, s streams) error {
	name, err := keyFile("rotate", args, s)
	if err != nil {
		return err
	}
	id, err := changeKeyFile(name, store.AddMasterKey)
	if errors.Is(err, store.ErrWaits) {
		return fmt.Errorf("a new key stands in %s already and waits; when every daemon was started again with this file: postseal keys use %s", name, name)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, `%[2]s added to %[1]s. It opens, and nothing is sealed with it yet.
1. Copy the file to where the copy lies that you keep away from this machine and from Redis.
2. Put it on every machine that runs postseal, and start each daemon again.
3. Then: postseal keys use %[1]s
`, name, id)
	return nil
}

// keysUse lets the new key seal.
func keysUse(_ context.Context, args []string, s streams) error {
	name, err := keyFile("use", args, s)
	if err != nil {
		return err
	}
	id, err := changeKeyFile(name, store.UseMasterKey)
	if errors.Is(err, store.ErrNoneWaits) {
		return fmt.Errorf("no new key waits in %s; add one: postseal keys rotate %s", name, name)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, `%[2]s seals from the next start on.
1. Copy %[1]s to where you keep the copy, put it on every machine that runs postseal, and start each daemon again.
2. When all of them were: postseal keys reseal
`, name, id)
	return nil
}

// changeKeyFile puts a changed file in the place of a master-key file in one step,
// with the same owner and mode; it is whole at any time.
func changeKeyFile(name string, change func([]byte) ([]byte, string, error)) (id string, err error) {
	path, err := filepath.EvalSymlinks(name)
	if err != nil {
		return "", fmt.Errorf("the keys cannot be read: %w", plain(err))
	}
	before, info, err := readKeyFile(path)
	if err != nil {
		return "", fmt.Errorf("the keys cannot be read: %w", plain(err))
	}
	after, id, err := change(before)
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".master-") // mode 0600
	if err != nil {
		return "", fmt.Errorf("the keys cannot be written: %w", plain(err))
	}
	defer os.Remove(f.Name()) // does nothing once renamed
	if owner, ok := info.Sys().(*syscall.Stat_t); ok {
		err = f.Chown(int(owner.Uid), int(owner.Gid))
	}
	_, errWrite := f.Write(after)
	if err = errors.Join(err, f.Chmod(info.Mode().Perm()), errWrite, f.Sync(), f.Close()); err != nil {
		return "", fmt.Errorf("the keys cannot be written: %w", plain(err))
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return "", fmt.Errorf("the keys cannot be written: %w", plain(err))
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return "", err
	}
	return id, errors.Join(dir.Sync(), dir.Close())
}

// maxMasterFile is more than store reads of one.
const maxMasterFile = 128 << 10

func readKeyFile(path string) ([]byte, os.FileInfo, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxMasterFile))
	return b, info, err
}

// keysReseal seals everything in Redis again under the newest key.
func keysReseal(ctx context.Context, args []string, s streams) error {
	f := flags("keys reseal", s)
	path := configFlag(f)
	if err := parse(f, args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return usageError{"keys reseal takes its file from the configuration"}
	}
	cfg, st, err := openStore(*path)
	if err != nil {
		return err
	}
	defer st.Close()
	keys, err := loadKeyring(cfg.Keys.Master)
	if err != nil {
		return err
	}
	if wait := keys.WaitingIDs(); len(wait) > 0 {
		return fmt.Errorf("%s still waits; first: postseal keys use FILE", wait[0])
	}
	if err := st.Ready(ctx); err != nil {
		return err
	}
	if err := st.Current(ctx, time.Now()); errors.Is(err, store.ErrRewound) {
		return errors.New("an old state of Redis was put back; first: postseal restore")
	}
	done, err := st.Reseal(ctx, audit.Operator(operatorName()), time.Now())
	fmt.Fprintf(s.out, "%d values looked at, %d sealed again under %s\n", done.Seen, done.Moved, keys.SealingID())
	if err != nil {
		return fmt.Errorf("%w; what was done stays done, and it can be begun again", err)
	}
	return saySealed(done, keys, s)
}

// saySealed says what is still under older keys, and what becomes of their lines.
func saySealed(done store.Resealed, keys *store.Keyring, s streams) error {
	for _, id := range slices.Sorted(maps.Keys(done.Left)) {
		fmt.Fprintf(s.out, "%d left under %s\n", done.Left[id], id)
	}
	if done.Damaged > 0 {
		return fmt.Errorf("%d values do not open: they were changed in Redis, or their key is not in the file; no key may be taken out of it", done.Damaged)
	}
	if done.Bound > 0 {
		fmt.Fprintf(s.out, "%d of these are unfinished visits, which nobody but their browsers can open; they end within a day. Run this again tomorrow.\n", done.Bound)
	}
	last := keys.OldestID()
	for _, id := range keys.OlderIDs() {
		switch {
		case id == last:
			fmt.Fprintf(s.out, "%s must stay the last line of the file for good: names in Redis and the records of who did what derive from it.\n", id)
		case done.Left[id] == 0:
			fmt.Fprintf(s.out, "%s is needed no more: its line may go from the file. Keep the copy of it as long as there are backups of Redis from before today.\n", id)
		}
	}
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

// startPatience bounds how long a start waits for Redis to say whose it is.
const startPatience = 3 * time.Second

// checkRing refuses a Redis that was filled under other keys. One that does not answer
// is asked again by every look at readiness, before anything is sealed.
func checkRing(st *store.Store) error {
	ctx, cancel := context.WithTimeout(context.Background(), startPatience)
	defer cancel()
	if err := st.CheckKeys(ctx); errors.Is(err, store.ErrOtherKeys) {
		what := strings.TrimPrefix(err.Error(), "store: ")
		return fmt.Errorf("keys.master: %s; put back the copy you kept, or see that redis.addresses names the right one", what)
	}
	return nil
}
