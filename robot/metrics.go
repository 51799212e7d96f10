package robot

import "github.com/prometheus/client_golang/prometheus"

// Outcomes, a closed set for logs and metrics.
const (
	outcomeLink      = "link"      // a link was sent
	outcomeQuota     = "quota"     // asked too often
	outcomeStranger  = "stranger"  // the one line was sent
	outcomeSilent    = "silent"    // nobody is answered
	outcomeRecorded  = "recorded"  // a report changed what is known
	outcomeKnown     = "known"     // a report told nothing new
	outcomeTold      = "told"      // a failure was told to the sender
	outcomeNotice    = "notice"    // a report about a notice of ours
	outcomeUnclear   = "unclear"   // a bounce that names nobody
	outcomeAutomatic = "automatic" // an automatic answer: passed on or dropped
	outcomePassed    = "passed"    // an answer went on to the sender
	outcomeLater     = "later"
	outcomeRefused   = "refused"
)

// Metrics counts what came to the service's own addresses.
type Metrics struct{ mails *prometheus.CounterVec }

// NewMetrics registers postseal_robot_mails_total{to,outcome}; both labels come
// from closed sets.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{mails: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "postseal_robot_mails_total", Help: "Mails to the service's own addresses, by address and what became of them.",
	}, []string{"to", "outcome"})}
	registry.MustRegister(m.mails)
	return m
}

func (m *Metrics) count(to what, outcome string) {
	if m != nil {
		m.mails.WithLabelValues(to.String(), outcome).Inc()
	}
}
