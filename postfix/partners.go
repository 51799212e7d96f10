package postfix

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/postseal/postseal/addr"
)

const (
	// securePolicy is what Postfix is told for a partner: TLS with a certificate
	// that a known authority gave to the next hop's own name (postconf(5),
	// smtp_tls_policy_maps). The name comes from the address, never from DNS.
	securePolicy = "secure match=nexthop"
	// lifetimeMargin is added to the queue's lifetime: Postfix looks at a message
	// that is just too old once more, and clocks are set.
	lifetimeMargin = 24 * time.Hour
	// maxPartnersFile bounds the state file: the whole configuration is at most
	// 4 MB, and this is ten times the domains that fit into it.
	maxPartnersFile = 40 << 20
)

// ErrPartners says that the file of TLS partners cannot be read or written.
var ErrPartners = errors.New("postfix: the file of TLS partners")

// Partners knows for which domains Postfix has to enforce TLS: the TLS partners
// of the rules, and those that were taken off the rules less than a queue's
// lifetime ago, since mail that left in clear for them may still be on its way.
// It keeps them in a file, so that a restart forgets nothing. It may be used by
// many goroutines.
type Partners struct {
	path string
	now  func() time.Time

	mu       sync.Mutex // guards the rest
	current  map[string]bool
	known    map[string]partner
	loaded   bool          // known holds what the file held
	saved    bool          // the file holds known, and known holds current
	changed  bool          // known holds what the file does not
	lifetime time.Duration // of the queue; 0: not known yet, nothing is forgotten
}

// partner is one entry of the file, under "partner.example" or, for all domains
// below one, ".partner.example".
type partner struct {
	Removed *time.Time `json:"removed,omitempty"` // when it was first missed in the rules; nil: it is in them
}

type partnersFile struct {
	Version  int                `json:"version"`
	Partners map[string]partner `json:"partners"`
}

// NewPartners makes Partners that are kept in a file; a nil now is time.Now.
// Nothing is read before the first Update.
func NewPartners(path string, now func() time.Time) *Partners {
	if now == nil {
		now = time.Now
	}
	return &Partners{path: path, now: now}
}

// CheckPartners tells whether the file can be read; one that is not there yet is
// right. The error wraps ErrPartners.
func CheckPartners(path string) error {
	_, err := readPartners(path)
	return err
}

// Update takes over the domains of new rules (policy.File.TLSPartners). The error
// wraps ErrPartners: the old file could not be read, and every other domain is
// answered with an error since it may be one that was taken off; or the new one
// could not be written, and no domain counts as a partner (Current), since its
// end could be forgotten. Call it again to try again.
func (p *Partners) Update(domains []string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.current = map[string]bool{}
	for _, d := range domains {
		p.current[d] = true
	}
	p.saved = false
	if !p.loaded {
		known, err := readPartners(p.path)
		if err != nil {
			return err
		}
		p.known, p.loaded = known, true
	}
	p.merge()
	if p.changed {
		if err := writePartners(p.path, p.known); err != nil {
			return err
		}
		p.changed = false
	}
	p.saved = true
	return nil
}

// merge brings known up to current.
func (p *Partners) merge() {
	now := p.now()
	for d, e := range p.known {
		switch {
		case p.current[d]:
		case e.Removed == nil:
			p.known[d], p.changed = partner{Removed: &now}, true
		case p.over(e):
			delete(p.known, d)
			p.changed = true
		}
	}
	for d := range p.current {
		if e, ok := p.known[d]; !ok || e.Removed != nil {
			p.known[d], p.changed = partner{}, true
		}
	}
}

// SetLifetime says how long a message may stay in Postfix's queue.
func (p *Partners) SetLifetime(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lifetime = d
}

// over tells whether no mail of the time before a removal can be left.
func (p *Partners) over(e partner) bool {
	return e.Removed != nil && p.lifetime > 0 && p.now().Sub(*e.Removed) > p.lifetime+lifetimeMargin
}

// Current tells whether a domain, in comparison form, is a partner by the rules
// of now and its entry is safely kept.
func (p *Partners) Current(domain string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.saved && anyCovering(domain, func(d string) bool { return p.current[d] })
}

// Policy gives the TLS policy for a next hop as Postfix spells it, empty when
// there is none. Literal next hops ("[gateway]:25") have none: they are never
// the domain of an address. The error wraps ErrPartners.
func (p *Partners) Policy(nextHop string) (string, error) {
	bare, below := strings.CutPrefix(nextHop, ".")
	domain, err := addr.DomainKey(bare)
	if err != nil || strings.HasPrefix(domain, "[") {
		return "", nil
	}
	if below {
		domain = "." + domain
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if anyCovering(domain, func(d string) bool { return p.current[d] }) {
		return securePolicy, nil
	}
	if !p.loaded {
		return "", fmt.Errorf("%w: was not read", ErrPartners)
	}
	if anyCovering(domain, func(d string) bool { e, ok := p.known[d]; return ok && !p.over(e) }) {
		return securePolicy, nil
	}
	return "", nil
}

// anyCovering asks for a domain and for all that may stand for what is below one.
func anyCovering(domain string, has func(string) bool) bool {
	if has(domain) {
		return true
	}
	for {
		i := strings.IndexByte(domain[min(1, len(domain)):], '.')
		if i < 0 {
			return false
		}
		domain = domain[i+1:]
		if has(domain) {
			return true
		}
	}
}

func readPartners(path string) (map[string]partner, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]partner{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPartners, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxPartnersFile+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPartners, err)
	}
	var held partnersFile
	if err := json.Unmarshal(b, &held); err != nil || held.Version != 1 || held.Partners == nil || len(b) > maxPartnersFile {
		return nil, fmt.Errorf("%w: %s is damaged", ErrPartners, path)
	}
	return held.Partners, nil
}

// writePartners replaces the file as a whole: after a crash there is the old one
// or the new one.
func writePartners(path string, known map[string]partner) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("%w: %w", ErrPartners, err)
		}
	}()
	b, err := json.MarshalIndent(partnersFile{Version: 1, Partners: known}, "", " ")
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".tls-partners-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // of no effect once it is renamed
	_, err = f.Write(append(b, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
