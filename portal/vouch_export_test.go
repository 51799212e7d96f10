package portal

import (
	"encoding/json"
	"errors"
)

// Vouches tells what a provider's claims are worth.
func Vouches(p *Provider, raw []byte) string {
	var c claims
	if err := json.Unmarshal(raw, &c); err != nil {
		return "unread"
	}
	switch _, err := p.vouches(c); {
	case errors.Is(err, errForeign):
		return "foreign"
	case err != nil:
		return "unverified"
	}
	return "yes"
}
