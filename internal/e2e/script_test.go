package e2e_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/internal/e2e/e2etest"
)

// siteCopy makes a configuration directory of the fixture site.
func siteCopy(t *testing.T) string {
	t.Helper()
	e2etest.Need(t, "postconf")
	dir := t.TempDir()
	for _, f := range []string{"main.cf", "master.cf"} {
		if err := os.WriteFile(filepath.Join(dir, f), read(t, filepath.Join("testdata", "site", f)), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	settle(t, dir)
	return dir
}

// settle dates main.cf back: Postfix's programs wait two seconds for a file that
// was written just now.
func settle(t *testing.T, dir string) {
	t.Helper()
	then := time.Now().Add(-time.Minute)
	if err := os.Chtimes(filepath.Join(dir, "main.cf"), then, then); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// script runs contrib's script; it gives all output and whether it exited 0.
func script(t *testing.T, args ...string) (string, bool) {
	t.Helper()
	cmd := exec.Command(filepath.Join(e2etest.Root(t), "contrib", "postfix", "postseal-postfix"), args...)
	cmd.Env = append(os.Environ(), "PATH=/usr/sbin:/sbin:"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

func mustScript(t *testing.T, args ...string) string {
	t.Helper()
	out, ok := script(t, args...)
	if !ok {
		t.Fatalf("postseal-postfix %v failed:\n%s", args, out)
	}
	settle(t, args[2])
	return out
}

// same tells whether the directory holds exactly what the site had: both files
// byte for byte with their mode, and nothing else.
func same(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		fi, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if e.Name() != "main.cf" && e.Name() != "master.cf" {
			t.Errorf("%s was left behind", e.Name())
			continue
		}
		if got, want := read(t, filepath.Join(dir, e.Name())), read(t, filepath.Join("testdata", "site", e.Name())); !bytes.Equal(got, want) {
			t.Errorf("%s: got\n%s\nwant\n%s", e.Name(), got, want)
		}
		if got, want := fi.Mode().Perm(), os.FileMode(0o640); got != want {
			t.Errorf("%s: mode %v, want %v", e.Name(), got, want)
		}
	}
}

func value(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := exec.Command("/usr/sbin/postconf", append([]string{"-c", dir}, args...)...).Output()
	if err != nil {
		t.Fatalf("postconf %v: %v", args, err)
	}
	settle(t, dir)
	return strings.TrimSpace(string(out))
}

func TestScriptShowChangesNothing(t *testing.T) {
	t.Parallel()
	dir := siteCopy(t)
	out := mustScript(t, "show", "-c", dir)
	for _, want := range []string{"+postseal_milter = { unix:postseal/milter.sock,", "+127.0.0.1:10026 inet", "+forward_path =", "-forward_path = $home/.forward", "+    -o smtpd_milters=$postseal_milters"} {
		if !strings.Contains(out, want) {
			t.Errorf("show lacks %q:\n%s", want, out)
		}
	}
	same(t, dir)
}

func TestScriptApplyThenUndo(t *testing.T) {
	t.Parallel()
	dir := siteCopy(t)
	mustScript(t, "apply", "-c", dir, "-g", "submission/inet", "-g", "10.0.0.25:2525/inet")
	for _, c := range []struct {
		want string
		args []string
	}{
		{"inet:127.0.0.1:8891 unix:clamav/milter.sock", []string{"-h", "smtpd_milters"}}, // the listener for the internet is left alone
		{"inet:127.0.0.1:8891 unix:clamav/milter.sock", []string{"-h", "postseal_other_milters"}},
		{"$postseal_milter, $smtpd_milters", []string{"-h", "non_smtpd_milters"}},
		{"40321600", []string{"-h", "postseal_inner_size_limit"}},
		{"accept", []string{"-h", "milter_default_action"}}, // the site's own wish for its own milters
		{"$postseal_milters", []string{"-Ph", "submission/inet/smtpd_milters"}},
		{"$postseal_milters", []string{"-Ph", "10.0.0.25:2525/inet/smtpd_milters"}},
		{"$postseal_other_milters", []string{"-Ph", "127.0.0.1:10026/inet/smtpd_milters"}},
		{"y", []string{"-Fh", "127.0.0.1:10026/inet/chroot"}},
		{"permit_sasl_authenticated, reject", []string{"-Ph", "submission/inet/smtpd_recipient_restrictions"}},
	} {
		if got := value(t, dir, c.args...); got != c.want {
			t.Errorf("postconf %v: got %q, want %q", c.args, got, c.want)
		}
	}
	if got := value(t, dir, "-P", "smtp/inet/smtpd_milters"); got != "" {
		t.Errorf("the listener for the internet has got %q", got)
	}
	mustScript(t, "undo", "-c", dir)
	same(t, dir)
}

// A second apply changes nothing, remembers which listeners are guarded, and
// undo still gives back what was there before the first.
func TestScriptApplyTwice(t *testing.T) {
	t.Parallel()
	dir := siteCopy(t)
	mustScript(t, "apply", "-c", dir, "-g", "10.0.0.25:2525/inet")
	main, master := read(t, dir+"/main.cf"), read(t, dir+"/master.cf")
	if out := mustScript(t, "apply", "-c", dir); !strings.Contains(out, "already applied") {
		t.Errorf("got %q, want \"already applied\"", out)
	}
	if out := mustScript(t, "show", "-c", dir); out != "" {
		t.Errorf("show after apply: got %q, want nothing", out)
	}
	if !bytes.Equal(main, read(t, dir+"/main.cf")) || !bytes.Equal(master, read(t, dir+"/master.cf")) {
		t.Error("a second apply changed the files")
	}
	mustScript(t, "apply", "-c", dir, "-g", "submission/inet")
	if got := value(t, dir, "-P", "10.0.0.25:2525/inet/smtpd_milters"); got != "" {
		t.Errorf("a listener that is guarded no longer still has %q", got)
	}
	mustScript(t, "undo", "-c", dir)
	same(t, dir)
}

// TLS partners only where they are asked for: every delivery would need the
// daemon. The site's own table stays behind ours, and undo gives it back.
func TestScriptTLSPartners(t *testing.T) {
	t.Parallel()
	dir := siteCopy(t)
	main := append(read(t, dir+"/main.cf"), "\nsmtp_tls_policy_maps = hash:/etc/postfix/tls\n"...)
	if err := os.WriteFile(dir+"/main.cf", main, 0o640); err != nil {
		t.Fatal(err)
	}
	settle(t, dir)
	policy := func(want string) {
		t.Helper()
		if got := value(t, dir, "-h", "smtp_tls_policy_maps"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	const both = "socketmap:unix:postseal/tls-policy.sock:tls-policy, hash:/etc/postfix/tls"
	mustScript(t, "apply", "-c", dir)
	policy("hash:/etc/postfix/tls")
	if out := mustScript(t, "show", "-c", dir, "-t"); !strings.Contains(out, "+smtp_tls_policy_maps = "+both) {
		t.Errorf("show -t lacks the table:\n%s", out)
	}
	mustScript(t, "apply", "-c", dir, "-t")
	policy(both)
	mustScript(t, "apply", "-c", dir, "-g", "submission/inet") // keeps them
	policy(both)
	value(t, dir, "-e", "mydomain=changed.example")
	mustScript(t, "undo", "-c", dir, "-m")
	policy("hash:/etc/postfix/tls")
	value(t, dir, "-X", "mydomain")
	before := read(t, dir+"/main.cf")
	mustScript(t, "apply", "-c", dir, "-t")
	mustScript(t, "undo", "-c", dir)
	if got := read(t, dir+"/main.cf"); !bytes.Equal(got, before) {
		t.Errorf("undo: got\n%s\nwant\n%s", got, before)
	}
}

func TestScriptUndoAfterOthersChanged(t *testing.T) {
	t.Parallel()
	dir := siteCopy(t)
	mustScript(t, "apply", "-c", dir)
	value(t, dir, "-e", "mydomain=changed.example", "postseal_other_milters=inet:127.0.0.1:1")
	out, ok := script(t, "undo", "-c", dir)
	if ok || !strings.Contains(out, "mydomain = changed.example") {
		t.Errorf("undo over others' changes: got %v %q, want a refusal that shows them", ok, out)
	}
	if out, ok := script(t, "apply", "-c", dir); ok {
		t.Errorf("apply over others' changes: got %q, want a refusal", out)
	}
	mustScript(t, "undo", "-c", dir, "-m")
	if got := value(t, dir, "-h", "mydomain"); got != "changed.example" {
		t.Errorf("undo -m lost the others' change: %q", got)
	}
	for _, args := range [][]string{{"-h", "forward_path"}, {"-h", "non_smtpd_milters"}} {
		want := map[string]string{"forward_path": "$home/.forward", "non_smtpd_milters": "$smtpd_milters"}[args[1]]
		if got := value(t, dir, args...); got != want {
			t.Errorf("%v after undo -m: got %q, want %q", args, got, want)
		}
	}
	if b := append(read(t, dir+"/main.cf"), read(t, dir+"/master.cf")...); bytes.Contains(b, []byte("postseal")) {
		t.Errorf("undo -m left something of ours:\n%s", b)
	}
}

// Only our own lines differ: nothing of others can get lost, so undo restores.
func TestScriptUndoAfterOurLinesChanged(t *testing.T) {
	t.Parallel()
	dir := siteCopy(t)
	mustScript(t, "apply", "-c", dir)
	value(t, dir, "-e", "postseal_milter=unix:elsewhere")
	mustScript(t, "undo", "-c", dir)
	same(t, dir)
}

func TestScriptRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args   []string
		change []string
		says   string
	}{
		"no such listener":      {args: []string{"apply", "-g", "nosuch/inet"}, says: "no service nosuch/inet"},
		"nothing to guard":      {args: []string{"apply"}, change: []string{"-MX", "submission/inet"}, says: "-g"},
		"different milters":     {args: []string{"apply", "-g", "submission/inet", "-g", "10.0.0.25:2525/inet"}, change: []string{"-P", "submission/inet/smtpd_milters=inet:127.0.0.1:2"}, says: "different milters"},
		"port taken by others":  {args: []string{"apply"}, change: []string{"-M", "127.0.0.1:10026/inet=127.0.0.1:10026 inet n - n - - smtpd"}, says: "not postseal's"},
		"undo without an apply": {args: []string{"undo"}, says: "nothing to undo"},
		"unknown command":       {args: []string{"destroy"}, says: "usage"},
		"no configuration":      {args: []string{"show", "-c", "/nowhere"}, says: "holds no main.cf"},
	} {
		dir := siteCopy(t)
		if c.change != nil {
			value(t, dir, c.change...)
		}
		before := append(read(t, dir+"/main.cf"), read(t, dir+"/master.cf")...)
		out, ok := script(t, append([]string{c.args[0], "-c", dir}, c.args[1:]...)...)
		if ok || !strings.Contains(out, c.says) {
			t.Errorf("%s: got %v %q, want a refusal with %q", name, ok, out, c.says)
		}
		if after := append(read(t, dir+"/main.cf"), read(t, dir+"/master.cf")...); !bytes.Equal(before, after) {
			t.Errorf("%s: the files were changed", name)
		}
		if left, _ := filepath.Glob(dir + "/.postseal*"); len(left) > 0 {
			t.Errorf("%s: left behind: %v", name, left)
		}
	}
}
