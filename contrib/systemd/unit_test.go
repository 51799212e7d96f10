// Package systemd_test looks at the unit that packages install.
package systemd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// analyze runs systemd-analyze, which needs no running systemd for what is asked here.
func analyze(t *testing.T, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		if os.Getenv("POSTSEAL_NO_SERVICES") == "1" {
			t.Skip("no systemd-analyze, and POSTSEAL_NO_SERVICES=1")
		}
		t.Fatal("systemd-analyze is missing; scripts/deps.sh installs it (package systemd)")
	}
	out, err := exec.Command("systemd-analyze", args...).CombinedOutput()
	if err != nil {
		t.Errorf("systemd-analyze %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// What the daemon may do is little enough: 2.0 of 10 on systemd's own scale.
func TestUnitIsHardened(t *testing.T) {
	out := analyze(t, "security", "--offline=yes", "--threshold=20", "postseal.service")
	if !strings.Contains(out, "Overall exposure level") {
		t.Errorf("it did not say how exposed the unit is:\n%s", out)
	}
}

// systemd understands every line. Program and manual page are not installed where
// tests run, so others stand in.
func TestUnitIsUnderstood(t *testing.T) {
	unit, err := os.ReadFile("postseal.service")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(unit), "/usr/bin/postseal serve", "/bin/true", 1)
	text = strings.Replace(text, "Documentation=man:postseal(8)\n", "", 1)
	if text == string(unit) {
		t.Fatal("the unit starts another program")
	}
	path := filepath.Join(t.TempDir(), "postseal.service")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := analyze(t, "verify", path); strings.Contains(out, "postseal.service:") {
		t.Errorf("systemd says:\n%s", out)
	}
	wrong := filepath.Join(t.TempDir(), "postseal.service")
	if err := os.WriteFile(wrong, []byte(strings.Replace(text, "ProtectHome=", "ProtectHomes=", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, _ := exec.Command("systemd-analyze", "verify", wrong).CombinedOutput(); !strings.Contains(string(out), "ProtectHomes") {
		t.Errorf("a line that it does not know was not told, so this test shows nothing:\n%s", out)
	}
}
