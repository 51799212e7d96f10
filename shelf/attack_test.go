package shelf_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/shelf"
)

// must ends a test at an error of its own.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// soon fails a test whose shelf waits for somebody, as for a pipe's writer.
func soon(t *testing.T, what string, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); do() }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatalf("%s: the shelf waits", what)
	}
}

// Path tricks: whatever stands where a container is looked for, nothing outside the
// shelf is read, deleted or written, nobody waits, and the message can be put anew.
func TestPlantedThingsAreNoContainers(t *testing.T) {
	const text = "\xd2ruth"
	secret := "\xd2utside"
	for name, plant := range map[string]func(t *testing.T, file, outside string){
		"a link to a file outside": func(t *testing.T, file, outside string) { must(t, os.Symlink(filepath.Join(outside, "secret"), file)) },
		"a link that dangles":      func(t *testing.T, file, outside string) { must(t, os.Symlink(filepath.Join(outside, "none"), file)) },
		"a link to itself":         func(t *testing.T, file, _ string) { must(t, os.Symlink(file, file)) },
		"a pipe":                   func(t *testing.T, file, _ string) { must(t, syscall.Mkfifo(file, 0o600)) },
		"a device":                 func(t *testing.T, file, _ string) { must(t, os.Symlink("/dev/zero", file)) },
		"a home that leads outside": func(t *testing.T, file, outside string) {
			must(t, os.Remove(filepath.Dir(file)))
			must(t, os.Symlink(outside, filepath.Dir(file)))
		},
		"a shelf board that leads outside": func(t *testing.T, file, outside string) {
			must(t, os.RemoveAll(filepath.Dir(filepath.Dir(file))))
			must(t, os.Mkdir(filepath.Join(outside, filepath.Base(filepath.Dir(file))), 0o700))
			must(t, os.WriteFile(filepath.Join(outside, filepath.Base(filepath.Dir(file)), filepath.Base(file)), []byte(secret), 0o600))
			must(t, os.Symlink(outside, filepath.Dir(filepath.Dir(file))))
		},
		"a home that is a file": func(t *testing.T, file, _ string) {
			must(t, os.Remove(filepath.Dir(file)))
			must(t, os.WriteFile(filepath.Dir(file), []byte("x"), 0o600))
		},
		"a home that is a pipe": func(t *testing.T, file, _ string) {
			must(t, os.Remove(filepath.Dir(file)))
			must(t, syscall.Mkfifo(filepath.Dir(file), 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			d, path := dir(t, shelf.DirOptions{})
			id, outside := envelope.ID{7}, t.TempDir()
			must(t, os.WriteFile(filepath.Join(outside, "secret"), []byte(secret), 0o600))
			put(t, d, id, text)
			file := filepath.Join(path, files(t, path)[0])
			must(t, os.Remove(file))
			plant(t, file, outside)
			inside := func() (n int) {
				must(t, filepath.WalkDir(outside, func(_ string, e fs.DirEntry, err error) error { n++; return err }))
				return n
			}
			before := inside()
			soon(t, name, func() {
				if got, err := get(t, d, id, digest(text)); !errors.Is(err, shelf.ErrNotFound) {
					t.Errorf("Get = %q, %v, want ErrNotFound", got, err)
				}
				must(t, d.Each(t.Context(), func(envelope.ID, time.Time) error { return nil }))
				again, err := shelf.OpenDir(path, shelf.DirOptions{MinFree: -1})
				must(t, err)
				if err := again.Put(t.Context(), id, digest(text), strings.NewReader(text)); err != nil {
					t.Errorf("put anew: %v", err)
				}
				if got, err := get(t, again, id, digest(text)); got != text || err != nil {
					t.Errorf("put anew, Get = %q, %v", got, err)
				}
				must(t, os.Remove(file))
				plant(t, file, outside2(t, outside))
				if err := again.Delete(t.Context(), id); err != nil {
					t.Errorf("Delete: %v", err)
				}
			})
			if b, err := os.ReadFile(filepath.Join(outside, "secret")); string(b) != secret || err != nil || inside() < before {
				t.Errorf("outside: %q, %v, %d things of %d", b, err, inside(), before)
			}
			if _, err := os.Lstat(filepath.Dir(file)); err == nil {
				t.Error("what was planted is still there after Delete")
			}
		})
	}
}

// outside2 is outside for a second planting.
func outside2(t *testing.T, outside string) string {
	t.Helper()
	entries, err := os.ReadDir(outside)
	must(t, err)
	for _, e := range entries {
		if e.IsDir() {
			must(t, os.RemoveAll(filepath.Join(outside, e.Name())))
		}
	}
	return outside
}

// A pipe or link among the half-written files keeps no daemon from starting.
func TestPlantedAmongTheHalfWritten(t *testing.T) {
	_, path := dir(t, shelf.DirOptions{})
	outside := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(outside, []byte("x"), 0o600))
	must(t, syscall.Mkfifo(filepath.Join(path, "tmp", "put-1"), 0o600))
	must(t, os.Symlink(outside, filepath.Join(path, "tmp", "put-2")))
	must(t, os.Mkdir(filepath.Join(path, "tmp", "put-3"), 0o700))
	soon(t, "starting", func() {
		if _, err := shelf.OpenDir(path, shelf.DirOptions{MinFree: -1}); err != nil {
			t.Error(err)
		}
	})
	if _, err := os.Stat(outside); err != nil {
		t.Error(err)
	}
}

// A hard link to another message's container, or other bytes of the right name, are
// what they are: whoever opens compares the digest (portal: TestChangedShelfIsNotOpened).
func TestOtherEnvelopesContainerIsAnother(t *testing.T) {
	d, path := dir(t, shelf.DirOptions{})
	put(t, d, envelope.ID{1}, "\xd2ne")
	put(t, d, envelope.ID{2}, "\xd2wo")
	for _, id := range []envelope.ID{{1}, {2}, {3}} {
		for _, of := range []string{"\xd2ne", "\xd2wo"} {
			want := id == envelope.ID{1} && of == "\xd2ne" || id == envelope.ID{2} && of == "\xd2wo"
			if _, err := get(t, d, id, digest(of)); (err == nil) != want || err != nil && !errors.Is(err, shelf.ErrNotFound) {
				t.Errorf("%v %q: %v, want found: %v", id, of, err, want)
			}
		}
	}
	all := files(t, path)
	must(t, os.Link(filepath.Join(path, all[0]), filepath.Join(path, filepath.Dir(all[1]), filepath.Base(all[0]))))
	r, err := d.Get(t.Context(), envelope.ID{2}, digest("\xd2ne"))
	must(t, err)
	got, err := envelope.DigestOf(r)
	must(t, errors.Join(err, r.Close()))
	if got == digest("\xd2wo") {
		t.Error("a link passes for the message's own")
	}
}

// A shelf on which everybody can write is refused at the start.
func TestShelfOpenToEverybodyIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shelf")
	must(t, os.Mkdir(path, 0o700))
	must(t, os.Chmod(path, 0o777))
	if _, err := shelf.OpenDir(path, shelf.DirOptions{MinFree: -1}); err == nil || !strings.Contains(err.Error(), "chmod o-w") {
		t.Errorf("got %v", err)
	}
	must(t, os.Chmod(path, 0o755))
	if _, err := shelf.OpenDir(path, shelf.DirOptions{MinFree: -1}); err != nil {
		t.Errorf("a shelf that others may list: %v", err)
	}
}
