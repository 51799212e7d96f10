package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/postseal/postseal/config"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/words"
)

// noticeCommand says what everybody is told on the pages (CJSM-12): maintenance
// outside working hours, announced in advance.
func noticeCommand(ctx context.Context, args []string, s streams) error {
	if len(args) == 0 || args[0] != "add" && args[0] != "list" && args[0] != "remove" {
		return usageError{"say: notice add [--from TIME] --until TIME TEXT, notice list, or notice remove ID"}
	}
	f := flags("notice "+args[0], s)
	path := configFlag(f)
	texts := map[string]string{}
	var from, until string
	if args[0] == "add" {
		f.StringVar(&from, "from", "", "show it from `TIME` on, such as \"2026-12-06 08:00\" (default now)")
		f.StringVar(&until, "until", "", "show it until `TIME`")
		f.Func("in", "the same text in another language, as `LANGUAGE=TEXT`; repeat for more", func(v string) error {
			tag, text, _ := strings.Cut(v, "=")
			if !words.Known(tag) || text == "" {
				return errors.New("wants a language of the service and a text, such as cy=TEXT")
			}
			texts[tag] = text
			return nil
		})
	}
	if err := parse(f, args[1:]); err != nil {
		return err
	}
	if want := map[string]int{"add": 1, "list": 0, "remove": 1}[args[0]]; f.NArg() != want {
		return usageError{"add wants one text in quotes, remove one ID, list nothing"}
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
	now := time.Now()
	switch args[0] {
	case "add":
		a, err := announcementOf(cfg, f.Arg(0), texts, from, until, zone, now)
		if err != nil {
			return err
		}
		if _, err := st.Announce(ctx, a, now); err != nil {
			return explainNotice(err)
		}
	case "remove":
		if err := st.Unannounce(ctx, f.Arg(0), now); err != nil {
			return explainNotice(err)
		}
	}
	all, err := st.Announcements(ctx, now)
	if err != nil {
		return explainNotice(err)
	}
	printNotices(s.out, all, zone, now)
	return nil
}

func announcementOf(cfg *config.Config, text string, texts map[string]string, from, until string, zone *time.Location, now time.Time) (store.Announcement, error) {
	a := store.Announcement{Text: maps.Clone(texts), From: now, By: operatorName()}
	a.Text[firstLanguage(cfg)] = text
	var err error
	if from != "" {
		if a.From, err = timeOf(from, zone); err != nil {
			return a, err
		}
	}
	if a.Until, err = timeOf(until, zone); err != nil {
		return a, err
	}
	if !a.Until.After(now) || !a.Until.After(a.From) {
		return a, usageError{"--until must lie ahead, and behind --from"}
	}
	return a, nil
}

// timeOf reads a time as people type it, in the time zone of the pages.
func timeOf(text string, zone *time.Location) (time.Time, error) {
	for _, form := range []string{"2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(form, text, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usageError{fmt.Sprintf("%q is no time, such as \"2026-12-06 08:00\"", text)}
}

func explainNotice(err error) error {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return errors.New("there is no such notice; postseal notice list shows them all")
	case errors.Is(err, store.ErrTooMany):
		return fmt.Errorf("there are %d notices already; take one off first", store.MaxAnnouncements)
	case errors.Is(err, store.ErrTooLong):
		return fmt.Errorf("a notice has at most %d characters in each language, and stands for at most a year", store.MaxAnnouncement)
	}
	return err
}

func printNotices(w io.Writer, all []store.Announcement, zone *time.Location, now time.Time) {
	const form = "2006-01-02 15:04"
	if len(all) == 0 {
		fmt.Fprintln(w, "nothing is announced")
	}
	for _, a := range all {
		state := "later"
		if a.Current(now) {
			state = "now"
		}
		fmt.Fprintf(w, "%s %s, from %s until %s\n", a.ID, state, a.From.In(zone).Format(form), a.Until.In(zone).Format(form))
		for _, tag := range slices.Sorted(maps.Keys(a.Text)) {
			fmt.Fprintf(w, "  %s: %s\n", tag, oneLineOf(a.Text[tag]))
		}
	}
}

// oneLineOf keeps what somebody typed from looking like other lines, and from
// steering a terminal.
func oneLineOf(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return ' '
		}
		return r
	}, text)
}
