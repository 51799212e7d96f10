package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/config"
	"github.com/postseal/postseal/store"
)

//go:embed setup.yaml
var setupConfig string

// installation is what setup asks for and sets up, and what setup.yaml is made of.
type installation struct {
	Organisation, Address, URL, Listen, Redis, PostfixDir, Queue, Zone, Mode string
	Domains                                                                  []string

	path   string   // of the configuration
	guards []string // listeners of Postfix that take our people's mail
	tool   string   // postseal-postfix
	yes    bool
	in     *bufio.Reader
	out    io.Writer
}

// setupCommand makes configuration and master key, wires Postfix and checks: what
// an administrator does who has never heard of postseal. It changes nothing of a
// configuration or a key that is there, and can be run again.
func setupCommand(ctx context.Context, args []string, s streams) error {
	i := &installation{Mode: "enforce", in: bufio.NewReader(s.in), out: s.out}
	f := flags("setup", s)
	path := configFlag(f)
	f.StringVar(&i.Organisation, "organisation", "", "`NAME` of the organisation, as people know it")
	f.Func("domain", "mail `DOMAIN` of ours, may be repeated (default: Postfix's mydomain)", func(d string) error { i.Domains = append(i.Domains, d); return nil })
	f.StringVar(&i.Address, "address", "", "`ADDRESS` that codes and confirmations come from (default secure@DOMAIN)")
	f.StringVar(&i.URL, "url", "", "`URL` of the web pages, as recipients reach them (default https://secure.DOMAIN)")
	f.StringVar(&i.Listen, "listen", "127.0.0.1:8080", "`ADDRESS` where the web pages listen, behind the proxy that does TLS")
	f.StringVar(&i.Redis, "redis", "127.0.0.1:6379", "`ADDRESS` of Redis")
	f.StringVar(&i.PostfixDir, "postfix", "", "`DIRECTORY` of Postfix's configuration (default: what postconf says)")
	f.StringVar(&i.Zone, "timezone", "", "time `ZONE` of what people are shown (default: this machine's)")
	f.Func("guard", "listener of Postfix that takes our people's mail, as master.cf names it, such as submission/inet; may be repeated (default: submission and submissions)", func(g string) error { i.guards = append(i.guards, g); return nil })
	observe := f.Bool("observe", false, "seal nothing yet, only log what would be done")
	undo := f.Bool("undo", false, "put Postfix back as it was; configuration and key stay")
	f.BoolVar(&i.yes, "yes", false, "ask nothing")
	if err := parse(f, args); err != nil {
		return err
	}
	if f.NArg() != 0 {
		return usageError{"setup takes no arguments"}
	}
	if *observe {
		i.Mode = "observe"
	}
	if i.Zone == "" {
		i.Zone = zoneHere()
	}
	i.path = *path
	if err := i.findPostfix(ctx); err != nil {
		return err
	}
	if *undo {
		return i.undo(ctx)
	}
	return i.run(ctx, s)
}

func (i *installation) run(ctx context.Context, s streams) error {
	if err := i.writeConfig(ctx); err != nil {
		return err
	}
	if err := i.writeKey(); err != nil {
		return err
	}
	if err := i.durable(ctx); err != nil {
		return err
	}
	applied, err := i.wire(ctx)
	if err != nil || !applied {
		return err
	}
	if err := i.start(ctx); err != nil {
		return err
	}
	fmt.Fprint(i.out, "\nWhat postseal check says:\n")
	return check(ctx, []string{"--config", i.path}, s)
}

// findPostfix asks Postfix where it is.
func (i *installation) findPostfix(ctx context.Context) error {
	if i.PostfixDir == "" {
		dir, err := tell(ctx, "postconf", "-h", "config_directory")
		if err != nil {
			return fmt.Errorf("no answer from Postfix: %w; install it first, or name its directory with --postfix", err)
		}
		i.PostfixDir = dir
	}
	queue, err := tell(ctx, "postconf", "-c", i.PostfixDir, "-h", "queue_directory")
	if err != nil {
		return fmt.Errorf("no answer from Postfix: %w", err)
	}
	i.Queue = queue
	if i.tool, err = postfixTool(); err != nil {
		return err
	}
	return nil
}

// postfixTool finds the script that edits Postfix's configuration: where the
// package puts it, or beside a program built in the repository.
func postfixTool() (string, error) {
	const installed = "/usr/share/postseal/postfix/postseal-postfix"
	program, _ := os.Executable()
	for _, path := range []string{os.Getenv("POSTSEAL_POSTFIX"), installed, filepath.Join(filepath.Dir(program), "../contrib/postfix/postseal-postfix")} {
		if info, err := os.Stat(path); path != "" && err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is missing; name it in $POSTSEAL_POSTFIX", installed)
}

// writeConfig makes the configuration unless there is one, and tries it.
func (i *installation) writeConfig(ctx context.Context) error {
	if _, err := os.Stat(i.path); err == nil {
		fmt.Fprintf(i.out, "%s is there already and stays as it is.\n", i.path)
		_, err := loadConfig(i.path)
		return err
	}
	if err := i.ask(ctx); err != nil {
		return err
	}
	text, err := i.config()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(i.path), 0o750); err != nil {
		return plain(err)
	}
	if err := writeNew(i.path, text, 0o640); err != nil {
		return err
	}
	fmt.Fprintf(i.out, "%s made.\n", i.path)
	return nil
}

// Host is the name in the URL of the web pages.
func (i *installation) Host() string {
	u, err := url.Parse(i.URL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// config gives the text of the configuration, which works as it stands.
func (i *installation) config() ([]byte, error) {
	quoted := func(s string) (string, error) { b, err := json.Marshal(s); return string(b), err } // JSON's strings are YAML's
	t, err := template.New("setup.yaml").Funcs(template.FuncMap{"yaml": quoted}).Parse(setupConfig)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if err := t.Execute(&text, i); err != nil {
		return nil, err
	}
	if _, err := config.Parse(i.path, text.Bytes()); err != nil {
		return nil, fmt.Errorf("with these answers the configuration would be wrong: %w", err)
	}
	return text.Bytes(), nil
}

// ask fills in what no flag said: from the terminal, or with --yes from what
// Postfix knows.
func (i *installation) ask(ctx context.Context) (err error) {
	domain, err := tell(ctx, "postconf", "-c", i.PostfixDir, "-h", "mydomain")
	if err != nil || !strings.Contains(domain, ".") || strings.HasSuffix(domain, ".localdomain") {
		domain = ""
	}
	if i.Organisation, err = i.answer(i.Organisation, "", "organisation", "Your organisation, as people know it"); err != nil {
		return err
	}
	if len(i.Domains) == 0 {
		given, err := i.answer("", domain, "domain", "Its mail domains, with blanks between them")
		if err != nil {
			return err
		}
		i.Domains = strings.Fields(given)
	}
	if i.Address, err = i.answer(i.Address, "secure@"+i.Domains[0], "address", "Codes and confirmations come from"); err != nil {
		return err
	}
	if _, err := addr.Parse(i.Address); err != nil {
		return usageError{"--address " + i.Address + ": " + err.Error()}
	}
	if i.URL, err = i.answer(i.URL, "https://secure."+i.Domains[0], "url", "Recipients open messages at"); err != nil {
		return err
	}
	if i.Host() == "" {
		return usageError{"--url " + i.URL + ": an address such as https://secure." + i.Domains[0] + " is wanted"}
	}
	return nil
}

// answer is what a flag said, or what is typed, or with --yes the proposal.
func (i *installation) answer(said, proposal, flag, question string) (string, error) {
	if said != "" {
		return said, nil
	}
	if !i.yes {
		typed, err := i.line(question, proposal)
		if err != nil {
			return "", err
		}
		if typed != "" {
			return typed, nil
		}
	}
	if proposal == "" {
		return "", usageError{"say it with --" + flag}
	}
	return proposal, nil
}

func (i *installation) line(question, proposal string) (string, error) {
	if proposal != "" {
		question += " [" + proposal + "]"
	}
	fmt.Fprint(i.out, question+": ")
	line, err := i.in.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimSpace(line), nil
}

// writeKey makes the master key unless there is one.
func (i *installation) writeKey() error {
	cfg, err := loadConfig(i.path)
	if err != nil {
		return err
	}
	path, err := credential(cfg.Keys.Master)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err == nil {
		fmt.Fprintf(i.out, "%s is there already and stays as it is.\n", path)
		return nil
	}
	if err := writeNew(path, store.NewMasterKeyFile(), 0o600); err != nil {
		return err
	}
	fmt.Fprintf(i.out, "%s made. KEEP A COPY away from this machine and from Redis: without it no sealed message can be opened.\n", path)
	return nil
}

// writeNew writes a file that was not there, readable by the daemon's group where
// the mode says so and the package has made that group.
func writeNew(path string, text []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return plain(err)
	}
	_, err = f.Write(text)
	if g, lookup := user.LookupGroup("postseal"); lookup == nil && mode&0o040 != 0 && os.Geteuid() == 0 {
		gid, _ := strconv.Atoi(g.Gid)
		err = errors.Join(err, f.Chown(0, gid))
	}
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		os.Remove(path)
	}
	return err
}

// durable has Redis keep what it is given, after a question: Debian's forgets the
// last second, and nothing is sealed on such a one. What is wrong with Redis else
// is for check to tell.
func (i *installation) durable(ctx context.Context) error {
	cfg, err := loadConfig(i.path)
	if err != nil {
		return err
	}
	keys, err := loadKeyring(cfg.Keys.Master)
	if err != nil {
		return err
	}
	st, err := storeFor(cfg, keys, nil, daemonOptions{})
	if err != nil {
		return err
	}
	defer st.Close()
	if err := st.Ready(ctx); !errors.Is(err, store.ErrVolatile) {
		return nil
	}
	var settings []string
	for _, s := range store.DurableSettings {
		settings = append(settings, s[0]+" "+s[1])
	}
	words := strings.Join(settings, ", ")
	if !i.yes {
		typed, err := i.line("\nRedis may lose keys when the machine goes down, so nothing would be sealed. Give it "+words+"? yes or no", "no")
		if err != nil || (typed != "y" && typed != "yes") {
			return err
		}
	}
	if err := st.MakeDurable(ctx); err != nil {
		fmt.Fprintf(i.out, "Redis keeps its settings: %v\n", err)
		return nil
	}
	fmt.Fprintf(i.out, "Redis was given %s; its redis.conf holds them.\n", words)
	return nil
}

// wire shows what changes in Postfix's configuration, asks, and changes it.
func (i *installation) wire(ctx context.Context) (applied bool, err error) {
	args := []string{"-c", i.PostfixDir}
	for _, g := range i.guards {
		args = append(args, "-g", g)
	}
	changes, err := tell(ctx, i.tool, append([]string{"show"}, args...)...)
	if err != nil {
		return false, err
	}
	if changes == "" {
		fmt.Fprintln(i.out, "Postfix is set up already.")
		return true, nil
	}
	fmt.Fprintf(i.out, "\nWhat changes in Postfix's configuration:\n%s\n", changes)
	if !i.yes {
		typed, err := i.line("\nChange it? What it was is kept, and \"postseal setup --undo\" puts it back. yes or no", "no")
		if err != nil || (typed != "y" && typed != "yes") {
			fmt.Fprintln(i.out, "Postfix was not changed.")
			return false, err
		}
	}
	said, err := tell(ctx, i.tool, append([]string{"apply"}, args...)...)
	fmt.Fprintln(i.out, said)
	return err == nil, err
}

// start lets the daemon and Postfix take the new configuration over.
func (i *installation) start(ctx context.Context) error {
	if _, err := os.Stat("/run/systemd/system"); err == nil {
		if said, err := tell(ctx, "systemctl", "restart", "postseal.service"); err != nil {
			return fmt.Errorf("the daemon does not start: %s %w; journalctl -u postseal tells more", said, err)
		}
		fmt.Fprintln(i.out, "The daemon runs.")
	} else {
		fmt.Fprintln(i.out, "Nothing here starts services by itself; start the daemon: postseal serve")
	}
	return i.reloadPostfix(ctx)
}

func (i *installation) reloadPostfix(ctx context.Context) error {
	if _, err := tell(ctx, "postfix", "-c", i.PostfixDir, "status"); err != nil {
		fmt.Fprintln(i.out, "Postfix does not run; it takes the change over when it starts.")
		return nil
	}
	if said, err := tell(ctx, "postfix", "-c", i.PostfixDir, "reload"); err != nil {
		return fmt.Errorf("the change is not taken over by Postfix: %s %w", said, err)
	}
	fmt.Fprintln(i.out, "Postfix has taken the change over.")
	return nil
}

func (i *installation) undo(ctx context.Context) error {
	said, err := tell(ctx, i.tool, "undo", "-c", i.PostfixDir)
	if err != nil {
		return fmt.Errorf("%w\n%s undo -m keeps what others changed", err, i.tool)
	}
	fmt.Fprintln(i.out, said)
	if err := i.reloadPostfix(ctx); err != nil {
		return err
	}
	fmt.Fprintf(i.out, "%s and the master key stay: what was sealed opens with them only.\n", i.path)
	return nil
}

// tell runs a program and gives what it printed, without the last line end. The
// error holds what it complained of.
func tell(ctx context.Context, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil && complaint.Len() > 0 {
		err = errors.New(strings.TrimSpace(complaint.String()))
	}
	return strings.TrimRight(string(out), "\n"), err
}

// zoneHere is the machine's time zone.
func zoneHere() string {
	if path, err := os.Readlink("/etc/localtime"); err == nil {
		if _, zone, ok := strings.Cut(path, "zoneinfo/"); ok {
			return zone
		}
	}
	return "UTC"
}
