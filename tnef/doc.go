// Package tnef takes apart what Outlook packs into winmail.dat ([MS-OXTNEF]), so
// that nobody outside ever meets one: Unpack gives a message in which each such
// part is replaced by the text, the page, the meeting and the files it holds. It
// is pure: no clock, network, disk or logger; what it takes out of base64 goes
// into a Scratch of the caller's.
//
// It promises that every octet outside the replaced parts stays as it was (but
// for a plain text that becomes one version of a body whose other version stood
// in winmail.dat: two boundaries are put around it), that the same message gives
// the same octets each time, and that a part which cannot be read to its last
// octet stays untouched and is told as a doubt.
//
// An attacker writes the parts. She wants to crash the program, to fill the
// memory, to have a file lost on the way, or to forge header fields. So all
// sizes are bounded (limits.go), attachments are never held in memory, a panic
// counts as a part that cannot be read, control characters never reach a header.
//
// Start reading at Unpack, then stream.go (the format), body.go (what is made
// of it) and mime.go (where it stands).
package tnef
