package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/milter"
	"github.com/postseal/postseal/outbox"
	"github.com/postseal/postseal/policy"
	"github.com/postseal/postseal/postfix"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/store"
)

// keptConnections is how many connections to a listener of Postfix's wait for a next
// mail: as many as the outbox sends at a time, and few of Postfix's hundred processes.
const keptConnections = 8

// buildFilter makes the milter and the outbox worker that sends what it frees.
func (d *daemon) buildFilter(keys *store.Keyring, p parts) error {
	escrow, err := escrowKeys(d.cfg.Keys.Escrow)
	if err != nil {
		return err
	}
	reentry := &relay.SMTP{Addr: d.cfg.Relay.Reentry, Hello: d.cfg.Service.Domain, Inside: p.inside, Keep: keptConnections}
	inbound := &relay.SMTP{Addr: d.cfg.Relay.Inbound, Hello: d.cfg.Service.Domain, Inside: p.inside, Keep: keptConnections}
	d.relays = append(d.relays, reentry, inbound)
	d.worker = &outbox.Worker{Store: d.store, Language: d.store.Language, Notices: p.notices, Relay: relay.ByInside{Inside: p.inside, Inbound: inbound, Reentry: reentry},
		ServiceDomain: d.cfg.Service.Domain, Now: d.now, Log: d.log, Metrics: outbox.NewMetrics(d.registry), Records: d.store}
	d.filter = &milter.Filter{
		Policy: func() *policy.File { return d.policy.Load() },
		Store:  d.store, Keys: keys, Relay: reentry, Inbound: inbound, Notices: p.notices, Spool: d.cfg.Milter.Spool, Shelf: p.shelf,
		Escrow: escrow, Outbox: d.worker, Now: d.now, Log: d.log, Metrics: milter.NewMetrics(d.registry),
		Reading:       policy.Reading{Documents: d.readDocuments()},
		Limits:        milter.Limits{BodyBytes: int64(d.cfg.Milter.MaxBody)},
		BounceAddress: d.cfg.Robot.Listen != "", ReplyAddress: d.cfg.Robot.Listen != "",
		Servers: d.servers(), Language: d.store.Language,
		SwitchedOn: func(ctx context.Context, a addr.Address) (bool, error) {
			return d.store.SwitchedOn(ctx, a, d.cfg.Terms.Version)
		},
	}
	if d.cfg.Postfix.Asks() {
		if d.filter.Destinations, err = postfix.New(postfix.Options{ConfigDir: d.cfg.Postfix.ConfigDir}); err != nil {
			return fmt.Errorf("postfix.config_dir: %w", plain(err))
		}
		d.filter.Limits.Sealed = d.innerSize()
	}
	return d.filter.Check()
}

// servers are the key servers that files name, tried in turn.
func (d *daemon) servers() []string {
	return append([]string{strings.TrimSuffix(d.cfg.Portal.URL, "/")}, d.cfg.Portal.Servers...)
}

// innerSize asks Postfix how big a sealed mail may be. Where it does not say, the
// re-entry port itself refuses what is too big, and the sender reads that.
func (d *daemon) innerSize() int64 {
	ctx, cancel := context.WithTimeout(context.Background(), mapsTimeout)
	defer cancel()
	n, err := postfix.InnerSize(ctx, d.cfg.Postfix.ConfigDir, d.cfg.Relay.Reentry)
	if err != nil {
		d.log.Warn("Postfix does not say how big a sealed mail may be", "error", err)
	}
	return n
}

// staysInside tells whether mail for an address is delivered inside, whatever
// Postfix's maps make of it: the inbound port has no milter that would seal what
// an alias leads outside.
func (d *daemon) staysInside(a addr.Address) bool {
	rules := d.policy.Load()
	if !rules.Inside(a) {
		return false
	}
	if d.filter.Destinations == nil {
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), mapsTimeout)
	defer cancel()
	finals, err := d.filter.Destinations.Resolve(ctx, a)
	if err != nil {
		d.log.Warn("an answer waits: Postfix's maps do not say where it would go", "error", err)
		return false
	}
	copies, err := d.filter.Destinations.Copies(ctx, addr.Address{}, []addr.Address{a})
	if err != nil {
		return false
	}
	return !slices.ContainsFunc(append(finals, copies...), func(f addr.Address) bool { return !rules.Inside(f) })
}

// mapsTimeout bounds asking Postfix's maps while a writer waits.
const mapsTimeout = 10 * time.Second

func escrowKeys(files []string) ([]envelope.EscrowKey, error) {
	var keys []envelope.EscrowKey
	for _, name := range files {
		cert, err := readSecret(name)
		if err != nil {
			return nil, fmt.Errorf("keys.escrow: %w", err)
		}
		key, err := envelope.ParseEscrow(cert)
		if err != nil {
			return nil, fmt.Errorf("keys.escrow: %s: %w", name, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}
