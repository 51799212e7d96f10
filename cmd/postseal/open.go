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
		return usageError{"give --escrow with the secret key, and one securedoc.html"}
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
	if filepath.Clean(target) == filepath.Clean(page) {
		return usageError{"the message would take the place of " + page + "; say with -o where it is to go"}
	}
	if err := openPage(page, target, secret, pass, s.out); err != nil {
		return explainOpen(page, *escrow, err)
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
	container, err := nameless()
	if err != nil {
		return err
	}
	defer container.Close()
	if _, err := envelope.ReadPage(in, container, maxPageBytes); err != nil {
		return err
	}
	if _, err := container.Seek(0, io.SeekStart); err != nil {
		return err
	}
	original, err := scratchFor(target)
	if err != nil {
		return err
	}
	defer original.remove()
	if _, err := envelope.OpenEscrow(original, container, secret, pass, maxOriginalBytes); err != nil {
		return err
	}
	return original.publish(target, stdout)
}

// explainOpen says what is wrong with which of the two files.
func explainOpen(page, key string, err error) error {
	switch {
	case errors.Is(err, envelope.ErrNotPage):
		return fmt.Errorf("%s is not a securedoc.html; give the attachment as it was saved, not the mail around it", page)
	case errors.Is(err, envelope.ErrVersion):
		return fmt.Errorf("%s: %w; a newer postseal may know it", page, err)
	case errors.Is(err, envelope.ErrBroken):
		return fmt.Errorf("%s is damaged or was changed; nothing was written, save the attachment anew", page)
	case errors.Is(err, envelope.ErrEscrow):
		return fmt.Errorf("%s does not open %s: %s", key, page, strings.TrimPrefix(err.Error(), envelope.ErrEscrow.Error()+": "))
	case errors.Is(err, envelope.ErrTooBig):
		return fmt.Errorf("%s: %w", page, err)
	}
	return plain(err)
}
