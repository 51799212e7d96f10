package milter

import (
	"errors"
	"slices"
	"strings"

	"github.com/postseal/postseal/addr"
)

// errNames says that a sealed recipient might stay on the original: Postfix
// deletes by name and does not tell whether it found anybody.
var errNames = errors.New("milter: a recipient cannot be taken off the original for certain")

// deletable gives the names to delete dropped RCPTs by, so that each is surely
// gone and nobody of kept is. Postfix compares a name with the recipient as
// smtpd(8) read it, before any rewriting: what the client wrote, when it wrote
// one plain address. In source routes, groups and the like smtpd leaves out what
// the milter is shown, and the two never meet.
func deletable(dropped, kept []Rcpt) ([]string, error) {
	var names []string
	for _, r := range dropped {
		if !isPlain(r.Given) {
			return nil, errNames
		}
		names = append(names, r.Given)
	}
	for _, r := range kept {
		if slices.Contains(names, r.Given) {
			return nil, errNames
		}
	}
	return names, nil
}

// isPlain tells whether text is one address and nothing else, or the bare name
// of somebody on this machine.
func isPlain(text string) bool {
	if !strings.Contains(text, "@") {
		text += "@local.invalid"
	}
	_, err := addr.Parse(text)
	return err == nil
}
