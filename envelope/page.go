package envelope

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/postseal/postseal/words"
)

// pageVersion is the format version that WritePage states.
const pageVersion = 1

const (
	maxOffered     = 25        // addresses to choose from; others are typed
	maxShown       = 512       // bytes of a name or address text in the page
	maxServers     = 8         // key servers in one page
	maxWays        = 8         // ways to sign in elsewhere that the page names
	maxHead        = 1 << 17   // bytes before the container that ReadPage looks through; a page without container is under 48 KiB
	blankAllowance = 1 << 16   // bytes of blanks and line ends beyond the usual around the container
	defaultBrand   = "#1d70b8" // GOV.UK blue, contrast 5.1 with white
)

// Page is what securedoc.html states outside its container. Nothing of it comes
// from the message's body; names and addresses are those of the outer mail.
type Page struct {
	Version      int       // format version; WritePage sets 1
	ID           ID        // must be set
	Secret       Secret    // proof of holding the mail; must be set
	Servers      []string  // key servers' base URLs without final slash, tried in turn; 1 to 8
	Organisation string    // name shown
	Colour       string    // brand colour "#rrggbb"; empty for the default
	From         string    // sender shown, "Name <address>"
	To           []string  // addresses offered to choose from (To and Cc; never Bcc); only the first 25 are written
	Form         Form      // classic or passive; empty is classic
	Expires      time.Time // when the message closes, shown in its own location; zero: not shown
	HelpURL      string    // http or https; empty: no link
	Date         time.Time // of the message, shown in its own location; zero: not shown
	Logo         []byte    // PNG; what is no PNG or has more than 8 KiB is left out
	Languages    []string  // tags of package words, the page's own first, the others to choose from; empty: English
	Ways         []string  // further ways to sign in that the website has: names of providers, ByPasskey; only the first 8 are written
}

// ByPasskey stands in Page.Ways for a passkey, which each language has a word for.
const ByPasskey = "passkey"

// Form is how securedoc.html opens: Classic signs in and decrypts in the page,
// Passive has no script and posts the container to the portal.
type Form string

// The forms.
const (
	Classic Form = "classic"
	Passive Form = "passive"
)

// errPage says what a caller's Page lacks; a page that a recipient could not
// open must not be sent.
var errPage = errors.New("envelope: the page cannot be written")

//go:embed web/dist/page.js
var pageScript string

//go:embed web/dist/page.css
var pageStyle string

//go:embed web/page.html
var pageTemplate string

var pageHTML = template.Must(template.New("page").Parse(pageTemplate))

// pageMeta is how a Page stands in <meta name="postseal">. Short names, since
// every page carries them; FORMAT.md lists them.
type pageMeta struct {
	Version      int       `json:"v"`
	ID           string    `json:"id"`
	Secret       string    `json:"t"`
	Servers      []string  `json:"servers"`
	Organisation string    `json:"org"`
	Colour       string    `json:"colour,omitempty"`
	From         string    `json:"from"`
	To           []string  `json:"to"`
	Form         Form      `json:"form"`
	Expires      time.Time `json:"expires,omitzero"`
	HelpURL      string    `json:"help,omitempty"`
	Date         time.Time `json:"date,omitzero"`
	Zone         string    `json:"zone,omitempty"`
	Ways         []string  `json:"ways,omitempty"`
}

// pageView is what the template sees.
type pageView struct {
	Page
	Meta              template.HTMLAttr // content attribute with a pageMeta
	CSP, Action, Host string
	Style             template.CSS
	Secret            string
	Elsewhere         []place
	More              int // addresses beyond those shown
	W                 *words.Language
	Others            []pageView        // the same in the other languages
	Words             template.HTML     // what the script says, as JSON; empty in the passive form
	LogoSrc           template.HTMLAttr // src attribute of the logo; empty: none
}

// place is a further server, for who opens without script: a button of its own.
type place struct{ Action, Host string }

// elsewhere are the servers but the first, each host once.
func elsewhere(servers, origins []string) (out []place) {
	for _, origin := range origins[1:] {
		for _, s := range servers {
			if s == origin || strings.HasPrefix(s, origin+"/") {
				out = append(out, place{s + "/open", shownHost(origin)})
				break
			}
		}
	}
	return out
}

// shownHost is an origin as people read it.
func shownHost(origin string) string {
	return strings.TrimPrefix(strings.TrimPrefix(origin, "https://"), "http://")
}

// WritePage writes securedoc.html around a container. Lines that carry the
// container are base64 of 72; no line is over 998 octets, but send the page
// quoted-printable all the same. It refuses a Page that nobody could open.
func WritePage(w io.Writer, p Page, container io.Reader) error {
	view, err := newPageView(p)
	if err != nil {
		return err
	}
	if err := pageHTML.ExecuteTemplate(w, "head", view); err != nil {
		return err
	}
	if err := writeArea(w, container); err != nil {
		return err
	}
	if err := pageHTML.ExecuteTemplate(w, "tail", view); err != nil {
		return err
	}
	end := pageEnd
	if view.Form == Classic {
		end = classicEnd
	}
	_, err = io.WriteString(w, end)
	return err
}

// What ends a page is the same for all.
const pageEnd = "</body>\n</html>\n"

var (
	// The attribute is for mail filters that take the bare tag for a phishing page (docs/scanners.md).
	classicEnd = `<script id="reader">` + pageScript + "</script>\n" + pageEnd
	scriptHash = func() string {
		sum := sha256.Sum256([]byte(pageScript))
		return base64.StdEncoding.EncodeToString(sum[:])
	}()
)

func newPageView(p Page) (*pageView, error) {
	if p.Form == "" {
		p.Form = Classic
	}
	switch {
	case p.ID.IsZero() || p.Secret == Secret{}:
		return nil, fmt.Errorf("%w: ID and Secret must be set", errPage)
	case p.Form != Classic && p.Form != Passive:
		return nil, fmt.Errorf("%w: unknown form %q", errPage, p.Form)
	case p.Colour != "" && !colour.MatchString(p.Colour):
		return nil, fmt.Errorf("%w: colour %q is not #rrggbb", errPage, p.Colour)
	case len(p.Servers) == 0 || len(p.Servers) > maxServers:
		return nil, fmt.Errorf("%w: %d key servers", errPage, len(p.Servers))
	}
	if p.HelpURL != "" {
		if _, err := webURL(p.HelpURL); err != nil {
			return nil, err
		}
	}
	origins, err := originsOf(p.Servers)
	if err != nil {
		return nil, err
	}
	p.Version = pageVersion
	p.Organisation, p.From = short(p.Organisation), short(p.From)
	view := &pageView{Page: p, CSP: policyFor(p.Form, isLogo(p.Logo), origins), Secret: p.Secret.Encode(),
		Action: p.Servers[0] + "/open", Host: shownHost(origins[0]), Elsewhere: elsewhere(p.Servers, origins)}
	view.To = nil
	for _, to := range p.To[:min(len(p.To), maxOffered)] {
		view.To = append(view.To, short(to))
	}
	view.More = len(p.To) - len(view.To)
	view.Ways = nil
	for _, way := range p.Ways[:min(len(p.Ways), maxWays)] {
		view.Ways = append(view.Ways, short(way))
	}
	if view.Meta, err = view.meta(); err != nil {
		return nil, err
	}
	view.Style = template.CSS(brand(p.Colour) + pageStyle)
	view.W = words.In(words.Default)
	if len(p.Languages) > 0 {
		view.W = words.In(p.Languages[0])
	}
	for _, tag := range p.Languages[min(1, len(p.Languages)):] {
		other := *view
		other.W = words.In(tag)
		view.Others = append(view.Others, other)
	}
	if isLogo(p.Logo) {
		view.LogoSrc = logoSource(p.Logo)
	}
	if p.Form == Classic {
		view.Words = scriptWords(view)
	}
	return view, nil
}

// meta gives the attribute in single quotes, since a double one would cost five
// octets each.
func (v *pageView) meta() (template.HTMLAttr, error) {
	m := pageMeta{Version: pageVersion, ID: v.ID.String(), Secret: v.Secret, Servers: v.Servers, Organisation: v.Organisation,
		Colour: v.Colour, From: v.From, To: v.To, Form: v.Form, Expires: v.Expires, HelpURL: v.HelpURL, Date: v.Date, Zone: zoneOf(v.Date), Ways: v.Ways}
	b, err := json.MarshalIndent(m, "", " ") // indented, so that no line grows with the number of addresses
	text := strings.ReplaceAll(string(b), "'", `\u0027`)
	return template.HTMLAttr("content='" + text + "'"), err //nolint:gosec // encoding/json writes <, > and & as \u003c and so on
}

// When gives a time as people say it, empty for the zero time.
func (v *pageView) When(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return v.W.Time(t, t.Location())
}

// zoneOf names the zone that the script shows times in; empty for none that a
// browser would know.
func zoneOf(t time.Time) string {
	if name := t.Location().String(); !t.IsZero() && strings.Contains(name, "/") {
		return name
	}
	return ""
}

// policyFor is the page's Content-Security-Policy. style-src cannot be a hash:
// the frame that shows the mail inherits it, and with a hash the mail's own
// styles would vanish. The frame's content has no scripts by its sandbox.
func policyFor(f Form, logo bool, origins []string) string {
	all := strings.Join(origins, " ")
	csp := "default-src 'none'; base-uri 'none'; style-src 'unsafe-inline'; form-action " + all
	if f == Passive && logo {
		return csp + "; img-src data:"
	}
	if f == Passive {
		return csp
	}
	return csp + "; script-src 'sha256-" + scriptHash + "'; img-src data:; connect-src " + all
}

var (
	colour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	// host is narrower than URLs allow, since it goes into a policy where ";", "," and blanks separate.
	host = regexp.MustCompile(`^([a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)*|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?$`)
)

// webURL parses an absolute http or https URL.
func webURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil || !host.MatchString(u.Host) {
		return nil, fmt.Errorf("%w: %q is not a web address", errPage, s)
	}
	return u, nil
}

// originsOf gives the servers' origins, each once, in order.
func originsOf(servers []string) ([]string, error) {
	var origins []string
	seen := map[string]bool{}
	for _, s := range servers {
		u, err := webURL(s)
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(s, "/") || u.RawQuery != "" || u.Fragment != "" {
			return nil, fmt.Errorf("%w: %q must end without slash, query and fragment", errPage, s)
		}
		if origin := u.Scheme + "://" + u.Host; !seen[origin] {
			seen[origin] = true
			origins = append(origins, origin)
		}
	}
	return origins, nil
}

// brand sets the colours of bar and buttons: the organisation's, with black or
// white text on it, whichever contrasts more (WCAG 2.2, 1.4.3).
func brand(c string) string {
	if c == "" {
		c = defaultBrand
	}
	var r, g, b uint8
	_, _ = fmt.Sscanf(c, "#%02x%02x%02x", &r, &g, &b)
	text := "#fff"
	if luminance(r, g, b) > 0.179 { // where black and white contrast the same
		text = "#0b0c0c"
	}
	return ":root{--brand:" + c + ";--on-brand:" + text + "}\n"
}

// writeArea writes the textarea that holds the container, for script and plain
// form alike. It stands outside the template, which could not stream it.
func writeArea(w io.Writer, container io.Reader) error {
	if _, err := io.WriteString(w, `<textarea name="ct" hidden readonly>`+"\n"); err != nil {
		return err
	}
	if err := writeBase64(w, container); err != nil {
		return err
	}
	_, err := io.WriteString(w, "</textarea>\n")
	return err
}
