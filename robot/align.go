package robot

import (
	"bytes"
	"context"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/emersion/go-msgauth/authres"
	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-msgauth/dmarc"
	"golang.org/x/net/publicsuffix"

	"github.com/postseal/postseal/addr"
)

// maxSignatures bounds the DKIM signatures verified of one mail: mail through a
// provider and a list has three.
const maxSignatures = 5

// maxSigned bounds the header of a mail whose signatures are looked at, in octets: a
// mail that three servers have signed and judged has twenty thousand.
const maxSigned = maxHeader

// Proof tells whether a mail is from the domain that its From names, as DMARC
// (RFC 7489 section 3.1) has it: by a DKIM signature, or by what the site's own
// Postfix wrote of its checks. The zero value believes valid signatures only.
type Proof struct {
	// AuthservIDs are the names under which the site's own servers write
	// Authentication-Results (RFC 8601); they must take such fields of others off.
	AuthservIDs []string
	// LookupTXT asks the DNS; nil: the system's resolver.
	LookupTXT func(ctx context.Context, domain string) ([]string, error)
}

// aligned is true only for a proof. The error is a DNS that does not answer, and
// temporary.
func (p Proof) aligned(ctx context.Context, m *Mail, author addr.Address) (bool, error) {
	domain := author.DomainKey()
	if domain == "" {
		return false, nil
	}
	if verdict, said := p.trusted(m, domain); said {
		return verdict, nil
	}
	if !m.headerWithin(maxSigned) {
		return false, nil // the verifier would read all of it into memory, in time that grows with its square
	}
	lookup := func(name string) ([]string, error) {
		if p.LookupTXT != nil {
			return p.LookupTXT(ctx, name)
		}
		return net.DefaultResolver.LookupTXT(ctx, name)
	}
	signed, err := dkim.VerifyWithOptions(m.raw.reader(), &dkim.VerifyOptions{LookupTXT: lookup, MaxVerifications: maxSignatures})
	if err != nil && len(signed) == 0 {
		return false, nil // a header that cannot be read proves nothing
	}
	var temporary error
	for _, s := range signed {
		if s.Err != nil {
			if dkim.IsTempFail(s.Err) {
				temporary = s.Err
			}
			continue
		}
		if names(s.HeaderKeys, "From") && sameOrganisation(s.Domain, domain) && p.strictEnough(lookup, s.Domain, domain) {
			return true, nil
		}
	}
	return false, temporary
}

// headerWithin tells whether the mail's own header ends within so many octets.
func (m *Mail) headerWithin(most int) bool {
	start, err := io.ReadAll(io.LimitReader(m.raw.reader(), int64(most)))
	if err != nil {
		return false
	}
	return len(start) < most || bytes.Contains(start, []byte("\n\r\n")) || bytes.Contains(start, []byte("\n\n"))
}

func names(fields []string, name string) bool {
	return slices.ContainsFunc(fields, func(f string) bool { return strings.EqualFold(strings.TrimSpace(f), name) })
}

// trusted reads what our own servers say; said is false when they say nothing
// about DMARC. Only the topmost field counts: the ones below may have come along.
func (p Proof) trusted(m *Mail, domain string) (aligned, said bool) {
	for _, value := range m.header.all("Authentication-Results") {
		id, results, err := authres.Parse(value)
		id, _, _ = strings.Cut(strings.TrimSpace(id), " ") // a version may follow
		if err != nil || !slices.ContainsFunc(p.AuthservIDs, func(own string) bool { return strings.EqualFold(own, id) }) {
			continue
		}
		for _, result := range results {
			if d, ok := result.(*authres.DMARCResult); ok {
				return d.Value == authres.ResultPass && strings.EqualFold(strings.TrimSuffix(d.From, "."), domain), true
			}
		}
		return false, false
	}
	return false, false
}

// sameOrganisation is relaxed alignment.
func sameOrganisation(a, b string) bool {
	a, b = strings.ToLower(strings.TrimSuffix(a, ".")), strings.ToLower(strings.TrimSuffix(b, "."))
	if a == b {
		return a != ""
	}
	orgA, errA := publicsuffix.EffectiveTLDPlusOne(a)
	orgB, errB := publicsuffix.EffectiveTLDPlusOne(b)
	return errA == nil && errB == nil && orgA == orgB
}

// strictEnough asks whether the author's domain wants the very same name.
func (p Proof) strictEnough(lookup func(string) ([]string, error), signer, domain string) bool {
	if strings.EqualFold(signer, domain) {
		return true
	}
	record, err := dmarc.LookupWithOptions(domain, &dmarc.LookupOptions{LookupTXT: lookup})
	if err != nil {
		if org, orgErr := publicsuffix.EffectiveTLDPlusOne(domain); orgErr == nil && org != domain {
			record, err = dmarc.LookupWithOptions(org, &dmarc.LookupOptions{LookupTXT: lookup})
		}
	}
	return err != nil || record.DKIMAlignment != dmarc.AlignmentStrict
}
