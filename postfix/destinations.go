package postfix

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
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

// Defaults and bounds.
const (
	// DefaultCacheFor is how long an answer is believed: short, since an operator
	// who changes a map expects it to count at once, long enough for the many
	// messages of one mail-out.
	DefaultCacheFor = 30 * time.Second
	// DefaultTimeout of one call of a tool: an LDAP server that takes longer is
	// as good as away, and the client still waits.
	DefaultTimeout = 10 * time.Second
	// maxDepth bounds how often a result may be forwarded again. Postfix ends
	// loops by a Delivered-To field, so a longer honest chain is not to be met.
	maxDepth = 20
	// maxResults bounds what one address may expand to: Postfix's own default
	// for virtual_alias_expansion_limit.
	maxResults = 1000
	// maxCached bounds the cache's entries; a full cache starts anew.
	maxCached = 10_000
	// maxTools bounds how many tools run at once.
	maxTools = 4
)

// Options say which Postfix is asked, and how.
type Options struct {
	ConfigDir  string           // where main.cf lies; empty: /etc/postfix
	CommandDir string           // where postconf and postmap lie; empty: /usr/sbin
	CacheFor   time.Duration    // how long an answer is believed; 0: DefaultCacheFor
	Timeout    time.Duration    // of one call of postmap or postconf; 0: DefaultTimeout
	Now        func() time.Time // clock of the cache; nil: time.Now
}

// Destinations tells what Postfix will do with an address. It may be used by
// many goroutines.
type Destinations struct {
	tools    tools
	cacheFor time.Duration
	now      func() time.Time

	mu       sync.Mutex // guards the rest
	settings *settings
	stamp    string // of the files that settings were read from
	cache    map[string]cached
}

type cached struct {
	until  time.Time
	result []addr.Address
}

// New reads the settings once; the error wraps ErrUnavailable. They are read
// again whenever main.cf has changed.
func New(o Options) (*Destinations, error) {
	d := &Destinations{tools: newTools(o.ConfigDir, o.CommandDir, o.Timeout), cacheFor: o.CacheFor, now: o.Now}
	if d.cacheFor == 0 {
		d.cacheFor = DefaultCacheFor
	}
	if d.now == nil {
		d.now = time.Now
	}
	if _, err := d.current(context.Background()); err != nil {
		return nil, err
	}
	return d, nil
}

// current gives the settings, read anew when main.cf has changed. A change also
// empties the cache.
func (d *Destinations) current(ctx context.Context) (*settings, error) {
	stamp, err := fileStamp(filepath.Join(d.tools.configDir, "main.cf"))
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.settings != nil && stamp == d.stamp {
		return d.settings, nil
	}
	s, err := readSettings(ctx, d.tools)
	if err != nil {
		return nil, err
	}
	d.settings, d.stamp, d.cache = s, stamp, map[string]cached{}
	return s, nil
}

// Resolve gives the final addresses that an RCPT address expands to: by
// recipient_canonical_maps and canonical_maps, virtual_alias_maps, and for a
// domain of mydestination alias_maps, over and over as Postfix does. Members
// that are a command or a file count as delivered inside: they stand as the
// address that led to them. A result of a alone means that nothing expands.
//
// What a local part with %, ! or @ leads to is not asked here (addr.Routed).
// That transport_maps sends a domain of mydestination elsewhere, past its
// aliases, is not looked at: the result then names members who get nothing.
//
// Errors wrap ErrUnavailable or ErrUnknowable.
func (d *Destinations) Resolve(ctx context.Context, a addr.Address) ([]addr.Address, error) {
	return d.cached(ctx, "rcpt "+a.String(), func(s *settings) ([]addr.Address, error) {
		r := &resolution{ctx: ctx, set: s, ask: d.tools, seen: map[string]bool{}}
		if err := r.enter(a, 0); err != nil {
			return nil, err
		}
		return r.final, nil
	})
}

// Copies gives the addresses that Postfix adds on its own for this sender and
// these recipients, resolved: always_bcc, sender_bcc_maps and
// recipient_bcc_maps. Errors as with Resolve.
func (d *Destinations) Copies(ctx context.Context, sender addr.Address, rcpts []addr.Address) ([]addr.Address, error) {
	s, err := d.current(ctx)
	if err != nil {
		return nil, err
	}
	var out []addr.Address
	seen := map[string]bool{}
	add := func(list []addr.Address, err error) error {
		for _, a := range list {
			if !seen[a.Key()] {
				seen[a.Key()] = true
				out = append(out, a)
			}
		}
		return err
	}
	if s.alwaysBcc != "" {
		if err := add(d.copiesOf(ctx, "always", addr.Address{})); err != nil {
			return nil, err
		}
	}
	if !sender.IsZero() && len(s.senderBcc) > 0 {
		if err := add(d.copiesOf(ctx, "sender", sender)); err != nil {
			return nil, err
		}
	}
	for _, a := range rcpts {
		if len(s.recipientBcc) == 0 {
			break
		}
		if err := add(d.copiesOf(ctx, "recipient", a)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// copiesOf asks one of the three sources of copies for one address.
func (d *Destinations) copiesOf(ctx context.Context, source string, a addr.Address) ([]addr.Address, error) {
	return d.cached(ctx, "bcc "+source+" "+a.String(), func(s *settings) ([]addr.Address, error) {
		r := &resolution{ctx: ctx, set: s, ask: d.tools, seen: map[string]bool{}}
		copies := []string{s.alwaysBcc}
		if source != "always" {
			maps, canonical := s.senderBcc, s.senderCanonical
			if source == "recipient" {
				maps, canonical = s.recipientBcc, s.recipientCanonical
			}
			a, err := r.canonical(canonical, a)
			if err != nil {
				return nil, err
			}
			answer, _, err := r.lookup(maps, a)
			if err != nil {
				return nil, err
			}
			copies = splitMembers(answer)
		}
		for _, c := range copies {
			to, err := s.complete(c)
			if err != nil {
				return nil, err
			}
			if err := r.virtual(to, 0); err != nil { // copies meet no canonical map
				return nil, err
			}
		}
		return r.final, nil
	})
}

// cached answers from the cache or asks find and keeps its answer. Errors are
// not kept: a retry shall find a map that is back.
func (d *Destinations) cached(ctx context.Context, key string, find func(*settings) ([]addr.Address, error)) ([]addr.Address, error) {
	s, err := d.current(ctx)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	c, ok := d.cache[key]
	d.mu.Unlock()
	if ok && d.now().Before(c.until) {
		return c.result, nil
	}
	result, err := find(s)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.cache) >= maxCached {
		d.cache = map[string]cached{}
	}
	if s == d.settings { // not when main.cf changed meanwhile
		d.cache[key] = cached{until: d.now().Add(d.cacheFor), result: result}
	}
	return result, nil
}

// complete makes an address of a map's result as trivial-rewrite(8) does: a bare
// name gets @myorigin, a bare host .mydomain.
func (s *settings) complete(text string) (addr.Address, error) {
	text = strings.TrimSpace(text)
	if !strings.Contains(text, "@") {
		text += "@" + s.myorigin
	} else if i := strings.LastIndexByte(text, '@'); s.appendDot && !strings.Contains(text[i+1:], ".") && !strings.HasPrefix(text[i+1:], "[") {
		text += "." + s.mydomain
	}
	a, err := addr.Parse(text)
	if err != nil {
		return a, fmt.Errorf("%w: a map gives something that is not an address", ErrUnknowable)
	}
	return a, nil
}
