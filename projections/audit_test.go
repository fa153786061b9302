package projections_test

import (
	"context"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"plantrail/domain"
	"plantrail/evidence"
	"plantrail/projections"
	"plantrail/projections/projectionstest"
)

// audited is a story with everything that an audit looks at, signed at several sizes.
func audited(t *testing.T) *kept {
	t.Helper()
	k := keep(t, torn)
	sha := k.src.PutEvidence("sdp", "ev-1", "The charter")
	k.src.Draw(t, `sdp attach ev-1 a "The charter" sha256=`+sha)
	catchUp(t, k.db, k.src)
	k.look(t)
	k.src.Draw(t, `sdp reword b "Quixotic training" "Zwingli asked"`)
	r := k.src.Recorded()[len(k.src.Recorded())-1]
	k.src.Draw(t, `sdp erase `+number(r.Position)+` reason "On request" item=b`)
	k.src.EraseText(r.ID, "reason")
	k.src.Draw(t, `sdp erased `+number(r.Position)+` reason item=b`)
	for range 300 {
		k.src.Draw(t, `sdp progress b "more"`)
	}
	catchUp(t, k.db, k.src)
	k.look(t)
	return k
}

func (k *kept) audit(t *testing.T, against ...projections.Claim) projections.Verdict {
	t.Helper()
	return must[projections.Verdict](t)(k.db.Audit(t.Context(), k.src, projections.AuditOptions{Origin: origin,
		Verifiers: []note.Verifier{k.known}, Against: against}))
}

func TestAnAuditOfAWholeHistory(t *testing.T) {
	k := audited(t)
	tree, hashes := hashed(t, k.src)
	paper := must[tlog.Hash](t)(evidence.Root(7, hashes))
	v := k.audit(t, projections.Claim{Size: 7, Root: paper})
	if !v.OK || v.Size != tree.Size() || v.Root != tree.Root().String() || v.Checkpoints != 3 || v.Erased != 1 || v.Lost != 0 || v.Files != 1 || v.Texts < 300 {
		t.Fatalf("%s%+v", v, v)
	}
	if v := k.audit(t, projections.Claim{Size: 8, Root: paper}); v.OK || v.Checks[1].State != projections.CheckFailed || !strings.Contains(v.Checks[1].Words, "another history") {
		t.Errorf("against another paper: %s", v)
	}
	typed := paper
	typed[20] ^= 4 // as somebody reads one character of 44 wrong
	if v := k.audit(t, projections.Claim{Size: 7, Root: typed}); v.OK || !strings.Contains(v.Checks[1].Words, "they differ in 1 of 44 characters only") {
		t.Errorf("against a paper that was typed wrong: %s", v)
	}
	if v := k.audit(t, projections.Claim{Size: tree.Size() + 1, Root: paper}); v.OK || !strings.Contains(v.Checks[1].Words, "missing at the end") {
		t.Errorf("against a longer history: %s", v)
	}
}

func TestAnAuditNamesWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(t *testing.T, k *kept)
		check  string
		want   string
		bad    domain.Position
	}{
		"altered":  {func(_ *testing.T, k *kept) { k.src.Tamper(5, replaced("amber", "green")) }, "events", "", 5},
		"replaced": {func(_ *testing.T, k *kept) { k.src.Tamper(300, replaced("9a0b-0", "9a0b-1")) }, "events", "", 300},
		"dropped":  {func(_ *testing.T, k *kept) { k.src.Tamper(6, func([]byte) []byte { return nil }) }, "events", "can't be read", 6},
		"swapped":  {func(_ *testing.T, k *kept) { k.src.Swap(4, 5) }, "events", "", 4},
		"a row of the timeline": {func(t *testing.T, k *kept) {
			exec(t, k, "UPDATE timeline SET data = replace(data, 'amber', 'green') WHERE position = 5")
		}, "read models", "in the table timeline, at position 5", 5},
		"a state": {func(t *testing.T, k *kept) {
			exec(t, k, "UPDATE item_states SET state = replace(state, 'amber', 'green')")
		}, "read models", "item_states", 5},
		"a row too many": {func(t *testing.T, k *kept) { exec(t, k, "INSERT INTO resolutions VALUES ('sdp', 9, 'x', 9)") }, "read models", "does not follow from", 0},
		"a row too few":  {func(t *testing.T, k *kept) { exec(t, k, "DELETE FROM items WHERE item = 'b'") }, "read models", "is missing", 4},
		"a shown text": {func(t *testing.T, k *kept) {
			exec(t, k, "UPDATE texts SET value = 'all well' WHERE value = 'Still at the printer'")
		}, "read models", "the text is not the one", 0},
		"a text removed": {func(t *testing.T, k *kept) { exec(t, k, "DELETE FROM texts WHERE value = 'Still at the printer'") }, "read models", "a row is missing", 0},
		"a tile":         {func(t *testing.T, k *kept) { exec(t, k, "UPDATE tiles SET hashes = zeroblob(32) WHERE level = 1") }, "read models", "tiles", 0},
		"a leaf's tile": {func(t *testing.T, k *kept) {
			exec(t, k, "UPDATE tiles SET hashes = CAST(zeroblob(32) || substr(hashes, 33) AS BLOB) WHERE level = 0 AND n = 1")
		}, "read models", "another hash for the event at position 257", 0},
		"a text lost":     {func(_ *testing.T, k *kept) { k.src.EraseTexts(k.src.Recorded()[4].ID) }, "texts", "1 texts are lost", 5},
		"a text replaced": {func(_ *testing.T, k *kept) { k.src.ForgeText(k.src.Recorded()[4].ID, "justification", "All is well") }, "texts", "not the one that was recorded", 5},
		"a file replaced": {func(_ *testing.T, k *kept) { k.src.PutEvidence("sdp", "ev-1", "Another") }, "evidence", "ev-1", 31},
		"a checkpoint re-signed": {func(t *testing.T, k *kept) {
			other, _ := key(t)
			k.src.CutCheckpoints(1)
			signed, err := evidence.Checkpoint{Origin: origin, Size: 40}.Sign(other)
			if _, err2 := k.src.PutCheckpoint(t.Context(), 1, signed); err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
		}, "checkpoints", "not this log's", 0},
		"a checkpoint of another history": {func(t *testing.T, k *kept) {
			k.src.CutCheckpoints(1)
			signed, err := evidence.Checkpoint{Origin: origin, Size: 40}.Sign(k.signer)
			if _, err2 := k.src.PutCheckpoint(t.Context(), 1, signed); err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
		}, "checkpoints", "an event after position 31 was altered", 0},
	} {
		t.Run(name, func(t *testing.T) {
			k := audited(t)
			c.damage(t, k)
			v := k.audit(t)
			i := slices.IndexFunc(v.Checks, func(c projections.Check) bool { return c.State == projections.CheckFailed })
			if v.OK || i < 0 || v.Checks[i].Name != c.check || !strings.Contains(v.Checks[i].Words, c.want) {
				t.Fatalf("want %s %q:\n%s", c.check, c.want, v)
			}
			if whole := strings.HasPrefix(v.Wrong(), "The history is as it was recorded"); whole != (c.check == "read models") {
				t.Errorf("it is said that %s", v.Wrong())
			}
			if c.bad > 0 && (v.Bad == nil || v.Bad.Position != c.bad || v.Bad.Plan != "sdp" || v.Bad.RecordedAt.IsZero() || v.Bad.Differs == "") {
				t.Errorf("the bad event is %+v", v.Bad)
			}
		})
	}
}

func exec(t *testing.T, k *kept, statement string) {
	t.Helper()
	if err := k.db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

func TestAnAuditBesideWriters(t *testing.T) {
	k := audited(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 500 {
			k.src.Draw(t, `sdp progress a "meanwhile"`)
			if k.db.WaitFor(ctx, domain.Position(len(k.src.Recorded()))) != nil || k.Keep(ctx) != nil {
				return
			}
		}
	}()
	for range 5 {
		if v := k.audit(t); !v.OK {
			t.Errorf("%s", v)
		}
	}
	cancel()
	<-done
}

// BenchmarkAudit audits a history with texts, three in four; PLANTRAIL_AUDIT=1000000 says of how many events.
func BenchmarkAudit(b *testing.B) {
	src := million
	src.Bodies, src.Length = true, 200_000
	if n, err := strconv.Atoi(os.Getenv("PLANTRAIL_AUDIT")); err == nil {
		src.Length = n
	}
	db, err := projections.Open(b.Context(), b.TempDir()+"/read.db", projections.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if err := db.Rebuild(b.Context(), src, nil); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		cpu := cpuTime(b)
		peak := uint64(0)
		v, err := db.Audit(b.Context(), src, projections.AuditOptions{Origin: origin, Progress: func(domain.Position, domain.Position) {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse)
		}})
		if err != nil || !v.OK {
			b.Fatal(err, v)
		}
		b.ReportMetric(v.Took.Seconds()*1e6/float64(src.Length), "s/million")
		b.ReportMetric((cpuTime(b)-cpu).Seconds()*1e6/float64(src.Length), "cpu-s/million")
		b.ReportMetric(float64(peak>>20), "MB-heap")
	}
}

var _ projections.AuditSource = (*projectionstest.Source)(nil)
