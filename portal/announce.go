package portal

import (
	"context"
	"html/template"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/store"
)

// What the operator tells everybody (CJSM-12), and where people are helped
// (CJSM-14).

// HelpDesk is where people of the organisation and everybody else are helped. What
// is empty leaves no trace.
type HelpDesk struct {
	Hours map[string]string // by language: "weekdays, 8am to 7pm"
	Phone string
	Email addr.Address
}

// announceTime bounds reading announcements: a page comes without them before it
// waits for them, since it is the page that explains when something is slow.
const announceTime = 500 * time.Millisecond

// announced gives what to tell on this page: on the start page and on help to
// anybody, on every other page to who is signed in.
func (v *visit) announced(signedIn bool) []announcement {
	path := v.r.URL.Path
	if !signedIn && path != "/" && path != "/help" && !strings.HasPrefix(path, "/help/") {
		return nil
	}
	ctx, cancel := context.WithTimeout(v.ctx(), announceTime)
	defer cancel()
	all, err := v.s.Store.Announcements(ctx, v.now)
	if err != nil {
		v.s.Log.Warn("announcements cannot be read", "error", err)
		return nil
	}
	var out []announcement
	for _, a := range all {
		if a.Current(v.now) {
			out = append(out, v.announcement(a))
		}
	}
	return out
}

// announcement is one as a page shows it. Lang is empty where the text is in the
// page's own language (WCAG 2.2, 3.1.2).
type announcement struct {
	Text, Until string
	Lang        string
}

func (v *visit) announcement(a store.Announcement) announcement {
	text, tag := spokenIn(a.Text, append([]string{v.lang().Tag()}, v.s.languages...)...)
	if tag == v.lang().Tag() {
		tag = ""
	}
	return announcement{Text: text, Until: v.until(a.Until), Lang: tag}
}

// spokenIn gives a text in the first of the languages that it is in, or in any.
func spokenIn(texts map[string]string, tags ...string) (text, tag string) {
	for _, tag := range tags {
		if texts[tag] != "" {
			return texts[tag], tag
		}
	}
	for tag, text := range texts {
		return text, tag
	}
	return "", ""
}

func (s *Server) helpPages(get func(path string, a action)) {
	get("/help/recipients", func(v *visit) error {
		return v.show("guide", v.t("guide.title"), map[string]any{"Base": v.s.BaseURL, "Reply": v.s.Inbound != nil})
	})
	get("/help/staff", func(v *visit) error {
		switches := v.s.Rooms.Switches != nil && v.s.Rooms.Switches()
		return v.show("guide-staff", v.t("guide-staff.title", "organisation", v.s.Brand.In(v.lang().Tag()).Organisation),
			map[string]any{"Tag": v.s.Tag, "Switches": switches, "Invites": v.s.invites()})
	})
}

// helpDesk is what the page of help says of it; nil for none.
func (v *visit) helpDesk() map[string]any {
	d := v.s.Rooms.HelpDesk
	hours, _ := spokenIn(d.Hours, append([]string{v.lang().Tag()}, v.s.languages...)...)
	if hours == "" && d.Phone == "" && d.Email.IsZero() {
		return nil
	}
	return map[string]any{"Hours": hours, "Phone": d.Phone, "Dial": template.URL("tel:" + dialled(d.Phone)), "Email": d.Email.String(), //nolint:gosec // digits and "+" only
		"Mail": template.URL("mailto:" + strings.ReplaceAll(d.Email.String(), "%", "%25"))} //nolint:gosec // an address that config has parsed
}

// dialled gives a telephone number as a link dials it (RFC 3966): digits, and "+"
// in front.
func dialled(phone string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, phone)
}
