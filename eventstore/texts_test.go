package eventstore_test

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/domain/journaltest"
	"plantrail/eventstore"
	"plantrail/eventstore/eventstoretest"
)

// The vector of RFC 9901, section 4.2.3.
func TestDigestOfTheRFC(t *testing.T) {
	const disclosure = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
	if got := eventstore.Digest(disclosure); got != "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0" {
		t.Errorf("digest %s", got)
	}
	texts, _, err := eventstore.DecodeTexts([]byte(`{"disclosures":["` + disclosure + `"]}`))
	if err != nil || texts["family_name"] != "Möbius" {
		t.Errorf("%v %v", texts, err)
	}
}

func TestDisclosures(t *testing.T) {
	e := &domain.OwnerAssigned{Item: "item-01", Owner: "Head of <Service> & \"é\"\n\u2028", Reason: "same words"}
	body, digests, command, err := eventstore.Disclose(e, "ab")
	if err != nil {
		t.Fatal(err)
	}
	texts, disclosures, err := eventstore.DecodeTexts(body)
	if err != nil || len(texts) != 2 || texts["owner"] != string(e.Owner) || texts["reason"] != string(e.Reason) {
		t.Errorf("%q %v", texts, err)
	}
	if !slices.IsSorted(digests) || len(digests) != 2 || len(disclosures) != 3 || slices.Contains(digests, command) {
		t.Errorf("digests %v of %d disclosures, the command's is %s", digests, len(disclosures), command)
	}
	for _, d := range append(digests, command) {
		if !slices.ContainsFunc(disclosures, func(enc string) bool { return eventstore.Digest(enc) == d }) {
			t.Errorf("nothing discloses %s", d)
		}
	}
	_, again, _, _ := eventstore.Disclose(e, "ab")
	if slices.Equal(digests, again) {
		t.Error("the same texts have the same digests twice: they are not salted")
	}
}

// Each byte and each truncation of a text message is either refused or changes a digest: nothing else is taken for it.
func FuzzDecodeTexts(f *testing.F) {
	body, _, _, _ := eventstore.Disclose(&domain.PlanClosed{Reason: "words"}, "ab")
	f.Add(body)
	f.Fuzz(func(t *testing.T, b []byte) { _, _, _ = eventstore.DecodeTexts(b) })
}

func TestTextsAndErasure(t *testing.T) {
	s := eventstoretest.Open(t)
	ctx := context.Background()
	var head domain.Head
	var all []domain.Recorded
	for i := range 5 {
		c := journaltest.Change("sdp", fmt.Sprint("c-", i), 300, "words")
		if i == 3 {
			c.Facts[0].Event = &domain.ItemAdded{Item: "x", Level: "action"} // the command's first event has no text of its own
		}
		got, err := s.Append(ctx, head, c)
		if err != nil {
			t.Fatal(err)
		}
		all, head = append(all, got...), got[len(got)-1].Head()
	}
	tail, err := s.Tail(ctx)
	if err != nil || tail.Events != head.Position || tail.Texts != 1500 || tail.LastRecorded.IsZero() {
		t.Fatalf("%+v %v", tail, err)
	}
	js, err := jetstream.New(s.Conn())
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(ctx, "TEXTS_acme")
	if err != nil {
		t.Fatal(err)
	}
	erased := map[uint64]bool{1: true, 2: true, 700: true, 1500: true}
	for seq := range erased {
		if err := stream.SecureDeleteMsg(ctx, seq); err != nil {
			t.Fatal(err)
		}
	}
	checkTexts(t, s, all, erased)
	checkSame(t, s, all)
}

func checkTexts(t *testing.T, s *eventstore.Store, all []domain.Recorded, erased map[uint64]bool) {
	t.Helper()
	ctx := context.Background()
	next, last := 0, uint64(0)
	for text, err := range s.Texts(ctx, 0, 1500) {
		if err != nil {
			t.Fatal(err)
		}
		for ; erased[uint64(next+1)]; next++ {
		}
		r := all[next]
		if text.Event != r.ID || text.Plan != r.Plan || len(text.Texts) != r.Texts || erased[text.Sequence] || text.Sequence <= last {
			t.Fatalf("text %d of %s, want that of %s", text.Sequence, text.Event, r.ID)
		}
		next, last = next+1, text.Sequence
	}
	if last != 1499 {
		t.Errorf("the last text is %d, want 1499", last)
	}
	if texts, err := s.TextsOf(ctx, "sdp", all[0].ID); err != nil || len(texts) != 0 {
		t.Errorf("an erased text reads as %v, %v", texts, err)
	}
	for text, err := range s.Texts(ctx, 1499, 1500) {
		t.Errorf("after the last there is %v %v", text, err)
	}
}

func checkSame(t *testing.T, s *eventstore.Store, all []domain.Recorded) {
	t.Helper()
	for i := range 5 {
		first := all[300*i]
		done := domain.Done{Command: first.Command, Hash: first.CommandHash, Event: first.ID}
		wrong, err := s.Same(context.Background(), "sdp", done, journaltest.DigestOf("other"))
		if erased := i == 0; err != nil || wrong != erased {
			t.Errorf("command %d: another digest is the same: %v %v", i, wrong, err)
		}
		right, err := s.Same(context.Background(), "sdp", done, journaltest.DigestOf(string(first.Command)+"words"))
		if err != nil || !right {
			t.Errorf("command %d: its own digest is the same: %v %v", i, right, err)
		}
	}
}

func TestEventsFollow(t *testing.T) {
	s := eventstoretest.Open(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	next := make(chan domain.Position)
	over := make(chan error, 1)
	go func() {
		var err error
		var r domain.Recorded
		for r, err = range s.Events(ctx, 0, true) {
			if err == nil {
				next <- r.Position
			}
		}
		over <- err
	}()
	var head domain.Head
	for i := range 10 {
		got, err := s.Append(context.Background(), head, journaltest.Change("sdp", fmt.Sprint("c-", i), 1, ""))
		if err != nil {
			t.Fatal(err)
		}
		head = got[0].Head()
		if at := <-next; at != head.Position {
			t.Fatalf("followed to %d, want %d", at, head.Position)
		}
	}
	cancel()
	if err := <-over; err == nil {
		t.Error("following ended without an error")
	}
}

func TestJudge(t *testing.T) {
	for want, errs := range map[string][]error{
		"stored":   {nil},
		"conflict": {eventstore.APIError(400, 10071)},
		"racing":   {eventstore.APIError(400, 10164)},
		"again":    {eventstore.APIError(503, 10163), eventstore.APIError(400, 10176), nats.ErrNoResponders, nats.ErrReconnectBufExceeded},
		"unknown": {eventstore.APIError(409, 10158), eventstore.APIError(503, 10077), eventstore.APIError(503, 1), nats.ErrTimeout,
			context.DeadlineExceeded, context.Canceled},
		"never": {eventstore.APIError(400, 10054), nats.ErrMaxPayload, nats.ErrConnectionClosed},
	} {
		for _, err := range errs {
			if got := eventstore.Judge(fmt.Errorf("wrapped: %w", err)); err != nil && got != want {
				t.Errorf("%v: %s, want %s", err, got, want)
			}
		}
	}
}

// Texts that are erased while a long range is read don't make the reader wait for them. It may have them in memory already;
// who reads after the erasing does not meet them.
func TestErasedWhileRead(t *testing.T) {
	for name, s := range map[string]*eventstore.Store{"files": eventstoretest.Open(t), "consumer": eventstoretest.Cluster(t, 1).Open(t, "acme")} {
		t.Run(name, func(t *testing.T) {
			const all, gone = 5000, 3
			written := fillPlan(t, s, "sdp", all)
			if n := readTexts(t, s, all, func() {
				for _, r := range written[all-gone:] {
					if err := s.EraseText(t.Context(), "sdp", r.ID, r.ID, "progress"); err != nil {
						t.Fatal(err)
					}
				}
			}); n < all-gone {
				t.Errorf("%d texts read, want %d at least", n, all-gone)
			}
			if n := readTexts(t, s, all, func() {}); n != all-gone {
				t.Errorf("%d texts read after the erasing, want %d", n, all-gone)
			}
		})
	}
}

// readTexts counts the texts up to a sequence, none of which but the last may be missing, and does something after the first.
func readTexts(t *testing.T, s *eventstore.Store, until uint64, then func()) (n int) {
	t.Helper()
	for text, err := range s.Texts(t.Context(), 0, until) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; text.Sequence != uint64(n) {
			t.Fatalf("text %d follows %d", text.Sequence, n-1)
		}
		if n == 1 {
			then()
		}
	}
	return n
}

// From wherever in the text stream one begins, and whatever was erased there, its files give what the server gives.
func TestTheFilesHoldTheTexts(t *testing.T) {
	domaintest.Long(t)
	s := eventstoretest.Open(t)
	const all = 24_000
	written := fillPlan(t, s, "sdp", all)
	for _, i := range []int{0, 1, 700, 9_000, 21_000, all - 1} {
		if err := s.EraseText(t.Context(), "sdp", written[i].ID, written[i].ID, "progress"); err != nil {
			t.Fatal(err)
		}
	}
	const end = all + 6
	for _, after := range []uint64{0, 1, 8_000, 20_999, 22_990} {
		want, stop := iter.Pull2(s.FetchTexts(t.Context(), after, end))
		for got, err := range s.Texts(t.Context(), after, end) {
			text, _, _ := want()
			if err != nil || text.Sequence != got.Sequence || text.Event != got.Event || !maps.Equal(text.Texts, got.Texts) {
				t.Fatalf("after %d: %d %v, want %d", after, got.Sequence, err, text.Sequence)
			}
		}
		if _, _, more := want(); more {
			t.Errorf("after %d: the files end too early", after)
		}
		stop()
	}
}
