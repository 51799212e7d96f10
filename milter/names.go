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
// smtpd(8) or sendmail(1) read it, before any rewriting.
//
// Over SMTP that is what the client wrote, when it wrote one plain address; in
// source routes, groups and the like smtpd leaves out what the milter is shown,
// and the two never meet. Of sendmail(1) the milter sees the rewritten address
// only, so every spelling that trivial-rewrite(8) makes it of is deleted.
func (m *Mail) deletable(dropped, kept []Rcpt) ([]string, error) {
	var names []string
	for _, r := range dropped {
		if !isPlain(r.Given) {
			return nil, errNames
		}
		names = append(names, m.spellings(r)...)
	}
	for _, r := range kept {
		for _, name := range m.spellings(r) {
			if slices.Contains(names, name) {
				return nil, errNames
			}
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

// spellings gives what an RCPT may have been before Postfix completed it: with a
// final dot, without $mydomain behind its host, without @$myorigin.
func (m *Mail) spellings(r Rcpt) []string {
	i := strings.LastIndexByte(r.Given, '@')
	if !m.Client.Local || i < 0 {
		return []string{r.Given}
	}
	name := r.Given[:i]
	host, _, _ := strings.Cut(r.Given[i+1:], ".")
	return []string{r.Given, r.Given + ".", name + "@" + host, name}
}
