// Command postseal is the secure-mail gateway: a milter that seals outbound
// mail beside Postfix, and the web portal where its recipients read and answer.
//
// This package only wires: each subcommand is one file, and run is main without
// the process around it, so that tests drive it as a user would. Start at
// commands below and at newDaemon.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/postseal/postseal/extract/worker"
	"github.com/postseal/postseal/store/argon"
)

// version is set by the linker (see Makefile).
var version = "development"

// streams are what a command talks through.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// command is one subcommand. run gets the arguments behind the command's name.
type command struct {
	name, args, what string
	run              func(ctx context.Context, args []string, s streams) error
}

func commands() []command {
	return []command{
		{"serve", "[--config FILE]", "run the milter, the portal and the outbox", serve},
		{"demo", "[--once] [--listen ADDR]", "the whole program on loopback, nothing to install", demoCommand},
		{"setup", "[FLAG...]", "make configuration and master key, wire Postfix, check; --undo takes it back", setupCommand},
		{"check", "[--config FILE]", "say what is wrong with the set-up and what to do", check},
		{"classify", "[FLAG...] MAIL...", "say what would become of a message, and why", classify},
		{"replay", "[FLAG...] OLD.yaml NEW.yaml MAILDIR...", "say which messages new rules would treat otherwise", replay},
		{"policy", "test [--config FILE] DIR", "try your own cases: messages with the verdict you expect", policyCommand},
		{"open", "--escrow SECRETKEY FILE", "open a securedoc.html without any server", openCommand},
		{"config", "example", "print an annotated configuration", configCommand},
		{"keys", "new|rotate|use FILE, reseal", "make a master-key file; replace the key in it, seal everything again", keysCommand},
		{"envelope", "show|list|recall|extend ...", "find sealed messages, see how they stand, take back, keep open", envelopeCommand},
		{"audit", "verify [--log FILE]...", "recompute every audit chain, and hold it against the log outside Redis", auditCommand},
		{"restore", "[--log FILE]...", "after an old dump of Redis was put back: close once more what was taken back since", restoreCommand},
		{"account", "show|unlock|reset|block|unblock ADDRESS", "look at somebody's account, end its locks, let her register again, keep her from writing", accountCommand},
		{"desk", "show|open|end ADDRESS [OWNER...]", "see, open or end a shared mailbox", deskCommand},
		{"team", "show|add|remove UNIT [MANAGER]", "see and change who manages a unit, sees and takes back what it sent", teamCommand},
		{"directory", "export|class ...", "write the directory as CSV, vCard or LDIF; see and change the class of a member", directoryCommand},
		{"notice", "add|list|remove ...", "tell everybody on the pages, such as when the service stops", noticeCommand},
		{"join", "list|show|approve|refuse [NUMBER]", "answer those who ask to join", joinCommand},
		{"version", "", "print the version", versionCommand},
	}
}

// errReported says that a command has already told the user what is wrong.
var errReported = errors.New("already reported")

// usageError is a mistake in the command line: exit status 2.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// run does what the command line says and gives the exit status: 0 done, 1
// failed, 2 the command line was wrong.
func run(ctx context.Context, args []string, s streams) int {
	if len(args) == 0 || asksHelp(args[0]) {
		if len(args) == 2 && helpTopics[args[1]] != nil {
			helpTopics[args[1]](s.out)
			return 0
		}
		usage(s.out)
		if len(args) == 0 {
			return 2
		}
		return 0
	}
	switch args[0] {
	case worker.Command:
		return extractWorker(s)
	case argon.Command:
		return argonWorker(s)
	}
	silenceRedis()
	for _, c := range commands() {
		if c.name == args[0] {
			if len(args) == 2 && asksHelp(args[1]) && c.subcommands() != nil {
				c.usage(s.out)
				return 0
			}
			return report(c, c.run(ctx, args[1:], s), s.err)
		}
	}
	fmt.Fprintf(s.err, "postseal: there is no command %q; postseal help lists them\n", args[0])
	return 2
}

func asksHelp(arg string) bool { return arg == "help" || arg == "-h" || arg == "--help" }

// usage prints how a command is called.
func (c command) usage(w io.Writer) {
	fmt.Fprintf(w, "postseal %s\n  %s\n", strings.TrimSpace(c.name+" "+c.args), c.what)
}

func report(c command, err error, w io.Writer) int {
	var wrong usageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errReported):
		return 1
	case errors.As(err, &wrong):
		fmt.Fprintf(w, "postseal %s: %v\nusage: postseal %s\n", c.name, err, strings.TrimSpace(c.name+" "+c.args))
		return 2
	}
	for line := range strings.SplitSeq(err.Error(), "\n") { // a joined error: one thing wrong, one line
		fmt.Fprintf(w, "postseal %s: %s\n", c.name, line)
	}
	return 1
}

func usage(w io.Writer) {
	fmt.Fprint(w, "postseal seals outbound mail beside Postfix.\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  postseal %-38s %s\n", strings.TrimSpace(c.name+" "+c.args), c.what)
	}
	fmt.Fprint(w, "\nEvery command takes -h. The configuration is read from --config, $POSTSEAL_CONFIG\nor "+defaultConfig+", in this order.\n")
}

func versionCommand(_ context.Context, args []string, s streams) error {
	f := flags("version", s)
	if err := parse(f, args); err != nil {
		return err
	}
	if f.NArg() != 0 {
		return usageError{"version takes no arguments"}
	}
	_, err := fmt.Fprintln(s.out, "postseal", version)
	return err
}

// defaultConfig is where the packages put the configuration.
const defaultConfig = "/etc/postseal/postseal.yaml"

// flags makes a flag set that reports its mistakes as usageError, once, and
// answers -h on standard output. name is a command, or command and subcommand.
func flags(name string, s streams) *flag.FlagSet {
	f := flag.NewFlagSet("postseal "+name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Usage = func() {
		for _, c := range commands() {
			if first, _, _ := strings.Cut(name, " "); c.name == first {
				c.usage(s.out)
			}
		}
		f.SetOutput(s.out)
		f.PrintDefaults()
		f.SetOutput(io.Discard)
	}
	return f
}

// configFlag adds --config with its default.
func configFlag(f *flag.FlagSet) *string {
	return f.String("config", presetConfig(), "configuration `FILE`")
}

// presetConfig is the configuration file where --config does not name one.
func presetConfig() string {
	if preset := os.Getenv("POSTSEAL_CONFIG"); preset != "" {
		return preset
	}
	return defaultConfig
}

// parse reads the flags. The flag package shows the usage for a mistake too;
// that is turned off, since report says it in one line.
func parse(f *flag.FlagSet, args []string) error {
	show := f.Usage
	f.Usage = func() {}
	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		show()
		return err
	}
	if err != nil {
		return usageError{err.Error()}
	}
	return nil
}
