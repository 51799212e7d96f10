package calendar

import (
	"strconv"
	"strings"
	"time"
)

// Rule is how an event repeats (RFC 5545 section 3.3.10), as far as it can be said
// in a sentence.
type Rule struct {
	Every     string // DAILY, WEEKLY, MONTHLY or YEARLY; empty: it repeats in a way that cannot be said
	Interval  int    // every so many; at least 1
	Count     int    // 0: not said
	Until     Moment // zero: not said
	Days      []Day
	MonthDays []int // 1 to 31; -1 is the last
	Months    []time.Month
}

// Day is a day of the week; N counts within the month (1 the first, -1 the last),
// 0 for every one.
type Day struct {
	N       int
	Weekday time.Weekday
}

var weekdays = map[string]time.Weekday{"SU": 0, "MO": 1, "TU": 2, "WE": 3, "TH": 4, "FR": 5, "SA": 6}

// rule reads a rule. more says that further dates are given beside it.
func (r reader) rule(value string, more bool) *Rule {
	out, position := Rule{Interval: 1}, 0
	unclear := more
	for part := range strings.SplitSeq(strings.ToUpper(value), ";") {
		k, v, _ := strings.Cut(part, "=")
		ok := true
		switch k {
		case "FREQ":
			out.Every, ok = v, v == "DAILY" || v == "WEEKLY" || v == "MONTHLY" || v == "YEARLY"
		case "INTERVAL":
			out.Interval, ok = number(v, 1, 1000)
		case "COUNT":
			out.Count, ok = number(v, 1, 100000)
		case "UNTIL":
			out.Until = r.moment(line{value: v})
			ok = !out.Until.IsZero()
		case "BYDAY":
			out.Days, ok = days(v)
		case "BYMONTHDAY":
			out.MonthDays, ok = numbers(v, -1, 31)
		case "BYMONTH":
			var months []int
			months, ok = numbers(v, 1, 12)
			for _, m := range months {
				out.Months = append(out.Months, time.Month(m))
			}
		case "BYSETPOS":
			position, ok = number(v, -1, 5)
		case "WKST", "":
		default:
			ok = false
		}
		unclear = unclear || !ok
	}
	if position != 0 && !out.place(position) {
		unclear = true
	}
	if unclear {
		return &Rule{}
	}
	return &out
}

// place puts BYSETPOS into the day it picks: "the second Tuesday". Any working
// day is kept as the five of them, each with the number.
func (r *Rule) place(n int) bool {
	if len(r.Days) != 1 && len(r.Days) != 5 || r.Every != "MONTHLY" && r.Every != "YEARLY" {
		return false
	}
	for i := range r.Days {
		if r.Days[i].N != 0 || len(r.Days) == 5 && (r.Days[i].Weekday == time.Saturday || r.Days[i].Weekday == time.Sunday) {
			return false
		}
		r.Days[i].N = n
	}
	return true
}

func days(v string) ([]Day, bool) {
	var out []Day
	for _, s := range strings.Split(v, ",") {
		if len(s) < 2 || len(out) == 7 {
			return nil, false
		}
		w, ok := weekdays[s[len(s)-2:]]
		d := Day{Weekday: w}
		if n := s[:len(s)-2]; n != "" && ok {
			d.N, ok = number(strings.TrimPrefix(n, "+"), -1, 5)
		}
		if !ok {
			return nil, false
		}
		out = append(out, d)
	}
	return out, true
}

func number(s string, low, high int) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= low && n <= high && n != 0
}

func numbers(v string, low, high int) ([]int, bool) {
	var out []int
	for _, s := range strings.Split(v, ",") {
		n, ok := number(s, low, high)
		if !ok || len(out) == 31 {
			return nil, false
		}
		out = append(out, n)
	}
	return out, true
}
