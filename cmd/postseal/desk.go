package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/store"
)

// deskCommand shows, opens and ends shared mailboxes, as the service desk (BOP-23):
// for our own domains at once. It reads no message.
func deskCommand(ctx context.Context, args []string, s streams) error {
	if len(args) == 0 || args[0] != "show" && args[0] != "open" && args[0] != "end" {
		return usageError{"say: desk show ADDRESS, desk open ADDRESS OWNER..., or desk end ADDRESS"}
	}
	f := flags("desk "+args[0], s)
	path := configFlag(f)
	if err := parse(f, args[1:]); err != nil {
		return err
	}
	people, err := parseAddresses(f.Args())
	if err != nil {
		return err
	}
	if len(people) == 0 || args[0] == "open" && len(people) < 2 || args[0] != "open" && len(people) > 1 {
		return usageError{"name the shared address, and for open at least one person who looks after its list"}
	}
	cfg, st, err := openStore(*path)
	if err != nil {
		return err
	}
	defer st.Close()
	desk, now, by := people[0], time.Now(), audit.Operator(operatorName())
	switch args[0] {
	case "open":
		if !cfg.Inside(desk) {
			return fmt.Errorf("%s is none of our own addresses (organisation.domains): two people who read it make it a shared mailbox on %s/desk", desk, cfg.Portal.URL)
		}
		if _, err = st.OpenDesk(ctx, desk, people[1:], by, now); err == nil {
			err = tellDesk(ctx, st, desk, cfg.Organisation.Name, cfg.Portal.URL, now)
		}
	case "end":
		err = st.EndDesk(ctx, desk, by, now)
	}
	if err != nil {
		return explainDesk(desk, err)
	}
	d, have, err := st.Desk(ctx, desk)
	if err != nil {
		return explainDesk(desk, err)
	}
	printDesk(s.out, desk, d, have && d.There(now), now)
	return nil
}

// tellDesk writes to the shared address, so that all who read it know. The daemon
// sends it.
func tellDesk(ctx context.Context, st *store.Store, desk addr.Address, by, portalURL string, now time.Time) error {
	data, err := json.Marshal(notice.DeskData{People: []string{by}, Page: portalURL + "/desk"})
	if err != nil {
		return err
	}
	return st.Enqueue(ctx, store.Outgoing{Kind: string(notice.Desk), To: desk, Data: data, Due: now, Expires: now.Add(store.OutboxLife)})
}

func explainDesk(desk addr.Address, err error) error {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return fmt.Errorf("%s is no shared mailbox", desk)
	case errors.Is(err, store.ErrConflict):
		return fmt.Errorf("nothing was changed: name people with addresses of their own, not %s itself", desk)
	case errors.Is(err, store.ErrTooMany):
		return fmt.Errorf("nothing was changed: one of them is on %d lists already", store.MaxDesks)
	}
	return err
}

func printDesk(w io.Writer, desk addr.Address, d store.Desk, there bool, now time.Time) {
	when := func(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }
	switch {
	case !there:
		fmt.Fprintf(w, "%s is an ordinary address\n", desk)
		return
	case d.Active(now):
		fmt.Fprintf(w, "%s is a shared mailbox since %s\n", desk, when(d.ActiveAt))
	case d.ActiveAt.IsZero():
		fmt.Fprintf(w, "%s was begun at %s; a second person has to confirm it\n", desk, when(d.BegunAt))
	default:
		fmt.Fprintf(w, "%s becomes a shared mailbox at %s\n", desk, when(d.ActiveAt))
	}
	for _, seat := range d.Seats {
		role := "reads"
		if seat.Owner {
			role = "owner"
		}
		fmt.Fprintf(w, "%s %s since %s\n", role, seat.Address, when(seat.Since))
	}
}
