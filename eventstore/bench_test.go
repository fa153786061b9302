package eventstore_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"plantrail/domain"
	"plantrail/domain/journaltest"
	"plantrail/eventstore"
	"plantrail/eventstore/eventstoretest"
)

// The figures are ratios to what plain JetStream does on the same server, with the same settings, in the same run:
// absolute numbers are those of the machine's disk.

func BenchmarkAppend(b *testing.B) {
	s := eventstoretest.Open(b)
	for _, words := range []string{"", words} {
		b.Run(kindOf(words)+"/writers=1", func(b *testing.B) { benchOne(b, s, words, 1) })
		for _, writers := range []int{64, 256} {
			b.Run(fmt.Sprintf("%s/writers=%d", kindOf(words), writers), func(b *testing.B) { benchMany(b, s, words, writers) })
		}
	}
}

const words = "One of two posts is vacant since November, the telephone is answered from ten to three"

func kindOf(words string) string {
	if words == "" {
		return "coded"
	}
	return "text"
}

// benchOne alternates between plain publishes and appends, so that both meet the same disk.
func benchOne(b *testing.B, s *eventstore.Store, words string, replicas int) {
	raw := rawStream(b, s, replicas)
	w := newWriter(b, s, domain.NewService(s), words)
	body := make([]byte, w.size(b))
	var plain, ours time.Duration
	for b.Loop() {
		start := time.Now()
		if _, err := raw.PublishMsg(context.Background(), &nats.Msg{Subject: "raw.one", Data: body}); err != nil {
			b.Fatal(err)
		}
		middle := time.Now()
		w.append(b)
		plain, ours = plain+middle.Sub(start), ours+time.Since(middle)
	}
	b.ReportMetric(float64(b.N)/ours.Seconds(), "appends/s")
	b.ReportMetric(float64(b.N)/plain.Seconds(), "raw/s")
	b.ReportMetric(plain.Seconds()/ours.Seconds(), "ratio-to-raw")
}

// benchMany takes short turns between one writer and many, for other work on the machine's disk and processors changes both.
// A turn is long enough that its first and last batches, which are not full, count for little: of half a second they cost 3 %.
func benchMany(b *testing.B, s *eventstore.Store, words string, writers int) {
	const turn = time.Second
	one, many := crowd(b, s, words, 1), crowd(b, s, words, writers)
	var ofOne, ofMany tally
	for b.Loop() {
		ofOne.add(run(b, one, turn))
		ofMany.add(run(b, many, turn))
	}
	b.ReportMetric(ofMany.rate(), "appends/s")
	b.ReportMetric(ofOne.rate(), "one-writer/s")
	b.ReportMetric(ofMany.rate()/ofOne.rate(), "ratio-to-one")
	b.ReportMetric(0, "ns/op")
}

type tally struct {
	n    int64
	took time.Duration
}

func (t *tally) add(n int64, took time.Duration) { t.n, t.took = t.n+n, t.took+took }
func (t *tally) rate() float64                   { return float64(t.n) / t.took.Seconds() }

// crowd is so many writers, each with a plan of its own.
func crowd(b *testing.B, s *eventstore.Store, words string, writers int) []*benchWriter {
	b.Helper()
	var all sync.WaitGroup
	service := domain.NewService(s)
	ready := make([]*benchWriter, writers)
	for i := range ready {
		all.Go(func() { ready[i] = newWriter(b, s, service, words) })
	}
	all.Wait()
	return ready
}

// run lets writers append for a while.
func run(b *testing.B, writers []*benchWriter, d time.Duration) (int64, time.Duration) {
	b.Helper()
	var all sync.WaitGroup
	var n atomic.Int64
	start := time.Now()
	for _, w := range writers {
		all.Go(func() {
			for time.Since(start) < d {
				w.append(b)
				n.Add(1)
			}
		})
	}
	all.Wait()
	return n.Load(), time.Since(start)
}

var plans atomic.Int64

func newPlan() domain.PlanID { return domain.PlanID(fmt.Sprint("plan-", plans.Add(1))) }

// benchWriter gives commands of one event each to a plan of its own, through the domain: ratings in turn, with words or
// coded.
type benchWriter struct {
	store   *eventstore.Store
	service *domain.Service
	plan    domain.PlanID
	words   string
	n       int
	last    domain.Position
}

func newWriter(t testing.TB, s *eventstore.Store, service *domain.Service, words string) *benchWriter {
	t.Helper()
	w := &benchWriter{store: s, service: service, plan: newPlan(), words: words}
	w.do(t, domain.OpenPlan{Title: "A plan"})
	w.do(t, domain.AddItem{Title: "An action"})
	return w
}

func (w *benchWriter) append(t testing.TB) {
	to, owed := "green", false
	if w.n%2 == 0 {
		to, owed = "amber", w.words == ""
	}
	w.do(t, domain.Rate{Item: "item-01", To: to, Owed: owed, Justification: domain.Text(w.words)})
}

func (w *benchWriter) do(t testing.TB, c domain.Command) {
	w.n++
	r, err := w.service.Do(context.Background(), domain.Order{Plan: w.plan, Actor: journaltest.Editor,
		Command: domain.CommandID(fmt.Sprint("c-", w.n)), Do: c})
	if err != nil {
		t.Error(err)
		return
	}
	w.last = r.Position
}

// size is that of a stored event.
func (w *benchWriter) size(t testing.TB) int {
	w.append(t)
	leaf, err := w.store.Leaf(context.Background(), w.last)
	if err != nil {
		t.Fatal(err)
	}
	return len(leaf)
}

// rawStream is a stream with the settings that matter and nothing of ours.
func rawStream(t testing.TB, s *eventstore.Store, replicas int) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(s.Conn())
	if err == nil {
		_, err = js.CreateOrUpdateStream(context.Background(), jetstream.StreamConfig{Name: "RAW", Subjects: []string{"raw.>"},
			Storage: jetstream.FileStorage, Replicas: replicas})
	}
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// BenchmarkEvents reads the whole history: through Events, as raw messages of the same kind of consumer, and only decoding.
func BenchmarkEvents(b *testing.B) {
	s := eventstoretest.Open(b)
	const n = 50_000
	var head domain.Head
	for done := 0; done < n; done += 1000 {
		got, err := s.Append(context.Background(), head, journaltest.Change("long", fmt.Sprint("c-", done), 1000, ""))
		if err != nil {
			b.Fatal(err)
		}
		head = got[len(got)-1].Head()
	}
	leaf, err := s.Leaf(context.Background(), 7)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := eventstore.Decode("acme", 7, leaf); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	})
	b.Run("replay", func(b *testing.B) {
		var raw, ours time.Duration
		for b.Loop() {
			start := time.Now()
			count(b, n, s.Raw)
			middle := time.Now()
			count(b, n, func(f func(error) bool) {
				for _, err := range s.Events(context.Background(), 0, false) {
					if !f(err) {
						return
					}
				}
			})
			raw, ours = raw+middle.Sub(start), ours+time.Since(middle)
		}
		b.ReportMetric(float64(n*b.N)/ours.Seconds(), "events/s")
		b.ReportMetric(float64(n*b.N)/raw.Seconds(), "raw/s")
		b.ReportMetric(raw.Seconds()/ours.Seconds(), "ratio-to-raw")
		b.ReportMetric(0, "ns/op")
	})
}

func count(b *testing.B, want int, all func(func(error) bool)) {
	b.Helper()
	n := 0
	all(func(err error) bool {
		if err != nil {
			b.Fatal(err)
		}
		n++
		return true
	})
	if n != want {
		b.Fatalf("%d events, want %d", n, want)
	}
}

// BenchmarkAppendThreeNodes is BenchmarkAppend on three servers in this process, which share its processors and its disk.
func BenchmarkAppendThreeNodes(b *testing.B) {
	nodes := eventstoretest.Cluster(b, 3)
	s := nodes.Open(b, "acme")
	b.Run("coded/writers=1", func(b *testing.B) { benchOne(b, s, "", 3) })
	b.Run("text/writers=1", func(b *testing.B) { benchOne(b, s, words, 3) })
	for _, writers := range []int{64, 256} {
		b.Run(fmt.Sprintf("coded/writers=%d", writers), func(b *testing.B) { benchMany(b, s, "", writers) })
		b.Run(fmt.Sprintf("text/writers=%d", writers), func(b *testing.B) { benchMany(b, s, words, writers) })
	}
}
