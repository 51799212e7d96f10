package shelf_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/shelf"
)

// digest is that of a text which begins like an encrypted packet, "\xd2".
func digest(text string) envelope.Digest { return sha256.Sum256([]byte(text)) }

func dir(t *testing.T, o shelf.DirOptions) (*shelf.Dir, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "shelf")
	if o.MinFree == 0 {
		o.MinFree = -1
	}
	d, err := shelf.OpenDir(path, o)
	if err != nil {
		t.Fatal(err)
	}
	return d, path
}

func put(t *testing.T, s shelf.Shelf, id envelope.ID, text string) {
	t.Helper()
	if err := s.Put(t.Context(), id, digest(text), strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, s shelf.Shelf, id envelope.ID, d envelope.Digest) (string, error) {
	t.Helper()
	r, err := s.Get(t.Context(), id, d)
	if err != nil {
		return "", err
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	return string(b), err
}

// files lists everything below a directory but directories, and checks modes.
func files(t *testing.T, root string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		if !e.IsDir() {
			rel, _ := filepath.Rel(root, path)
			out = append(out, rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPutGetDelete(t *testing.T) {
	d, path := dir(t, shelf.DirOptions{})
	a, b := envelope.ID{1}, envelope.ID{255, 254}
	put(t, d, a, "\xd2ne")
	put(t, d, a, "\xd2wo")
	put(t, d, b, "\xd2ne")
	if err := d.Put(t.Context(), a, digest("\xd2ne"), iotest.ErrReader(errors.New("read on"))); err != nil {
		t.Errorf("the same again: %v, want nil without reading", err)
	}
	if got, err := get(t, d, a, digest("\xd2wo")); got != "\xd2wo" || err != nil {
		t.Errorf("Get = %q, %v", got, err)
	}
	if got := files(t, path); len(got) != 3 || !strings.HasPrefix(got[1], "ae/"+a.String()+"/") || d.Used() != 9 {
		t.Errorf("files = %q, used %d", got, d.Used())
	}
	r, err := d.Get(t.Context(), a, digest("\xd2ne"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for range 2 { // none is no error
		if err := d.Delete(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Seek(1, io.SeekStart); err != nil {
		t.Error(err)
	}
	if rest, err := io.ReadAll(r); string(rest) != "ne" || err != nil {
		t.Errorf("open while deleted: %q, %v", rest, err)
	}
	if _, err := get(t, d, a, digest("\xd2ne")); !errors.Is(err, shelf.ErrNotFound) {
		t.Errorf("after Delete: %v, want ErrNotFound", err)
	}
	if got, err := get(t, d, b, digest("\xd2ne")); got != "\xd2ne" || err != nil || d.Used() != 3 {
		t.Errorf("the other envelope: %q, %v, used %d", got, err, d.Used())
	}
	if _, err := get(t, d, b, digest("none")); !errors.Is(err, shelf.ErrNotFound) {
		t.Errorf("another digest: %v, want ErrNotFound", err)
	}
}

// What is not whole, or not what its digest says, leaves nothing behind.
func TestNothingHalfDone(t *testing.T) {
	broken := errors.New("broken")
	gone, cancel := context.WithCancel(t.Context())
	text := "\xd2" + strings.Repeat("x", 999)
	for _, c := range []struct {
		name string
		o    shelf.DirOptions
		ctx  context.Context
		from io.Reader
		want error
	}{
		{"source breaks", shelf.DirOptions{}, t.Context(), io.MultiReader(strings.NewReader(text[:500]), iotest.ErrReader(broken)), broken},
		{"source misses a file", shelf.DirOptions{}, t.Context(), iotest.ErrReader(&fs.PathError{Op: "read", Path: "x", Err: fs.ErrNotExist}), nil},
		{"cut short", shelf.DirOptions{}, t.Context(), strings.NewReader(text[:999]), shelf.ErrDigest},
		{"another container", shelf.DirOptions{}, t.Context(), strings.NewReader(text + "y"), shelf.ErrDigest},
		{"over the bound", shelf.DirOptions{MaxBytes: 999}, t.Context(), iotest.OneByteReader(strings.NewReader(text)), shelf.ErrFull},
		{"disk below its floor", shelf.DirOptions{MinFree: 1 << 62}, t.Context(), strings.NewReader(text), shelf.ErrFull},
		{"cancelled meanwhile", shelf.DirOptions{}, gone, io.MultiReader(strings.NewReader(text[:500]), &hook{cancel}, strings.NewReader(text[500:])), context.Canceled},
	} {
		d, path := dir(t, c.o)
		err := d.Put(c.ctx, envelope.ID{7}, digest(text), c.from)
		if err == nil || c.want != nil && !errors.Is(err, c.want) || errors.Is(err, shelf.ErrNotFound) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if got := files(t, path); len(got) != 0 || d.Used() != 0 {
			t.Errorf("%s: left %q, used %d", c.name, got, d.Used())
		}
	}
}

// hook calls f when it is read and then is at its end.
type hook struct{ f func() }

func (h *hook) Read([]byte) (int, error) { h.f(); return 0, io.EOF }

// A container's digest is that of its encrypted packet; escrow packets before it
// are kept with it.
func TestEscrowPacketsAreKept(t *testing.T) {
	d, _ := dir(t, shelf.DirOptions{})
	sealed := "\xd2ealed"
	whole := "\xc1\x03abc\xc1\x02de" + sealed
	if err := d.Put(t.Context(), envelope.ID{1}, digest(sealed), strings.NewReader(whole)); err != nil {
		t.Fatal(err)
	}
	if got, err := get(t, d, envelope.ID{1}, digest(sealed)); got != whole || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, whole)
	}
	if err := d.Put(t.Context(), envelope.ID{2}, digest(whole), strings.NewReader(whole)); !errors.Is(err, shelf.ErrDigest) {
		t.Errorf("under the sum of all octets: %v, want ErrDigest", err)
	}
	if err := d.Put(t.Context(), envelope.ID{2}, digest("no container"), strings.NewReader("no container")); !errors.Is(err, shelf.ErrDigest) {
		t.Errorf("no container: %v, want ErrDigest", err)
	}
}

func TestFull(t *testing.T) {
	d, _ := dir(t, shelf.DirOptions{MaxBytes: 10})
	put(t, d, envelope.ID{1}, "\xd223456")
	if err := d.Put(t.Context(), envelope.ID{2}, digest("\xd22345"), strings.NewReader("\xd22345")); !errors.Is(err, shelf.ErrFull) {
		t.Errorf("over the bound: %v, want ErrFull", err)
	}
	put(t, d, envelope.ID{2}, "\xd2234")
	if err := d.Delete(t.Context(), envelope.ID{1}); err != nil {
		t.Fatal(err)
	}
	put(t, d, envelope.ID{3}, "\xd22345")
}

// A crash leaves a temporary file: the next start removes it, but not one that a
// living process holds, and counts what is kept.
func TestSweep(t *testing.T) {
	d, path := dir(t, shelf.DirOptions{})
	put(t, d, envelope.ID{1}, "\xd2ept")
	left := filepath.Join(path, "tmp", "put-1")
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	done := make(chan error)
	go func() { done <- d.Put(context.Background(), envelope.ID{2}, digest("\xd2iving"), r) }()
	if _, err := io.WriteString(w, "\xd2iv"); err != nil { // the file is there and locked
		t.Fatal(err)
	}
	again, err := shelf.OpenDir(path, shelf.DirOptions{MinFree: -1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("left over file: %v, want it gone", err)
	}
	if again.Used() != 4 {
		t.Errorf("used = %d, want 4", again.Used())
	}
	if _, err := io.WriteString(w, "ing"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if err := <-done; err != nil {
		t.Errorf("the living Put: %v", err)
	}
	if got, err := get(t, again, envelope.ID{2}, digest("\xd2iving")); got != "\xd2iving" || err != nil {
		t.Errorf("Get = %q, %v", got, err)
	}
}

func TestTogether(t *testing.T) {
	d, path := dir(t, shelf.DirOptions{})
	text := append([]byte{0xd2}, bytes.Repeat([]byte("together"), 10000)...)
	var group sync.WaitGroup
	for i := range 12 {
		group.Go(func() {
			if i%4 == 3 {
				if err := d.Delete(context.Background(), envelope.ID{9}); err != nil {
					t.Error(err)
				}
				return
			}
			if err := d.Put(context.Background(), envelope.ID{9}, sha256.Sum256(text), bytes.NewReader(text)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if err := d.Put(t.Context(), envelope.ID{9}, sha256.Sum256(text), bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	if got := files(t, path); len(got) != 1 || d.Used() != int64(len(text)) {
		t.Errorf("files = %q, used %d", got, d.Used())
	}
}

func TestCannotOpen(t *testing.T) {
	if _, err := shelf.OpenDir("", shelf.DirOptions{}); err == nil {
		t.Error("no path: want an error")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := shelf.OpenDir(file, shelf.DirOptions{}); err == nil {
		t.Error("a file: want an error")
	}
}

// Who puts a container while the same envelope is deleted again and again has it on
// the shelf, or is told that it is gone; and nothing is counted that is not there.
func TestPutWhileDeleted(t *testing.T) {
	d, path := dir(t, shelf.DirOptions{})
	id := envelope.ID{9}
	const text = "\xd2container"
	stop := make(chan struct{})
	var deleting sync.WaitGroup
	deleting.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				if err := d.Delete(t.Context(), id); err != nil {
					t.Errorf("delete: %v", err)
				}
			}
		}
	})
	var putting sync.WaitGroup
	for range 4 {
		putting.Go(func() {
			for range 50 {
				if err := d.Put(t.Context(), id, digest(text), strings.NewReader(text)); err != nil && !errors.Is(err, shelf.ErrNotFound) {
					t.Errorf("put: %v", err)
				}
			}
		})
	}
	putting.Wait()
	close(stop)
	deleting.Wait()
	put(t, d, id, text)
	if got, err := get(t, d, id, digest(text)); got != text || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if got, want := d.Used(), int64(len(text)); got != want || len(files(t, path)) != 1 {
		t.Errorf("%d octets in %v, want %d in one file", got, files(t, path), want)
	}
}
