// Package demo is postseal on one machine with nothing installed: the parts
// that `postseal demo` puts around the daemon so that a newcomer can send,
// open, answer and take back a message within a minute.
//
// Front stands for Postfix's submission: an SMTP server that drives our own
// milter through the milter protocol and does what it answers. Catcher stands
// for Postfix's re-entry and inbound ports and for everybody's mail provider:
// it keeps what arrives, in memory and bounded. Site is the web page with the
// staff's compose form beside all inboxes. Walk goes the whole way by itself
// and says step by step whether it held.
//
// It promises that nothing leaves the machine, that nothing stays behind and
// that what it shows is what the real program does: there is no shortcut round
// the milter, the store or the portal. It is no mail server: everything it
// keeps is in clear for whoever can reach its ports, which is why it listens on
// loopback only and refuses host names and other sites' requests. An attacker
// would want a web page elsewhere to read the inboxes through the visitor's
// browser; Site's guard is what stands against it. Start reading at Front.
package demo
