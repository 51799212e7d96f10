// Package postfix is all that knows Postfix's configuration: what becomes of
// an address (Destinations), whether the milter, the re-entry port and the maps
// are wired so that nothing leaves in clear (Check), and which partners' mail
// leaves by enforced TLS only (TLSServer tells Postfix, Prover proves it).
//
// It promises to ask Postfix's own tools (postconf, postmap) with the look-up
// orders of virtual(5), aliases(5) and canonical(5), to bound every expansion,
// and to say ErrUnavailable rather than guess when a map does not answer. It
// never changes a configuration: that is contrib/postfix/postseal-postfix.
//
// TLS counts as enforced only while a fresh proof says so, and a domain that was
// enforced goes on being so until no mail of that time can be left. Mail waits
// where the map cannot tell.
//
// An attacker would want an inside address that is delivered outside without
// anybody judging the outside one, or an address that reaches a command line;
// addresses travel to postmap on standard input only, never through a shell.
//
// Start reading at Destinations.Resolve, Check and Prove.
package postfix
