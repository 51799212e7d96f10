package portal

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts what people do; labels come from closed sets.
type Metrics struct {
	signins  *prometheus.CounterVec // method, outcome
	opens    *prometheus.CounterVec // way, outcome
	replies  *prometheus.CounterVec // outcome
	letters  *prometheus.CounterVec // outcome
	recalls  prometheus.Counter
	refusals *prometheus.CounterVec // code of errors.go
}

// NewMetrics registers the counters with reg; nil: they count unseen.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	vec := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "postseal", Subsystem: "portal", Name: name, Help: help}, labels)
	}
	m := &Metrics{
		signins:  vec("signins_total", "Sign-ins by method and outcome.", "method", "outcome"),
		opens:    vec("opens_total", "Keys released by the way they were asked for.", "way"),
		replies:  vec("replies_total", "Replies handed to staff by outcome.", "outcome"),
		letters:  vec("letters_total", "New messages written on the pages by outcome.", "outcome"),
		recalls:  prometheus.NewCounter(prometheus.CounterOpts{Namespace: "postseal", Subsystem: "portal", Name: "recalls_total", Help: "Messages taken back on the page."}),
		refusals: vec("refusals_total", "Refusals by their code.", "code"),
	}
	if reg != nil {
		reg.MustRegister(m.signins, m.opens, m.replies, m.letters, m.recalls, m.refusals)
	}
	return m
}
