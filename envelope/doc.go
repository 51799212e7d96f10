// Package envelope makes and opens registered envelopes: the OpenPGP container
// (RFC 9580) that holds the original message, and the page securedoc.html that
// carries the container to the recipient. FORMAT.md beside this file suffices to
// write another reader.
//
// It promises: what Seal wrote, Open gives back byte for byte or not at all; a
// page holds no word of the message; keys and secrets never print. It is pure:
// no clock, network, disk or logger. An attacker would want a container that
// opens to something else under the recorded key (see Digest), a page that runs
// or loads foreign script, or a truncated message shown as whole. Start at Seal,
// Open, WritePage and ReadPage.
package envelope
