package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
)

// envelopeCommand shows one sealed message's fate or takes it back, as an
// operator. It sees no content and gets no key.
func envelopeCommand(ctx context.Context, args []string, s streams) error {
	if len(args) == 0 || (args[0] != "show" && args[0] != "recall") {
		return usageError{"say: envelope show ID, or envelope recall ID [ADDRESS...]"}
	}
	f := flags("envelope "+args[0], s)
	path := configFlag(f)
	reason := f.String("reason", "", "`WORDS` that the recipients read (recall)")
	if err := parse(f, args[1:]); err != nil {
		return err
	}
	if f.NArg() == 0 {
		return usageError{"which message? The confirmation states its ID"}
	}
	id, err := envelope.ParseID(f.Arg(0))
	if err != nil {
		return usageError{f.Arg(0) + " is not a message ID (26 letters and digits)"}
	}
	people, err := parseAddresses(f.Args()[1:])
	if err != nil {
		return err
	}
	_, st, err := openStore(*path)
	if err != nil {
		return err
	}
	defer st.Close()
	record, err := st.EnvelopeForOperator(ctx, id)
	if err == nil && args[0] == "recall" {
		record, err = st.Recall(ctx, id, audit.Operator(operatorName()), people, *reason, time.Now())
	}
	if err != nil {
		return explainStore(id, args[0], err)
	}
	printRecord(s.out, record)
	return nil
}

// explainStore says what an operator can do about what the store said.
func explainStore(id envelope.ID, verb string, err error) error {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return fmt.Errorf("there is no message %s; the confirmation to its sender states the ID", id)
	case errors.Is(err, store.ErrNotRecipient):
		return fmt.Errorf("nothing was taken back: not all of these are recipients of message %s; envelope show lists them", id)
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
		opened := "never opened"
		if !p.OpenedAt.IsZero() {
			opened = "opened " + when(p.OpenedAt)
		}
		fmt.Fprintf(w, "recipient %s: %s, %s\n", p.Address, state, opened)
	}
}
