package eventstore_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/nats-io/nats.go/jetstream"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/eventstore"
	"plantrail/eventstore/eventstoretest"
)

func TestEvidence(t *testing.T) { testEvidence(t, eventstoretest.Open(t)) }

func TestEvidenceOnThreeNodes(t *testing.T) {
	domaintest.Long(t)
	testEvidence(t, eventstoretest.Cluster(t, 3).Open(t, "acme"))
}

func content(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(b)
	return b
}

func testEvidence(t *testing.T, s *eventstore.Store) {
	ctx := context.Background()
	for id, n := range map[domain.EvidenceID]int{"one": 1, "piece": 128 << 10, "more": 128<<10 + 1, "large": 3<<20 + 17} {
		want := content(n)
		sum := sha256.Sum256(want)
		for range 2 { // the second is a repeat
			sha, size, err := s.PutEvidence(ctx, "sdp", id, iotest.HalfReader(bytes.NewReader(want)), int64(n))
			if err != nil || sha != hex.EncodeToString(sum[:]) || size != int64(n) {
				t.Fatalf("%s: %s %d %v", id, sha, size, err)
			}
		}
		r, size, err := s.Evidence(ctx, "sdp", id)
		if err != nil || size != int64(n) {
			t.Fatalf("%s: %d %v", id, size, err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, want) || r.Close() != nil {
			t.Errorf("%s reads as %d bytes, %v", id, len(got), err)
		}
		if _, _, err := s.PutEvidence(ctx, "sdp", id, strings.NewReader("another"), 100); domain.KindOf(err) != domain.Conflict {
			t.Errorf("another file under the same id: %v", err)
		}
		byOthers(t, s, "sdp/"+string(id), want)
	}
	refusedFiles(t, s)
	if err := s.RemoveEvidence(ctx, "sdp", "large"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Evidence(ctx, "sdp", "large"); domain.KindOf(err) != domain.NotFound {
		t.Errorf("a removed file: %v", err)
	}
	if _, _, err := s.PutEvidence(ctx, "sdp", "large", strings.NewReader("x"), 100); err != nil {
		t.Errorf("a file in the place of a removed one: %v", err)
	}
	n := 0
	for f, err := range s.EvidenceFiles(ctx) {
		if n++; err != nil || f.Plan != "sdp" || f.Size == 0 || len(f.SHA256) != 64 {
			t.Errorf("%+v %v", f, err)
		}
	}
	if pieces := len(subjects(t, s, "$O.EVIDENCE_acme.C.>")); n != 4 || pieces != 4 {
		t.Errorf("%d files, pieces of %d", n, pieces)
	}
}

// byOthers reads a file with NATS's own object store client, which checks the digest.
func byOthers(t *testing.T, s *eventstore.Store, name string, want []byte) {
	t.Helper()
	js, err := jetstream.New(s.Conn())
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := js.ObjectStore(context.Background(), "EVIDENCE_acme")
	if err != nil {
		t.Fatal(err)
	}
	got, err := bucket.GetBytes(context.Background(), name)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("nats.go reads %s as %d bytes, %v", name, len(got), err)
	}
}

// subjects of the evidence stream that match, with how many messages each has.
func subjects(t *testing.T, s *eventstore.Store, filter string) map[string]uint64 {
	t.Helper()
	js, err := jetstream.New(s.Conn())
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(context.Background(), "OBJ_EVIDENCE_acme")
	if err != nil {
		t.Fatal(err)
	}
	info, err := stream.Info(context.Background(), jetstream.WithSubjectFilter(filter))
	if err != nil {
		t.Fatal(err)
	}
	return info.State.Subjects
}

// refusedFiles: what is not stored whole leaves nothing behind.
func refusedFiles(t *testing.T, s *eventstore.Store) {
	t.Helper()
	ctx := context.Background()
	before := len(subjects(t, s, "$O.EVIDENCE_acme.>"))
	given, stop := context.WithCancel(ctx)
	for _, c := range []struct {
		id    domain.EvidenceID
		r     io.Reader
		limit int64
		kind  domain.Kind
	}{
		{"over", bytes.NewReader(content(1 << 20)), 1<<20 - 1, domain.TooLarge},
		{"broken", io.MultiReader(bytes.NewReader(content(1<<20)), iotest.ErrReader(errors.New("cut"))), 1 << 30, domain.Invalid},
		{"given-up", io.MultiReader(bytes.NewReader(content(1<<20)), readerFunc(func([]byte) (int, error) { stop(); return 0, io.EOF })), 1 << 30, domain.Unavailable},
		{"empty", strings.NewReader(""), 100, domain.Invalid},
		{"Not/an.id", strings.NewReader("x"), 100, domain.Invalid},
		{"", strings.NewReader("x"), 100, domain.Invalid},
	} {
		with := ctx
		if c.id == "given-up" {
			with = given
		}
		_, _, err := s.PutEvidence(with, "sdp", c.id, c.r, c.limit)
		if domain.KindOf(err) != c.kind {
			t.Errorf("%s: %v", c.id, err)
		}
		if _, _, err := s.Evidence(ctx, "sdp", c.id); err == nil {
			t.Errorf("%s can be seen", c.id)
		}
	}
	if after := len(subjects(t, s, "$O.EVIDENCE_acme.>")); after != before {
		t.Errorf("%d names and pieces before, %d after", before, after)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// Of several different files stored under one id at once, one is.
func TestEvidenceAtOnce(t *testing.T) {
	s := eventstoretest.Open(t)
	ctx := context.Background()
	var mu sync.Mutex
	var shas []string
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			sha, _, err := s.PutEvidence(ctx, "sdp", "one", bytes.NewReader(content(300<<10+i)), 1<<20)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				shas = append(shas, sha)
			} else if domain.KindOf(err) != domain.Conflict {
				t.Error(err)
			}
		})
	}
	all.Wait()
	r, _, err := s.Evidence(ctx, "sdp", "one")
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, r); err != nil || len(shas) != 1 || hex.EncodeToString(hash.Sum(nil)) != shas[0] {
		t.Errorf("%d stored, %v", len(shas), err)
	}
}

// A piece that is missing is an error and not the end of the file.
func TestEvidenceWithAHole(t *testing.T) {
	s := eventstoretest.Open(t)
	ctx := context.Background()
	for at, id := range map[int]domain.EvidenceID{0: "first", 1: "middle", 3: "last"} {
		if _, _, err := s.PutEvidence(ctx, "sdp", id, bytes.NewReader(content(500<<10)), 1<<20); err != nil {
			t.Fatal(err)
		}
		js, _ := jetstream.New(s.Conn())
		stream, err := js.Stream(ctx, "OBJ_EVIDENCE_acme")
		if err != nil {
			t.Fatal(err)
		}
		end := stream.CachedInfo().State.LastSeq // of the name; before it lie four pieces
		if err := stream.DeleteMsg(ctx, end-4+uint64(at)); err != nil {
			t.Fatal(err)
		}
		r, _, err := s.Evidence(ctx, "sdp", id)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(r); domain.KindOf(err) != domain.Internal {
			t.Errorf("%s: without a piece it reads with %v", id, err)
		}
	}
}
