// Package robot takes mail that is sent to the service's own addresses, by LMTP
// from Postfix: mobile@ (somebody cannot open the attached page), b+ID@ (reports
// about an envelope's way), reply+ID@ (ordinary answers to an envelope).
//
// It promises:
//
//   - A link goes to the recorded recipient's own address and to nobody else,
//     whoever asked and whatever his mail says (BOP-20), at most RescueQuota times
//     a day. The link opens nothing by itself.
//   - A stranger is answered only when his mail is proved to be from his domain
//     (DMARC alignment), with one line that tells nothing about any message, once
//     a day. Robots, lists and the null sender are never answered, nor is our own
//     mail; every answer goes out with the null sender. So there are no loops.
//   - What came in clear and goes on to staff says so in subject and text, and
//     goes inside only.
//   - What could not be done for now is 4xx: Postfix keeps the mail and tries
//     again. Nothing is answered 250 and then dropped, but mail that by these
//     rules gets no answer.
//
// An attacker would want to make it write to people (quotas, alignment, the null
// sender), to have a link sent to himself (addresses are taken from the record
// only), to tell a sender that her message failed or arrived (hand-overs are
// believed only with the mark that our own Postfix returns; a failure can be
// claimed by whoever holds the mail, for its own recipients), or to spend our
// memory and time (limits.go). Nothing of a mail's content is logged.
//
// Start reading at Robot.Deliver.
package robot
