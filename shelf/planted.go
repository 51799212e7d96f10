package shelf

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Who can write below the shelf's directory can plant links, pipes and devices where
// containers are looked for. What they lead to is not read, not deleted and not waited
// for: only a plain file in plain directories is a container, and everything else
// counts as not there and gives way to the next that is put.

// open opens a plain file for reading. A pipe would keep the caller waiting for its
// writer, a link would lead elsewhere: they are ErrNotFound.
func open(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ELOOP) || errors.Is(err, syscall.ENXIO) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = ErrNotFound
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

func isFile(name string) bool {
	info, err := os.Lstat(name)
	return err == nil && info.Mode().IsRegular()
}

func isDir(name string) bool {
	info, err := os.Lstat(name)
	return err == nil && info.IsDir()
}

// clear takes away what stands in the place of a directory and is none: the link, not
// what it leads to.
func clear(dir string) error {
	info, err := os.Lstat(dir)
	if errors.Is(err, os.ErrNotExist) || err == nil && info.IsDir() {
		return nil
	}
	if err != nil {
		return err
	}
	return os.Remove(dir)
}

// private refuses a directory that everybody on the machine may write to.
func private(path string) error {
	for _, dir := range []string{path, filepath.Join(path, tempDir)} {
		info, err := os.Stat(dir)
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o002 != 0 {
			return fmt.Errorf("%s has mode %v: everybody can write there; take that away (chmod o-w)", dir, info.Mode())
		}
	}
	return nil
}
