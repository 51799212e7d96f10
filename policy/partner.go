package policy

import (
	"errors"
	"strings"

	"github.com/postseal/postseal/addr"
)

// Why a domain can be no TLS partner.
var (
	ErrNoDomain = errors.New("policy: not a domain, such as surgery.example")
	ErrConsumer = errors.New("policy: a consumer mail service cannot be a TLS partner")
)

// TLSPartner gives a domain that somebody typed in comparison form, if it can be
// made a TLS partner: one domain, not all below it, and no mail service for the
// public (SCC-17). ErrNoDomain, ErrConsumer.
func TLSPartner(typed string) (string, error) {
	d, err := addr.DomainKey(strings.TrimSpace(typed))
	if err != nil || !strings.Contains(d, ".") || strings.ContainsAny(d, "*[]# \t") {
		return "", ErrNoDomain
	}
	if isConsumer(d, false) {
		return "", ErrConsumer
	}
	return d, nil
}
