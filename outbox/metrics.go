package outbox

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/postseal/postseal/notice"
)

// The outcomes, a closed set.
const (
	outcomeSent    = "sent"
	outcomeRetried = "retried" // certainly not sent, tried again
	outcomeUnknown = "unknown" // perhaps sent, sent again
	outcomeRefused = "refused" // refused for good, given up
	outcomeExpired = "expired" // given up because its time is over

	outcomeNeedless = "needless" // a reminder of what was done meanwhile
	outcomeLater    = "later"    // a reminder of a message that was kept open
)

// Metrics counts what became of notices. Labels are from closed sets.
type Metrics struct{ notices *prometheus.CounterVec }

// NewMetrics registers the metrics with r.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{notices: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "postseal_outbox_notices_total",
		Help: "Notices by kind and what became of a try to send them.",
	}, []string{"kind", "outcome"})}
	r.MustRegister(m.notices)
	return m
}

func (m *Metrics) count(kind, outcome string) {
	if m == nil {
		return
	}
	if !notice.Kind(kind).Known() {
		kind = "other"
	}
	m.notices.WithLabelValues(kind, outcome).Inc()
}
