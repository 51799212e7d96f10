package main

import (
	"context"
	"strings"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/config"
	"github.com/postseal/postseal/portal"
)

// writingOf gives what writing on the pages works with.
func (d *daemon) writingOf() portal.Writing {
	return portal.Writing{
		Domains: func() []string { return d.policy.Load().WritableDomains() },
		MaySeal: func(ctx context.Context, a addr.Address) (may bool, err error) {
			may = d.policy.Load().MayUse(a, func() bool {
				var on bool
				on, err = d.store.SwitchedOn(ctx, a, d.cfg.Terms.Version)
				return on
			})
			return may && err == nil, err
		},
		Scan: scannerOf(d.cfg.Portal),
	}
}

// scannerOf gives who looks at uploads; nil: nobody.
func scannerOf(p config.Portal) portal.Scanner {
	if p.ScanUploads == "" {
		return nil
	}
	network, address, _ := strings.Cut(p.ScanUploads, ":")
	if network == "inet" {
		network = "tcp"
	}
	return portal.Clamd{Network: network, Address: address}
}
