package main

import (
	"fmt"
	"strings"

	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/milter"
	"github.com/postseal/postseal/outbox"
	"github.com/postseal/postseal/policy"
	"github.com/postseal/postseal/postfix"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/store"
)

// buildFilter makes the milter and the outbox worker that sends what it frees.
func (d *daemon) buildFilter(keys *store.Keyring, p parts) error {
	escrow, err := escrowKeys(d.cfg.Keys.Escrow)
	if err != nil {
		return err
	}
	reentry := &relay.SMTP{Addr: d.cfg.Relay.Reentry, Hello: d.cfg.Service.Domain, Inside: p.inside}
	d.worker = &outbox.Worker{Store: d.store, Notices: p.notices, Relay: reentry, ServiceDomain: d.cfg.Service.Domain, Log: d.log, Metrics: outbox.NewMetrics(d.registry)}
	d.filter = &milter.Filter{
		Policy: func() *policy.File { return d.policy.Load() },
		Store:  d.store, Keys: keys, Relay: reentry, Notices: p.notices, Spool: d.cfg.Milter.Spool, Shelf: p.shelf,
		Escrow: escrow, Outbox: d.worker, Log: d.log, Metrics: milter.NewMetrics(d.registry),
		Limits:  milter.Limits{BodyBytes: int64(d.cfg.Milter.MaxBody)},
		Servers: append([]string{strings.TrimSuffix(d.cfg.Portal.URL, "/")}, d.cfg.Portal.Servers...),
	}
	if d.cfg.Postfix.Asks() {
		if d.filter.Destinations, err = postfix.New(postfix.Options{ConfigDir: d.cfg.Postfix.ConfigDir}); err != nil {
			return fmt.Errorf("postfix.config_dir: %w", plain(err))
		}
	}
	return d.filter.Check()
}

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
