package portal

import (
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/policy"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/words"
)

// Asking to join (CJSM-8, CJSM-9, CJSM-11, SCC-18): one short form that anybody may
// fill in. It goes to whom the operator names; the one who asks gets a link to see
// how it stands.

// How often is asked from one source and in the name of one address. The mail to
// that address tells of nothing that was typed.
var (
	quotaJoinFrom    = store.Quota{Name: "join-from", Max: 10, Per: time.Hour}
	quotaJoinAddress = store.Quota{Name: "join-address", Max: 3, Per: 24 * time.Hour}
)

// joinLife is how long the mails about a request wait to be sent: over a weekend,
// since nobody asks again who has been thanked.
const joinLife = 4 * 24 * time.Hour

// Runes of what is typed.
const (
	maxJoinLine = 200
	maxJoinText = 1000
)

// joins tells whether there is somebody who reads requests.
func (s *Server) joins() bool { return !s.Rooms.Join.IsZero() }

func (s *Server) joinPages(get, post func(path string, a action)) {
	if !s.joins() {
		return
	}
	get("/join", join)
	get("/join/{kind}", forKind(askJoin))
	post("/join/{kind}", forKind(submitJoin))
	get("/join/{kind}/sent", forKind(joinSent))
	get("/join/status/{number}/{secret}", joinStatus)
}

// forKind leads to a form of one of the two kinds.
func forKind(a func(v *visit, kind string) error) action {
	return func(v *visit) error {
		kind := v.r.PathValue("kind")
		if kind != store.KindServer && kind != store.KindMailbox {
			return errPage
		}
		return a(v, kind)
	}
}

// join says what there is to choose from, and what each needs.
func join(v *visit) error {
	return v.show("join", v.t("join.title"), map[string]any{"Organisation": v.s.Brand.In(v.lang().Tag()).Organisation})
}

func askJoin(v *visit, kind string) error { return v.joinForm(store.Request{Kind: kind}, "") }

func (v *visit) joinForm(r store.Request, address string, problems ...problem) error {
	title := v.t("join.mailbox")
	if r.Kind == store.KindServer {
		title = v.t("join.server")
	}
	return v.show("join-form", title, map[string]any{"Server": r.Kind == store.KindServer, "R": r, "Address": address, "Hint": v.t("join.address-hint")}, problems...)
}

// typedJoin reads the form.
func (v *visit) typedJoin(kind string) (r store.Request, address string, problems []problem) {
	r = store.Request{Kind: kind, Organisation: v.line("organisation"), Name: v.line("name"), Phone: v.line("phone"), Text: strings.TrimSpace(v.field("text")), Lang: v.spoken()}
	wrong := func(bad bool, field, key string) {
		if bad {
			problems = append(problems, problem{field, v.t(key)})
		}
	}
	wrong(!fits(r.Organisation, 1, maxJoinLine), "organisation", "join.organisation-wrong")
	wrong(!fits(r.Name, 1, maxJoinLine), "name", "join.name-wrong")
	address = v.picked()
	var err error
	r.Address, err = addr.Parse(address)
	wrong(err != nil || !fits(address, 1, maxAddress), "address", "join.address-wrong")
	wrong(!fits(r.Phone, 0, maxJoinLine), "phone", "join.too-long")
	if kind == store.KindServer {
		r.Domain, r.System, r.Servers, r.TLS = v.line("domain"), v.line("system"), strings.TrimSpace(v.field("servers")), v.field("tls")
		domain, err := policy.TLSPartner(r.Domain)
		wrong(errors.Is(err, policy.ErrNoDomain) || !fits(r.Domain, 1, maxJoinLine), "domain", "join.domain-wrong")
		wrong(errors.Is(err, policy.ErrConsumer), "domain", "join.domain-consumer")
		if err == nil {
			r.Domain = domain
		}
		wrong(!fits(r.System, 1, maxJoinLine), "system", "join.system-wrong")
		wrong(!fits(r.Servers, 1, maxJoinText), "servers", "join.servers-wrong")
		wrong(r.TLS != "yes" && r.TLS != "no" && r.TLS != "unknown", "tls", "join.tls-wrong")
	}
	wrong(!fits(r.Text, 0, maxJoinText), "text", "join.too-long")
	wrong(v.field("agree") != "yes", "agree", "join.agree-wrong")
	return r, address, problems
}

// line gives a typed value as one line.
func (v *visit) line(name string) string { return strings.Join(strings.Fields(v.field(name)), " ") }

func fits(s string, least, most int) bool {
	n := utf8.RuneCountInString(s)
	return n >= least && n <= most && utf8.ValidString(s)
}

// submitJoin keeps the request and sends both mails. What follows is the same
// however often was asked in the name of an address.
func submitJoin(v *visit, kind string) error {
	r, address, problems := v.typedJoin(kind)
	if len(problems) > 0 {
		return v.joinForm(r, address, problems...)
	}
	if err := v.spend(quotaJoinFrom); err != nil {
		return err
	}
	room, err := v.s.Store.Take(v.ctx(), quotaJoinAddress, v.now, r.Address.Key())
	if err != nil {
		return err
	}
	if room {
		if err := v.makeRequest(r); err != nil {
			return err
		}
	}
	v.see("/join/" + kind + "/sent")
	return nil
}

func (v *visit) makeRequest(r store.Request) error {
	r, err := v.s.Store.MakeRequest(v.ctx(), r, v.now)
	if err != nil {
		return err
	}
	told := notice.JoinToldData{Number: r.Number, Organisation: r.Organisation, Facts: JoinFacts(words.In(v.s.languages[0]), r), Due: r.Due()}
	if err := v.s.post(v, notice.JoinTold, v.s.Rooms.Join, told, joinLife); err != nil {
		return err
	}
	v.s.Log.Info("somebody asks to join", "number", r.Number, "kind", r.Kind)
	return v.s.post(v, notice.Join, r.Address, notice.JoinData{Number: r.Number, Due: r.Due(), Page: JoinPage(v.s.BaseURL, r), Lang: r.Lang}, joinLife)
}

// JoinPage is where who asked sees how the request stands.
func JoinPage(base string, r store.Request) string {
	return base + "/join/status/" + r.Number + "/" + r.Secret
}

// JoinFacts gives what was typed, a line each, with names in a language.
func JoinFacts(l *words.Language, r store.Request) []string {
	kind := l.Text("join.mailbox")
	if r.Kind == store.KindServer {
		kind = l.Text("join.server")
	}
	var out []string
	add := func(key, value string) {
		if value != "" {
			out = append(out, l.Text(key)+": "+strings.Join(strings.Fields(value), " "))
		}
	}
	add("join.kind", kind)
	add("join.organisation", r.Organisation)
	add("join.name", r.Name)
	add("join.address", r.Address.String())
	add("join.phone", r.Phone)
	add("join.domain", r.Domain)
	add("join.system", r.System)
	add("join.servers", r.Servers)
	switch r.TLS {
	case "yes":
		add("join.tls", l.Text("join.tls-yes"))
	case "no":
		add("join.tls", l.Text("join.tls-no"))
	case "unknown":
		add("join.tls", l.Text("join.tls-unknown"))
	}
	add("join.text", r.Text)
	return out
}

func joinSent(v *visit, kind string) error {
	return v.show("join-sent", v.t("join.sent-title"), map[string]any{"Server": kind == store.KindServer, "Service": v.s.Brand.Service.String()})
}

// joinStatus tells who holds the link how it stands. It shows nothing that was
// typed: the address to which the link went was typed too, and may be another's.
func joinStatus(v *visit) error {
	r, err := v.s.Store.RequestFor(v.ctx(), v.r.PathValue("number"), v.r.PathValue("secret"), v.now)
	if errors.Is(err, store.ErrNotFound) {
		err = errPage
	}
	if err != nil {
		return err
	}
	data := map[string]any{"Status": true, "State": r.State, "Server": r.Kind == store.KindServer, "At": v.when(r.At), "Due": v.when(r.Due()), "Answer": r.Answer}
	if r.State != "" {
		data["End"] = v.when(r.EndAt)
	}
	return v.show("join-sent", v.t("join.status-title", "number", r.Number), data)
}
