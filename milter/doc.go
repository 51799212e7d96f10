// Package milter is the way of a message: Postfix hands it over by the milter
// protocol, package policy says for each recipient whether it may leave as it
// is, and what may not is sealed (envelope), recorded (store) and handed to
// Postfix's re-entry port (relay) before Postfix gets its answer.
//
// It promises: every doubt ends in sealed, in a 4xx or in a refusal with words,
// never in passed. A panic, a deadline, a full disk, a limit, a silent Redis
// answer 451 or 552; nothing is ever cut short and let go. A sealed recipient is
// taken off the original only after the re-entry port has said 250 for her
// envelope; the key was durably stored before that. A retry serves nobody
// twice: what the ledger calls queued is dropped and answered 250. Mail that
// passes never touches the store. No word of a message, no file name and no secret
// stands in a log line, a metric or an error.
//
// An attacker, or a strange mail program, would want a marked message past the
// marks (that is policy's work), an inside address that Postfix expands to an
// outside one after we judged it (destinations.go), a header field that leaks
// what the envelope hides (outer.go copies nothing that is not listed), or a
// confirmation for a message that was not sealed (store.Prepare holds it back
// until store.Queued).
//
// The package does not use go-milter's mailfilter layer: that cuts long bodies
// and headers and lets them pass. We count fields, octets and recipients
// ourselves (limits.go) and take header values with their leading space.
//
// Start reading at Filter.Decide, then session.go.
package milter
