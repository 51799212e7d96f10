package portal

import (
	"net/http"
	"regexp"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/store"
)

// Rooms is what the pages beside reading and writing work with: switching on,
// shared mailboxes, directory, joining, help. The zero value leaves out what needs
// settings.
type Rooms struct {
	Ours     func(addr.Address) bool // whose address is the organisation's; nil: Inside
	Switches func() bool             // whether staff switch secure mail on for themselves (senders.enable); nil: no
	Terms    Terms
	Suffix   func() string // of secure addresses, see policy.File.SecureSuffix; nil: none
	HelpDesk HelpDesk      // where people are helped
	Join     addr.Address  // who reads requests to join; zero: nobody can ask
}

// Terms are what staff agree to (CYC-4).
type Terms struct {
	Version string
	Text    map[string][]string // paragraphs by language; empty: there are none
}

// in gives the paragraphs in a language, or in any that there is.
func (t Terms) in(tags ...string) []string {
	for _, tag := range tags {
		if text := t.Text[tag]; len(text) > 0 {
			return text
		}
	}
	return nil
}

// roomPages add them.
func (s *Server) roomPages(handle func(pattern string, h http.Handler), get, post func(path string, a action)) {
	s.enablePages(get, post)
	s.deskPages(get, post)
	s.helpPages(get)
	s.colleaguePages(get, post)
	s.joinPages(get, post)
	s.teamPages(get, post)
	s.directoryPages(get, post)
}

// roomNames are the files of web that hold a room's "content".
var roomNames = []string{"desk", "desk-new", "desk-one", "guide", "guide-staff", "colleague", "join", "join-form", "join-sent", "team", "teammail", "teamgive", "directory", "directory-me"}

// localRooms are the pages of the rooms that a sign-in may lead to, see localPage.
var localRooms = regexp.MustCompile(`^/enable/terms$|^/colleague$|^/desk(/new|/[0-9a-f]{32})?$|^/team(/[0-9a-f]{32}(/[a-z2-7]{26})?)?$|^/servicedesk/team$|^/directory(/me)?$`)

// signedIn gives who is signed in. For nobody it shows the page that asks who it
// is, which leads back to next, and ok is false.
func (v *visit) signedIn(next string) (p store.Proof, ok bool, err error) {
	p, err = v.person()
	if err != nil || !p.Address().IsZero() {
		return p, err == nil, err
	}
	return p, false, v.askAddress("", next)
}

// bearerOf is signedIn for a form: who is not signed in any more is sent to sign in.
func (v *visit) bearerOf() (store.Proof, error) {
	p, err := v.person()
	if err == nil && p.Address().IsZero() {
		err = errSignIn
	}
	return p, err
}

// again leads from addresses that only take forms to a page, for who loads them
// again by hand.
func again(get func(path string, a action), to string, paths ...string) {
	for _, path := range paths {
		get(path, func(v *visit) error { v.see(to); return nil })
	}
}
