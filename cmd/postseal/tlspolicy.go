package main

import (
	"context"
	"net"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/postseal/postseal/config"
	"github.com/postseal/postseal/postfix"
)

// tlsPolicy is the map that tells Postfix for whom it must enforce TLS, and the
// proof that it does. The nil *tlsPolicy is there where none is configured:
// nothing is enforced, and tls seals.
type tlsPolicy struct {
	server   *postfix.TLSServer
	prover   *postfix.Prover
	listener net.Listener
	asks     bool // Postfix may be asked for the proof
}

// buildTLS makes it, and lets the milter believe its proof. What was taken off
// the rules while the daemon was away is noticed here, before Postfix can ask.
func (d *daemon) buildTLS() error {
	c := d.cfg.TLSMap
	if c.Listen == "" {
		return nil
	}
	partners := postfix.NewPartners(c.State, nil)
	t := &tlsPolicy{asks: d.cfg.Postfix.Asks(), server: &postfix.TLSServer{Partners: partners, Log: d.log}}
	t.prover = postfix.NewProver(proofOptions(d.cfg), partners, func() []string { return d.policy.Load().TLSPartners() }, d.log)
	t.prover.Update()
	if t.asks {
		d.filter.TLSEnforced = t.prover.Enforced
	}
	d.registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "postseal_tls_partners", Help: "TLS partners by the rules of now."}, func() float64 { return float64(len(d.policy.Load().TLSPartners())) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "postseal_tls_partners_proved", Help: "Of them, those for whom Postfix is proved to enforce TLS; mail for the others is sealed."}, func() float64 { return float64(t.prover.Proved()) }),
	)
	var err error
	t.listener, err = listenSocket("tls_policy.listen", c.Listen, d.cfg.Milter)
	d.tls = t
	return err
}

func proofOptions(cfg *config.Config) postfix.ProofOptions {
	return postfix.ProofOptions{ConfigDir: cfg.Postfix.ConfigDir, Listen: cfg.TLSMap.Listen, Milter: cfg.Milter.Listen}
}

// serve answers Postfix until shutdown.
func (t *tlsPolicy) serve() error {
	if t == nil {
		return nil
	}
	return t.server.Serve(t.listener)
}

// prove keeps the proof fresh until ctx is done.
func (t *tlsPolicy) prove(ctx context.Context) error {
	if t == nil || !t.asks {
		return nil
	}
	return t.prover.Run(ctx)
}

// reloaded takes over the partners of new rules.
func (t *tlsPolicy) reloaded() {
	if t != nil {
		t.prover.Update()
		t.prover.Wake()
	}
}

func (t *tlsPolicy) shutdown(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.server.Shutdown(ctx)
}

func (t *tlsPolicy) close() {
	if t != nil && t.listener != nil {
		t.listener.Close()
	}
}

// checkTLS proves once what serve proves all the time. Nothing of it can let
// clear text out; a partner that is not proved gets sealed mail.
func checkTLS(ctx context.Context, cfg *config.Config) []postfix.Problem {
	partners := cfg.TLSPartners()
	if cfg.TLSMap.Listen == "" {
		if len(partners) == 0 {
			return nil
		}
		return []postfix.Problem{{Setting: "tls_policy.listen", What: "is not set, so that rules with tls seal", Do: "set it, and run postseal-postfix apply -t (contrib/postfix)"}}
	}
	var out []postfix.Problem
	if err := postfix.CheckPartners(cfg.TLSMap.State); err != nil {
		out = append(out, postfix.Problem{Fatal: true, Setting: "tls_policy.state", What: strings.TrimPrefix(plain(err).Error(), postfix.ErrPartners.Error()+": ") + "; all mail but that for TLS partners waits",
			Do: "let the daemon's user read it, or put back a copy; take it away only when no mail for a former partner is in the queue"})
	}
	switch {
	case len(partners) == 0:
	case !cfg.Postfix.Asks():
		out = append(out, postfix.Problem{Setting: "postfix.ask", What: "is false, so that nothing proves that TLS is enforced; rules with tls seal", Do: "take it out when the trial is over"})
	default:
		out = append(out, postfix.Prove(ctx, proofOptions(cfg), partners).Problems()...)
	}
	return out
}
