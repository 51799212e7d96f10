package robot

import (
	"io"
	"slices"
	"strings"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/policy"
	"github.com/postseal/postseal/relay"
)

// Mail is one mail as it came, read under the bounds of limits.go.
type Mail struct {
	From   addr.Address // MAIL FROM; zero for <>
	header header
	parts  []*part // without the mail's own header
	raw    *spool
	inner  []*spool // attached messages that were encoded
}

// ReadMail reads a mail into a file without a name in dir. Errors are those of r
// and of the disk, or errTooBig; strange MIME is none. Close frees it.
func ReadMail(dir string, from addr.Address, r io.Reader) (*Mail, error) {
	raw, err := newSpool(dir, r)
	if err != nil {
		return nil, err
	}
	m := &Mail{From: from, raw: raw}
	if err := m.read(dir); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// Close frees what ReadMail holds.
func (m *Mail) Close() {
	for _, s := range append(m.inner, m.raw) {
		s.Close()
	}
}

func (m *Mail) read(dir string) error {
	parts, err := index(m.raw, m.raw.size)
	if err != nil || len(parts) == 0 {
		return err
	}
	m.header, m.parts = parts[0].header, parts[1:]
	return m.unpack(dir)
}

// unpack reads attached messages that were sent in base64 or quoted-printable:
// RFC 2046 section 5.2.1 forbids it, and Gmail does it for files *.eml. One level
// is enough: a mail program encodes the file that it attaches.
func (m *Mail) unpack(dir string) error {
	headers := 0
	for i := 0; i < len(m.parts) && len(m.inner) < maxDepth; i++ {
		p := m.parts[i]
		if !p.isMessage() || p.encoding == "" {
			continue
		}
		s, err := newSpool(dir, tolerant{p.open()})
		if err != nil {
			return err
		}
		m.inner = append(m.inner, s)
		inside := slices.Clone(m.parts[:i+1])
		if err := indexInto(s, s.size, maxDepth/2, p.level+1, &inside, &headers); err != nil {
			return err
		}
		m.parts = append(inside, m.parts[i+1:]...)
	}
	return nil
}

// tolerant ends where a damaged coding ends.
type tolerant struct{ io.Reader }

func (t tolerant) Read(b []byte) (int, error) {
	n, err := t.Reader.Read(b)
	if err != nil {
		err = io.EOF
	}
	return n, err
}

// author is the single address of header From; zero when there is none or more
// than one, since nobody can say who wrote then.
func (m *Mail) author() addr.Named {
	var all []addr.Named
	for _, v := range m.header.all("From") {
		all = append(all, addr.ParseHeader(v)...)
	}
	if len(all) != 1 {
		return addr.Named{}
	}
	return all[0]
}

func (m *Mail) subject() string { return policy.DecodeHeader(m.header.get("Subject")) }

// automatic tells whether a program wrote the mail, or a list sent it on
// (RFC 3834 section 2, RFC 2919): such mail is never answered.
func (m *Mail) automatic() bool {
	if m.From.IsZero() || fromDaemon(m.From) || fromDaemon(m.author().Address) {
		return true
	}
	if auto, _, _ := strings.Cut(m.header.get("Auto-Submitted"), ";"); auto != "" && !strings.EqualFold(strings.TrimSpace(auto), "no") {
		return true
	}
	switch strings.ToLower(strings.TrimSpace(m.header.get("Precedence"))) {
	case "bulk", "junk", "list", "auto_reply":
		return true
	}
	for _, name := range []string{"List-Id", "List-Post", "List-Unsubscribe", "X-Autoreply", "X-Autorespond", "X-Auto-Reply", "Feedback-ID"} {
		if m.header.get(name) != "" {
			return true
		}
	}
	return strings.EqualFold(m.header.get("X-Auto-Response-Suppress"), "All")
}

// fromDaemon tells whether an address is one from which programs write.
func fromDaemon(a addr.Address) bool {
	local := strings.ToLower(a.Local())
	switch local {
	case "mailer-daemon", "postmaster", "noreply", "no-reply", "donotreply", "do-not-reply", "listserv", "majordomo":
		return true
	}
	return strings.HasPrefix(local, "owner-") || strings.HasSuffix(local, "-request") || strings.HasSuffix(local, "-bounces")
}

// ours tells what we wrote: "envelope", "notice", or "" for mail of others.
func (m *Mail) ours() string {
	word, _, _ := strings.Cut(m.header.get(relay.ProfileField), ";")
	return strings.ToLower(strings.TrimSpace(word))
}
