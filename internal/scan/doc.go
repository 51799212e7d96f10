// Package scan restates, as data, what public rules against HTML smuggling and
// against login forms in attached pages look for, so that a change of
// securedoc.html that would send our mail to spam folders is seen here first
// (complaints C1, C2; docs/scanners.md). Each rule names where it was read; the
// words and code are ours, and where a rule of theirs also asks who the sender is
// or whether his mail passed DMARC, ours does not: it fires for anybody.
//
// The package decides nothing in the product: only tests import it. Start reading
// at Rules.
package scan
