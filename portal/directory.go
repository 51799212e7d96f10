package portal

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/directory"
	"github.com/postseal/postseal/store"
)

// The directory (CJSM-5 to 7): our own people and those of partners find each other
// and the address to write to securely. To everybody else it is not there. Nobody is
// in it against her will: partners' people put themselves in, our own can leave.

// How often one person searches and takes the whole directory.
var (
	quotaDirectory       = store.Quota{Name: "directory", Max: 300, Per: time.Hour}
	quotaDirectoryExport = store.Quota{Name: "directory-export", Max: 20, Per: 24 * time.Hour}
)

// directoryHits bounds the answer of one search: who gets more is to say more.
const directoryHits = 50

// directoryPages add them.
func (s *Server) directoryPages(get, post func(path string, a action)) {
	get("/directory", directoryPage)
	post("/directory", searchDirectory)
	get("/directory/me", myEntry)
	post("/directory/me", submitEntry)
	post("/directory/export", exportDirectory)
	again(get, "/directory", "/directory/export")
}

// mayDirectory tells who may be in the directory and look into it: our own people
// and those of partners.
func mayDirectory(v *visit, p store.Proof) bool {
	a := p.Address()
	return !a.IsZero() && (v.s.colleague(a) || v.s.Partner(a))
}

// member gives who is signed in and may look. For nobody it shows the page that asks
// who it is; to a person whose address is of no member the page is not there.
func (v *visit) member(next string) (p store.Proof, ok bool, err error) {
	if v.r.Method == http.MethodGet {
		p, ok, err = v.signedIn(next)
	} else {
		p, err = v.bearerOf()
		ok = err == nil
	}
	if err == nil && ok && !mayDirectory(v, p) {
		return p, false, errPage
	}
	return p, ok, err
}

// class names a class of member.
func (v *visit) class(e directory.Entry) string {
	if e.Class == store.ClassOrganisation {
		return v.t("directory.organisation")
	}
	return v.t("directory.practitioner")
}

// directoryPage asks for whom to look.
func directoryPage(v *visit) error {
	p, ok, err := v.member("/directory")
	if err != nil || !ok {
		return err
	}
	return v.showDirectory(p, "", nil, false)
}

// memberLine is a member as a page shows her.
type memberLine struct{ Address, Name, Organisation, Unit, Phone, Class, Key string }

// searchDirectory answers POST /directory; by POST, so that no address in the
// browser's bar repeats whom somebody looked for.
func searchDirectory(v *visit) error {
	p, ok, err := v.member("/directory")
	if err != nil || !ok {
		return err
	}
	words := clean(v.field("words"))
	letters := utf8.RuneCountInString(strings.ReplaceAll(words, " ", ""))
	if letters < store.MinMember || len(words) > maxSearch {
		return v.showDirectory(p, words, nil, false, problem{"words", v.t("directory.words-wrong")})
	}
	if err := v.may(quotaDirectory, p.Address()); err != nil {
		return err
	}
	cards, more, err := v.s.Store.FindMembers(v.ctx(), words, directoryHits)
	if err != nil {
		return err
	}
	return v.showDirectory(p, words, cards, more)
}

func (v *visit) showDirectory(p store.Proof, words string, cards []store.Card, more bool, problems ...problem) error {
	own, err := v.s.Store.Card(v.ctx(), p.Address())
	if err != nil {
		return err
	}
	var lines []memberLine
	for _, c := range cards {
		e := v.s.entryOf(c)
		lines = append(lines, memberLine{e.Address, e.Name, e.Organisation, e.Unit, e.Phone, v.class(e), c.Address.String()})
	}
	return v.show("directory", v.t("directory.title"), map[string]any{"Words": words, "Members": lines, "More": more, "Hits": directoryHits,
		"Asked": words != "" && len(problems) == 0, "Shown": own.Listed}, problems...)
}

// entryOf is a member as others see her.
func (s *Server) entryOf(c store.Card) directory.Entry {
	suffix := ""
	if s.Rooms.Suffix != nil {
		suffix = s.Rooms.Suffix()
	}
	return DirectoryEntry(c, s.colleague(c.Address), suffix)
}

// DirectoryEntry is a member as others see her: the address by which mail to her is
// secure, with the suffix of the rules for who is not ours (CJSM-5), and her class,
// which follows from that too unless an operator made an exception (CJSM-3).
func DirectoryEntry(c store.Card, ours bool, suffix string) directory.Entry {
	e := directory.Entry{Address: c.Address.String(), Name: c.Name, Organisation: c.Organisation, Unit: c.Unit, Phone: c.Phone, Class: c.Class}
	switch {
	case e.Class != "":
	case ours:
		e.Class = store.ClassOrganisation
	default:
		e.Class = store.ClassPractitioner
	}
	if !ours {
		e.Address = secureAddress(c.Address, suffix)
	}
	return e
}

// secureAddress puts the suffix of the rules behind an address, see docs/policy.md.
func secureAddress(a addr.Address, suffix string) string {
	if suffix = strings.TrimPrefix(suffix, "."); suffix == "" {
		return a.String()
	}
	long, err := addr.Parse(a.String() + "." + suffix)
	if err != nil { // too long with it
		return a.String()
	}
	return long.String()
}

// myEntry shows somebody's own entry to change.
func myEntry(v *visit) error {
	p, ok, err := v.member("/directory/me")
	if err != nil || !ok {
		return err
	}
	c, err := v.s.Store.Card(v.ctx(), p.Address())
	if err != nil {
		return err
	}
	if c.ChangedAt.IsZero() {
		if err := v.fillIn(p, &c); err != nil {
			return err
		}
	}
	return v.showEntry(p, c, v.r.URL.Query().Has("saved"))
}

// fillIn puts in what is known already, for her to change.
func (v *visit) fillIn(p store.Proof, c *store.Card) error {
	acc, err := v.s.Store.Account(v.ctx(), p.Address())
	if err != nil && !errors.Is(err, store.ErrNoAccount) {
		return err
	}
	c.Name = cut(strings.TrimSpace(acc.FirstName+" "+acc.LastName), store.MaxCardText)
	if v.s.colleague(p.Address()) {
		c.Organisation = cut(v.s.Brand.Organisation, store.MaxCardText)
	}
	return nil
}

// cut shortens a text to a number of characters.
func cut(text string, n int) string {
	if r := []rune(text); len(r) > n {
		return string(r[:n])
	}
	return text
}

func (v *visit) showEntry(p store.Proof, c store.Card, saved bool, problems ...problem) error {
	c.Address = p.Address()
	e := v.s.entryOf(c)
	return v.show("directory-me", v.t("directory.me-title"), map[string]any{"C": c, "Secure": e.Address, "Class": v.class(e),
		"Longest": store.MaxCardText, "Saved": saved && c.Chosen, "Ours": v.s.colleague(p.Address())}, problems...)
}

// submitEntry takes somebody's change of her own entry.
func submitEntry(v *visit) error {
	p, ok, err := v.member("/directory/me")
	if err != nil || !ok {
		return err
	}
	c := store.Card{Name: clean(v.field("name")), Organisation: clean(v.field("organisation")), Unit: clean(v.field("unit")), Phone: clean(v.field("phone")),
		Listed: v.field("listed") == "yes"}
	var problems []problem
	for _, f := range [][2]string{{"name", c.Name}, {"organisation", c.Organisation}, {"unit", c.Unit}, {"phone", c.Phone}} {
		if utf8.RuneCountInString(f[1]) > store.MaxCardText {
			problems = append(problems, problem{f[0], v.t("directory.too-long", "n", store.MaxCardText)})
		}
	}
	if c.Listed && c.Name == "" {
		problems = append(problems, problem{"name", v.t("directory.name-wrong")})
	}
	if len(problems) > 0 {
		return v.showEntry(p, c, false, problems...)
	}
	err = v.s.Store.SetCard(v.ctx(), p, c, v.now)
	if errors.Is(err, store.ErrFull) {
		return v.showEntry(p, c, false, problem{"name", v.t("directory.full")})
	}
	if err != nil {
		return err
	}
	v.s.Log.Info("an entry of the directory changed", "shown", c.Listed)
	v.see("/directory/me?saved=1")
	return nil
}

// exportDirectory answers POST /directory/export: the whole directory as a file, or
// with who one member's card.
func exportDirectory(v *visit) error {
	p, ok, err := v.member("/directory")
	if err != nil || !ok {
		return err
	}
	format := directory.Format(v.field("format"))
	ending, media, err := format.File()
	if err != nil {
		return errForm
	}
	who, q := v.field("who"), quotaDirectoryExport
	if who != "" {
		q = quotaDirectory
	}
	if err := v.may(q, p.Address()); err != nil {
		return err
	}
	cards, damaged, err := v.s.Store.Members(v.ctx())
	if err != nil {
		return err
	}
	var entries []directory.Entry
	for _, c := range cards {
		if who == "" || c.Address.String() == who {
			entries = append(entries, v.s.entryOf(c))
		}
	}
	if who != "" && len(entries) == 0 {
		return errPage
	}
	var b bytes.Buffer
	if err := directory.Write(&b, format, entries); err != nil {
		return err
	}
	v.s.Log.Info("directory exported", "format", string(format), "members", len(entries), "damaged", damaged)
	h := v.w.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Disposition", `attachment; filename="directory.`+ending+`"`)
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	_, err = b.WriteTo(v.w)
	return err
}

// listColleague shows who has just switched secure mail on, unless she chose before
// not to be. The switch does not hang on it.
func (v *visit) listColleague(p store.Proof) {
	c := store.Card{}
	err := v.fillIn(p, &c)
	if err == nil && c.Name != "" { // without a name there is nothing to show
		err = v.s.Store.ListMember(v.ctx(), p, c.Name, c.Organisation, v.now)
	}
	if err != nil {
		v.s.Log.Warn("not put in the directory", "error", err)
	}
}
