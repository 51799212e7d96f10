package postfix

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/postseal/postseal/addr"
)

const (
	// ProveEvery is how often the proof is made anew.
	ProveEvery = time.Minute
	// ProofLasts is how long one is believed: two may fail to be made on a busy
	// machine, and what an operator breaks is noticed soon.
	ProofLasts = 3 * time.Minute
)

// Prover makes proofs while the daemon runs and tells for whom TLS is enforced
// now. It keeps Partners in step with the rules.
type Prover struct {
	options  ProofOptions
	partners *Partners
	domains  func() []string
	log      *slog.Logger

	last atomic.Pointer[Proof]
	said atomic.Pointer[string] // what was logged last
	wake chan struct{}
}

// NewProver makes a Prover without a proof. domains gives the partners by the
// rules of now (policy.File.TLSPartners); a nil log is silent.
func NewProver(o ProofOptions, partners *Partners, domains func() []string, log *slog.Logger) *Prover {
	if o.Now == nil {
		o.Now = time.Now
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Prover{options: o, partners: partners, domains: domains, log: log, wake: make(chan struct{}, 1)}
}

// Run proves at once, every ProveEvery, and after Wake, until ctx is done.
func (p *Prover) Run(ctx context.Context) error {
	tick := time.NewTicker(ProveEvery)
	defer tick.Stop()
	for {
		p.Prove(ctx)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		case <-p.wake:
		}
	}
}

// Wake makes Run prove soon: the rules have changed. Call Update first, so that
// what was taken off goes on being enforced.
func (p *Prover) Wake() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Update tells Partners about the rules of now. An error is logged and tried
// again with the next proof.
func (p *Prover) Update() {
	if err := p.partners.Update(p.domains()); err != nil {
		p.log.Error("TLS partners", "error", err)
	}
}

// Prove makes a proof now and keeps it.
func (p *Prover) Prove(ctx context.Context) Proof {
	p.Update()
	proof := Prove(ctx, p.options, p.domains())
	if proof.Lifetime > 0 {
		p.partners.SetLifetime(proof.Lifetime)
	}
	p.last.Store(&proof)
	p.report(proof)
	return proof
}

// report logs what has changed since the last proof.
func (p *Prover) report(proof Proof) {
	problems := proof.Problems()
	words := ""
	for _, x := range problems {
		words += x.Setting + x.What
	}
	if before := p.said.Swap(&words); before != nil && *before == words {
		return
	}
	for _, x := range problems {
		p.log.Warn("TLS is not proved to be enforced", "setting", x.Setting, "what", x.What, "do", x.Do)
	}
	if len(problems) == 0 && len(proof.Domains) > 0 {
		p.log.Info("Postfix is proved to enforce TLS for all partners", "partners", len(proof.Domains))
	}
}

// Proved counts the partners for whom the last proof speaks, 0 when it is too old.
func (p *Prover) Proved() int {
	n := 0
	if proof := p.fresh(); proof != nil {
		for _, problem := range proof.Domains {
			if problem.What == "" {
				n++
			}
		}
	}
	return n
}

// fresh gives the last proof while it may be believed, else nil.
func (p *Prover) fresh() *Proof {
	proof := p.last.Load()
	if proof == nil {
		return nil
	}
	age := p.options.Now().Sub(proof.At)
	if age < 0 || age > ProofLasts || proof.stamp == "" || proof.stamp != proof.stampNow() {
		return nil
	}
	return proof
}

// Enforced tells whether mail for an address is sure to leave by enforced TLS
// only. It asks transport_maps about the address, once for each proof; what it
// cannot find out is no.
func (p *Prover) Enforced(ctx context.Context, a addr.Address) bool {
	proof := p.fresh()
	if proof == nil || a.IsZero() || a.Routed() || a.Mapped() {
		return false
	}
	domain := a.DomainKey()
	if !p.partners.Current(domain) {
		return false
	}
	proved := anyCovering(domain, func(d string) bool { problem, ok := proof.Domains[d]; return ok && problem.What == "" })
	return proved && proof.wayOf(ctx, a).problem.What == ""
}
