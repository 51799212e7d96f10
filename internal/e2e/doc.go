// Package e2e holds the tests that run Postfix, Redis, Chromium and the built
// binary together, as an operator, a member of staff and a recipient would meet
// them. The parts they are built from lie in e2etest; start reading there at
// StartPostfix.
package e2e
