package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/postseal/postseal/config"
)

// maxKeyFile bounds key and password files: 1 MiB holds any certificate with
// its signatures.
const maxKeyFile = 1 << 20

// loadConfig reads the configuration file and says how to come by one.
func loadConfig(path string) (*config.Config, error) {
	cfg, err := config.Load(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no configuration %s; name one with --config, or begin with: postseal config example > %s", path, path)
	}
	return cfg, plain(err)
}

// plain says why a file cannot be had, without the name of the system call.
// Other errors stay as they are.
func plain(err error) error {
	var p *fs.PathError
	if !errors.As(err, &p) {
		return err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no file %s", p.Path)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: this user has no right to it", p.Path)
	}
	return fmt.Errorf("%s: %w", p.Path, p.Err)
}

// credential turns credential:NAME into the file that systemd lays there. For a
// command run by hand it is the file that our unit has systemd lay there.
func credential(name string) (string, error) {
	n, ok := strings.CutPrefix(name, "credential:")
	if !ok {
		return name, nil
	}
	dir := os.Getenv("CREDENTIALS_DIRECTORY")
	if dir == "" {
		dir = filepath.Dir(presetConfig())
	}
	return filepath.Join(dir, n), nil
}

// readSecret reads a small file whose name stands in the configuration.
func readSecret(name string) ([]byte, error) {
	path, err := credential(name)
	if err != nil {
		return nil, err
	}
	return readSmall(path)
}

func readSmall(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, plain(err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err == nil && len(b) > maxKeyFile {
		err = fmt.Errorf("%s: larger than %d bytes, not a key", name, maxKeyFile)
	}
	return b, plain(err)
}

// scratchFile is a private file that either becomes the target or disappears.
type scratchFile struct{ *os.File }

func scratch(dir string) (scratchFile, error) {
	f, err := os.CreateTemp(dir, ".postseal-*") // mode 0600
	return scratchFile{f}, plain(err)
}

// nameless is a scratch file that is gone with the process, whatever ends it:
// for message text that is on its way to standard output.
func nameless() (scratchFile, error) {
	f, err := scratch("")
	if err != nil {
		return f, err
	}
	return f, os.Remove(f.Name())
}

// scratchFor lies beside the target, so that it can take its name.
func scratchFor(target string) (scratchFile, error) {
	if target == "-" {
		return nameless()
	}
	dir := filepath.Dir(target)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return scratchFile{}, fmt.Errorf("%s cannot be written: there is no directory %s", target, dir)
	}
	return scratch(dir)
}

func (f scratchFile) remove() { f.Close(); os.Remove(f.Name()) }

func (f scratchFile) publish(target string, stdout io.Writer) error {
	if target != "-" {
		return os.Rename(f.Name(), target)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.Copy(stdout, f)
	return err
}
