package robot

import (
	"bytes"
	"errors"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/postseal/postseal/envelope"
)

// finds are what in a forwarded mail may name an envelope, the surest first.
type finds struct {
	ids        []envelope.ID // as they stand in pages, links and addresses
	messageIDs []string      // of our mail, or of anybody's: the store knows
	page       *part         // securedoc.html; nil when it was dropped on the way
	pageID     envelope.ID
}

// idShape is an envelope's id: 26 characters that are part of no longer word.
// What stands around it differs: "/m/ID?t=", "%2Fm%2FID%3Ft%3D" where a gateway
// wrapped the link, "reply+ID@". Which host the link names does not matter (it
// may have been renamed): whether the id is ours is known to the store alone.
var idShape = regexp.MustCompile(`(?:^|[^A-Za-z0-9]|%[0-9A-Fa-f]{2})([a-z2-7]{26})(?:$|[^A-Za-z0-9])`)

var messageIDShape = regexp.MustCompile(`<[!-;=?-~]{3,250}>`)

// find looks through a mail: the attached page, links in texts, the header of
// the forwarded mail where it is there, and the thread of the forward itself.
func (m *Mail) find() finds {
	var f finds
	left := int64(maxTexts)
	var texts, addresses []string
	for _, p := range m.parts {
		switch {
		case p.isMessage():
			addresses = append(addresses, p.header.get("Reply-To"), p.header.get("Return-Path"), p.header.get("Message-ID"))
			f.addMessageIDs(p.header.get("Message-ID"))
		case isPage(p) && f.page == nil:
			if id, ok := readPageID(p); ok {
				f.page, f.pageID = p, id
				f.add(id)
				continue
			}
			fallthrough
		case strings.HasPrefix(p.media, "text/") && left > 0:
			text, _ := p.text(min(maxText, left))
			left -= int64(len(text))
			texts = append(texts, text)
		}
	}
	for _, text := range append(texts, addresses...) {
		f.scan(text)
	}
	for _, name := range []string{"In-Reply-To", "References", "Message-ID", "Resent-Message-ID"} {
		f.addMessageIDs(m.header.get(name))
	}
	for _, name := range []string{"Reply-To", "X-Forwarded-Message-Id", "Subject"} {
		f.scan(m.header.get(name))
		f.addMessageIDs(m.header.get(name))
	}
	return f
}

// isPage tells whether a part may be securedoc.html, under whatever name and
// type a phone or gateway gave it.
func isPage(p *part) bool {
	name := strings.ToLower(p.name)
	return strings.HasSuffix(name, ".html") || strings.HasSuffix(name, ".htm") || p.media == "text/html" && p.attached ||
		strings.Contains(name, "securedoc")
}

var errHead = errors.New("robot: the head is enough")

// readPageID reads what a page states before its ciphertext.
func readPageID(p *part) (id envelope.ID, ok bool) {
	_, err := envelope.ReadPageIf(p.open(), io.Discard, 1, func(page envelope.Page) error {
		id = page.ID
		return errHead
	})
	return id, errors.Is(err, errHead)
}

// scan takes the ids out of a text, also where a gateway wrote a link in its own
// way: percent-coded (Safe Links, Gmail), with "-" for "%" (URL Defense v2).
func (f *finds) scan(text string) {
	for _, reading := range []string{text, unwrapped(text)} {
		for at := 0; len(f.ids) < maxFinds; {
			loc := idShape.FindStringSubmatchIndex(reading[at:])
			if loc == nil {
				break
			}
			if id, err := envelope.ParseID(reading[at+loc[2] : at+loc[3]]); err == nil {
				f.add(id)
			}
			at += loc[3] // what ends one may begin the next
		}
	}
}

// unwrapped undoes a gateway's coding of links.
func unwrapped(text string) string {
	if strings.Contains(text, "urldefense") {
		text = strings.NewReplacer("-2B", "+", "-3A", ":", "-3D", "=", "-3F", "?", "_", "/").Replace(text)
	}
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	var b bytes.Buffer // one stray percent sign in a mail must not hide its links
	for _, word := range strings.Fields(text) {
		if plain, err := url.QueryUnescape(word); err == nil {
			b.WriteString(plain + " ")
		}
	}
	return b.String()
}

func (f *finds) add(id envelope.ID) {
	if !id.IsZero() && len(f.ids) < maxFinds && !slices.Contains(f.ids, id) {
		f.ids = append(f.ids, id)
	}
}

// addMessageIDs keeps the last ones of a field: the mail that was forwarded
// stands at the end of its thread.
func (f *finds) addMessageIDs(value string) {
	all := messageIDShape.FindAllString(value, -1)
	slices.Reverse(all)
	for _, id := range all {
		if len(f.messageIDs) < maxFinds && !slices.Contains(f.messageIDs, id) {
			f.messageIDs = append(f.messageIDs, id)
		}
	}
}
