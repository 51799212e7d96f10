package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/postseal/postseal/envelope"
)

// Bounds of what open reads: a page is at most four thirds of a container plus
// itself, and no mail system takes messages beyond a few hundred megabytes.
const (
	maxPageBytes     = 1 << 30
	maxOriginalBytes = 1 << 30
	maxKeyFile       = 1 << 20
)

// openCommand opens a page with an escrow secret key and no server. It writes
// the original beside the page, or where -o says, and only when every byte of
// it was verified.
func openCommand(_ context.Context, args []string, s streams) error {
	f := flags("open", s)
	escrow := f.String("escrow", "", "OpenPGP secret key `FILE` of the organisation")
	passFile := f.String("passphrase-file", "", "`FILE` whose first line unlocks the secret key")
	out := f.String("o", "", "`FILE` to write the message to, - for standard output (default: the page's name with .eml)")
	if err := parse(f, args); err != nil {
		return err
	}
	if *escrow == "" || f.NArg() != 1 {
		return usageError{"give --escrow and one securedoc.html"}
	}
	secret, err := readSmall(*escrow)
	if err != nil {
		return err
	}
	var pass []byte
	if *passFile != "" {
		if pass, err = readSmall(*passFile); err != nil {
			return err
		}
		pass, _, _ = bytes.Cut(pass, []byte("\n"))
	}
	page := f.Arg(0)
	target := *out
	if target == "" {
		target = strings.TrimSuffix(page, filepath.Ext(page)) + ".eml"
	}
	if err := openPage(page, target, secret, pass, s.out); err != nil {
		return explainOpen(page, err)
	}
	fmt.Fprintln(s.err, "origin not proved: whoever once had the key could have made this file; only the sealing server can tell")
	if target != "-" {
		fmt.Fprintln(s.err, "written:", target)
	}
	return nil
}

func openPage(page, target string, secret, pass []byte, stdout io.Writer) error {
	in, err := os.Open(page)
	if err != nil {
		return err
	}
	defer in.Close()
	dir := filepath.Dir(target)
	if target == "-" {
		dir = os.TempDir()
	}
	container, err := scratch(dir)
	if err != nil {
		return err
	}
	defer container.remove()
	if _, err := envelope.ReadPage(in, container, maxPageBytes); err != nil {
		return err
	}
	if _, err := container.Seek(0, io.SeekStart); err != nil {
		return err
	}
	plain, err := scratch(dir)
	if err != nil {
		return err
	}
	defer plain.remove()
	if _, err := envelope.OpenEscrow(plain, container, secret, pass, maxOriginalBytes); err != nil {
		return err
	}
	return plain.publish(target, stdout)
}

// scratchFile is a private file that either becomes the target or disappears.
type scratchFile struct{ *os.File }

func scratch(dir string) (scratchFile, error) {
	f, err := os.CreateTemp(dir, ".postseal-*") // mode 0600
	return scratchFile{f}, err
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

func readSmall(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err == nil && len(b) > maxKeyFile {
		err = fmt.Errorf("%s: larger than %d bytes, not a key", name, maxKeyFile)
	}
	return b, err
}

func explainOpen(page string, err error) error {
	switch {
	case errors.Is(err, envelope.ErrNotPage):
		return fmt.Errorf("%s: not a securedoc.html of ours", page)
	case errors.Is(err, envelope.ErrVersion):
		return fmt.Errorf("%s: %w; a newer postseal may know it", page, err)
	case errors.Is(err, envelope.ErrBroken):
		return fmt.Errorf("%s: damaged, changed, or not sealed to this escrow key; nothing was written", page)
	case errors.Is(err, envelope.ErrTooBig):
		return fmt.Errorf("%s: %w", page, err)
	}
	return err
}
