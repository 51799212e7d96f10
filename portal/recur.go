package portal

import (
	"slices"
	"strings"
	"time"

	"github.com/postseal/postseal/calendar"
	"github.com/postseal/postseal/words"
)

// teller says when an event is: in a language, on the clocks of a zone.
type teller struct {
	l    *words.Language
	zone *time.Location
}

func (v *visit) teller() teller { return teller{v.lang(), v.s.Location} }

// date says "Friday 3 July 2026".
func (w teller) date(m calendar.Moment) string {
	t := w.local(m)
	return w.l.Text("time.date", "weekday", w.weekday(t.Weekday()), "day", t.Day(), "month", w.month(t.Month()), "year", t.Year())
}

func (w teller) weekday(d time.Weekday) string {
	return w.l.Text("weekday." + strings.ToLower(d.String()))
}

func (w teller) month(m time.Month) string { return w.l.Text("month." + strings.ToLower(m.String())) }

// local is a moment as the reader's clock shows it; dates and clocks without zone
// stay as they are.
func (w teller) local(m calendar.Moment) time.Time {
	if m.AllDay || m.Floating {
		return m.Time
	}
	return m.Time.In(w.zone)
}

// clock says "14:00 BST", or without zone where there is none or the next clock
// says it.
func (w teller) clock(m calendar.Moment, zone bool) string {
	if m.Floating || !zone {
		return w.local(m).Format("15:04")
	}
	return w.local(m).Format("15:04 MST")
}

// when says start and end (SCC-11: as people say times).
func (w teller) when(e calendar.Event) string {
	a, b := e.Start, e.End
	if a.AllDay {
		last := calendar.Moment{Time: b.Time.AddDate(0, 0, -1), AllDay: true} // the end is the first day after
		if b.IsZero() || !last.Time.After(a.Time) {
			return w.l.Text("invite.all-day", "date", w.date(a))
		}
		return w.l.Text("invite.all-days", "from", w.date(a), "until", w.date(last))
	}
	out := w.l.Text("invite.at", "date", w.date(a), "clock", w.clock(a, true))
	if b.Time.After(a.Time) {
		if w.date(a) == w.date(b) {
			_, from := w.local(a).Zone()
			_, to := w.local(b).Zone()
			out = w.l.Text("invite.same-day", "date", w.date(a), "from", w.clock(a, from != to), "until", w.clock(b, true))
		} else {
			out = w.l.Text("invite.days", "from", out, "until", w.l.Text("invite.at", "date", w.date(b), "clock", w.clock(b, true)))
		}
	}
	if a.Floating {
		out = w.l.Text("invite.no-zone", "when", out)
	}
	return out
}

// repeats says how an event repeats; empty for one that does not.
func (w teller) repeats(e calendar.Event) string {
	r := e.Rule
	if r == nil {
		return ""
	}
	on, ok := w.on(r, w.local(e.Start))
	if r.Every == "" || !ok {
		return w.l.Text("invite.repeats-unclear")
	}
	out := w.l.Text("invite.every-"+strings.ToLower(r.Every), "n", r.Interval)
	if workingDays(r.Days) && r.Days[0].N == 0 && r.Interval == 1 {
		out, on = w.l.Text("invite.every-working-day"), nil
	}
	if len(on) > 0 {
		out = w.l.Text("invite.on", "every", out, "days", w.list(on))
	}
	switch {
	case r.Count > 0:
		out = w.l.Text("invite.times", "what", out, "n", r.Count)
	case !r.Until.IsZero():
		out = w.l.Text("invite.until", "what", out, "date", w.date(r.Until))
	}
	return out
}

// on says on which days; false where that cannot be said.
func (w teller) on(r *calendar.Rule, start time.Time) ([]string, bool) {
	days, monthDays, months := r.Days, r.MonthDays, r.Months
	switch r.Every {
	case "DAILY":
		return nil, len(monthDays)+len(months) == 0 && (len(days) == 0 || workingDays(days) && days[0].N == 0)
	case "WEEKLY":
		if len(days) == 0 {
			days = []calendar.Day{{Weekday: start.Weekday()}}
		}
		return w.weekdays(days), len(monthDays)+len(months) == 0
	case "MONTHLY":
		if len(days) == 0 && len(monthDays) == 0 {
			monthDays = []int{start.Day()}
		}
		return append(w.weekdays(days), w.monthDays(monthDays)...), len(months) == 0 && (len(days) == 0 || len(monthDays) == 0)
	}
	return w.inYear(r, start)
}

func (w teller) inYear(r *calendar.Rule, start time.Time) ([]string, bool) {
	month := start.Month()
	if len(r.Months) == 1 {
		month = r.Months[0]
	}
	switch {
	case len(r.Months) > 1 || len(r.MonthDays) > 1 || len(r.Days) > 0 && (len(r.Months) == 0 || len(r.MonthDays) > 0):
		return nil, false
	case len(r.Days) > 0:
		return []string{w.l.Text("invite.of-month", "what", w.list(w.weekdays(r.Days)), "month", w.month(month))}, true
	}
	day := start.Day()
	if len(r.MonthDays) == 1 {
		day = r.MonthDays[0]
	}
	return []string{w.l.Text("invite.day-month", "day", day, "month", w.month(month))}, day > 0
}

// weekdays says "Tuesday", "the second Tuesday", "the last working day".
func (w teller) weekdays(days []calendar.Day) []string {
	if workingDays(days) {
		return []string{w.nth(days[0].N, w.l.Text("invite.working-day"))}
	}
	var out []string
	for _, d := range days {
		out = append(out, w.nth(d.N, w.weekday(d.Weekday)))
	}
	return out
}

func (w teller) nth(n int, day string) string {
	switch {
	case n == 0:
		return day
	case n < 0:
		return w.l.Text("invite.last", "day", day)
	}
	return w.l.Text("invite.nth", "n", n, "day", day)
}

func (w teller) monthDays(days []int) []string {
	var out []string
	for _, d := range days {
		if d < 0 {
			out = append(out, w.l.Text("invite.last-day"))
		} else {
			out = append(out, w.l.Text("invite.day", "n", d))
		}
	}
	return out
}

// workingDays tells whether these are Monday to Friday, all with the same number.
func workingDays(days []calendar.Day) bool {
	for d := time.Monday; d <= time.Friday; d++ {
		if len(days) != 5 || !slices.Contains(days, calendar.Day{N: days[0].N, Weekday: d}) {
			return false
		}
	}
	return true
}

// list says "Monday, Wednesday and Friday".
func (w teller) list(items []string) string {
	last := len(items) - 1
	if last == 0 {
		return items[0]
	}
	return w.l.Text("invite.and", "some", strings.Join(items[:last], ", "), "last", items[last])
}
