package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/config"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/store"
)

// envelopeCommand looks at sealed messages, takes them back and keeps them open, as
// an operator: the service desk's pages by command. It sees no content and gets no
// key, and what it looks at and does stands in the audit chain with its user.
func envelopeCommand(ctx context.Context, args []string, s streams) error {
	verbs := map[string]func(context.Context, []string, streams) error{"show": envelopeShow, "list": envelopeList, "recall": envelopeRecall, "extend": envelopeExtend}
	if len(args) == 0 || verbs[args[0]] == nil {
		return usageError{"say: envelope show ID, list, recall ID [ADDRESS...], or extend ID --days N"}
	}
	return verbs[args[0]](ctx, args[1:], s)
}

// oneEnvelope reads the ID in front of further arguments, opens the store and lets
// act do its work; what act gives is printed.
func oneEnvelope(verb, path string, args []string, s streams, act func(*config.Config, *store.Store, envelope.ID, audit.Actor) (store.Record, error)) error {
	if len(args) == 0 {
		return usageError{"which message? The confirmation states its ID"}
	}
	id, err := envelope.ParseID(args[0])
	if err != nil {
		return usageError{args[0] + " is not a message ID (26 letters and digits)"}
	}
	cfg, st, err := openStore(path)
	if err != nil {
		return err
	}
	defer st.Close()
	record, err := act(cfg, st, id, audit.Operator(operatorName()))
	if err != nil {
		return explainStore(id, verb, err)
	}
	printRecord(s.out, record)
	return nil
}

func envelopeShow(ctx context.Context, args []string, s streams) error {
	f := flags("envelope show", s)
	path := configFlag(f)
	if err := parse(f, args); err != nil {
		return err
	}
	if f.NArg() > 1 {
		return usageError{"one message at a time"}
	}
	return oneEnvelope("show", *path, f.Args(), s, func(_ *config.Config, st *store.Store, id envelope.ID, by audit.Actor) (store.Record, error) {
		return st.Look(ctx, id, by, "envelope show", time.Now())
	})
}

func envelopeRecall(ctx context.Context, args []string, s streams) error {
	f := flags("envelope recall", s)
	path := configFlag(f)
	reason := f.String("reason", "", "`WORDS` that the recipients read")
	if err := parse(f, args); err != nil {
		return err
	}
	people, err := parseAddresses(f.Args()[min(1, f.NArg()):])
	if err != nil {
		return err
	}
	return oneEnvelope("recall", *path, f.Args(), s, func(cfg *config.Config, st *store.Store, id envelope.ID, by audit.Actor) (store.Record, error) {
		now := time.Now()
		return st.RecallTelling(ctx, id, by, people, *reason, portal.TellTakenBack(strings.TrimSuffix(cfg.Portal.URL, "/"), cfg.Inside, by, now), now)
	})
}

func envelopeExtend(ctx context.Context, args []string, s streams) error {
	f := flags("envelope extend", s)
	path := configFlag(f)
	days := f.Int("days", 0, "`N` days from now, or from the message's end when that is later")
	if err := parse(f, args); err != nil {
		return err
	}
	if *days < 1 || f.NArg() > 1 {
		return usageError{"for how long? --days N, before the ID"}
	}
	return oneEnvelope("extend", *path, f.Args(), s, func(_ *config.Config, st *store.Store, id envelope.ID, by audit.Actor) (store.Record, error) {
		now := time.Now()
		r, err := st.EnvelopeForOperator(ctx, id)
		if err != nil {
			return r, err
		}
		from := now
		if r.ExpiresAt.After(from) {
			from = r.ExpiresAt
		}
		if err := st.Extend(ctx, id, by, from.AddDate(0, 0, *days), portal.TellAsker(now), now); err != nil {
			return r, err
		}
		return st.EnvelopeForOperator(ctx, id)
	})
}

// explainStore says what an operator can do about what the store said.
func explainStore(id envelope.ID, verb string, err error) error {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return fmt.Errorf("there is no message %s; the confirmation to its sender states the ID", id)
	case errors.Is(err, store.ErrNotRecipient):
		return fmt.Errorf("nothing was taken back: not all of these are recipients of message %s; envelope show lists them", id)
	case errors.Is(err, store.ErrRecalled):
		return fmt.Errorf("message %s was taken back from everybody; it cannot be kept open", id)
	case errors.Is(err, store.ErrExpired):
		return fmt.Errorf("message %s is closed for good: its key was destroyed", id)
	case errors.Is(err, store.ErrTooLong) && verb == "extend":
		return fmt.Errorf("message %s can be kept open for ten years at most", id)
	case errors.Is(err, store.ErrSyntax):
		return fmt.Errorf("message %s cannot be read: its record is damaged, or keys.master is another key than it was sealed under", id)
	case errors.Is(err, store.ErrUnavailable) && verb == "recall":
		return fmt.Errorf("%w; whether it was taken back is not known, so repeat this when Redis is back", err)
	case errors.Is(err, store.ErrUnavailable):
		return fmt.Errorf("%w; start Redis, or correct redis.addresses", err)
	}
	return err
}

func parseAddresses(texts []string) ([]addr.Address, error) {
	var list []addr.Address
	for _, t := range texts {
		a, err := addr.Parse(t)
		if err != nil {
			return nil, usageError{t + ": " + err.Error()}
		}
		list = append(list, a)
	}
	return list, nil
}

// operatorName is who the audit chain names: the login behind sudo, or the user.
func operatorName() string {
	if name := os.Getenv("SUDO_USER"); name != "" {
		return name
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}

func printRecord(w io.Writer, r store.Record) {
	when := func(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }
	fmt.Fprintf(w, "message   %s\nsender    %s\nsealed    %s\ncloses    %s\n", r.ID, r.Sender, when(r.SealedAt), when(r.ExpiresAt))
	for _, p := range r.Recipients {
		state := string(p.Status)
		if p.Status == store.Queued {
			state = "handed to Postfix " + when(p.QueuedAt)
		}
		switch d := p.Delivery; d.State {
		case store.Handed:
			state += ", handed to " + d.Host + " " + when(d.At)
		case store.Delayed:
			state += ", not taken yet at " + when(d.At)
		case store.Failed:
			state += ", failed " + when(d.At) + " at " + d.Host + ": " + d.Text
		}
		if p.Status == store.Recalled {
			state = "taken back " + when(p.RecalledAt)
		}
		if r.NeverReadable(p) {
			state += ", before anybody could read it"
		}
		opened := "never opened"
		if !p.OpenedAt.IsZero() {
			opened = "opened " + when(p.OpenedAt)
		}
		fmt.Fprintf(w, "recipient %s: %s, %s\n", p.Address, state, opened)
	}
}
