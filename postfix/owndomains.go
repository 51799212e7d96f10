package postfix

import (
	"context"
	"os"
	"slices"
	"strings"
)

// ownDomains gives those of the domains for which Postfix has another way of
// delivery than that for the outside, with the reason. It is stricter than
// Postfix: a "!" before an element is taken for nothing, and what is above a
// domain counts in every list.
func (p Proof) ownDomains(ctx context.Context, domains []string) map[string]Problem {
	own := map[string]Problem{}
	var keys []string
	for _, d := range domains {
		keys = append(keys, andAbove(d)...)
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	for _, name := range []string{"mydestination", "virtual_alias_domains", "virtual_mailbox_domains", "relay_domains"} {
		hit, err := p.listed(ctx, splitList(p.w.main[name]), keys)
		for _, d := range domains {
			if err != nil {
				own[d] = dead("main.cf: "+name, "a table or file cannot be asked ("+err.Error()+")", "correct it, or let the daemon's user read it").problem
			} else if slices.ContainsFunc(andAbove(d), func(k string) bool { return hit[k] }) {
				own[d] = dead("main.cf: "+name, "Postfix takes the partner for one of its own domains", "take it out there or off the TLS partners").problem
			}
		}
	}
	return own
}

// andAbove gives a domain and those it lies below.
func andAbove(domain string) []string {
	out := []string{domain}
	for {
		_, above, ok := strings.Cut(domain, ".")
		if !ok {
			return out
		}
		out, domain = append(out, above), above
	}
}

// listed gives the keys that a list of match_list(3) names, all asked at once.
func (p Proof) listed(ctx context.Context, list, keys []string) (map[string]bool, error) {
	hit := map[string]bool{}
	for _, element := range list {
		element, _ = strings.CutPrefix(element, "!")
		switch {
		case strings.HasPrefix(element, "/"):
			b, err := os.ReadFile(element)
			if err != nil {
				return nil, err
			}
			for _, name := range splitList(string(b)) {
				hit[strings.ToLower(name)] = true
			}
		case strings.Contains(element, ":") && !strings.HasPrefix(element, "["):
			found, err := p.ask.query(ctx, []string{element}, keys)
			if err != nil {
				return nil, err
			}
			for k := range found {
				hit[k] = true
			}
		default:
			hit[strings.ToLower(strings.TrimPrefix(element, "."))] = true
		}
	}
	return hit, nil
}
