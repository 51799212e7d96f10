package envelope_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// page's sources with their packages installed, once for all tests of a run.
var webCopy struct {
	once sync.Once
	dir  string
	out  []byte
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if webCopy.dir != "" {
		_ = os.RemoveAll(webCopy.dir)
	}
	os.Exit(code)
}

// needs fails the test when a program is missing; with POSTSEAL_NO_SERVICES=1 it skips.
func needs(t *testing.T, program string) string {
	t.Helper()
	if os.Getenv("POSTSEAL_NO_SERVICES") == "1" {
		t.Skip("POSTSEAL_NO_SERVICES=1: runs without " + program)
	}
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatalf("%s is needed (POSTSEAL_NO_SERVICES=1 leaves this test out): %v", program, err)
	}
	return path
}

// web gives a copy of web/ in which npm ci has run. Packages are never installed
// into the source tree.
func web(t *testing.T) string {
	t.Helper()
	needs(t, "node")
	npm := needs(t, "npm")
	w := &webCopy
	w.once.Do(func() {
		if w.dir, w.err = os.MkdirTemp("", "ps"); w.err != nil {
			return
		}
		if w.err = os.CopyFS(w.dir+"/web", os.DirFS("web")); w.err != nil {
			return
		}
		cmd := exec.Command(npm, "ci", "--no-audit", "--no-fund")
		cmd.Dir = w.dir + "/web"
		w.out, w.err = cmd.CombinedOutput()
	})
	if w.err != nil {
		t.Fatalf("installing the page's packages: %v\n%s", w.err, w.out)
	}
	return w.dir + "/web"
}

func node(t *testing.T, args ...string) ([]byte, error) {
	t.Helper()
	cmd := exec.Command("node", args...)
	cmd.Dir = web(t)
	vectors, err := filepath.Abs(vectorDir)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(os.Environ(), "POSTSEAL_VECTORS="+vectors)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Logf("node %v: %s", args, stderr.Bytes())
	}
	return out, err
}

// The code in the page reads the vectors as Go does, and its small readers hold.
func TestPageCode(t *testing.T) {
	if out, err := node(t, "--test", "test/vectors.test.mjs", "test/mime.test.mjs"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// The committed script is what its sources give.
func TestPageIsBuiltFromItsSources(t *testing.T) {
	out := t.TempDir()
	if b, err := node(t, "build.mjs", out); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	for _, name := range []string{"page.js", "page.css"} {
		want, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("web/dist", name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("web/dist/%s is not what web/src gives: run web/build.sh (%v)", name, err)
		}
	}
}

// OpenPGP.js opens a container with the session key and with each escrow key.
func TestOpenPGPjs(t *testing.T) {
	dir := t.TempDir()
	original := mail76(50_000, 600_000)
	o := options(original)
	var secrets []string
	for _, kind := range kinds[:3] { // OpenPGP.js 6.3 knows no ML-KEM
		cert, secret := escrowKey(t, kind.algorithm, kind.v6, "")
		o.Escrow = append(o.Escrow, parseEscrow(t, cert))
		name := filepath.Join(dir, kind.name+".asc")
		if err := os.WriteFile(name, armored(t, "PGP PRIVATE KEY BLOCK", secret), 0o600); err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, name)
	}
	container, _ := seal(t, original, o)
	file := filepath.Join(dir, "container.pgp")
	if err := os.WriteFile(file, container, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := node(t, "test/openpgp.mjs", file, "session", hex.EncodeToString(key(1).Bytes())); err != nil || !bytes.Equal(got, original) {
		t.Errorf("with the session key: %d bytes, %v", len(got), err)
	}
	for i, secret := range secrets {
		if got, err := node(t, "test/openpgp.mjs", file, "escrow", secret); err != nil || !bytes.Equal(got, original) {
			t.Errorf("with the %s escrow key: %d bytes, %v", kinds[i].name, len(got), err)
		}
	}
	if _, err := node(t, "test/openpgp.mjs", file, "session", hex.EncodeToString(key(2).Bytes())); err == nil {
		t.Error("opens with another key")
	}
}
