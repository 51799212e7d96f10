package notice

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/words"
)

// ErrKind says that a kind is not known or that its data are of another type.
var ErrKind = errors.New("notice: unknown kind or data of another kind")

// Notices renders the notices of one organisation. It is safe for concurrent use.
type Notices struct {
	brand  Brand
	loc    *time.Location
	tags   []string // languages of a notice whose data name none, in order
	in     map[string]tongue
	random [32]byte // for Message-IDs that nobody can compute from a code
}

// tongue is all that is written in one language.
type tongue struct {
	words *words.Language
	look  look
	pages map[Kind]page
}

// New makes Notices that state times in loc (nil: UTC). Texts of the brand are
// cleaned; web addresses in it that are none leave no trace.
func New(b Brand, loc *time.Location) *Notices {
	if loc == nil {
		loc = time.UTC
	}
	n := &Notices{brand: b, loc: loc, in: map[string]tongue{}}
	for _, tag := range b.Tags() {
		l := words.In(tag)
		n.in[tag] = tongue{words: l, look: lookOf(b, tag), pages: parsed(l, loc)}
		if len(n.tags) == 0 || b.Bilingual {
			n.tags = append(n.tags, tag)
		}
	}
	_, _ = rand.Read(n.random[:]) // never fails (crypto/rand)
	return n
}

// Brand gives the brand that New was given.
func (n *Notices) Brand() Brand { return n.brand }

// Location is the zone in which times are stated; never nil.
func (n *Notices) Location() *time.Location { return n.loc }

// Render makes the mail of one kind to one person. data is the kind's struct, a
// pointer to it, or its JSON as json.RawMessage. Errors wrap ErrKind, or ErrSyntax
// where a link is no web address or a required field is missing; they repeat
// nothing of the data.
//
// A Message comes with the service as From and with to as To; the milter sets
// the staff sender, the addresses of the original and the Message-ID. A Reply
// comes whole. Every mail has a Message-ID of its own; whoever sends a notice
// again sets the one of the first time.
func (n *Notices) Render(k Kind, to addr.Address, data any, now time.Time) (Mail, error) {
	c, err := contentOf(k, data)
	if err != nil {
		return Mail{}, err
	}
	tags := n.tags
	if _, ok := n.in[c.language()]; ok {
		tags = []string{c.language()}
	}
	first := n.tongue(tags[0], c)
	if err := c.prepare(n, first); err != nil {
		return Mail{}, fmt.Errorf("%s: %w", k, err)
	}
	m := Mail{
		From:    addr.Named{Name: first.look.Organisation, Address: n.brand.Service},
		Date:    now.In(n.loc),
		Auto:    "auto-generated",
		Profile: "notice; kind=" + string(k),
	}
	if !to.IsZero() {
		m.To = []addr.Named{{Address: to}}
	}
	c.address(n, &m)
	if err := n.say(k, c, tags, &m); err != nil {
		return Mail{}, err
	}
	m.MessageID = n.messageID(&m)
	return m, nil
}

// tongue gives a language, in the name that a message's profile gives the
// organisation.
func (n *Notices) tongue(tag string, c content) tongue {
	t := n.in[tag]
	if d, ok := c.(*MessageData); ok && d.Organisation != "" {
		t.look.Organisation = oneLine(d.Organisation, maxName)
	}
	return t
}

// say writes subject, text and HTML in the languages named. Where subjects
// differ, all are said.
func (n *Notices) say(k Kind, c content, tags []string, m *Mail) error {
	first := n.tongue(tags[0], c)
	s := sheet{Brand: first.look, Lang: first.words.Lang()}
	var subjects, texts []string
	for _, tag := range tags {
		t := n.tongue(tag, c)
		p, v := t.pages[k], view{Brand: t.look, D: c}
		subject, err := p.subject(v)
		if err != nil {
			return err
		}
		if !slices.Contains(subjects, subject) {
			subjects = append(subjects, subject)
		}
		text, err := p.plain(v)
		if err != nil {
			return err
		}
		texts = append(texts, text)
		half, err := p.html(v)
		if err != nil {
			return err
		}
		s.Parts = append(s.Parts, half)
	}
	m.Subject = oneLine(strings.Join(subjects, " / "), maxSubject)
	s.Subject = m.Subject
	for _, p := range s.Parts[1:] {
		m.Text += p.Below + "\n\n"
	}
	m.Text += strings.Join(texts, "\n"+strings.Repeat("_", 40)+"\n\n")
	var b strings.Builder
	err := layout.Execute(&b, s)
	m.HTML = b.String()
	return err
}

// RenderJSON is Render for data that rested as JSON (store.Outgoing.Data).
func (n *Notices) RenderJSON(k Kind, to addr.Address, data []byte, now time.Time) (Mail, error) {
	return n.Render(k, to, json.RawMessage(data), now)
}

// messageID is unique to the mail's content and time, keyed, so that a code
// cannot be guessed back from a Message-ID in a log.
func (n *Notices) messageID(m *Mail) string {
	h := hmac.New(sha256.New, n.random[:])
	fmt.Fprintf(h, "%v %s %d %s %s", m.To, m.Date.Format(time.RFC3339Nano), len(m.Subject), m.Subject, m.Text)
	domain := n.brand.ServiceDomain
	if domain == "" {
		domain = n.brand.Service.DomainKey()
	}
	return "<" + hex.EncodeToString(h.Sum(nil)[:16]) + "@" + domain + ">"
}

// content is what each kind's data can do.
type content interface {
	// prepare cleans every text, fills defaults, in the notice's first language, and
	// refuses what may not be sent.
	prepare(n *Notices, t tongue) error
	// address sets what differs from a notice by the service to one person.
	address(n *Notices, m *Mail)
	// language is the tag of the one language that the notice is to be in; empty,
	// or none of the organisation's: as the organisation writes.
	language() string
}

// contentOf gives a copy of the data as the kind's own type.
func contentOf(k Kind, data any) (content, error) {
	switch k {
	case Message:
		return as[MessageData](data)
	case Confirmation:
		return as[ConfirmationData](data)
	case Code:
		return as[CodeData](data)
	case Activation:
		return as[ActivationData](data)
	case Reset:
		return as[ResetData](data)
	case Reply:
		return as[ReplyData](data)
	case Bounce:
		return as[BounceData](data)
	case PlainReply:
		return as[PlainReplyData](data)
	case PlainReplyTold:
		return as[PlainReplyToldData](data)
	case Rescue:
		return as[RescueData](data)
	case RescueTold:
		return as[RescueToldData](data)
	case Asked:
		return as[AskedData](data)
	case Reminder:
		return as[ReminderData](data)
	case TakenBack:
		return as[TakenBackData](data)
	case AskAnswered:
		return as[AskAnsweredData](data)
	case AccountChanged:
		return as[AccountChangedData](data)
	case Enable:
		return as[EnableData](data)
	case Desk:
		return as[DeskData](data)
	case DeskMember:
		return as[DeskMemberData](data)
	case Colleague:
		return as[ColleagueData](data)
	case Join:
		return as[JoinData](data)
	case JoinTold:
		return as[JoinToldData](data)
	}
	return nil, ErrKind
}

func as[T any, P interface {
	*T
	content
}](data any) (content, error) {
	switch d := data.(type) {
	case T:
		return P(&d), nil
	case P:
		if d != nil {
			copied := *d
			return P(&copied), nil
		}
	case *json.RawMessage:
		if d != nil {
			return as[T, P](*d)
		}
	case json.RawMessage:
		var t T
		if err := json.NewDecoder(bytes.NewReader(d)).Decode(&t); err == nil {
			return P(&t), nil
		}
	}
	return nil, ErrKind
}

// TimeShort gives "2016-08-21 12:21 BST" (BCC-18). A nil loc is UTC.
func TimeShort(t time.Time, loc *time.Location) string {
	if loc == nil {
		loc = time.UTC
	}
	return t.In(loc).Format("2006-01-02 15:04 MST")
}

// SenderLine gives "Jane Doe (jane@example.gov.uk)", or the address alone.
func SenderLine(a addr.Named) string {
	name := oneLine(a.Name, maxName)
	if name == "" || strings.EqualFold(name, a.Address.String()) {
		return a.Address.String()
	}
	return name + " (" + a.Address.String() + ")"
}

// TagSubject puts a tag such as "[SECURE]" in front of a subject unless it
// already stands somewhere in it, in any case (BCC-22).
func TagSubject(tag, subject string) string {
	tag, subject = oneLine(tag, maxSubject), oneLine(subject, maxSubject)
	if tag == "" || strings.Contains(strings.ToLower(subject), strings.ToLower(tag)) {
		return subject
	}
	return strings.TrimSpace(tag + " " + subject)
}

// MarkSubject makes a subject begin with the marking's own words (what stands
// before a colon) exactly once: "OFFICIAL-SENSITIVE: Personal data ..." and
// "Re: official-sensitive Case 7" give "OFFICIAL-SENSITIVE Re: Case 7" (SCC-2).
func MarkSubject(marking, subject string) string {
	subject = oneLine(subject, maxSubject)
	mark, _, _ := strings.Cut(oneLine(marking, maxSubject), ":")
	mark = strings.TrimSpace(mark)
	if mark == "" {
		return subject
	}
	rest := subject
	for from := 0; ; {
		i := indexFold(rest[from:], mark)
		if i < 0 {
			break
		}
		i += from
		if !wordAt(rest, i, i+len(mark)) { // UNOFFICIAL is not OFFICIAL
			from = i + len(mark)
			continue
		}
		rest = rest[:i] + strings.TrimPrefix(rest[i+len(mark):], ":")
		from = min(i, len(rest))
	}
	return strings.TrimSpace(mark + " " + strings.Join(strings.Fields(rest), " "))
}

// indexFold finds an ASCII text in any case.
func indexFold(s, find string) int {
	for i := 0; i+len(find) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(find)], find) {
			return i
		}
	}
	return -1
}

// wordAt tells whether s[i:j] stands as words of its own.
func wordAt(s string, i, j int) bool {
	letter := func(c byte) bool {
		return c == '-' || c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80
	}
	return (i == 0 || !letter(s[i-1])) && (j == len(s) || !letter(s[j]))
}
