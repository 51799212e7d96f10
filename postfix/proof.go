package postfix

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// probe stands below a domain whose subdomains are partners.
	probe = "postseal-check"
	// maxProved bounds the partners that are asked about: a list that is longer
	// would keep postmap busy for most of a minute. What stands behind is sealed.
	maxProved = 5000
)

// ProofOptions say what a proof is about.
type ProofOptions struct {
	ConfigDir  string           // empty: /etc/postfix
	CommandDir string           // empty: /usr/sbin
	Timeout    time.Duration    // of one call of a tool; 0: DefaultTimeout
	Listen     string           // where our TLSServer listens: "unix:/path" or "inet:host:port"
	Milter     string           // where our milter listens, as in CheckOptions
	Now        func() time.Time // nil: time.Now
}

// Proof tells for which partners Postfix really enforces TLS, as it was at one
// time. It says so only where all of this holds: mail for the domain goes to the
// domain itself, by an smtp(8) service whose first smtp_tls_policy_maps is ours;
// that map answers "secure"; and nothing on the way (a filter, a fallback relay)
// gets the message outside that policy.
type Proof struct {
	At       time.Time
	Lifetime time.Duration      // maximal_queue_lifetime; 0: not known
	Domains  map[string]Problem // by partner, as in policy.File.TLSPartners; What is empty for one that is proved

	stamp string
	w     *wiring
	ask   tools
	cache *routeCache
	o     ProofOptions
}

// Problems gives what keeps partners from being proved, each once, in words for
// an operator.
func (p Proof) Problems() []Problem {
	of := map[Problem][]string{}
	var order []Problem
	for _, d := range sortedKeys(p.Domains) {
		problem := p.Domains[d]
		if problem.What == "" {
			continue
		}
		if of[problem] == nil {
			order = append(order, problem)
		}
		of[problem] = append(of[problem], d)
	}
	for i, problem := range order {
		order[i].What = problem.What + "; so mail for " + some(of[problem]) + " is sealed, not sent by TLS"
	}
	return order
}

// some names the first few of a list.
func some(list []string) string {
	const shown = 3
	if len(list) <= shown {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:shown], ", "), len(list)-shown)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Prove asks Postfix's tools about partners. It changes nothing; whatever it
// cannot find out counts as not proved.
func Prove(ctx context.Context, o ProofOptions, partners []string) Proof {
	if o.Now == nil {
		o.Now = time.Now
	}
	p := Proof{At: o.Now(), Domains: map[string]Problem{}, o: o, cache: &routeCache{}}
	p.ask = newTools(o.ConfigDir, o.CommandDir, o.Timeout)
	p.stamp = p.stampNow()
	w, err := readWiring(ctx, p.ask)
	if err != nil {
		return p.failAll(partners, Problem{Setting: "main.cf", What: "Postfix cannot be asked (" + err.Error() + ")", Do: "let the daemon's user read Postfix's configuration"})
	}
	p.w = w
	p.ask.dir = w.main["queue_directory"]
	p.Lifetime = postfixTime(w.main["maximal_queue_lifetime"], 24*time.Hour)
	if problem := p.filters(); problem.What != "" {
		return p.failAll(partners, problem)
	}
	if len(partners) > maxProved {
		p.failAll(partners[maxProved:], Problem{Setting: "rules", What: fmt.Sprintf("there are more than %d TLS partners", maxProved), Do: "use *.domain for the many of one family"})
		partners = partners[:maxProved]
	}
	p.proveEach(ctx, partners)
	return p
}

func (p Proof) failAll(partners []string, problem Problem) Proof {
	problem.Fatal = true
	for _, d := range partners {
		p.Domains[d] = problem
	}
	return p
}

// proveEach finds each partner's way, then asks the maps of these ways.
func (p Proof) proveEach(ctx context.Context, partners []string) {
	waiting := map[string][]string{} // map -> partners
	ways := p.ways(ctx, partners)
	for _, d := range partners {
		problem := ways[d].problem
		if problem.What == "" {
			waiting[ways[d].table] = append(waiting[ways[d].table], d)
		}
		p.Domains[d] = problem
	}
	for table, domains := range waiting {
		var keys []string
		for _, d := range domains {
			keys = append(keys, nextHopOf(d))
		}
		answers, err := p.ask.query(ctx, []string{table}, keys)
		for _, d := range domains {
			answer := answers[nextHopOf(d)]
			switch {
			case err != nil:
				p.Domains[d] = Problem{Fatal: true, Setting: "main.cf: smtp_tls_policy_maps", What: table + " does not answer (" + err.Error() + ")", Do: "start the daemon, and let the users of both sides reach the socket"}
			case answer != "secure" && !strings.HasPrefix(answer, "secure "):
				p.Domains[d] = Problem{Fatal: true, Setting: "main.cf: smtp_tls_policy_maps", What: table + " does not answer \"secure\"", Do: "reload the daemon, and look whether another one listens there"}
			}
		}
	}
}

// nextHopOf gives a next hop that a partner stands for.
func nextHopOf(partner string) string {
	if strings.HasPrefix(partner, ".") {
		return probe + partner
	}
	return partner
}

// filters looks for a content filter behind the milter: it gets the message
// before the TLS policy does, and where it hands it to is not known.
func (p Proof) filters() Problem {
	c := &checker{o: CheckOptions{Milter: p.o.Milter}, w: p.w}
	for _, s := range p.w.services {
		_, at := c.ours(s, "smtpd_milters")
		guarded := s.command == "smtpd" && at >= 0 || s.command == "pickup"
		if guarded && p.w.get(s, "content_filter") != "" {
			return Problem{Setting: "master.cf: " + s.id(), What: "content_filter gets the message first, and what it does with it cannot be proved", Do: "filter by a milter, or seal for these partners"}
		}
	}
	return Problem{}
}

// stampNow changes whenever main.cf or master.cf does; empty when that cannot be
// told.
func (p Proof) stampNow() string {
	var all []string
	for _, name := range []string{"main.cf", "master.cf"} {
		s, err := fileStamp(filepath.Join(p.ask.configDir, name))
		if err != nil {
			return ""
		}
		all = append(all, s)
	}
	return strings.Join(all, "/")
}

// postfixTime reads a time of postconf(5): a number with s, m, h, d or w; 0 for
// what is none.
func postfixTime(text string, unit time.Duration) time.Duration {
	if text == "" {
		return 0
	}
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	if u, ok := units[text[len(text)-1]]; ok {
		text, unit = text[:len(text)-1], u
	}
	n := number(text)
	if n < 0 || n > int64(100*365*24*time.Hour/unit) {
		return 0
	}
	return time.Duration(n) * unit
}
