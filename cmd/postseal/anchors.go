package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/postseal/postseal/anchor"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/config"
	"github.com/postseal/postseal/store"
)

// anchorLog is the log outside Redis with a word to the operator: each anchor
// stands in the journal too, and a log that cannot be written is told at once,
// since a recall goes on without it.
type anchorLog struct {
	*anchor.File
	log *slog.Logger
}

// Append writes a line.
func (a anchorLog) Append(l audit.Line) error {
	err := a.File.Append(l)
	switch {
	case err != nil:
		a.log.Error("the log outside Redis was not written; what is recalled now would open again after an old dump was put back", "error", err)
	case l.Closed == nil:
		n, mac := a.Last()
		a.log.Info("audit anchor", "line", n, "seq", l.Seq, "chains", len(l.Heads), "mac", mac.String())
	}
	return err
}

// Close closes the file.
func (a anchorLog) Close() error { return a.File.Close() }

// anchorsOf opens the log that the configuration names; nil: it names none. Only
// the daemon begins one, so that the file is its user's.
func anchorsOf(cfg *config.Config, keys *store.Keyring, log *slog.Logger, begin bool) (store.Anchors, error) {
	if cfg.Audit.Log == "" {
		return nil, nil
	}
	if _, err := os.Stat(cfg.Audit.Log); errors.Is(err, os.ErrNotExist) && !begin {
		return nil, nil
	}
	f, err := anchor.Open(cfg.Audit.Log, keys.LogKey())
	if err != nil {
		return nil, fmt.Errorf("audit.log: %w", err)
	}
	return anchorLog{f, log}, nil
}

// logged are the files that a command reads: those that were named, or the
// configured one.
type logged []string

func (l *logged) String() string     { return "" }
func (l *logged) Set(s string) error { *l = append(*l, s); return nil }

// read gives every line of all logs.
func (l logged) read(cfg *config.Config, keys *store.Keyring, each func(audit.Line) error) (files int, err error) {
	if len(l) == 0 && cfg.Audit.Log != "" {
		l = logged{cfg.Audit.Log}
	}
	for _, path := range l {
		if err := anchor.Read(path, keys.LogKey(), each); err != nil {
			return files, err
		}
		files++
	}
	return files, nil
}

// openLogged reads the arguments of a command that works on logs, and opens the store
// beside them without a log of its own.
func openLogged(name string, args []string, s streams) (l logged, cfg *config.Config, keys *store.Keyring, st *store.Store, err error) {
	f := flags(name, s)
	path := configFlag(f)
	f.Var(&l, "log", "another `FILE` than audit.log; of several daemons name each one's")
	if err = parse(f, args); err != nil {
		return
	}
	if f.NArg() != 0 {
		err = usageError{"it takes no arguments"}
		return
	}
	if cfg, err = loadConfig(*path); err != nil {
		return
	}
	if keys, err = loadKeyring(cfg.Keys.Master); err != nil {
		return
	}
	st, err = storeFor(cfg, keys, nil, daemonOptions{})
	return
}

// auditCommand recomputes every audit chain and holds it against the log.
func auditCommand(ctx context.Context, args []string, s streams) error {
	if len(args) == 0 || args[0] != "verify" {
		return usageError{"say: audit verify"}
	}
	logs, cfg, keys, st, err := openLogged("audit verify", args[1:], s)
	if err != nil {
		return err
	}
	defer st.Close()
	var known audit.Anchored
	files, err := logs.read(cfg, keys, func(l audit.Line) error { known.Add(l); return nil })
	if err != nil {
		return err
	}
	v := verified{known: &known, s: s}
	if err := st.EachChain(ctx, v.chain); err != nil {
		return err
	}
	for _, id := range known.Missing(time.Now()) {
		v.find("message %s: its record is gone, and was to be kept", id)
	}
	fmt.Fprintf(s.out, "%d chains with %d entries were recomputed: %d findings.\n", v.chains, v.entries, v.findings)
	if files == 0 {
		fmt.Fprintln(s.out, "Without a log outside Redis nobody can tell whether the newest entries of a chain were cut off: set audit.log.")
	} else {
		fmt.Fprintf(s.out, "%d entries are newer than the last anchor of their chain; nothing proves yet that none was cut off behind them.\n", v.unproved)
	}
	if v.findings > 0 {
		return errReported
	}
	return nil
}

type verified struct {
	known                               *audit.Anchored
	s                                   streams
	chains, entries, findings, unproved int
}

func (v *verified) find(format string, args ...any) {
	v.findings++
	fmt.Fprintf(v.s.out, format+"\n", args...)
}

func (v *verified) chain(c store.Chain) {
	v.chains++
	v.entries += len(c.Entries)
	who := "an account"
	if !c.ID.IsZero() {
		who = "message " + c.ID.String()
	}
	if c.Err != nil {
		v.find("%s: %v", who, c.Err)
		return
	}
	if c.ID.IsZero() {
		return
	}
	unproved, err := v.known.Check(c.ID.String(), c.Entries)
	if err != nil {
		v.find("%s: %v", who, err)
	}
	v.unproved += unproved
}

// restoreCommand replays recalls and destructions from the log into a Redis that
// was put back, and lets keys be released again.
func restoreCommand(ctx context.Context, args []string, s streams) error {
	logs, cfg, keys, st, err := openLogged("restore", args, s)
	if err != nil {
		return err
	}
	defer st.Close()
	by, now := audit.Operator(operatorName()), time.Now()
	var seq uint64
	closed := 0
	keep := map[string]time.Time{}
	files, err := logs.read(cfg, keys, func(l audit.Line) error {
		seq = max(seq, l.Seq)
		for _, h := range l.Heads {
			keep[h.ID] = h.Keep
		}
		if l.Closed == nil {
			return nil
		}
		changed, err := st.Replay(ctx, *l.Closed, by, now)
		if changed {
			closed++
		}
		return err
	})
	if err != nil {
		return err
	}
	if files == 0 {
		return usageError{"there is no log: set audit.log, or name each daemon's with --log"}
	}
	if err := st.EachChain(ctx, func(c store.Chain) { delete(keep, c.ID.String()) }); err != nil {
		return err
	}
	if err := st.Restored(ctx, seq); err != nil {
		return err
	}
	var lost []string
	for id, until := range keep {
		if now.Before(until) {
			lost = append(lost, id)
		}
	}
	slices.Sort(lost)
	fmt.Fprintf(s.out, "Closed once more: %d messages. Keys are given out again.\n", closed)
	if len(lost) > 0 {
		fmt.Fprintf(s.out, "Redis does not know %d messages that the log knows; nobody can open them, and their senders have to send them again:\n", len(lost))
		for _, id := range lost {
			fmt.Fprintln(s.out, "  "+id)
		}
	}
	return nil
}
