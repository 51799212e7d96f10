// Package e2etest starts the real things an end-to-end test needs: a private
// Postfix configured by the very files of contrib/postfix, a Redis, the built
// postseal, a Chromium, an OpenDKIM, and a sink that records what Postfix
// delivers.
//
// It promises that everything listens on loopback ports of its own, lives in a
// directory of its own and is stopped by process id when the test ends, and that
// nothing waits by sleeping: each wait ends with what it waits for or fails the
// test with the logs. A missing program fails the test, unless
// POSTSEAL_NO_SERVICES=1 asks for a skip.
//
// Start reading at StartPostfix, Sink and Send.
package e2etest
