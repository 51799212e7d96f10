package postfix

import "strconv"

// A sealed message is at most half as big again as its original, and the page
// and header need less than 100 KB (measured with base64 inside quoted-printable).
const (
	innerFactorPercent = 150
	innerExtra         = 100_000
)

// emptied are the settings of the re-entry port's cleanup service that would
// change, copy or refuse a finished mail a second time.
var emptied = []string{
	"virtual_alias_maps", "canonical_maps", "sender_canonical_maps", "recipient_canonical_maps", "masquerade_domains",
	"always_bcc", "sender_bcc_maps", "recipient_bcc_maps", "header_checks", "mime_header_checks", "nested_header_checks", "body_checks",
}

// reentry looks at the port where finished mail comes back.
func (c *checker) reentry() {
	s, ok := c.port(c.o.Reentry, "re-entry port", "what is sealed has nowhere to go")
	if !ok {
		return
	}
	at := "master.cf: " + s.id()
	if _, place := c.ours(s, "smtpd_milters"); place >= 0 || c.w.get(s, "smtpd_milter_maps") != "" {
		c.fatal(at, "our own milter would look at our own mail again, for ever", "use -o smtpd_milters=$postseal_other_milters -o smtpd_milter_maps=")
	}
	if hasWord(c.w.get(s, "receive_override_options"), "no_milters") {
		c.fatal(at, "no_milters also turns off DKIM signing", "list the other milters in smtpd_milters instead")
	}
	c.otherMilters(at, s)
	if c.w.get(s, "smtpd_authorized_xforward_hosts") == "" {
		c.note(at, "XFORWARD is not allowed: the log will not say which message an envelope came from", "add -o smtpd_authorized_xforward_hosts=127.0.0.0/8,[::1]/128")
	}
	for _, word := range []string{"dsn", "smtputf8", "8bitmime"} {
		if hasWord(c.w.get(s, "smtpd_discard_ehlo_keywords"), word) {
			c.fatal(at, word+" is not offered, so wishes of the original get lost or its recipients refused", "add -o smtpd_discard_ehlo_keywords=")
		}
	}
	c.reentryCleanup(at, s)
}

// otherMilters compares the milters of the re-entry port with those that stand
// beside ours on guarded listeners: DKIM must sign here.
func (c *checker) otherMilters(at string, reentry service) {
	here := map[string]bool{}
	for _, m := range milters(c.w.get(reentry, "smtpd_milters")) {
		here[m.address] = true
	}
	for _, s := range c.w.listeners() {
		if _, place := c.ours(s, "smtpd_milters"); place < 0 {
			continue
		}
		for _, m := range milters(c.w.get(s, "smtpd_milters")) {
			if !here[m.address] && !sameSocket(c.w, s, m.address, c.o.Milter) {
				here[m.address] = true
				c.fatal(at, "the milter "+m.address+" of "+s.id()+" does not see sealed mail: DKIM would not sign it", "name it in $postseal_other_milters")
			}
		}
	}
}

func (c *checker) reentryCleanup(at string, s service) {
	name := c.w.get(s, "cleanup_service_name")
	if name == "cleanup" {
		c.fatal(at, "it shares the site's cleanup service: copies and aliases are made a second time", "add -o cleanup_service_name=postseal-cleanup")
		return
	}
	own, ok := c.w.find(name, "unix")
	if !ok || own.command != "cleanup" {
		c.fatal(at, "its cleanup service "+name+" does not exist", applyHint)
		return
	}
	for _, setting := range emptied {
		if v := c.w.get(own, setting); v != "" {
			c.fatal("master.cf: "+own.id(), setting+" would change, copy or refuse finished mail a second time", "add -o "+setting+"=")
		}
	}
	for _, limited := range []service{s, own} {
		c.size(limited)
	}
}

// size compares a service of the re-entry port with the greatest size that a
// guarded listener takes.
func (c *checker) size(inner service) {
	have := number(c.w.get(inner, "message_size_limit"))
	if have == 0 {
		return // no limit
	}
	for _, s := range c.w.listeners() {
		if _, place := c.ours(s, "smtpd_milters"); place < 0 {
			continue
		}
		outer := number(c.w.get(s, "message_size_limit"))
		need := outer*innerFactorPercent/100 + innerExtra
		if outer == 0 || have < need {
			c.fatal("master.cf: "+inner.id(), "message_size_limit is too small for what "+s.id()+" takes: big messages are refused for good after they were sealed",
				"set -o message_size_limit="+strconv.FormatInt(max(need, 0), 10)+" or more (0 for none)")
			return
		}
	}
}

// inbound looks at the port for what outsiders wrote to staff.
func (c *checker) inbound() {
	if c.o.Inbound == "" {
		return
	}
	s, ok := c.port(c.o.Inbound, "inbound port", "answers of recipients have nowhere to go")
	if !ok {
		return
	}
	at := "master.cf: " + s.id()
	if _, place := c.ours(s, "smtpd_milters"); place >= 0 {
		c.fatal(at, "our own milter would judge what outsiders wrote as if staff had", "leave our milter out of its smtpd_milters")
	}
	if hasWord(c.w.get(s, "smtpd_relay_restrictions"), "permit_mynetworks") || !hasWord(c.w.get(s, "smtpd_relay_restrictions"), "reject_unauth_destination") {
		c.fatal(at, "mail for the world is taken here, in clear", "set -o smtpd_relay_restrictions=reject_unauth_destination")
	}
}

// port finds the listener at one of our two ports.
func (c *checker) port(address, name, why string) (service, bool) {
	for _, s := range c.w.listeners() {
		if !isPort(s, address) {
			continue
		}
		if !s.loopback() {
			c.fatal("master.cf: "+s.id(), "the "+name+" can be reached from other machines, and asks nobody who he is", "bind it to 127.0.0.1")
		}
		return s, true
	}
	c.fatal("master.cf", "there is no "+name+" at "+address+": "+why, applyHint)
	return service{}, false
}
