package tnef

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/postseal/postseal/extract"
)

// item is an Outlook message with what a recipient is to see of it.
type item struct {
	class, subject string
	from, address  string // of the sender; the address may be of X.400
	to, cc         string // names
	sent           time.Time
	text           string
	page           []byte // HTML
	pageCharset    string
	rtf            []byte // only when it holds pictures that text cannot show
	files          []attachment
	meeting        *meeting
	inside         int // how many messages it stands in
	left           *budget
}

// attachment is a file, or a message in itself.
type attachment struct {
	name, media, contentID string
	data                   section
	item                   *item
}

// budget is what the streams of a message and those inside them may still hold.
type budget struct {
	files, items int // attachments, and messages
	octets       int // of bodies, which are in memory
}

// pay takes n octets of a body.
func (b *budget) pay(n int) error {
	if b.octets -= n; b.octets < 0 {
		return errTooMuch
	}
	return nil
}

// readItem reads a stream and all it holds.
func readItem(s section, inside int, left *budget) (*item, error) {
	if left.items--; left.items < 0 || inside > maxInside {
		return nil, errTooMuch
	}
	m, err := readStream(s)
	if err != nil {
		return nil, err
	}
	i := &item{inside: inside, left: left}
	if err := i.head(m); err != nil {
		return nil, err
	}
	if err := i.bodies(m); err != nil {
		return nil, err
	}
	if i.meeting, err = readMeeting(i, m); err != nil {
		return nil, err
	}
	for _, f := range m.files {
		if left.files--; left.files < 0 {
			return nil, errTooMuch
		}
		a, err := i.attachment(f, m.page)
		if err != nil {
			return nil, err
		}
		i.files = append(i.files, a)
	}
	return i, nil
}

// head reads what a header of a mail would say.
func (i *item) head(m *stream) (err error) {
	get := func(ids ...uint32) (found string) {
		for _, id := range ids {
			text, failed := m.props.text(id, m.page, maxShort)
			if failed != nil {
				err = failed
			}
			if found = clean(text, maxHeaderText); found != "" {
				break
			}
		}
		return found
	}
	i.class, i.subject = get(propClass), get(propSubject)
	i.from, i.address = get(propSentForName, propSenderName), get(propSentForSMTP, propSenderSMTP, propSenderAddress)
	i.to, i.cc = get(propTo), get(propCc)
	if i.sent = m.props.time(propSubmitted); i.sent.IsZero() {
		i.sent = m.sent
	}
	old := func(s section) string {
		b, failed := s.optional(maxShort)
		if failed != nil {
			err = failed
		}
		text, failed := pageText(b, m.page)
		if failed != nil {
			err = failed
		}
		return clean(text, maxHeaderText)
	}
	if i.class == "" {
		i.class = old(m.class)
	}
	if i.subject == "" {
		i.subject = old(m.subject)
	}
	return err
}

// optional is bytes for a section that may not be there.
func (s section) optional(most int64) ([]byte, error) {
	if s.r == nil {
		return nil, nil
	}
	return s.bytes(most)
}

// bodies reads the body in all the forms it has.
func (i *item) bodies(m *stream) (err error) {
	if i.text, err = m.props.text(propBody, m.page, maxBody); err != nil {
		return err
	}
	if i.text == "" {
		b, err := m.body.optional(maxBody)
		if err != nil {
			return err
		}
		if i.text, err = pageText(b, m.page); err != nil {
			return err
		}
	}
	if err := i.html(m); err != nil {
		return err
	}
	if err := i.left.pay(len(i.text) + len(i.page)); err != nil {
		return err
	}
	packed, ok := m.props.values[propRTF]
	if !ok || packed.n == 0 {
		return nil
	}
	b, err := packed.bytes(maxBody)
	if err != nil {
		return err
	}
	rtf, err := extract.UnpackRTF(b, min(maxBody, i.left.octets/2))
	switch {
	case errors.Is(err, extract.ErrRTFLong):
		return errTooMuch
	case err != nil:
		return unread("its RTF cannot be unpacked")
	}
	if err := i.left.pay(2 * len(rtf)); err != nil { // packed or in two forms at a time
		return err
	}
	r, err := readRTF(rtf)
	switch {
	case err != nil:
		return err
	case len(i.page) > 0:
	case r.html:
		i.page, i.pageCharset = []byte(r.text), "utf-8"
	default:
		if strings.TrimSpace(i.text) == "" {
			i.text = r.text
		}
		if r.pictures {
			i.rtf = rtf
		}
	}
	return nil
}

var metaCharset = regexp.MustCompile(`(?i)charset\s*=\s*["']?\s*([a-z0-9_:.-]{1,40})`)

// html reads a page that stands as such, in whatever type of value.
func (i *item) html(m *stream) (err error) {
	v := m.props.values[propHTML]
	if v.n == 0 {
		return nil
	}
	if v.kind != typeBinary {
		text, err := m.props.text(propHTML, m.page, maxBody)
		i.page, i.pageCharset = []byte(text), "utf-8"
		return err
	}
	if i.page, err = v.bytes(maxBody); err != nil {
		return err
	}
	i.page = bytes.TrimRight(i.page, "\x00")
	page, told := m.props.numbers[propCodepage]
	meta := metaCharset.FindSubmatch(i.page[:min(len(i.page), 4096)])
	switch {
	case told && page == 1200:
		text, err := utf16Text(i.page)
		i.page, i.pageCharset = []byte(text), "utf-8"
		return err
	case told && page != 20127:
		i.pageCharset = extract.CodepageName(int(page))
	case utf8.Valid(i.page):
		i.pageCharset = "utf-8"
	case meta != nil:
		i.pageCharset = strings.ToLower(string(meta[1]))
	default:
		i.pageCharset = "windows-1252"
	}
	if _, known := extract.Decode(i.pageCharset, nil); !known {
		return unread("a page in an unknown charset")
	}
	return nil
}

// visible gives the words of the page.
func (i *item) visible() string {
	page, _ := extract.Decode(i.pageCharset, i.page)
	text, _ := extract.HTML(page)
	return text
}

// Ways of attaching ([MS-OXCMSG] section 2.2.2.9).
const (
	attachByReference1 = 2
	attachByReference4 = 4
	attachMessage      = 5
	attachOLE          = 6
)

func (i *item) attachment(f file, page int) (a attachment, err error) {
	get := func(id uint32) string {
		text, failed := f.props.text(id, page, maxShort)
		if failed != nil {
			err = failed
		}
		return text
	}
	title, failed := f.title.optional(maxShort)
	if failed != nil {
		return a, failed
	}
	old, failed := pageText(title, page)
	if failed != nil {
		return a, failed
	}
	for _, name := range []string{get(propLongName), old, get(propShortName), get(propDisplayName)} {
		if a.name == "" {
			a.name = fileName(name)
		}
	}
	a.media, a.contentID = mediaType(get(propMIME), a.name), contentID(get(propContentID))
	if err != nil {
		return a, err
	}
	method := f.props.numbers[propMethod]
	a.data = f.data
	if v, ok := f.props.values[propAttachData]; ok && (v.n > 0 || !f.hasData) {
		a.data, f.hasData = v.section, true
		if v.kind == typeObject {
			return a, i.object(&a, v.section, method)
		}
	}
	if !f.hasData || method >= attachByReference1 && method <= attachByReference4 && a.data.n == 0 {
		return a, unread("a file without content")
	}
	return a, nil
}

// messageInterface is IID_IMessage, which stands before a message in itself.
const messageInterface = "\x07\x03\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"

// object reads an attached message, or takes another program's object as octets.
func (i *item) object(a *attachment, s section, method uint64) (err error) {
	const iid = 16
	if s.n < iid {
		return errEnds
	}
	kind, err := s.sub(0, iid).bytes(iid)
	if err != nil {
		return err
	}
	a.data = s.sub(iid, s.n-iid)
	if method == attachMessage || string(kind) == messageInterface {
		a.item, err = readItem(a.data, i.inside+1, i.left)
		return err
	}
	if method == attachOLE {
		a.media = "application/x-ole-storage"
	}
	return nil
}
