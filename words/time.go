package words

import (
	"strconv"
	"strings"
	"time"
)

// Time says a time as people do, in a zone: "Sunday 21 August 2016, 12:21 BST". A
// nil zone is UTC.
func (l *Language) Time(t time.Time, zone *time.Location) string {
	t = in(t, zone)
	return l.Text("time.long", "weekday", l.weekday(t), "day", t.Day(), "month", l.month(t), "year", t.Year(), "clock", l.Clock(t, zone))
}

// When is Time, but "today, 14:36 BST" on the day of now.
func (l *Language) When(t, now time.Time, zone *time.Location) string {
	if sameDay(t, now, zone) {
		return l.Text("time.today", "clock", l.Clock(t, zone))
	}
	return l.Time(t, zone)
}

// Until says a time of the near future: "14:36 BST", with its date when that is
// not the day of now.
func (l *Language) Until(t, now time.Time, zone *time.Location) string {
	if sameDay(t, now, zone) {
		return l.Clock(t, zone)
	}
	return l.Time(t, zone)
}

// Clock says the time of day: "12:21 BST".
func (l *Language) Clock(t time.Time, zone *time.Location) string {
	return in(t, zone).Format("15:04 MST")
}

func (l *Language) weekday(t time.Time) string {
	return l.Text("weekday." + strings.ToLower(t.Weekday().String()))
}

func (l *Language) month(t time.Time) string {
	return l.Text("month." + strings.ToLower(t.Month().String()))
}

func sameDay(t, now time.Time, zone *time.Location) bool {
	ty, tm, td := in(t, zone).Date()
	ny, nm, nd := in(now, zone).Date()
	return ty == ny && tm == nm && td == nd
}

func in(t time.Time, zone *time.Location) time.Time {
	if zone == nil {
		zone = time.UTC
	}
	return t.In(zone)
}

// Size says a number of bytes as people do.
func (l *Language) Size(n int64) string {
	const kb, mb = 1 << 10, 1 << 20
	switch {
	case n < kb:
		return l.Text("size.bytes", "n", n)
	case n < mb:
		return l.Text("size.kb", "n", (n+kb/2)/kb)
	default:
		return l.Text("size.mb", "n", strings.TrimSuffix(strconv.FormatFloat(float64(n)/mb, 'f', 1, 64), ".0"))
	}
}
