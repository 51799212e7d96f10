package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func topic(t *testing.T, name string) string {
	t.Helper()
	var out, err bytes.Buffer
	if status := run(t.Context(), []string{"help", name}, streams{strings.NewReader(""), &out, &err}); status != 0 || err.Len() > 0 {
		t.Fatalf("help %s: status %d, %s", name, status, err.String())
	}
	return out.String()
}

// The manual names every command with its flags, and every key of the configuration.
func TestManual(t *testing.T) {
	page := topic(t, "man")
	for _, c := range commands() {
		if !strings.Contains(page, "\n\\fB"+c.name+"\\fR ") {
			t.Errorf("%s is not in it", c.name)
		}
	}
	for _, want := range []string{`\-escrow FILE`, `\-listen ADDRESS`, `\-window TIME`} {
		if !strings.Contains(page, want) {
			t.Errorf("%s is not in it", want)
		}
	}
	for line := range strings.Lines(page + topic(t, "config")) { // what roff takes as a request must be one
		if request, is := strings.CutPrefix(line, "."); is && !slices.Contains([]string{"TH", "SH", "TP", "PP", "RS", "RE", "nf", "fi", "B", "I"}, strings.Fields(request)[0]) {
			t.Errorf("not a request: %q", line)
		}
	}
}

// Every command and subcommand tells with -h how it is called, and does nothing:
// "keys new -h" made a key in a file of that name.
func TestEveryCommandTakesHelp(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range commands() {
		for _, sub := range append(c.subcommands(), "") {
			args := slices.DeleteFunc([]string{c.name, sub, "-h"}, func(s string) bool { return s == "" })
			var out, err bytes.Buffer
			status := run(t.Context(), args, streams{strings.NewReader(""), &out, &err})
			if status != 0 || !strings.HasPrefix(out.String(), "postseal "+c.name) || err.Len() > 0 {
				t.Errorf("%s: status %d, %q, %q", args, status, out.String(), err.String())
			}
		}
	}
	if made, err := os.ReadDir("."); err != nil || len(made) > 0 {
		t.Errorf("asking for help made %v, %v", made, err)
	}
}

// A real bash completes commands, the words behind them, and flags.
func TestCompletion(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "postseal.bash")
	if err := os.WriteFile(script, []byte(topic(t, "bash")), 0o600); err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable() // testscript makes it the program when it is called so
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(program, filepath.Join(dir, "postseal")); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"postseal rest":           "restore",
		"postseal envelope re":    "recall",
		"postseal classify --ver": "--verbose",
		"postseal account show -": "--config",
	} {
		words := strings.Fields(line)
		cmd := exec.Command("bash", "-c", `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _postseal; printf '%s\n' "${COMPREPLY[@]}"`, script)
		cmd.Args = append(cmd.Args, words...)
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
		if out, err := cmd.CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != want {
			t.Errorf("%s<tab>: %q, %v, want %s", line, out, err, want)
		}
	}
}

// The bill of materials names every module that the program is built of.
func TestBillOfMaterials(t *testing.T) {
	var b bom
	if err := json.Unmarshal([]byte(topic(t, "sbom")), &b); err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, c := range b.Components {
		names[c.Name] = c.Version
	}
	for _, want := range []string{"std", "github.com/d--j/go-milter", "github.com/redis/go-redis/v9"} {
		if names[want] == "" {
			t.Errorf("%s is not in it", want)
		}
	}
}
