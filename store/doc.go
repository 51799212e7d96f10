// Package store is everything that postseal keeps in Redis: envelopes with
// their keys and ledger, accounts, counters, codes, sessions, the outbox of
// notices, and audit chains. It is the one gate for keys.
//
// # Promises
//
//   - A key reaches a reader by Store.Release only: entitled, not recalled, not
//     expired, not locked, and the release written to the envelope's audit chain
//     in the same step that yields the key. (Lookup gives a key back to the sealer
//     of the same message, who has its fingerprint, for a retry.)
//   - What Prepare acknowledged is durable by the measure of Store.Ready; on a
//     Redis whose settings lose keys it refuses with ErrVolatile.
//   - Who steals a dump of Redis reads counts, sizes and times. Everything else
//     is sealed with AES-256-GCM under a master key that is not in Redis, bound
//     to its place, and the names of keys are HMACs.
//   - Counters and one-time things are single Lua scripts: exact at the edge and
//     under parallel guesses.
//
// An attacker who can write to Redis can destroy, put back an older state of a
// record, or reset a counter; he cannot make anybody a recipient, read or replace
// a key, or change an audit chain unseen. An attacker at the sign-in wants to
// learn who has an account (answers, counts and work are the same without one),
// to guess in parallel, or to have what he typed taken over by somebody else.
//
// # Slots and keys
//
// Atomic is one slot, named by the part in braces:
//
//	e:{id}                        envelope: one sealed text (pack.go), with its key, the beginning
//	                              of its audit chain, and reminders until they are due
//	a:{id} o:{id}                 the rest of its audit chain, its notices that go out
//	o:{xN}                        one notice without an envelope
//	u:{h} c:{h} y:{h} l:{h}:b     account of an address, counters, audit chain, code per browser
//	s:{h}                         the sessions of an address, for its owner to see
//	g:{h}:t                       activation and reset links in flight
//	x:{s} f:{b}                   session; what a browser brought before it signed in
//	is:{h} ir:{h} m:{h} w:{n}     indexes: sent by, received by, Message-ID, work lists
//	ig:{h}                        index: transactions of one mail of one sender
//	dl:{h}                        members whom the directory shows
//	dd:{h}                        new messages that somebody saved and has not sent
//	wz:{h} wd:{h}                 what somebody wrote on the pages: to whom, when, about what
//	n:{h}                         how often something was done for somebody
//	an:{announcements}            what the operator tells everybody on the pages
//	jr:{requests}                 who asks to join
//	ax:{anchors}                  how many lines the logs outside Redis have
//	mk:{masterkeys}               MACs of the master keys that this Redis is filled under
//
// Indexes and work lists are written before the slot they point to. They may
// point to nothing and are then ignored; Sweep repairs them. On a single Redis both go in
// one sending, in that order. Times are values in milliseconds, compared with the
// time that the caller gives; Redis TTL only sweeps up afterwards. No command is
// newer than Redis 7.0.
//
// A kind of key that holds something sealed has its row in reseal.go too, which
// seals everything again under a newer master key.
//
// Start reading at Store.Prepare and Store.Release (release.go), then keys.go.
package store
