package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/store"
)

// teamCommand says who manages a unit, gives it to a manager, and takes it away
// (CYC-12). It reads no message.
func teamCommand(ctx context.Context, args []string, s streams) error {
	if len(args) == 0 || args[0] != "show" && args[0] != "add" && args[0] != "remove" {
		return usageError{"say: team show UNIT, team add UNIT MANAGER, or team remove UNIT MANAGER"}
	}
	f := flags("team "+args[0], s)
	path := configFlag(f)
	if err := parse(f, args[1:]); err != nil {
		return err
	}
	people, err := parseAddresses(f.Args())
	if err != nil {
		return err
	}
	if want := map[string]int{"show": 1, "add": 2, "remove": 2}[args[0]]; len(people) != want {
		return usageError{"name the address that the unit sends from, and for add and remove one manager"}
	}
	cfg, st, err := openStore(*path)
	if err != nil {
		return err
	}
	defer st.Close()
	unit, now, by := people[0], time.Now(), audit.Operator(operatorName())
	switch args[0] {
	case "add":
		for _, a := range people {
			if !cfg.Inside(a) {
				return fmt.Errorf("%s is none of our own addresses (organisation.domains); nothing was changed", a)
			}
		}
		_, err = st.GiveUnit(ctx, unit, people[1], by, now)
	case "remove":
		_, err = st.TakeUnit(ctx, unit, people[1], by, now)
	}
	if err != nil {
		return explainTeam(unit, err)
	}
	return printTeam(ctx, st, unit, s)
}

func explainTeam(unit addr.Address, err error) error {
	switch {
	case errors.Is(err, store.ErrConflict):
		return fmt.Errorf("nothing was changed: name a manager with an address of her own, not %s itself", unit)
	case errors.Is(err, store.ErrTooMany):
		return fmt.Errorf("nothing was changed: a unit has at most %d managers, and a manager %d units", store.MaxManagers, store.MaxUnits)
	}
	return err
}

func printTeam(ctx context.Context, st *store.Store, unit addr.Address, s streams) error {
	t, err := st.Team(ctx, unit)
	if err != nil {
		return explainTeam(unit, err)
	}
	if len(t.Managers) == 0 {
		fmt.Fprintf(s.out, "nobody manages %s\n", unit)
	}
	for _, m := range t.Managers {
		fmt.Fprintf(s.out, "%s manages %s since %s\n", m.Address, unit, m.Since.Local().Format("2006-01-02 15:04:05"))
	}
	return nil
}
