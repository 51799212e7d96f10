package calendar

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	dateForm  = "20060102"
	clockForm = "20060102T150405"
)

// moment reads DATE or DATE-TIME (RFC 5545 sections 3.3.4 and 3.3.5); zero for
// anything else.
func (r reader) moment(l line) Moment {
	if len(l.value) == len(dateForm) {
		t, err := time.Parse(dateForm, l.value)
		if err != nil {
			return Moment{}
		}
		return Moment{Time: t, AllDay: true}
	}
	clock, utc := strings.CutSuffix(l.value, "Z")
	t, err := time.Parse(clockForm, clock)
	if err != nil {
		return Moment{}
	}
	if utc {
		return Moment{Time: t}
	}
	name := l.params["TZID"]
	if o := r.zones[name]; len(o) > 0 {
		return Moment{Time: t.Add(-o.offset(t))}
	}
	if r.zone != nil && name != "" {
		if strings.EqualFold(name, "GMT Standard Time") { // what Outlook calls London
			name = "Europe/London"
		}
		if loc := r.zone(name); loc != nil {
			y, m, d := t.Date()
			return Moment{Time: time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), 0, loc).UTC()}
		}
	}
	return Moment{Time: t, Floating: true}
}

var durationForm = regexp.MustCompile(`^\+?P(?:([0-9]{1,4})W)?(?:([0-9]{1,5})D)?(?:T(?:([0-9]{1,5})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,7})S)?)?$`)

// after adds a duration (RFC 5545 section 3.3.6); zero for none.
func (m Moment) after(duration string) Moment {
	p := durationForm.FindStringSubmatch(duration)
	if p == nil {
		return Moment{}
	}
	n := func(i int) time.Duration { v, _ := strconv.Atoi(p[i]); return time.Duration(v) }
	m.Time = m.Time.Add(n(1)*7*24*time.Hour + n(2)*24*time.Hour + n(3)*time.Hour + n(4)*time.Minute + n(5)*time.Second)
	return m
}

// observances are the STANDARD and DAYLIGHT parts of a VTIMEZONE.
type observances []observance

// observance is one of them. Clocks are told in UTC, without being that.
type observance struct {
	start    time.Time // clock at which it first begins
	from, to time.Duration
	rule     *Rule
	dates    []time.Time
}

func observancesOf(c component) observances {
	var out observances
	for _, in := range c.inner {
		start, err := time.Parse(clockForm, in.first("DTSTART").value)
		to, ok := offset(in.first("TZOFFSETTO").value)
		if err != nil || !ok {
			continue
		}
		o := observance{start: start, to: to}
		if o.from, ok = offset(in.first("TZOFFSETFROM").value); !ok {
			o.from = to
		}
		if rule := in.first("RRULE").value; rule != "" {
			o.rule = reader{}.rule(rule, false)
		}
		for _, l := range in.lines {
			if t, err := time.Parse(clockForm, l.value); err == nil && l.name == "RDATE" {
				o.dates = append(o.dates, t)
			}
		}
		out = append(out, o)
	}
	return out
}

var offsetForm = regexp.MustCompile(`^([+-])([0-9]{2})([0-9]{2})([0-9]{2})?$`)

func offset(s string) (time.Duration, bool) {
	p := offsetForm.FindStringSubmatch(s)
	if p == nil {
		return 0, false
	}
	h, _ := strconv.Atoi(p[2])
	m, _ := strconv.Atoi(p[3])
	sec, _ := strconv.Atoi(p[4])
	d := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(sec)*time.Second
	if p[1] == "-" {
		d = -d
	}
	return d, true
}

// offset tells how far the zone's clock is ahead of UTC when it shows t: by the
// observance that began last, or what was before the first.
func (all observances) offset(t time.Time) time.Duration {
	var last, first time.Time
	var now, before time.Duration
	for _, o := range all {
		if first.IsZero() || o.start.Before(first) {
			first, before = o.start, o.from
		}
		if at := o.latest(t); !at.IsZero() && at.After(last) {
			last, now = at, o.to
		}
	}
	if last.IsZero() {
		return before
	}
	return now
}

// latest gives when it last began at or before t; zero for never.
func (o observance) latest(t time.Time) time.Time {
	var best time.Time
	see := func(at time.Time) {
		if !at.After(t) && !at.Before(o.start) && at.After(best) {
			best = at
		}
	}
	see(o.start)
	for _, d := range o.dates {
		see(d)
	}
	if o.rule != nil && o.rule.Every == "YEARLY" && len(o.rule.Months) == 1 {
		for year := t.Year() - 1; year <= t.Year(); year++ {
			at := o.rule.inYear(year, o.start)
			if until := o.rule.Until; until.IsZero() || !at.Add(-o.from).After(until.Time) {
				see(at)
			}
		}
	}
	return best
}

// inYear gives the day of a yearly rule, as "the last Sunday of October", with the
// clock of start.
func (r *Rule) inYear(year int, start time.Time) time.Time {
	h, m, s := start.Clock()
	at := func(day int) time.Time { return time.Date(year, r.Months[0], day, h, m, s, 0, time.UTC) }
	if len(r.Days) != 1 {
		if len(r.MonthDays) > 0 && r.MonthDays[0] > 0 {
			return at(r.MonthDays[0])
		}
		return at(start.Day())
	}
	day, first := r.Days[0], 1
	if len(r.MonthDays) > 0 && r.MonthDays[0] > 0 { // "Sunday on or after the 8th"
		first = r.MonthDays[0]
	}
	if day.N >= 0 {
		d := first + (int(day.Weekday)-int(at(first).Weekday())+7)%7
		return at(d + 7*(max(day.N, 1)-1))
	}
	last := time.Date(year, r.Months[0]+1, 0, h, m, s, 0, time.UTC)
	return last.AddDate(0, 0, -(int(last.Weekday())-int(day.Weekday)+7)%7-7*(-day.N-1))
}
