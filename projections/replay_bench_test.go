package projections_test

import (
	"context"
	"iter"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"plantrail/domain"
	"plantrail/eventstore"
	"plantrail/eventstore/eventstoretest"
	"plantrail/projections"
	"plantrail/projections/projectionstest"
)

// stored is the journal as a source, as cmd bridges it.
type stored struct{ *eventstore.Store }

func (s stored) Texts(ctx context.Context, after, until uint64) iter.Seq2[projections.TextRecord, error] {
	return func(yield func(projections.TextRecord, error) bool) {
		for t, err := range s.Store.Texts(ctx, after, until) {
			if !yield(projections.TextRecord{Sequence: t.Sequence, Plan: t.Plan, Event: t.Event, Texts: t.Texts,
				Disclosures: t.Disclosures}, err) {
				return
			}
		}
	}
}

func (s stored) Leaves(ctx context.Context, after domain.Position, follow bool) iter.Seq2[projections.Leaf, error] {
	return func(yield func(projections.Leaf, error) bool) {
		for l, err := range s.Store.Leaves(ctx, after, follow) {
			if !yield(projections.Leaf(l), err) {
				return
			}
		}
	}
}

func (s stored) Tail(ctx context.Context) (projections.Tail, error) {
	t, err := s.Store.Tail(ctx)
	return projections.Tail{Events: t.Events, Texts: t.Texts}, err
}

// BenchmarkReplay is a rebuild from JetStream into all read models, as a ratio to an ordered consumer that reads the same
// history and throws it away. Events with texts need a message and a row more each.
func BenchmarkReplay(b *testing.B) {
	for name, bare := range map[string]bool{"texts": false, "bare": true} {
		b.Run(name, func(b *testing.B) {
			long := projectionstest.Long{Plans: 256, Items: 20, Length: 102_400, Bare: bare}
			cfg := eventstoretest.Config(b.TempDir())
			cfg.Init = true
			fill(b, cfg, long)
			cfg.Init = false
			raw := rawRate(b, cfg, long.Length)
			store := eventstoretest.OpenWith(b, cfg)
			events, texts := sourceRates(b, stored{store}, long.Length)
			cpu := cpuTime(b)
			b.ResetTimer()
			for b.Loop() {
				if err := open(b, nil).Rebuild(b.Context(), stored{store}, nil); err != nil {
					b.Fatal(err)
				}
			}
			rate := float64(long.Length*b.N) / b.Elapsed().Seconds()
			b.ReportMetric(rate, "events/s")
			b.ReportMetric(float64((cpuTime(b)-cpu).Microseconds())/float64(long.Length*b.N), "cpu-µs/event")
			b.ReportMetric(raw, "raw/s")
			b.ReportMetric(events, "source-events/s")
			if !long.Bare {
				b.ReportMetric(texts, "source-texts/s")
			}
			b.ReportMetric(rate/raw, "of-raw")
		})
	}
}

// sourceRates is what the journal gives a second of either stream when nothing is done with it but decoding.
func sourceRates(b *testing.B, src projections.Source, length int) (events, texts float64) {
	began := time.Now()
	for _, err := range src.Events(b.Context(), 0, false) {
		if err != nil {
			b.Fatal(err)
		}
	}
	events = float64(length) / time.Since(began).Seconds()
	tail, err := src.Tail(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	began = time.Now()
	for _, err := range src.Texts(b.Context(), 0, tail.Texts) {
		if err != nil {
			b.Fatal(err)
		}
		texts++
	}
	return events, texts / time.Since(began).Seconds()
}

// fill records a long history, one writer a plan, so that commands are grouped.
func fill(b *testing.B, cfg eventstore.Config, long projectionstest.Long) {
	store, err := eventstore.Open(b.Context(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	var writers sync.WaitGroup
	for n := range long.Plans {
		writers.Go(func() {
			head := domain.Head{}
			for p := n + 1; p <= long.Length; p += long.Plans {
				plan, _, e := long.What(p)
				if long.Bare {
					for _, t := range domain.Texts(e) {
						*t = ""
					}
				}
				r, _ := long.Event(b.Context(), domain.Position(p))
				done, err := store.Append(b.Context(), head, domain.Change{Plan: plan, Actor: r.Actor, Command: r.Command,
					Facts: []domain.Fact{{Basis: domain.Basis{Stated: domain.Day(2020, 2, 3)}, Event: e}}})
				if err != nil {
					b.Error(err)
					return
				}
				head = done[0].Head()
			}
		})
	}
	writers.Wait()
	if err := store.Close(context.Background()); err != nil || b.Failed() {
		b.Fatal(err)
	}
}

// rawRate is what an ordered consumer reads a second when nothing is done with what it reads.
func rawRate(b *testing.B, cfg eventstore.Config, length int) float64 {
	s, err := server.NewServer(&server.Options{DontListen: true, NoSigs: true, NoLog: true, JetStream: true, SyncAlways: true,
		StoreDir: filepath.Join(cfg.DataDir, "jetstream")})
	if err != nil {
		b.Fatal(err)
	}
	s.Start()
	defer func() { s.Shutdown(); s.WaitForShutdown() }()
	if !s.ReadyForConnections(10 * time.Second) {
		b.Fatal("the server does not start")
	}
	nc, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		b.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		b.Fatal(err)
	}
	c, err := js.OrderedConsumer(b.Context(), "HISTORY_"+eventstoretest.Org, jetstream.OrderedConsumerConfig{})
	if err != nil {
		b.Fatal(err)
	}
	messages, err := c.Messages()
	if err != nil {
		b.Fatal(err)
	}
	defer messages.Stop()
	began := time.Now()
	for range length {
		if _, err := messages.Next(); err != nil {
			b.Fatal(err)
		}
	}
	return float64(length) / time.Since(began).Seconds()
}
