// Package portal is the web: pages on which people sign in, read, answer and
// take back messages, and the API that securedoc.html speaks. Every page works
// without script; the only one there is, web/passkey.js, asks the device for a
// passkey, and runs where its button stands.
//
// It promises: no key is asked for except through store.Release, and nothing
// opened is shown before its closing tag was checked and its container's digest
// was the record's; GET changes nothing but what the person's own browser brought
// along (store.Flow), what store.Release writes for somebody signed in, and coming
// back from a provider to which this very browser was sent (oidc.go); the
// pages, the times taken and the mails sent are the same for addresses with and
// without an account; a wrong id and a wrong secret answer the same bytes; no
// error text, log line or address in the browser's bar repeats a word of a message.
//
// Who is who: a browser cookie (128 random bits, made at the first form) binds
// forms, codes and what was typed to one browser; a session cookie says who
// signed in. Both end with the browser, are HttpOnly, SameSite=Lax, Secure and
// named __Host-. Every POST carries an HMAC of the browser cookie, except
// anonymous staging (POST /open), which has no authority at all, and the API,
// which takes no cookies.
//
// An attacker wants to read somebody else's message: with a forwarded link
// (entitlement is the sealed recipient, proved by a sign-in), by guessing codes
// and passwords (counters in store), by registering first (what was typed counts
// only in the browser that typed it), by a mail scanner that presses links (GET
// shows a button), by HTML or a file that runs as this site (sandboxed frame with
// a policy of its own, downloads only), by a container made with a known key
// (digest), or by filling the disk (the secret comes before the first byte).
//
// Start reading at Server.routes (server.go), then errors.go: the one table of
// what people are told; view.go is the reading itself. A further sign-in method is
// one file with a method and one line in methods (method.go).
package portal
