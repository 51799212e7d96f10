package postfix

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// maxAnswer bounds the output of one tool: a list of a thousand members of the
// greatest length fits.
const maxAnswer = 1 << 20

// tools runs postconf and postmap of one instance. What is asked for travels on
// standard input, never in an argument that could look like an option.
type tools struct {
	configDir  string
	commandDir string
	timeout    time.Duration
	slots      chan struct{} // bounds how many run at once
	dir        string        // where tools run: names of unix sockets in main.cf are relative to the queue directory; empty: here
}

func newTools(configDir, commandDir string, timeout time.Duration) tools {
	t := tools{configDir: configDir, commandDir: commandDir, timeout: timeout, slots: make(chan struct{}, maxTools)}
	if t.configDir == "" {
		t.configDir = "/etc/postfix"
	}
	if t.commandDir == "" {
		t.commandDir = "/usr/sbin"
	}
	if t.timeout == 0 {
		t.timeout = DefaultTimeout
	}
	return t
}

// run gives standard output, standard error and the exit status. The error wraps
// ErrUnavailable when the program could not be run to its end.
func (t tools) run(ctx context.Context, stdin string, program string, args ...string) (out, complaint string, status int, err error) {
	select {
	case t.slots <- struct{}{}:
		defer func() { <-t.slots }()
	case <-ctx.Done():
		return "", "", 0, fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
	}
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(t.commandDir, program), append([]string{"-c", t.configDir}, args...)...)
	cmd.Dir = t.dir
	cmd.Stdin = strings.NewReader(stdin)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"}
	cmd.WaitDelay = time.Second
	stdout, stderr := &bounded{}, &bounded{}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return "", "", 0, fmt.Errorf("%w: %s took longer than %v", ErrUnavailable, program, t.timeout)
	case errors.As(err, &exit) && exit.ExitCode() >= 0:
		status = exit.ExitCode()
	case err != nil:
		return "", "", 0, fmt.Errorf("%w: %s: %w", ErrUnavailable, program, err)
	}
	return stdout.String(), stderr.String(), status, nil
}

// query asks the maps for the keys, which are all asked in the order given; the
// first map that knows a key answers. The result holds the keys that were found.
func (t tools) query(ctx context.Context, maps, keys []string) (map[string]string, error) {
	if len(maps) == 0 || len(keys) == 0 {
		return nil, nil
	}
	for _, k := range keys {
		if strings.ContainsAny(k, "\r\n\x00") { // addr refuses these; one line is one question
			return nil, fmt.Errorf("%w: control character in an address", ErrUnknowable)
		}
	}
	args := append([]string{"-q", "-"}, maps...)
	out, complaint, status, err := t.run(ctx, strings.Join(keys, "\n")+"\n", "postmap", args...)
	if err != nil {
		return nil, err
	}
	// postmap(1): 0 when at least one key was found, 1 when none was, and also 1
	// with a complaint when a table could not be asked.
	if status > 1 || severe(complaint) {
		return nil, fmt.Errorf("%w: postmap: %s", ErrUnavailable, firstSevere(complaint))
	}
	found := map[string]string{}
	for line := range strings.Lines(out) {
		key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if ok {
			found[key] = value
		}
	}
	return found, nil
}

func severe(complaint string) bool { return firstSevere(complaint) != "" }

// firstSevere gives the first line of a complaint that is more than a warning,
// without the name of the key: "fatal: ..." of msg_fatal(3).
func firstSevere(complaint string) string {
	for line := range strings.Lines(complaint) {
		for _, word := range []string{"fatal: ", "panic: ", "error: "} {
			if i := strings.Index(line, word); i >= 0 {
				return strings.TrimSpace(line[i:])
			}
		}
	}
	return ""
}

// bounded keeps the first maxAnswer bytes and fails afterwards, so that the tool
// is stopped rather than believed in part.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxAnswer {
		return 0, errors.New("the answer is too long")
	}
	return b.Buffer.Write(p)
}

// fileStamp changes whenever a file is written or exchanged.
func fileStamp(path string) (string, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return fmt.Sprint(fi.ModTime().UnixNano(), fi.Size()), nil
}
