package main

import (
	"context"
	"fmt"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/store"
)

// listLimit is how many messages envelope list prints at the most; who gets more is
// to say more.
const listLimit = 50

// aroundForms are how a time can be written; without one of day, the whole day.
var aroundForms = []string{time.RFC3339, "2006-01-02 15:04", "2006-01-02T15:04"}

// envelopeList finds messages by person and time (CYC-13). The search stands in the
// audit chain of whom it is about, found or not, and each message that it prints has
// an entry in its own.
func envelopeList(ctx context.Context, args []string, s streams) error {
	f := flags("envelope list", s)
	path := configFlag(f)
	to := f.String("to", "", "`ADDRESS` it was sealed for")
	from := f.String("from", "", "`ADDRESS` it was sent from")
	around := f.String("around", "", "`TIME` of sending, roughly: \"2026-11-22 14:10\", or a day; the site's time zone")
	window := f.Duration("window", time.Hour, "how far before and after that `TIME` to look")
	if err := parse(f, args); err != nil {
		return err
	}
	if f.NArg() != 0 || *to == "" && *from == "" {
		return usageError{"whose? --to ADDRESS, --from ADDRESS, or both"}
	}
	q := store.Search{Limit: listLimit, NoSubject: true}
	for text, a := range map[*string]*addr.Address{to: &q.Recipient, from: &q.Sender} {
		if *text == "" {
			continue
		}
		people, err := parseAddresses([]string{*text})
		if err != nil {
			return err
		}
		*a = people[0]
	}
	cfg, st, err := openStore(*path)
	if err != nil {
		return err
	}
	defer st.Close()
	zone, err := time.LoadLocation(cfg.TimeZone)
	if err != nil {
		return err
	}
	if q.After, q.Before, err = timesAround(*around, *window, zone); err != nil {
		return err
	}
	if err := st.SearchedFor(ctx, audit.Operator(operatorName()), []addr.Address{q.Recipient, q.Sender}, searchedFor(q), time.Now()); err != nil {
		return err
	}
	return printFound(ctx, st, q, s)
}

// searchedFor says in an audit entry which time was looked at.
func searchedFor(q store.Search) string {
	if q.After.IsZero() {
		return "envelope list, any time"
	}
	return "envelope list, " + q.After.UTC().Format(time.RFC3339) + " to " + q.Before.UTC().Format(time.RFC3339)
}

// timesAround reads a time, or a day; an empty one is any time.
func timesAround(text string, window time.Duration, zone *time.Location) (after, before time.Time, err error) {
	if text == "" {
		return after, before, nil
	}
	if day, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return day, day.AddDate(0, 0, 1).Add(-time.Millisecond), nil
	}
	for _, form := range aroundForms {
		if at, err := time.ParseInLocation(form, text, zone); err == nil && window > 0 {
			return at.Add(-window), at.Add(window), nil
		}
	}
	return after, before, usageError{"--around wants a time such as \"2026-11-22 14:10\", or a day, and --window a span such as 2h"}
}

func printFound(ctx context.Context, st *store.Store, q store.Search, s streams) error {
	found, err := st.Find(ctx, q)
	if err != nil {
		return err
	}
	for i, r := range found.Records {
		if i > 0 {
			fmt.Fprintln(s.out)
		}
		r, err := st.Look(ctx, r.ID, audit.Operator(operatorName()), "envelope list", time.Now())
		if err != nil {
			return explainStore(r.ID, "list", err)
		}
		printRecord(s.out, r)
	}
	switch {
	case len(found.Records) == 0:
		fmt.Fprintln(s.out, "no message; try a longer --window, or the sender alone")
	case found.Next != "":
		fmt.Fprintf(s.out, "\nthere are more than %d; say a time with --around\n", listLimit)
	}
	if found.Damaged > 0 {
		fmt.Fprintf(s.out, "%d messages cannot be read: damaged, or sealed under another master key\n", found.Damaged)
	}
	return nil
}
