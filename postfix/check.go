package postfix

import (
	"context"
	"path"
	"strconv"
	"strings"

	"github.com/postseal/postseal/addr"
)

// Problem is one line of check: what is wrong and why it matters, and what to do.
type Problem struct {
	Fatal   bool   // clear text could leave, or nothing can be sealed: do not start
	Setting string // the parameter or service: "main.cf: forward_path", "master.cf: submission/inet"
	What    string
	Do      string
}

// CheckOptions say what the wiring is compared with.
type CheckOptions struct {
	ConfigDir  string                  // empty: /etc/postfix
	CommandDir string                  // empty: /usr/sbin
	Milter     string                  // where our milter listens: "unix:/var/spool/postfix/postseal/milter.sock"
	Reentry    string                  // "127.0.0.1:10026"
	Inbound    string                  // "127.0.0.1:10027"; empty: not checked
	Inside     func(addr.Address) bool // is an address ours; must be set
	Domains    []string                // our domains, as the policy file names them
	Robot      string                  // where our LMTP server listens: "unix:/path" or "inet:host:port"; empty: not checked
	Service    []string                // domains of the service's own addresses
}

// Check compares Postfix's configuration with every rule the design rests on;
// it changes nothing. Run it as the daemon's user, who must be able to ask the
// maps. The error wraps ErrUnavailable when the configuration cannot be read.
func Check(ctx context.Context, o CheckOptions) ([]Problem, error) {
	t := newTools(o.ConfigDir, o.CommandDir, 0)
	w, err := readWiring(ctx, t)
	if err != nil {
		return nil, err
	}
	c := &checker{ctx: ctx, o: o, tools: t, w: w}
	c.guarded()
	c.unguarded()
	c.local()
	c.reentry()
	c.inbound()
	c.spelling()
	c.delivery()
	c.maps()
	c.robot()
	return c.problems, nil
}

type checker struct {
	ctx      context.Context
	o        CheckOptions
	tools    tools
	w        *wiring
	problems []Problem
}

func (c *checker) fatal(setting, what, do string) {
	c.problems = append(c.problems, Problem{Fatal: true, Setting: setting, What: what, Do: do})
}

func (c *checker) note(setting, what, do string) {
	c.problems = append(c.problems, Problem{Setting: setting, What: what, Do: do})
}

// ours gives our milter among those of a service, and its place in the list.
func (c *checker) ours(s service, parameter string) (milter, int) {
	for i, m := range milters(c.w.get(s, parameter)) {
		if sameSocket(c.w, s, m.address, c.o.Milter) {
			return m, i
		}
	}
	return milter{}, -1
}

// isPort tells whether a service is the listener at one of our two ports.
func isPort(s service, address string) bool {
	return address != "" && normalInet(s.name) == normalInet(address)
}

const applyHint = "run postseal-postfix apply (contrib/postfix)"

// guarded looks at the listeners that have our milter.
func (c *checker) guarded() {
	found := 0
	for _, s := range c.w.listeners() {
		m, place := c.ours(s, "smtpd_milters")
		if place < 0 || isPort(s, c.o.Reentry) {
			continue
		}
		found++
		at := "master.cf: " + s.id()
		if place > 0 {
			c.fatal(at, "another milter stands before ours: what it signs or scans is changed afterwards", "put $postseal_milter first in smtpd_milters")
		}
		if c.w.get(s, "smtpd_milter_maps") != "" {
			c.fatal(at, "smtpd_milter_maps can take the milter off for some clients", "add -o smtpd_milter_maps=")
		}
		if hasWord(c.w.get(s, "receive_override_options"), "no_milters") {
			c.fatal(at, "receive_override_options=no_milters turns the milter off", "take no_milters out")
		}
		if _, port := s.address(); (port == "smtp" || port == "25") && !s.loopback() {
			c.note(at, "the milter is on port 25: right only if the internet cannot reach this port", "give staff and inside servers a listener of their own and guard that")
		}
		c.milterSettings(at, s, m)
		c.macros(at, s)
	}
	if found == 0 {
		c.fatal("master.cf", "no listener has the milter at "+c.o.Milter+": nothing is ever sealed", applyHint+" with -g for the listener of staff")
	}
}

func (c *checker) milterSettings(at string, s service, m milter) {
	if action := m.get(c.w, s, "default_action", "milter_default_action"); action != "tempfail" {
		c.fatal(at, "when the daemon is away Postfix does \""+action+"\": clear text leaves, or mail is lost or lies in the open", "set default_action=tempfail for our milter")
	}
	if protocol := m.get(c.w, s, "protocol", "milter_protocol"); protocol != "6" {
		c.fatal(at, "milter protocol "+protocol+" does not carry header fields as they are", "set milter_protocol = 6")
	}
}

// macros looks for what the milter must be told: who signed in, with which
// certificate, under which queue id.
func (c *checker) macros(at string, s service) {
	for _, need := range [][2]string{{"milter_mail_macros", "{auth_authen}"}, {"milter_helo_macros", "{cert_subject}"}, {"milter_end_of_data_macros", "i"}} {
		name, macro := need[0], need[1]
		if !hasWord(c.w.get(s, name), macro) {
			c.fatal(at, name+" lacks "+macro+": the milter cannot tell who sends or what it is called", "put "+macro+" back into "+name)
		}
	}
}

// unguarded looks at the listeners that lack our milter: can anybody hand in
// mail for the world there?
func (c *checker) unguarded() {
	for _, s := range c.w.listeners() {
		if _, place := c.ours(s, "smtpd_milters"); place >= 0 || isPort(s, c.o.Reentry) || isPort(s, c.o.Inbound) {
			continue
		}
		at := "master.cf: " + s.id()
		switch _, port := s.address(); port {
		case "submission", "submissions", "smtps", "587", "465":
			c.fatal(at, "staff hand in mail here, and it is not looked at", applyHint+" with -g "+s.id())
			continue
		}
		if s.loopback() {
			continue // where a content filter hands mail back
		}
		restrictions := c.w.get(s, "smtpd_relay_restrictions") + " " + c.w.get(s, "smtpd_recipient_restrictions")
		for _, word := range []string{"permit_mynetworks", "permit_sasl_authenticated"} {
			if hasWord(restrictions, word) {
				c.note(at, word+" lets people send to the world through this listener, which is not looked at", "guard it with -g, or give it -o smtpd_relay_restrictions=reject_unauth_destination")
				break
			}
		}
	}
}

// local looks at what sendmail(1) hands in.
func (c *checker) local() {
	pickup := service{options: map[string]string{}}
	for _, s := range c.w.services {
		if s.command == "cleanup" && s.name == "cleanup" {
			pickup = s
		}
	}
	m, place := c.ours(pickup, "non_smtpd_milters")
	if place < 0 {
		c.fatal("main.cf: non_smtpd_milters", "what programs on this machine send, forwards of a mailbox server among it, is not looked at", applyHint)
		return
	}
	c.milterSettings("main.cf: non_smtpd_milters", pickup, m)
	if hasWord(c.w.main["receive_override_options"], "no_milters") {
		c.fatal("main.cf: receive_override_options", "no_milters turns the milter off", "take no_milters out")
	}
}

func hasWord(list, word string) bool {
	for _, w := range splitList(list) {
		if w == word {
			return true
		}
	}
	return false
}

func number(text string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

func cleanPath(p string) string { return path.Clean(p) }

// normalInet gives host:port in one spelling; "localhost" counts as 127.0.0.1.
func normalInet(address string) string {
	i := strings.LastIndexByte(address, ':')
	if i < 0 {
		return address
	}
	host := strings.Trim(address[:i], "[]")
	if host == "localhost" {
		host = "127.0.0.1"
	}
	return host + ":" + address[i+1:]
}
