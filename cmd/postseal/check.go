package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/postseal/postseal/config"
	"github.com/postseal/postseal/postfix"
	"github.com/postseal/postseal/store"
)

// checkTimeout bounds the whole of check's look at Redis and Postfix.
const checkTimeout = 30 * time.Second

// check says what is wrong, line by line, and what to do. It exits 0 when nothing
// is but notes: what an operator may have meant so.
func check(ctx context.Context, args []string, s streams) error {
	f := flags("check", s)
	path := configFlag(f)
	if err := parse(f, args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	cfg, err := loadConfig(*path)
	if err != nil {
		return err
	}
	var problems []postfix.Problem
	for _, w := range cfg.Warnings() {
		problems = append(problems, postfix.Problem{Setting: w.Place(), What: w.What, Do: "change it, or leave it if it is meant"})
	}
	problems = append(problems, checkStore(ctx, cfg)...)
	problems = append(problems, checkKeyFiles(cfg)...)
	problems = append(problems, checkDirectories(cfg)...)
	if cfg.Postfix.Asks() {
		found, err := postfix.Check(ctx, wiring(cfg))
		if err != nil {
			found = append(found, postfix.Problem{Fatal: true, Setting: cfg.Postfix.ConfigDir, What: "Postfix cannot be asked: " + unanswered(err), Do: "install Postfix, or correct postfix.config_dir"})
		}
		problems = append(problems, found...)
	}
	problems = append(problems, checkTLS(ctx, cfg)...)
	problems = append(problems, checkSignIn(ctx, cfg)...)
	fatal := 0
	for _, p := range problems {
		word := "note"
		if p.Fatal {
			word = "PROBLEM"
			fatal++
		}
		fmt.Fprintf(s.out, "%s  %s: %s\n         do: %s\n", word, p.Setting, p.What, p.Do)
	}
	if fatal > 0 {
		fmt.Fprintf(s.out, "problems: %d, notes: %d\n", fatal, len(problems)-fatal)
		return errReported
	}
	fmt.Fprintln(s.out, "no problem found")
	return nil
}

func checkStore(ctx context.Context, cfg *config.Config) []postfix.Problem {
	keys, err := loadKeyring(cfg.Keys.Master)
	if err != nil {
		return []postfix.Problem{problemOf(err, "the daemon does not start before this is mended")}
	}
	anchors, err := anchorsOf(cfg, keys, slog.New(slog.DiscardHandler), false)
	if err != nil {
		return []postfix.Problem{problemOf(err, "if nobody changed the file, put back a copy; else begin another one, and find out who did")}
	}
	st, err := storeFor(cfg, keys, anchors, daemonOptions{})
	if err != nil {
		return []postfix.Problem{{Fatal: true, Setting: "redis", What: err.Error(), Do: "correct the redis section"}}
	}
	defer st.Close()
	if err := st.Ready(ctx); err != nil {
		return []postfix.Problem{{Fatal: true, Setting: "redis", What: err.Error(), Do: "nothing is sealed until Redis answers and keeps what it is given; messages that must be sealed wait at the sender"}}
	}
	if err := st.Current(ctx, time.Now()); errors.Is(err, store.ErrRewound) {
		return []postfix.Problem{{Fatal: true, Setting: "redis", What: "it holds an older state than the log outside it knows, so no message can be opened", Do: "postseal restore"}}
	}
	if cfg.Audit.Log == "" {
		return []postfix.Problem{{Setting: "audit.log", What: "no log is kept outside Redis: messages that were taken back would open again after an old dump was put back", Do: "name a file, on another disk than Redis where there is one"}}
	}
	if cfg.Redis.VolatileOK {
		return []postfix.Problem{{Setting: "redis.volatile_ok", What: "sealing goes on although Redis may lose keys", Do: "take it out when the trial is over"}}
	}
	return nil
}

// problemOf makes a problem of an error that begins with the name of a setting.
func problemOf(err error, do string) postfix.Problem {
	setting, what, ok := strings.Cut(err.Error(), ": ")
	if !ok {
		setting, what = "configuration", err.Error()
	}
	return postfix.Problem{Fatal: true, Setting: setting, What: what, Do: do}
}

// checkKeyFiles reads what serve reads at start, and looks who else can read the
// master key.
func checkKeyFiles(cfg *config.Config) []postfix.Problem {
	var out []postfix.Problem
	if _, err := escrowKeys(cfg.Keys.Escrow); err != nil {
		out = append(out, problemOf(err, "put an OpenPGP certificate there; the daemon does not start without it"))
	}
	if _, err := portalTLS(cfg.Portal); err != nil {
		out = append(out, problemOf(err, "put certificate and key there in PEM; the daemon does not start without them"))
	}
	if path, err := credential(cfg.Keys.Master); err == nil {
		if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o007 != 0 {
			out = append(out, postfix.Problem{Fatal: true, Setting: "keys.master", What: "every user of this machine can read " + path, Do: "chmod o= " + path + "; if others may have read it, begin with a new key"})
		}
	}
	return out
}

func checkDirectories(cfg *config.Config) []postfix.Problem {
	var out []postfix.Problem
	for _, d := range [][2]string{{"milter.spool", cfg.Milter.Spool}, {"shelf.dir", cfg.Shelf.Dir}} {
		setting, dir := d[0], d[1]
		if dir == "" {
			continue
		}
		info, err := os.Stat(dir)
		switch {
		case errors.Is(err, os.ErrNotExist): // serve makes it
		case err != nil:
			out = append(out, postfix.Problem{Fatal: true, Setting: setting, What: plain(err).Error(), Do: "let the daemon's user read and write it"})
		case !info.IsDir():
			out = append(out, postfix.Problem{Fatal: true, Setting: setting, What: dir + " is no directory", Do: "name another one"})
		case info.Mode().Perm()&0o077 != 0:
			out = append(out, postfix.Problem{Fatal: true, Setting: setting, What: dir + " is open to other users", Do: "chmod 700 " + dir})
		}
	}
	return out
}

func wiring(cfg *config.Config) postfix.CheckOptions {
	return postfix.CheckOptions{ConfigDir: cfg.Postfix.ConfigDir, Milter: cfg.Milter.Listen, Reentry: cfg.Relay.Reentry, Inbound: cfg.Relay.Inbound,
		Inside: cfg.File.Inside, Domains: cfg.Organisation.Domains,
		Robot: cfg.Robot.Listen, Service: append([]string{strings.ToLower(cfg.Service.Domain)}, cfg.Robot.Domains...)}
}

// unanswered gives what Postfix's tools said.
func unanswered(err error) string {
	return strings.TrimPrefix(err.Error(), postfix.ErrUnavailable.Error()+": ")
}

// refuseWiring keeps the daemon from starting beside a Postfix that would let
// clear text out behind its back (design: "where it cannot ask").
func refuseWiring(ctx context.Context, cfg *config.Config, d *daemon) error {
	if !cfg.Postfix.Asks() {
		d.log.Warn("postfix.ask is false: addresses are taken as they are spelt")
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	problems, err := postfix.Check(ctx, wiring(cfg))
	if err != nil {
		return fmt.Errorf("postfix.config_dir: Postfix cannot be asked: %s", unanswered(err))
	}
	var fatal []error
	for _, p := range problems {
		if p.Fatal {
			fatal = append(fatal, fmt.Errorf("%s: %s; do: %s", p.Setting, p.What, p.Do))
		} else {
			d.log.Warn("postfix wiring", "setting", p.Setting, "what", p.What, "do", p.Do)
		}
	}
	return errors.Join(fatal...)
}
