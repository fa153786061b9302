package eventstore_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/domain/journaltest"
	"plantrail/eventstore"
	"plantrail/eventstore/eventstoretest"
)

// secrets are the forms in which a text that is to be erased could be found in a file.
type secrets map[string][]byte

func (all secrets) addDisclosure(enc string) {
	all["disclosure "+enc] = []byte(enc)
	if plain, err := base64.RawURLEncoding.DecodeString(enc); err == nil {
		salt := strings.Split(string(plain), `"`)[1]
		all["salt "+salt] = []byte(salt)
		all["value "+string(plain)] = plain[len(salt)+5 : len(plain)-1]
	}
}

// found lists which secrets lie in which files below some directories.
func (all secrets) found(t testing.TB, dirs ...string) (where []string) {
	t.Helper()
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return nil // a file that went while we looked
			}
			b, _ := os.ReadFile(path)
			for name, secret := range all {
				if bytes.Contains(b, secret) {
					where = append(where, name+" in "+path)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(where)
	return where
}

// disclosuresOf are those of some names beside an event, as they lie there.
func disclosuresOf(t testing.TB, s *eventstore.Store, event domain.EventID, names ...string) secrets {
	t.Helper()
	all := secrets{}
	tail, err := s.Tail(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for text, err := range s.Texts(context.Background(), 0, tail.Texts) {
		if err != nil {
			t.Fatal(err)
		}
		for _, enc := range text.Disclosures {
			plain, _ := base64.RawURLEncoding.DecodeString(enc)
			if name := strings.Split(string(plain), `"`)[3]; text.Event == event && slices.Contains(names, name) {
				all.addDisclosure(enc)
			}
		}
	}
	return all
}

// written is a journal with a command of one event, and with one of several whose last has two texts.
type written struct {
	one, first, last domain.Recorded
	all              []domain.Recorded
}

func writeTexts(t testing.TB, s *eventstore.Store) (w written) {
	t.Helper()
	fillPlan(t, s, "other", 40)
	c := journaltest.Change("sdp", "c-1", 1, "a text that someone wants to be forgotten")
	got, err := s.Append(context.Background(), domain.Head{}, c)
	if err != nil {
		t.Fatal(err)
	}
	w.one, w.all = got[0], got
	c = journaltest.Change("sdp", "c-2", 30, "many words")
	c.Facts[29].Event = &domain.OwnerAssigned{Item: "item-01", Owner: "Somebody Whose Name Goes", Reason: "a reason that stays"}
	if got, err = s.Append(context.Background(), got[0].Head(), c); err != nil {
		t.Fatal(err)
	}
	w.first, w.last, w.all = got[0], got[29], append(w.all, got...)
	fillPlan(t, s, "other", 40)
	return w
}

func TestEraseText(t *testing.T) {
	cfg := eventstoretest.Config(t.TempDir())
	cfg.Init = true
	s := eventstoretest.OpenWith(t, cfg)
	w := writeTexts(t, s)
	leaves := allLeaves(t, s)
	gone := w.secrets(t, s)
	if n := len(gone.found(t, cfg.DataDir)); n < len(gone)/3 {
		t.Fatalf("%d of %d are found before they are erased: the test can't tell", n, len(gone))
	}
	w.erase(t, s)
	if where := gone.found(t, cfg.DataDir); where != nil {
		t.Errorf("still there:\n%s", strings.Join(where, "\n"))
	}
	w.check(t, s)
	w.erase(t, s) // again: nothing happens
	if n := s.Stats().Erased; n != 3 {
		t.Errorf("%d messages destroyed, want 3", n)
	}
	if !slices.EqualFunc(leaves, allLeaves(t, s), bytes.Equal) {
		t.Error("a leaf has changed")
	}
	eventstoretest.Close(t, s)
	cfg.Init = false
	s = eventstoretest.OpenWith(t, cfg)
	w.check(t, s)
	if where := gone.found(t, cfg.DataDir); where != nil {
		t.Errorf("after a restart:\n%s", strings.Join(where, "\n"))
	}
}

// secrets are what is to be found nowhere after erase.
func (w written) secrets(t testing.TB, s *eventstore.Store) secrets {
	t.Helper()
	gone := disclosuresOf(t, s, w.one.ID, "progress", "command")
	for _, more := range []secrets{disclosuresOf(t, s, w.first.ID, "command"), disclosuresOf(t, s, w.last.ID, "owner")} {
		for name, secret := range more {
			gone[name] = secret
		}
	}
	if len(gone) != 12 { // four disclosures, their salts and values
		t.Fatalf("%d secrets, want 12", len(gone))
	}
	return gone
}

func (w written) erase(t testing.TB, s *eventstore.Store) {
	t.Helper()
	if err := s.EraseText(context.Background(), "sdp", w.one.ID, w.one.ID, "progress"); err != nil {
		t.Fatal(err)
	}
	if err := s.EraseText(context.Background(), "sdp", w.last.ID, w.first.ID, "owner"); err != nil {
		t.Fatal(err)
	}
}

// check: what was not erased reads as before, and nothing is said about commands whose digests are gone.
func (w written) check(t testing.TB, s *eventstore.Store) {
	t.Helper()
	ctx := context.Background()
	if texts, err := s.TextsOf(ctx, "sdp", w.one.ID); err != nil || len(texts) != 0 {
		t.Errorf("the erased text reads as %v %v", texts, err)
	}
	if texts, err := s.TextsOf(ctx, "sdp", w.last.ID); err != nil || len(texts) != 1 || texts["reason"] != "a reason that stays" {
		t.Errorf("the text beside the erased one reads as %v %v", texts, err)
	}
	if texts, err := s.TextsOf(ctx, "sdp", w.first.ID); err != nil || len(texts) != 1 {
		t.Errorf("the first event's text reads as %v %v", texts, err)
	}
	for _, first := range []domain.Recorded{w.one, w.first} {
		done := domain.Done{Command: first.Command, Hash: first.CommandHash, Event: first.ID}
		if same, err := s.Same(ctx, "sdp", done, journaltest.DigestOf("a guess")); err != nil || !same {
			t.Errorf("a guessed command can be told from the erased one: %v %v", same, err)
		}
	}
	journaltest.All(t, s, "sdp")
}

func allLeaves(t testing.TB, s *eventstore.Store) (all [][]byte) {
	t.Helper()
	for leaf, err := range s.Leaves(context.Background(), 0, false) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, leaf.Body)
	}
	return all
}

func TestEraseWhatIsNot(t *testing.T) {
	s := eventstoretest.Open(t)
	w := writeTexts(t, s)
	ctx := context.Background()
	if err := s.EraseText(ctx, "sdp", "019ab3f2-7c11-7e55-9a0b-3f1d5a7c9e21", w.first.ID, "text"); err != nil {
		t.Errorf("erasing the text of an event without any: %v", err)
	}
	for _, bad := range []domain.EventID{"", "a.b", "*", ">", domain.EventID(strings.Repeat("x", 5000))} {
		if err := s.EraseText(ctx, "sdp", bad, w.one.ID, "text"); domain.KindOf(err) != domain.Invalid {
			t.Errorf("event %.10q: %v", bad, err)
		}
	}
	if err := s.EraseText(ctx, "sdp", w.one.ID, w.one.ID, "command"); domain.KindOf(err) != domain.Invalid {
		t.Error("the command's digest can be erased alone")
	}
	s.Freeze("a test")
	if err := s.EraseText(ctx, "sdp", w.one.ID, w.one.ID, "progress"); domain.KindOf(err) != domain.Unavailable {
		t.Errorf("erasing while frozen: %v", err)
	}
}

// On three nodes no stream file holds the text as soon as the replicas have followed. The Raft logs do until each server
// compacts its own: every two to three minutes, or after 8 MB, which is what the test does.
func TestEraseTextOnThreeNodes(t *testing.T) {
	domaintest.Long(t)
	t.Parallel()
	nodes := eventstoretest.Cluster(t, 3)
	cfg := nodes.Config(t.TempDir())
	cfg.Init = true
	s := eventstoretest.OpenWith(t, cfg)
	w := writeTexts(t, s)
	gone := w.secrets(t, s)
	w.erase(t, s)
	w.check(t, s)
	dirs := append(nodes.Dirs(), cfg.DataDir)
	eventstoretest.Until(t, 2*time.Minute, "no stream file of any node holds it", func() bool {
		return !slices.ContainsFunc(gone.found(t, dirs...), func(where string) bool { return !strings.Contains(where, "/_js_/") })
	})
	if n := len(gone.found(t, dirs...)); n != 12 {
		t.Logf("in %d Raft logs just after, usually in 12", n)
	}
	for i := range 30 {
		if _, err := s.Conn().Request(fmt.Sprint("texts.acme.filler.", i), content(500_000), time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	eventstoretest.Until(t, 3*time.Minute, "no file of any node holds it", func() bool { return gone.found(t, dirs...) == nil })
	w.check(t, s)
}
