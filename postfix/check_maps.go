package postfix

import (
	"os"
	"strings"

	"github.com/postseal/postseal/addr"
)

// spelling looks at the settings that would make one address or message mean
// two things.
func (c *checker) spelling() {
	for _, s := range [][2]string{{"allow_percent_hack", "x%outside.example@ours"}, {"swap_bangpath", "outside.example!x@ours"}} {
		name := s[0]
		if c.w.main[name] != "no" {
			c.fatal("main.cf: "+name, s[1]+" is delivered outside although it looks like an inside address", "set "+name+" = no")
		}
	}
	switch v, known := c.w.main["smtpd_forbid_bare_newline"]; {
	case !known:
		c.note("main.cf: smtpd_forbid_bare_newline", "this Postfix does not know the setting (it is older than January 2024): message smuggling is possible", "install your system's security updates")
	case v == "no":
		c.fatal("main.cf: smtpd_forbid_bare_newline", "a bare line feed can hide one message in another", "set smtpd_forbid_bare_newline = yes")
	}
}

// delivery looks at what local(8) does after the milter has judged an inside
// address, where nobody can be asked beforehand.
func (c *checker) delivery() {
	if c.w.main["forward_path"] != "" {
		c.fatal("main.cf: forward_path", "anybody's .forward file sends marked messages outside in clear: such forwards meet no milter", "set forward_path = (empty); put forwards into virtual_alias_maps or alias_maps")
	}
	if relay := c.w.main["luser_relay"]; relay != "" && c.outside(relay) {
		c.fatal("main.cf: luser_relay", "mail for unknown local names goes outside in clear", "take it out, or name an inside address")
	}
	if bcc := c.w.main["always_bcc"]; bcc != "" && c.outside(bcc) {
		c.fatal("main.cf: always_bcc", "a copy of every message goes outside in clear", "name an inside address")
	}
	for _, name := range []string{"fallback_transport", "fallback_transport_maps", "mailbox_transport_maps", "mailbox_command", "mailbox_command_maps"} {
		if c.w.main[name] != "" {
			c.note("main.cf: "+name, "where it delivers to cannot be asked", "make sure that it never leads outside; what it hands to sendmail(1) is looked at")
		}
	}
	if c.w.main["smtp_generic_maps"] != "" {
		c.note("main.cf: smtp_generic_maps", "it can exchange a recipient after the milter has judged him", "make sure that it gives no outside address for an inside one")
	}
	for _, name := range []string{"header_checks", "mime_header_checks", "nested_header_checks", "body_checks"} {
		if name == "header_checks" || c.w.main[name] != c.w.main["header_checks"] { // what two are without a value of their own
			c.contentChecks(name)
		}
	}
}

// outside tells whether an address of main.cf leads outside. A bare name and
// one with $user or the like in its domain count by what follows the @.
func (c *checker) outside(text string) bool {
	_, domain, ok := strings.Cut(text, "@")
	if !ok {
		return false // a user of this machine
	}
	if strings.Contains(domain, "$") { // $mydomain stays inside; $domain is the recipient's own
		return false
	}
	a, err := addr.Parse("x@" + domain)
	return err != nil || !c.o.Inside(a)
}

// contentChecks looks into pattern tables for actions that add or exchange
// recipients behind the milter's back.
func (c *checker) contentChecks(name string) {
	for _, table := range splitList(c.w.main[name]) {
		kind, file, _ := strings.Cut(strings.TrimPrefix(table, "proxy:"), ":")
		b, err := os.ReadFile(file)
		if (kind != "regexp" && kind != "pcre") || err != nil {
			c.note("main.cf: "+name, table+" cannot be read here: an action BCC, REDIRECT or FILTER in it would send clear text past the milter", "make sure that it has none that leads outside")
			continue
		}
		for line := range strings.Lines(string(b)) {
			if to := redirects(line); to != "" && c.outside(to) {
				c.fatal("main.cf: "+name, table+" sends some messages to "+to+" past the milter", "take out the action")
			}
		}
	}
}

// redirects gives the address of a REDIRECT or BCC action (header_checks(5)).
func redirects(line string) string {
	f := strings.Fields(line)
	if len(f) == 0 || strings.HasPrefix(f[0], "#") {
		return ""
	}
	for i, word := range f[:len(f)-1] {
		if w := strings.ToUpper(word); i > 0 && (w == "REDIRECT" || w == "BCC") {
			return f[i+1]
		}
	}
	return ""
}

// maps asks every address table once, as the daemon will: one that does not
// answer makes every message wait.
func (c *checker) maps() {
	for _, name := range []string{"virtual_alias_maps", "canonical_maps", "sender_canonical_maps", "recipient_canonical_maps", "alias_maps", "sender_bcc_maps", "recipient_bcc_maps"} {
		for _, table := range splitList(c.w.main[name]) {
			if _, err := c.tools.query(c.ctx, []string{table}, []string{"postseal-check@" + c.w.main["mydomain"]}); err != nil {
				c.fatal("main.cf: "+name, table+" does not answer ("+err.Error()+"), so every message is held up", "correct the table, or let the daemon's user read it")
			}
		}
	}
	c.ourDomains()
}

// ourDomains tells which domains of ours Postfix would not take mail for: what
// outsiders answer is handed to it for these.
func (c *checker) ourDomains() {
	if c.o.Inbound == "" {
		return
	}
	r := &resolution{ctx: c.ctx, ask: c.tools, set: &settings{}}
	var exact []string
	for _, name := range []string{"mydestination", "virtual_alias_domains", "virtual_mailbox_domains"} {
		exact = append(exact, splitList(c.w.main[name])...)
	}
	for _, domain := range c.o.Domains {
		if strings.HasPrefix(domain, "*.") || strings.HasPrefix(domain, ".") {
			continue
		}
		takes, err := r.inList(exact, domain, 0)
		// relay_domains covers what is below a domain too (parent_domain_matches_subdomains).
		for d, below := domain, true; err == nil && !takes && below; _, d, below = strings.Cut(d, ".") {
			takes, err = r.inList(splitList(c.w.main["relay_domains"]), d, 0)
		}
		if err == nil && !takes {
			c.note("main.cf: relay_domains", "Postfix takes no mail for "+domain+": answers of recipients to people there are refused", "list it in relay_domains, virtual_mailbox_domains or mydestination")
		}
	}
}
