package postfix

import (
	"context"
	"strings"
	"sync"

	"github.com/postseal/postseal/addr"
)

// way is how mail for a domain or an address leaves: the map that says its TLS
// policy, or why that is not known.
type way struct {
	table   string
	problem Problem
}

func dead(setting, what, do string) way {
	return way{problem: Problem{Fatal: true, Setting: setting, What: what, Do: do}}
}

// ways finds the ways of partners by their domains. Entries of transport_maps
// for one address are looked at when that is written to (wayOf).
func (p Proof) ways(ctx context.Context, partners []string) map[string]way {
	out := map[string]way{}
	maps := splitList(p.w.main["transport_maps"])
	var keys, hops []string
	for _, d := range partners {
		hops = append(hops, nextHopOf(d))
		keys = append(keys, p.domainKeys(nextHopOf(d))...)
	}
	found, err := p.transports(ctx, maps, nil, keys)
	own := p.ownDomains(ctx, hops)
	for _, d := range partners {
		if err != nil {
			out[d] = dead("main.cf: transport_maps", "a table does not answer ("+err.Error()+")", "correct the table, or let the daemon's user read it")
			continue
		}
		if problem, ok := own[nextHopOf(d)]; ok {
			out[d] = way{problem: problem}
			continue
		}
		out[d] = p.follow(nextHopOf(d), first(found, p.domainKeys(nextHopOf(d))))
	}
	return out
}

// wayOf finds the way of one address.
func (p Proof) wayOf(ctx context.Context, a addr.Address) way {
	if w, ok := p.cache.get(a.Key()); ok {
		return w
	}
	w := p.askWay(ctx, a)
	if ctx.Err() == nil {
		p.cache.put(a.Key(), w)
	}
	return w
}

func (p Proof) askWay(ctx context.Context, a addr.Address) way {
	maps := splitList(p.w.main["transport_maps"])
	s := &settings{delimiters: p.w.main["recipient_delimiter"], ownReq: p.w.main["owner_request_special"] != "no", doubleBounce: p.w.main["double_bounce_sender"]}
	whole := spellings(unquoted(a), "@"+a.DomainKey())
	keys := whole
	if base, ext := s.splitExtension(unquoted(a)); ext != "" {
		keys = append(keys, spellings(base, "@"+a.DomainKey())...)
	}
	keys = append(keys, p.domainKeys(a.DomainKey())...)
	found, err := p.transports(ctx, maps, whole, keys)
	if err != nil {
		return dead("main.cf: transport_maps", "a table does not answer", "")
	}
	if problem, ok := p.ownDomains(ctx, []string{a.DomainKey()})[a.DomainKey()]; ok {
		return way{problem: problem}
	}
	return p.follow(a.DomainKey(), first(found, keys))
}

// domainKeys gives what transport(5) is asked for a domain: it, what is above it,
// and "*".
func (p Proof) domainKeys(domain string) []string {
	keys := []string{domain}
	bare := hasWord(p.w.main["parent_domain_matches_subdomains"], "transport_maps")
	for {
		i := strings.IndexByte(domain, '.')
		if i < 0 {
			return append(keys, "*")
		}
		if bare {
			keys = append(keys, domain[i+1:])
		} else {
			keys = append(keys, domain[i:])
		}
		domain = domain[i+1:]
	}
}

func first(found map[string]string, keys []string) string {
	for _, k := range keys {
		if v := found[k]; v != "" {
			return v
		}
	}
	return ""
}

// transports asks transport_maps: tables of patterns for whole addresses and "*"
// only, the others for all keys.
func (p Proof) transports(ctx context.Context, maps, whole, keys []string) (map[string]string, error) {
	found := map[string]string{}
	var fixed []string
	for _, m := range maps {
		if !isPattern(m) {
			fixed = append(fixed, m)
		}
	}
	for _, q := range []struct{ maps, keys []string }{{fixed, keys}, {maps, append([]string{"*"}, whole...)}} {
		if len(q.maps) == 0 {
			continue
		}
		answers, err := p.ask.query(ctx, q.maps, q.keys)
		if err != nil {
			return nil, err
		}
		for k, v := range answers {
			found[k] = v
		}
	}
	return found, nil
}

// follow tells where mail for a domain goes, given its entry of transport_maps.
func (p Proof) follow(domain, entry string) way {
	transport, nextHop, _ := strings.Cut(entry, ":")
	if transport == "" && nextHop == "" { // none, or "what is usual"
		for _, name := range []string{"relayhost", "sender_dependent_relayhost_maps", "sender_dependent_default_transport_maps"} {
			if v := p.w.main[name]; v != "" && !(name == "sender_dependent_default_transport_maps" && onlyOursOut(v)) {
				return dead("main.cf: "+name, "mail goes by "+v+", and Postfix asks for the TLS policy of that host, not of the partner",
					"send the partner's mail direct (\""+domain+" smtp:\" in transport_maps), or seal it")
			}
		}
		transport, nextHop, _ = strings.Cut(p.w.main["default_transport"], ":")
	}
	if nextHop != "" && nextHop != domain {
		return dead("main.cf: transport_maps", "mail goes to "+nextHop+", and Postfix asks for the TLS policy of that host, not of the partner", "take the next hop out of transport_maps or default_transport")
	}
	return p.client(transport)
}

// client looks at the smtp(8) service that sends.
func (p Proof) client(transport string) way {
	s, ok := p.w.find(transport, "unix")
	if !ok || s.command != "smtp" {
		return dead("master.cf: "+transport+"/unix", "mail goes by another program than smtp(8)", "send the partner's mail by smtp")
	}
	at := "master.cf: " + s.id()
	maps := splitList(p.w.get(s, "smtp_tls_policy_maps"))
	switch {
	case len(maps) == 0 || !p.isOurMap(s, maps[0]):
		return dead("main.cf: smtp_tls_policy_maps", "its first table for "+s.id()+" is not ours", "run postseal-postfix apply -t (contrib/postfix), and take -o smtp_tls_policy_maps out of master.cf")
	case p.w.get(s, "smtp_fallback_relay") != "":
		return dead(at, "smtp_fallback_relay gets the message when TLS to the partner fails, without that policy", "take smtp_fallback_relay out")
	case p.w.get(s, "smtp_tls_CAfile") == "" && p.w.get(s, "smtp_tls_CApath") == "" && p.w.get(s, "tls_append_default_CA") != "yes":
		return dead("main.cf: smtp_tls_CAfile", "no authority is known, so that no certificate could be verified", "set smtp_tls_CAfile to your system's authorities")
	}
	return way{table: maps[0]}
}

// isOurMap tells whether a table is the one that our server answers.
func (p Proof) isOurMap(s service, table string) bool {
	rest, ok := strings.CutPrefix(table, "socketmap:")
	place, isOurs := strings.CutSuffix(rest, ":"+MapName)
	return ok && isOurs && sameSocket(p.w, s, place, p.o.Listen)
}

// routeCache keeps the ways of addresses as long as its proof lives.
type routeCache struct {
	mu   sync.Mutex
	ways map[string]way
}

func (c *routeCache) get(key string) (way, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w, ok := c.ways[key]
	return w, ok
}

func (c *routeCache) put(key string, w way) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ways == nil || len(c.ways) >= maxCached {
		c.ways = map[string]way{}
	}
	c.ways[key] = w
}
