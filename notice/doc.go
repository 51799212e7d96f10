// Package notice writes every mail that the service sends: the message to the
// recipient that carries securedoc.html, codes, activation links, the
// confirmation to staff and what an outsider wrote to them. It turns a kind and
// its data into a Mail (Notices), and a Mail into bytes (Mail.WriteTo).
//
// It promises: whatever stands in a name, a subject or a file name, the mail
// keeps the header fields, recipients and parts it was given (no CR, LF, NUL or
// direction control passes); every line is at most 76 octets where we choose,
// 998 at worst, and ASCII only; the same Mail gives the same bytes, so that a
// retry sends the same mail; text parts never contain HTML of a stranger. It is
// pure: times come in as arguments.
//
// An attacker would want to add a recipient or a part by a display name, to look
// like somebody else (a name with an address in it, a right-to-left override), to
// lead the button elsewhere, or to have a mail that says "sealed" for a message
// that was not. Start reading at Notices.Render and Mail.WriteTo.
package notice
