package postfix

import (
	"context"
	"errors"
	"time"

	"github.com/postseal/postseal/addr"
)

var (
	// ErrUnavailable says that Postfix's tools or one of its maps did not
	// answer. It is temporary: the milter answers 451.
	ErrUnavailable = errors.New("postfix: an address map does not answer")
	// ErrUnknowable says that what becomes of an address cannot be found out: an
	// unreadable :include: file, a result that is no address, an expansion
	// without end.
	ErrUnknowable = errors.New("postfix: what becomes of an address cannot be found out")
)

// Options say which Postfix is asked, and how.
type Options struct {
	ConfigDir  string           // where main.cf lies; empty: /etc/postfix
	CommandDir string           // where postconf and postmap lie; empty: /usr/sbin
	CacheFor   time.Duration    // how long an answer is believed; 0: DefaultCacheFor
	Timeout    time.Duration    // of one call of postmap or postconf; 0: DefaultTimeout
	Now        func() time.Time // clock of the cache; nil: time.Now
}

// Destinations tells what Postfix will do with an address.
type Destinations struct{}

// New reads the settings once; the error wraps ErrUnavailable.
func New(o Options) (*Destinations, error) { return nil, ErrUnavailable }

// Resolve gives the final addresses an RCPT address expands to.
func (d *Destinations) Resolve(ctx context.Context, a addr.Address) ([]addr.Address, error) {
	return nil, ErrUnavailable
}

// Copies gives the addresses that Postfix adds on its own for this sender and
// these recipients.
func (d *Destinations) Copies(ctx context.Context, sender addr.Address, rcpts []addr.Address) ([]addr.Address, error) {
	return nil, ErrUnavailable
}
