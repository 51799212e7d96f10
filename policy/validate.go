package policy

import (
	"errors"
	"fmt"
	"strings"

	"github.com/postseal/postseal/addr"
)

// Problem is one thing that is wrong in a File.
type Problem struct {
	Path string // where, as keys and indexes from the top: "rules.2.profile"
	What string // in words, with the rule's name
}

// Error gives path and words.
func (p *Problem) Error() string { return p.Path + ": " + p.What }

// problems gathers what is wrong.
type problems struct{ all []error }

func (p *problems) add(path, format string, args ...any) {
	p.all = append(p.all, &Problem{path, fmt.Sprintf(format, args...)})
}

// Validate finds what the decoder could not: all problems joined, each a
// *Problem.
func (f *File) Validate() error {
	p := &problems{}
	f.validateOrganisation(p)
	f.validatePartners(p)
	f.validateOutbound(p)
	f.validateSenders(p)
	f.validateLabels(p)
	if len(f.Rules) == 0 {
		p.add("rules", "is missing: nothing would ever be sealed")
	}
	names := map[string]bool{}
	for i := range f.Rules {
		f.validateRule(p, i, names)
	}
	for name, profile := range f.Profiles {
		profile.over(f.Profile(DefaultProfile)).validate(p, "profiles."+name, name)
	}
	return errors.Join(p.all...)
}

func (f *File) validateOrganisation(p *problems) {
	switch f.Mode {
	case "", Enforce, Observe:
	default:
		p.add("mode", "is enforce or observe")
	}
	if strings.TrimSpace(f.Organisation.Name) == "" {
		p.add("organisation.name", "is missing: the organisation's name as people know it")
	}
	if len(f.Organisation.Domains) == 0 {
		p.add("organisation.domains", "is missing: without our own mail domains nobody is inside")
	}
	for i, d := range f.Organisation.Domains {
		bare := strings.TrimPrefix(strings.TrimPrefix(d, "*"), ".")
		if _, err := addr.DomainKey(bare); err != nil || !strings.Contains(bare, ".") || strings.Contains(bare, "*") {
			p.add(fmt.Sprintf("organisation.domains.%d", i), "wants a domain such as example.gov.uk, or *.example.gov.uk for all below it")
		}
	}
	if f.SecureSuffix == "" {
		return
	}
	if _, err := addr.DomainKey(strings.TrimPrefix(f.SecureSuffix, ".")); err != nil {
		p.add("secure_suffix", "wants a domain, such as secure.example")
	}
}

func (f *File) validateOutbound(p *problems) {
	networks := func(path string, all []Network) {
		for i, n := range all {
			if n.Bits() == 0 {
				p.add(fmt.Sprintf("%s.%d", path, i), "covers the whole world, so that anybody could send in your name")
			}
		}
	}
	networks("outbound.networks", f.Outbound.Networks)
	for i, t := range f.Outbound.Tenants {
		path := fmt.Sprintf("outbound.tenants.%d", i)
		networks(path+".networks", t.Networks)
		if len(t.Networks) == 0 || t.Certificate == "" || t.Header.Value == "" || !isFieldName(t.Header.Name) {
			p.add(path, "tenant %q wants networks, certificate and header: others share each of them, only all three are ours", t.Name)
		}
	}
}

func (f *File) validateSenders(p *problems) {
	f.validateLists(p, "senders.only", "senders", f.Senders.Only)
	if f.Senders.Only.IsEmpty() && !f.Senders.Enable && f.Senders.Refusal != "" {
		p.add("senders.refusal", "does nothing without senders.only or senders.enable")
	}
	for i, s := range f.Senders.SendAs {
		path := fmt.Sprintf("senders.send_as.%d", i)
		if len(s.Who) == 0 || s.As.IsEmpty() {
			p.add(path, "wants who (login names or addresses) and as (addresses or domains)")
		}
		f.validateLists(p, path+".as", "send_as", s.As)
	}
}

func (f *File) validateLabels(p *problems) {
	for i, h := range f.Labels.Headers {
		if !isFieldName(h) {
			p.add(fmt.Sprintf("labels.headers.%d", i), "wants the name of a header field, without colon")
		}
	}
	for id, name := range f.Labels.GUIDs {
		if !isGUID(id) || strings.TrimSpace(name) == "" {
			p.add("labels.guids."+id, "wants a label id such as 01234567-89ab-cdef-0123-456789abcdef, and its name")
		}
	}
}

func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (s[i] == '-') || !dash && unhex(s[i]) < 0 {
			return false
		}
	}
	return true
}

func (f *File) validateRule(p *problems, i int, names map[string]bool) {
	r := &f.Rules[i]
	path := fmt.Sprintf("rules.%d", i)
	switch {
	case strings.TrimSpace(r.Name) == "":
		p.add(path, "rule %d has no name; the sender is shown it as the reason", i+1)
	case names[r.Name]:
		p.add(path+".name", "a second rule is named %q", r.Name)
	}
	names[r.Name] = true
	if !r.Do.given {
		p.add(path, "rule %q does not say what to do: seal, pass, tls or {refuse: words}", r.Name)
	}
	if _, ok := f.Profiles[r.Profile]; !ok && r.Profile != "" && r.Profile != DefaultProfile {
		p.add(path+".profile", "rule %q: there is no profile %q", r.Name, r.Profile)
	}
	if r.Profile != "" && (r.Do.Action == Pass || r.Do.Action == Refuse) {
		p.add(path+".profile", "rule %q does not seal, so that its profile would do nothing", r.Name)
	}
	where := fmt.Sprintf("rule %q", r.Name)
	f.validateLists(p, path+".to", where, r.To)
	f.validateLists(p, path+".from", where, r.From)
	for _, s := range r.If.all {
		if l, ok := s.is.(listed); ok {
			f.validateLists(p, path+".if."+s.kind.name, where, l.patterns())
		}
	}
	if r.Do.Action == TLS {
		f.validateTLS(p, path, r)
	}
}

func (f *File) validateLists(p *problems, path, where string, set Patterns) {
	for _, n := range set.lists {
		if l, ok := f.Lists[n.name]; !ok || l.isEmpty() {
			p.add(path, "%s: there is no list %q, or nothing is in it", where, n.name)
		}
	}
}

// validateTLS wants partners by domain, none of them a consumer service (SCC-17).
func (f *File) validateTLS(p *problems, path string, r *Rule) {
	if r.To.IsEmpty() {
		p.add(path, "rule %q: tls wants to: with the partners' domains", r.Name)
	}
	lists := []List{r.To.set}
	for _, n := range r.To.lists {
		lists = append(lists, f.Lists[n.name])
	}
	for _, l := range lists {
		if len(l.addresses) > 0 {
			p.add(path+".to", "rule %q: a TLS partner is a domain, not a single address", r.Name)
		}
		for d := range l.domains {
			if isConsumer(d, false) {
				p.add(path+".to", "rule %q: %s is a consumer mail service and cannot be a TLS partner", r.Name, d)
			}
		}
		for d := range l.suffixes {
			if isConsumer(d, true) {
				p.add(path+".to", "rule %q: *.%s covers consumer mail services, which cannot be TLS partners", r.Name, d)
			}
		}
	}
}

// maxShownName bounds a name that mails and pages show (octets): longer ones are
// cut by the programs that show them.
const maxShownName = 200

func (r Profile) validate(p *problems, path, name string) {
	for i, s := range r.SignIn {
		if s != "code" && s != "password" && s != "oidc" && s != "passkey" {
			p.add(fmt.Sprintf("%s.sign_in.%d", path, i), "profile %q: sign_in is code, password, oidc or passkey, or several of them", name)
		}
	}
	if r.Reply != "sender" && r.Reply != "domains" && r.Reply != "all" {
		p.add(path+".reply", "profile %q: reply is sender, domains or all", name)
	}
	if r.Form != "classic" && r.Form != "passive" {
		p.add(path+".form", "profile %q: form is classic or passive", name)
	}
	if r.Subject != "keep" && r.Subject != "hide" {
		p.add(path+".subject", "profile %q: subject is keep or hide", name)
	}
	for domain := range r.AttachFor {
		if key, err := addr.DomainKey(domain); err != nil || key != domain {
			p.add(path+".attach_up_to_for", "profile %q: %q is not a domain as it is written, in small letters", name, domain)
		}
	}
	if r.Link > r.Expires {
		p.add(path+".link", "profile %q: the link would outlive the message (expires: %s)", name, r.Expires)
	}
	if undo := r.UndoWindow.Std(); undo > longestUndo || undo >= r.Expires.Std() {
		p.add(path+".undo_window", "profile %q: nobody could open the message for too long; at most a day, and less than expires", name)
	}
	for _, s := range []string{r.Marking, r.Banner, r.Organisation, r.SenderName} {
		if strings.ContainsAny(s, "\r\n") {
			p.add(path, "profile %q: marking, banner, organisation and sender_name are one line each", name)
		}
	}
	if len(r.Organisation) > maxShownName || len(r.SenderName) > maxShownName {
		p.add(path, "profile %q: organisation and sender_name have at most %d octets", name, maxShownName)
	}
	if strings.Contains(r.SenderName, "@") { // one address that looks like another
		p.add(path+".sender_name", "profile %q: sender_name is a name, not an address", name)
	}
}
