package web

import (
	"context"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// JournalStats is what the journal counts and how it is. Counts are since the process began.
type JournalStats struct {
	Appends      uint64 `json:"appends" doc:"changes recorded by this process, as all counts since it started"`
	Events       uint64 `json:"events" doc:"events recorded by it"`
	Conflicts    uint64 `json:"conflicts" doc:"appends that others were ahead of"`
	Retries      uint64 `json:"retries" doc:"appends tried again after an answer was lost"`
	Unknowns     uint64 `json:"unknowns" doc:"appends whose outcome could not be found out"`
	Batches      uint64 `json:"batches" doc:"batches in which appends went out together"`
	ReadOnly     string `json:"read_only,omitempty" doc:"why it takes no new entries"`
	Down         string `json:"down,omitempty" doc:"why it can't be reached"`
	HistoryBytes uint64 `json:"history_bytes"`
	TextsBytes   uint64 `json:"texts_bytes"`
}

// metrics collects what /metrics shows. Names are agreed with the dashboards and alarms of the deployment; no label holds
// an id but those of subscriptions, which are few.
type metrics struct {
	deps     Deps
	requests *prometheus.HistogramVec
	build    prometheus.Gauge
	http.Handler

	badEvidence atomic.Uint64 // files of evidence that were not what their events say, when they were read
}

func newMetrics(d Deps) *metrics {
	m := &metrics{deps: d,
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "plantrail_http_request_duration_seconds",
			Help:    "Time to answer HTTP requests, by route.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}}, []string{"route", "method", "code"}),
		build: prometheus.NewGauge(prometheus.GaugeOpts{Name: "plantrail_build_info", Help: "The program that runs; always 1.",
			ConstLabels: prometheus.Labels{"version": d.Version, "goversion": runtime.Version()}}),
	}
	m.build.Set(1)
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(m, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.Handler = promhttp.HandlerFor(r, promhttp.HandlerOpts{DisableCompression: true})
	return m
}

// observe counts a request under its route's pattern, never under its path.
func (m *metrics) observe(pattern, method string, status int, took time.Duration) {
	route := "none"
	if _, path, ok := strings.Cut(pattern, " "); ok {
		route = path
	}
	m.requests.WithLabelValues(route, strings.ToLower(knownMethod(method)), strconv.Itoa(status)).Observe(took.Seconds())
}

// figure is a metric read from a plain struct when it is asked for.
type figure struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

func counter(name, help string, labels ...string) figure {
	return figure{prometheus.NewDesc("plantrail_"+name, help, labels, nil), prometheus.CounterValue}
}

func gauge(name, help string, labels ...string) figure {
	return figure{prometheus.NewDesc("plantrail_"+name, help, labels, nil), prometheus.GaugeValue}
}

var (
	appends        = counter("appends_total", "Changes recorded by this process.")
	conflicts      = counter("append_conflicts_total", "Appends that found the plan had moved on.")
	retries        = counter("append_retries_total", "Appends tried again after an answer was lost.")
	unknowns       = counter("append_unknown_total", "Appends whose outcome could not be found out.")
	batches        = counter("append_batches_total", "Batches in which waiting appends went out together.")
	lagEvents      = gauge("projection_lag_events", "Events in the journal that the read models don't show yet.")
	lagSeconds     = gauge("projection_lag_seconds", "Age of the oldest event that the read models don't show yet.")
	gaps           = counter("projection_gaps_total", "Gaps found between the journal and the read models.")
	stopped        = gauge("projection_stopped", "1 when the read models have stopped following the journal.")
	rebuilds       = counter("projection_rebuilds_total", "Rebuilds of the read models.")
	readOnly       = gauge("journal_readonly", "1 when the journal takes no new entries.")
	journalDown    = gauge("journal_down", "1 when the journal can't be reached.")
	storeBytes     = gauge("store_bytes", "Size of each store.", "store")
	badEvidence    = counter("evidence_mismatch_total", "Files of evidence that were read and are not what their events say.")
	checkpointSize = gauge("checkpoint_size", "Events that the last checkpoint states.")
	checkpointAge  = gauge("checkpoint_age_seconds", "For how long the oldest event that no checkpoint states has waited; 0 when all are signed.")
	rootMatch      = gauge("root_match", "1 while the history has the root that was signed for it, 0 after an alarm.")
	scrubPosition  = gauge("scrub_position", "Position up to which the pass under way has read the history again.")
	scrubPasses    = counter("scrub_passes_total", "Times that the whole history was read again and found right.")
	outletLag      = gauge("outlet_lag_events", "Events that are signed for and that a witness, webhook or file has not been shown.", "kind", "outlet")
	outletLate     = gauge("outlet_lag_seconds", "For how long there has been a checkpoint that a witness, webhook or file has not been shown.", "kind", "outlet")
	allFigures     = []figure{outletLag, outletLate, badEvidence, checkpointSize, checkpointAge, rootMatch, scrubPosition, scrubPasses, appends, conflicts, retries, unknowns, batches, lagEvents, lagSeconds, gaps, stopped, rebuilds, readOnly, journalDown, storeBytes}
)

// Describe is part of [prometheus.Collector].
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, f := range slices.Concat(allFigures, feedFigure) {
		ch <- f.desc
	}
	m.requests.Describe(ch)
	m.build.Describe(ch)
}

// statsLimit bounds a scrape that waits for the read models.
const statsLimit = 2 * time.Second

// Collect is part of [prometheus.Collector].
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), statsLimit)
	defer cancel()
	journal, shown := m.deps.Journal(), m.deps.Reads.Status(ctx)
	send := func(f figure, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(f.desc, f.kind, v, labels...)
	}
	send(appends, float64(journal.Appends))
	send(conflicts, float64(journal.Conflicts))
	send(retries, float64(journal.Retries))
	send(unknowns, float64(journal.Unknowns))
	send(batches, float64(journal.Batches))
	send(lagEvents, float64(shown.LagEvents))
	send(lagSeconds, shown.LagSeconds)
	send(gaps, float64(shown.Gaps))
	send(stopped, yes(shown.Stopped != ""))
	send(rebuilds, float64(shown.Rebuilds))
	send(readOnly, yes(journal.ReadOnly != ""))
	send(journalDown, yes(journal.Down != ""))
	send(storeBytes, float64(journal.HistoryBytes), "history")
	send(storeBytes, float64(journal.TextsBytes), "texts")
	send(storeBytes, float64(shown.Bytes), "projections")
	if m.deps.Proof != nil {
		proof := m.deps.Proof.Keeper.Status()
		send(checkpointSize, float64(proof.Size))
		send(checkpointAge, proof.LagSeconds)
		send(rootMatch, yes(proof.Alarm == ""))
		send(scrubPosition, float64(proof.Checked))
		send(scrubPasses, float64(proof.Passes))
		for _, o := range m.deps.Proof.outlets() {
			send(outletLag, float64(o.LagEvents), o.Kind, o.Name)
			send(outletLate, o.LagSeconds, o.Kind, o.Name)
		}
	}
	send(badEvidence, float64(m.badEvidence.Load()))
	m.collectFeeds(ctx, send)
	m.requests.Collect(ch)
	m.build.Collect(ch)
}

func yes(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
