package milter

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Outcomes, the closed set of the metric's label.
const (
	notOutbound = "not_outbound" // nobody outside is addressed, or the client is not ours
	passed      = "passed"
	sealed      = "sealed" // for one recipient at least
	observed    = "observed"
	refused     = "refused" // 5xx
	delayed     = "later"   // 4xx
)

// Metrics are what the filter counts. No label comes from a message. The nil
// *Metrics counts nothing.
type Metrics struct {
	messages   *prometheus.CounterVec
	failures   *prometheus.CounterVec
	recipients prometheus.Counter
	shelf      prometheus.Counter
	unrecorded prometheus.Gauge
	inHand     prometheus.Gauge
	seconds    prometheus.Histogram
}

// NewMetrics registers the metrics; a nil registry registers nowhere.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		messages:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "postseal_messages_total", Help: "Messages decided, by outcome."}, []string{"outcome"}),
		failures:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "postseal_message_failures_total", Help: "Messages answered with 4xx or 5xx, by cause."}, []string{"cause"}),
		recipients: prometheus.NewCounter(prometheus.CounterOpts{Name: "postseal_sealed_recipients_total", Help: "Recipients whose envelope Postfix took."}),
		shelf:      prometheus.NewCounter(prometheus.CounterOpts{Name: "postseal_messages_without_shelf_total", Help: "Envelopes sent without a link because the shelf took no more."}),
		unrecorded: prometheus.NewGauge(prometheus.GaugeOpts{Name: "postseal_messages_unrecorded", Help: "Envelopes that left and whose sender waits for a confirmation because Redis does not answer."}),
		inHand:     prometheus.NewGauge(prometheus.GaugeOpts{Name: "postseal_messages_in_hand", Help: "Messages being decided now."}),
		seconds:    prometheus.NewHistogram(prometheus.HistogramOpts{Name: "postseal_decide_seconds", Help: "Time from end of message to the answer.", Buckets: prometheus.ExponentialBuckets(0.001, 4, 10)}),
	}
	for _, outcome := range []string{notOutbound, passed, sealed, observed, refused, delayed} {
		m.messages.WithLabelValues(outcome)
	}
	if reg != nil {
		reg.MustRegister(m.messages, m.failures, m.recipients, m.shelf, m.unrecorded, m.inHand, m.seconds)
	}
	return m
}

// failed gives the outcome of a reply.
func failed(r Reply) string {
	if r.Code >= 500 {
		return refused
	}
	return delayed
}

func (m *Metrics) decided(outcome, cause string, took time.Duration) {
	if m == nil {
		return
	}
	m.messages.WithLabelValues(outcome).Inc()
	if cause != "none" {
		m.failures.WithLabelValues(cause).Inc()
	}
	m.seconds.Observe(took.Seconds())
}

func (m *Metrics) served(recipients int) {
	if m != nil {
		m.recipients.Add(float64(recipients))
	}
}

func (m *Metrics) unshelved() {
	if m != nil {
		m.shelf.Inc()
	}
}

func (m *Metrics) late(n float64) {
	if m != nil {
		m.unrecorded.Add(n)
	}
}

func (m *Metrics) working(n float64) {
	if m != nil {
		m.inHand.Add(n)
	}
}
