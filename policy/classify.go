package policy

import (
	"iter"
	"net/netip"
	"strings"

	"github.com/postseal/postseal/addr"
)

// Inside tells whether an address is delivered inside as far as its spelling
// tells: its domain is ours, and its local part does not route it elsewhere
// (design: "Outbound"). What Postfix's maps make of it is asked by the milter.
func (f *File) Inside(a addr.Address) bool {
	if a.IsZero() || a.Routed() {
		return false
	}
	if _, ok := f.withoutSuffix(a); ok {
		return false
	}
	for _, d := range f.Organisation.Domains {
		if addr.MatchDomain(d, a.DomainKey()) {
			return true
		}
	}
	return false
}

// withoutSuffix gives where a mail to a secure address goes: name@firm.example
// for name@firm.example.SUFFIX.
func (f *File) withoutSuffix(a addr.Address) (addr.Address, bool) {
	if f.SecureSuffix == "" || a.IsZero() {
		return addr.Address{}, false
	}
	suffix, err := addr.DomainKey(strings.TrimPrefix(f.SecureSuffix, "."))
	if err != nil {
		return addr.Address{}, false
	}
	domain, ok := strings.CutSuffix(a.DomainKey(), "."+suffix)
	if !ok || !strings.Contains(domain, ".") {
		return addr.Address{}, false
	}
	short, err := addr.Parse(a.Local() + "@" + domain)
	return short, err == nil
}

// Classify gives the verdict: for each recipient the first matching rule
// decides, and with no match the message passes. Inside recipients pass.
func (f *File) Classify(m *Message) Verdict {
	v := &view{f: f, m: m, shown: f.senderShown(m)}
	verdict := Verdict{Shown: v.shown, Observe: f.Mode == Observe}
	for _, to := range m.Recipients {
		d := Decision{Recipient: to, Deliver: to, Profile: DefaultProfile}
		if short, ok := f.withoutSuffix(to); ok {
			d.Deliver = short
		}
		if d.Inside = f.Inside(to); d.Inside {
			d.Action = Pass
		} else {
			verdict.Outbound = true
		}
		verdict.Recipients = append(verdict.Recipients, d)
	}
	if !verdict.Outbound {
		return verdict
	}
	verdict.Marked = len(v.markFindings()) > 0
	for i := range verdict.Recipients {
		if !verdict.Recipients[i].Inside {
			v.decide(&verdict.Recipients[i], verdict.Marked)
		}
	}
	verdict.Notes = notes(verdict.Recipients)
	return verdict
}

// decide fills in the decision for an outside recipient.
func (v *view) decide(d *Decision, marked bool) {
	switch {
	case !v.f.mayGoOut(v):
		d.refuse("who may send", Finding{Where: "client", What: "neither signed in nor a listed network"},
			"This server takes mail for outside addresses only from people who have signed in and from our own machines.")
		return
	case marked && !v.mayUse(v.shown.Address):
		d.refuse("who may use the service", v.markFindings()[0], v.f.enableWords())
		return
	}
	rule, findings := v.firstRule(d.Deliver)
	if rule != nil {
		d.Rule, d.Findings = rule.Name, findings
		d.Action, d.Profile, d.Refusal = rule.Do.Action, or(rule.Profile, DefaultProfile), rule.Do.Text
	} else {
		d.Action = Pass
	}
	if d.Action == TLS && (v.m.TLSEnforced == nil || !v.m.TLSEnforced(d.Deliver)) {
		d.Action = Seal
		d.Findings = append(d.Findings, Finding{Rule: d.Rule, Where: "recipient", What: "TLS partner, but nothing proves that TLS is enforced; sealed"})
	}
	if !d.Deliver.Equal(d.Recipient) && d.Action != Refuse {
		d.Action, d.Rule = Seal, "secure address"
		d.Findings = append([]Finding{{Rule: d.Rule, Where: "recipient", What: "address ends in ." + strings.TrimPrefix(v.f.SecureSuffix, ".")}}, d.Findings...)
	}
}

func (d *Decision) refuse(rule string, f Finding, words string) {
	f.Rule = rule
	d.Action, d.Rule, d.Findings, d.Refusal = Refuse, rule, []Finding{f}, words
}

// firstRule gives the first rule that holds for a recipient, with what it
// found; nil when none does.
func (v *view) firstRule(to addr.Address) (*Rule, []Finding) {
	for r := range v.inOrder() {
		if findings, ok := v.holds(r, to); ok {
			return r, findings
		}
	}
	return nil, nil
}

// inOrder gives the rules in the order in which they are tried: the defaults
// about encryption, those of the file, the default about what cannot be read.
func (v *view) inOrder() iter.Seq[*Rule] {
	if v.defaults == nil {
		v.defaults = append(v.f.encryptedDefaults(), unreadableDefault)
	}
	last := len(v.defaults) - 1
	return func(yield func(*Rule) bool) {
		for _, rules := range [][]Rule{v.defaults[:last], v.f.Rules, v.defaults[last:]} {
			for i := range rules {
				if !yield(&rules[i]) {
					return
				}
			}
		}
	}
}

// holds tells whether all that a rule states is so, and what was found.
func (v *view) holds(r *Rule, to addr.Address) ([]Finding, bool) {
	found, missing := v.try(r, to)
	return found, missing == ""
}

// try gives what was found of all that a rule states, and what is missing: "to",
// "from", or the name of a condition; empty when all holds.
func (v *view) try(r *Rule, to addr.Address) (found []Finding, missing string) {
	if !r.To.IsEmpty() {
		if !r.To.covers(v.f, to) {
			return nil, "to"
		}
		found = append(found, Finding{Where: "recipient", What: "is listed in the rule"})
	}
	if !r.From.IsEmpty() {
		if !r.From.covers(v.f, v.shown.Address) {
			return found, "from"
		}
		found = append(found, Finding{Where: "sender", What: "is listed in the rule"})
	}
	for i := range r.If.all {
		more := v.once(&r.If.all[i], to)
		if len(more) == 0 {
			return found, r.If.all[i].kind.name
		}
		found = append(found, more...)
	}
	if len(found) == 0 {
		found = []Finding{{Where: "message", What: "every message"}}
	}
	named := make([]Finding, len(found)) // the answers of once are shared
	for i, f := range found {
		named[i] = f
		named[i].Rule = r.Name
	}
	return named, ""
}

// mayGoOut tells whether the client may send to the outside: signed in, handed
// in on this machine, in a listed network, or our part of a cloud service.
func (f *File) mayGoOut(v *view) bool {
	c := v.m.Client
	if c.Login != "" || c.Local || inNetworks(f.Outbound.Networks, c.IP) {
		return true
	}
	for _, t := range f.Outbound.Tenants {
		if inNetworks(t.Networks, c.IP) && t.Certificate != "" && strings.EqualFold(t.Certificate, c.CertName) && v.hasTenantHeader(t.Header) {
			return true
		}
	}
	return false
}

// hasTenantHeader wants the field exactly once: a second one may be what another
// customer of the same service put in. What stood in the body proves nothing.
func (v *view) hasTenantHeader(h TenantHeader) bool {
	count, right := 0, false
	for _, f := range v.m.Fields[:len(v.m.Fields)-v.m.stray] {
		if strings.EqualFold(f.Name, h.Name) {
			count++
			right = strings.EqualFold(strings.TrimSpace(unfold(bound(f.Value))), h.Value)
		}
	}
	return count == 1 && right && h.Value != ""
}

func inNetworks(all []Network, ip netip.Addr) bool {
	ip = ip.Unmap()
	for _, n := range all {
		if ip.IsValid() && n.Contains(ip) {
			return true
		}
	}
	return false
}

// mayUse tells whether the service is switched on for a sender: by the rules
// (BOP-25) or, where people do that, by herself (CYC-3).
func (v *view) mayUse(sender addr.Address) bool {
	return v.f.MayUse(sender, func() bool { return v.m.SwitchedOn != nil && v.m.SwitchedOn(sender) })
}

func (f *File) enableWords() string {
	return or(strings.TrimSpace(f.Senders.Refusal),
		"Secure mail is not switched on for you, so this marked message was not sent. Please ask your service desk to switch it on, then send it again.")
}

// notes gathers the words for the sender from what decided.
func notes(decisions []Decision) []string {
	var all []string
	for _, d := range decisions {
		for _, f := range d.Findings {
			if f.note != "" && d.Action == Seal {
				all = appendNew(all, f.note)
			}
		}
	}
	return all
}
