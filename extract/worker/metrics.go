package worker

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts why workers ended. The labels are a closed set.
type Metrics struct{ ended *prometheus.CounterVec }

// NewMetrics registers the metrics with r.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{ended: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "postseal_extract_workers_ended_total",
		Help: "Processes that read documents, by why they ended: retired after their work, crash, time, a wrong answer, or no start.",
	}, []string{"why"})}
	for _, e := range []*ending{errCrash, errTime, errAnswer, errStart, errRetired} {
		m.ended.WithLabelValues(e.word)
	}
	r.MustRegister(m.ended)
	return m
}

func (m *Metrics) count(e *ending) {
	if m != nil {
		m.ended.WithLabelValues(e.word).Inc()
	}
}
