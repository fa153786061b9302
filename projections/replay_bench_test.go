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
// events and throws them away, just before each rebuild. Events with texts need a message and two rows more each;
// of-raw-both is the ratio to a consumer that reads these messages too.
func BenchmarkReplay(b *testing.B) {
	for name, bare := range map[string]bool{"texts": false, "bare": true} {
		b.Run(name, func(b *testing.B) {
			long := projectionstest.Long{Plans: 256, Items: 20, Length: 102_400, Bare: bare}
			cfg := eventstoretest.Config(b.TempDir())
			cfg.Init = true
			fill(b, cfg, long)
			cfg.Init = false
			var events, texts, raw, rawTexts, took, cpu time.Duration
			for b.Loop() {
				raw += readRaw(b, cfg, "HISTORY_")
				if !bare {
					rawTexts += readRaw(b, cfg, "TEXTS_")
				}
				store := eventstoretest.OpenWith(b, cfg)
				e, t := readSource(b, stored{store})
				events, texts = events+e, texts+t
				began, used := time.Now(), cpuTime(b)
				if err := open(b, nil).Rebuild(b.Context(), stored{store}, nil); err != nil {
					b.Fatal(err)
				}
				took, cpu = took+time.Since(began), cpu+cpuTime(b)-used
				eventstoretest.Close(b, store)
			}
			n := float64(long.Length * b.N)
			b.ReportMetric(n/took.Seconds(), "events/s")
			b.ReportMetric(cpu.Seconds()*1e6/n, "cpu-µs/event")
			b.ReportMetric(n/raw.Seconds(), "raw/s")
			b.ReportMetric(events.Seconds()*1e6/n, "source-µs/event")
			b.ReportMetric(raw.Seconds()/took.Seconds(), "of-raw")
			if !bare {
				b.ReportMetric(texts.Seconds()*1e6/n, "source-texts-µs/event")
				b.ReportMetric((raw+rawTexts).Seconds()/took.Seconds(), "of-raw-both")
			}
		})
	}
}

// readSource is how long the journal takes to give either stream when nothing is done with it but decoding.
func readSource(b *testing.B, src projections.Source) (events, texts time.Duration) {
	began := time.Now()
	for _, err := range src.Events(b.Context(), 0, false) {
		if err != nil {
			b.Fatal(err)
		}
	}
	events = time.Since(began)
	tail, err := src.Tail(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	began = time.Now()
	for _, err := range src.Texts(b.Context(), 0, tail.Texts) {
		if err != nil {
			b.Fatal(err)
		}
	}
	return events, time.Since(began)
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

// readRaw is how long an ordered consumer takes to read a stream when nothing is done with what it reads.
func readRaw(b *testing.B, cfg eventstore.Config, stream string) time.Duration {
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
	c, err := js.OrderedConsumer(b.Context(), stream+eventstoretest.Org, jetstream.OrderedConsumerConfig{})
	if err != nil {
		b.Fatal(err)
	}
	length := c.CachedInfo().NumPending
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
	return time.Since(began)
}
