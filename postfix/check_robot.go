package postfix

import (
	"regexp"
	"strings"
)

const robotHint = "run postseal-postfix apply -r DOMAIN (contrib/postfix)"

// OutTransport is the smtp(8) service of contrib/postfix by which envelopes leave.
const OutTransport = "postseal-out"

// sample is an envelope's id as it stands in an address.
const sample = "abcdefghijklmnopqrstuvwxyq"

// robot proves that mail for the service's own addresses is taken and handed to
// our LMTP server, and that reports of hand-overs are Postfix's own.
func (c *checker) robot() {
	if c.o.Robot == "" {
		return
	}
	for _, domain := range c.o.Service {
		c.taken(domain)
		for _, local := range []string{"mobile", "b+" + sample, "b+none", "reply+" + sample} {
			if !c.handed(local, domain) {
				break
			}
		}
		c.wayOut(domain)
	}
}

// taken asks whether a listener takes mail for the domain.
func (c *checker) taken(domain string) {
	matches := func(list, name string) bool {
		parents := hasWord(c.w.main["parent_domain_matches_subdomains"], name)
		for _, d := range splitList(list) {
			d = strings.ToLower(d)
			if d == domain || parents && strings.HasSuffix(domain, "."+d) || strings.HasPrefix(d, ".") && strings.HasSuffix(domain, d) {
				return true
			}
		}
		return false
	}
	for _, name := range []string{"relay_domains", "mydestination", "virtual_mailbox_domains", "virtual_alias_domains"} {
		if matches(c.w.main[name], name) {
			return
		}
	}
	for table := range strings.FieldsSeq(strings.ReplaceAll(c.w.main["relay_domains"], ",", " ")) {
		if answers, err := c.tools.query(c.ctx, []string{table}, []string{domain}); strings.Contains(table, ":") && err == nil && answers[domain] != "" {
			return
		}
	}
	c.fatal("main.cf: relay_domains", "mail for "+domain+" is not taken: reports, answers and calls for help bounce", robotHint)
}

// handed asks transport_maps where an address goes.
func (c *checker) handed(local, domain string) bool {
	address := local + "@" + domain
	p := Proof{w: c.w, ask: c.tools, o: ProofOptions{}}
	keys := append([]string{address}, p.domainKeys(domain)...)
	if base, _, ok := strings.Cut(local, "+"); ok && strings.Contains(c.w.main["recipient_delimiter"], "+") {
		keys = append([]string{address, base + "@" + domain}, p.domainKeys(domain)...)
	}
	found, err := p.transports(c.ctx, splitList(c.w.main["transport_maps"]), []string{address}, keys)
	if err != nil {
		c.fatal("main.cf: transport_maps", "a table does not answer, so that nobody knows where mail for "+domain+" goes ("+err.Error()+")", "correct the table, or let the daemon's user read it")
		return false
	}
	transport, next, _ := strings.Cut(first(found, keys), ":")
	service, ok := c.w.find(transport, "unix")
	if !ok || service.command != "lmtp" || !sameSocket(c.w, service, lmtpSocket(next), c.o.Robot) {
		c.fatal("main.cf: transport_maps", "mail for "+local+"@"+domain+" does not go to "+c.o.Robot+": nobody reads it", robotHint)
		return false
	}
	return true
}

// lmtpSocket gives a next hop of lmtp(8) in the form of our settings.
func lmtpSocket(next string) string {
	if host, ok := strings.CutPrefix(next, "inet:"); ok {
		return "inet:" + strings.NewReplacer("[", "", "]", "").Replace(host)
	}
	return next
}

// wayOut asks by which service mail from b+ID@ leaves.
func (c *checker) wayOut(domain string) {
	keys := []string{"b+" + sample + "@" + domain, "@" + domain}
	found, err := c.tools.query(c.ctx, splitList(c.w.main["sender_dependent_default_transport_maps"]), keys)
	transport, _, _ := strings.Cut(first(found, keys), ":")
	s, ok := c.w.find(transport, "unix")
	if err != nil || !ok || !hasWord(c.w.get(s, "smtp_discard_ehlo_keywords"), "dsn") {
		c.note("main.cf: sender_dependent_default_transport_maps", "where the next host takes wishes for reports, Postfix does not say itself who took a message: senders see no \"handed over to\"", robotHint)
	}
}

var oursOut = regexp.MustCompile(`^inline:\{( *\{ *@[^ {}]+ *= *` + OutTransport + `: *\})+ *\}$`)

// onlyOursOut tells whether a value of sender_dependent_default_transport_maps is
// about mail from the service's own addresses only.
func onlyOursOut(value string) bool {
	for _, table := range splitList(value) {
		if !oursOut.MatchString(table) {
			return false
		}
	}
	return true
}
