package portal

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/store"
)

// Writing first (BCC-1, BCC-9 to 15, journey 6): a new message of somebody signed
// in, outside or staff, with drafts on the server. What it takes to send one is in
// lettersend.go.

// Writing is what writing works with. The zero value takes Partner's word for
// whom outsiders may write to, lets all staff seal, and scans nothing.
type Writing struct {
	Domains func() []string                                         // whom outsiders may write to, as words name it: "example.gov.uk"; nil: not named
	MaySeal func(ctx context.Context, a addr.Address) (bool, error) // whether secure mail is switched on for one of staff; nil: yes
	Scan    Scanner                                                 // looks at uploads; nil: nobody does
}

// Bounds of writing.
const (
	// maxAddressees bounds whom one message goes to: outsiders write to an office,
	// not to a list.
	maxAddressees = 50
	// maxAddressLine bounds a line of addresses, in bytes.
	maxAddressLine = maxAddressees * maxAddress
	// maxSubject bounds a subject in runes; mail programs show some eighty.
	maxSubject = 200
	// maxNamed bounds how many domains or addresses one sentence names.
	maxNamed = 8
)

// quotaWrite is how many messages one person sends in an hour: more than anybody
// types, and too few to flood an office with.
var quotaWrite = store.Quota{Name: "write", Max: 30, Per: time.Hour}

// letterPages add them.
func (s *Server) letterPages(handle func(pattern string, h http.Handler), get, post func(path string, a action)) {
	get("/write", newLetter)
	handle("POST /write", s.stream(s.replyBound(), submitLetter))
	get("/write/{draft}", savedLetter)
	get("/written", written)
	get("/written/done", letterDone)
	get("/drafts", drafts)
	post("/drafts", dropDraft)
	handle("GET "+letterScript.path, letterScript)
}

// letter are the fields of a new message beside its text.
type letter struct {
	is              bool // the draft is one, not an answer
	to, cc, subject string
	look            rich
	long            bool   // one of the fields was over its bound
	saved           string // name of the draft that it was kept under; empty: none yet
	do              string // what the button said: "send" or "save"
}

// field takes one field of a new message; false when it is none.
func (l *letter) field(name, value string, text *string) bool {
	if !l.is {
		return false
	}
	line := func(to *string, most int) {
		if l.long = l.long || len(value) > most; len(value) <= most {
			*to = clean(strings.ToValidUTF8(value, "\uFFFD"))
		}
	}
	switch name {
	case "to":
		line(&l.to, maxAddressLine)
	case "copies":
		line(&l.cc, maxAddressLine)
	case "subject":
		line(&l.subject, 4*maxSubject)
	case "html":
		if l.long = l.long || len(value) > MaxReplyText; len(value) <= MaxReplyText {
			l.look = readRich(strings.ToValidUTF8(value, "\uFFFD"))
			*text = l.look.text
			if l.look.plainly() {
				l.look = rich{}
			}
		}
	case "draft":
		if onceForm.MatchString(value) {
			l.saved = value
		}
	case "do":
		l.do = value
	default:
		return false
	}
	return true
}

// canWrite tells whether there is anywhere to send a message to.
func (s *Server) canWrite() bool { return s.Inbound != nil || s.Seal != nil }

// mayWrite tells whether to offer somebody to write a message.
func (v *visit) mayWrite(store.Proof) bool { return v.s.canWrite() }

// writer gives who is signed in and may write.
func (v *visit) writer() (store.Proof, error) {
	p, err := v.bearerOf()
	if err == nil && !v.s.canWrite() {
		err = errPage
	}
	if err == nil {
		err = v.s.Store.MayWrite(v.ctx(), p)
	}
	return p, err
}

// newLetter shows an empty form (BCC-9).
func newLetter(v *visit) error {
	if _, ok, err := v.signedIn("/write"); err != nil || !ok {
		return err
	}
	if _, err := v.writer(); err != nil {
		return err
	}
	return v.showLetter(http.StatusOK, draft{once: random()}, "")
}

// savedLetter shows a draft.
func savedLetter(v *visit) error {
	p, err := v.writer()
	if err != nil {
		return err
	}
	k, err := v.s.Store.SavedDraft(v.ctx(), p, v.r.PathValue("draft"), v.now)
	if errors.Is(err, store.ErrNotFound) {
		v.see("/drafts")
		return nil
	}
	if err != nil {
		return err
	}
	d := draft{text: k.Text, copy: k.Copy, once: k.Once, names: k.Files,
		letter: letter{is: true, to: k.To, cc: strings.Join(k.Cc, ", "), subject: k.About, look: readRich(k.HTML), saved: k.ID}}
	note := ""
	if v.r.URL.Query().Has("saved") {
		note = v.t("write.saved", "time", v.when(k.At.Add(store.DraftsLife)))
	}
	return v.showLetter(http.StatusOK, d, note)
}

// showLetter shows the form with what was written; note is said above it. It is
// shown to somebody whose session has ended as well, since what she wrote is in it.
func (v *visit) showLetter(status int, d draft, note string, problems ...problem) error {
	p, err := v.person()
	if err != nil {
		return err
	}
	hint := ""
	if !p.Address().IsZero() && !v.s.colleague(p.Address()) {
		hint = v.rule()
	}
	v.scriptedBy(letterScript, "/write")
	return v.showStatus(status, "write", v.t("write.title"), map[string]any{"To": d.letter.to, "Cc": d.letter.cc, "Subject": d.letter.subject, "Text": d.text,
		"HTML": d.letter.look.page, "Copy": d.copy, "Once": d.once, "Draft": d.letter.saved, "Rule": hint, "Limit": v.s.AttachLimit,
		"LimitText": v.lang().Size(v.s.AttachLimit), "Self": p.Address().String(), "MayCopy": p.Address().IsZero() || v.s.mayCopy(p.Address()), "Note": note, "Again": strings.Join(d.names, ", "),
		"Fonts": slices.Sorted(maps.Keys(richFonts)), "Files": MaxFiles, "MaxSubject": maxSubject, "SignedOut": p.Address().IsZero()}, true, problems...)
}

// rule says to whom outsiders may write (BCC-13).
func (v *visit) rule() string {
	if v.s.Writing.Domains == nil {
		return ""
	}
	all := v.s.Writing.Domains()
	if len(all) == 0 {
		return ""
	}
	if more := len(all) - maxNamed; more > 0 {
		return v.t("write.rule-more", "domains", strings.Join(all[:maxNamed], ", "), "n", more)
	}
	return v.t("write.rule", "domains", strings.Join(all, ", "))
}

// submitLetter sends it while the writer waits, or keeps it for later.
func submitLetter(v *visit) error {
	lead := v.leashed()
	parts, err := v.r.MultipartReader()
	if err != nil {
		return errForm
	}
	d := draft{letter: letter{is: true}}
	defer d.Close()
	var p store.Proof
	err = v.s.readDraft(&d, parts, func(name, value string) error {
		if name == formField && !v.genuine(value) {
			return errForm
		}
		return nil
	}, lead.judged(func() (err error) {
		if p, err = v.writer(); errors.Is(err, errSignIn) {
			d.drop, err = true, nil // what she wrote goes back to her, files do not
		} else if err == nil {
			err = v.hold(p)
		}
		return err
	}), formField)
	switch {
	case err != nil:
		return err
	case p.Address().IsZero():
		return v.showLetter(http.StatusUnauthorized, d, "", problem{"text", v.t("write.signed-out")})
	case d.letter.do == "save":
		return v.saveLetter(p, d)
	}
	return v.sendLetter(p, &d)
}

// saveLetter keeps a draft; its files are chosen again.
func (v *visit) saveLetter(p store.Proof, d draft) error {
	err := v.keepLetter(p, &d)
	switch {
	case errors.Is(err, store.ErrTooMany):
		return v.showLetter(http.StatusUnprocessableEntity, d, "", problem{"text", v.t("write.too-many-drafts", "n", store.MaxDrafts)})
	case errors.Is(err, store.ErrTooLong) || d.long:
		return v.showLetter(http.StatusUnprocessableEntity, d, "", problem{"text", v.t("write.draft-too-long")})
	case err != nil:
		return err
	}
	v.see("/write/" + d.letter.saved + "?saved=1")
	return nil
}

// keepLetter keeps a draft under its name, which it gives it where it has none.
func (v *visit) keepLetter(p store.Proof, d *draft) error {
	id := d.letter.saved
	if id == "" {
		id = random()
	}
	err := v.s.Store.SaveDraft(v.ctx(), p, store.Draft{ID: id, To: d.letter.to, Cc: []string{d.letter.cc}, About: d.letter.subject, Text: d.text,
		HTML: d.letter.look.page, Copy: d.copy, Once: d.once, Files: d.names}, v.now)
	if err == nil {
		d.letter.saved = id
	}
	return err
}

// addressees are whom a message goes to, each once.
type addressees struct {
	to, cc []addr.Named
	wrong  []problem
}

// all gives their addresses.
func (a addressees) all() (out []addr.Address) {
	for _, n := range slices.Concat(a.to, a.cc) {
		out = append(out, n.Address)
	}
	return out
}

// addressed reads whom a message is for, and says what is wrong with that. The
// rule of who may write to whom is here (BCC-13): outsiders to the organisation and
// to its partners, staff to everybody.
func (v *visit) addressed(from addr.Address, l letter) (out addressees) {
	read := func(line, field string) (people []addr.Named) {
		var none, not []string
		for _, text := range splitAddresses(line) {
			n, ok := namedIn(text)
			switch {
			case !ok || n.Address.Routed() || n.Address.Mapped():
				none = append(none, text)
			case slices.ContainsFunc(out.all(), n.Address.Equal) || slices.ContainsFunc(people, func(o addr.Named) bool { return o.Address.Equal(n.Address) }):
			case !v.s.colleague(from) && !v.s.Partner(n.Address), v.s.Seal == nil && !v.s.Inside(n.Address):
				not = append(not, n.Address.String())
			default:
				people = append(people, n)
			}
		}
		if len(none) > 0 {
			out.wrong = append(out.wrong, problem{field, v.t("write.address-wrong", "address", someOf(none))})
		}
		if len(not) > 0 {
			out.wrong = append(out.wrong, problem{field, strings.TrimSpace(v.t("write.not-there", "address", someOf(not)) + " " + v.rule())})
		}
		return people
	}
	out.to = read(l.to, "to")
	out.cc = read(l.cc, "copies")
	switch n := len(out.to) + len(out.cc); {
	case n > maxAddressees:
		out.wrong = append(out.wrong, problem{"to", v.t("write.too-many-people", "n", maxAddressees)})
	case len(out.to) == 0 && len(out.wrong) == 0:
		out.wrong = append(out.wrong, problem{"to", v.t("write.nobody")})
	}
	return out
}

// splitAddresses parts a line at commas, semicolons and ends of lines; a comma in a
// name ("Doe, Jane <jane@example.org>") does not part it.
func splitAddresses(line string) (out []string) {
	begun := ""
	for piece := range strings.FieldsFuncSeq(line, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		if piece = strings.TrimSpace(piece); piece == "" {
			continue
		}
		if begun != "" {
			piece = begun + ", " + piece
		}
		if begun = ""; !strings.Contains(piece, "@") {
			begun = piece
			continue
		}
		out = append(out, piece)
	}
	if begun != "" {
		out = append(out, begun)
	}
	return out
}

// someOf names the first few of a list.
func someOf(all []string) string {
	for i := range all {
		all[i] = clean(all[i])
		if utf8.RuneCountInString(all[i]) > maxAddress {
			all[i] = string([]rune(all[i])[:maxAddress]) + "…"
		}
	}
	if len(all) > maxNamed {
		return strings.Join(all[:maxNamed], ", ") + "…"
	}
	return strings.Join(all, ", ")
}

// judgeLetter says what keeps a new message from being sent.
func (v *visit) judgeLetter(p store.Proof, d *draft) (addressees, []problem, error) {
	people := v.addressed(p.Address(), d.letter)
	out := people.wrong
	switch {
	case d.letter.subject == "":
		out = append(out, problem{"subject", v.t("write.no-subject")})
	case utf8.RuneCountInString(d.letter.subject) > maxSubject || d.letter.long:
		out = append(out, problem{"subject", v.t("write.subject-long", "n", maxSubject)})
	}
	out = append(out, v.judgeText(d)...)
	if len(out) > 0 {
		return people, out, nil
	}
	outside := slices.ContainsFunc(people.all(), func(a addr.Address) bool { return !v.s.Inside(a) })
	if v.s.colleague(p.Address()) && outside && v.s.Writing.MaySeal != nil {
		may, err := v.s.Writing.MaySeal(v.ctx(), p.Address())
		if err != nil {
			return people, nil, err
		}
		if !may {
			return people, []problem{{"to", v.t("write.not-switched-on")}}, nil
		}
	}
	return people, v.scan(d), nil
}
