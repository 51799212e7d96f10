// Package calendar reads an invitation (iCalendar, RFC 5545) and writes the
// answer to it (iTIP, RFC 5546 section 3.2.3), so that somebody who opened a sealed
// appointment can still accept or decline it (BOP-12).
//
// The package is pure: no clock, no disk. Time zones come from the invitation's
// own VTIMEZONE, which RFC 5545 section 3.6.5 demands; where it is missing, from
// the caller. Every byte comes from outside: Parse bounds what it reads and keeps
// only what is shown or answered, and Reply writes only values that it has parsed
// and escaped itself, never a line of the invitation.
//
// Start reading at Parse. testdata/calendar holds the cases, with the words that
// package portal makes of them.
package calendar
