package sheets

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"testing"

	"plantrail/domain"
)

// manyPapers is a plan that remembers as many headers as are tried, none of which is like a tracker's, and then others.
func manyPapers(t fataler, then ...map[string]string) *Known {
	k := recordedAs(t, head+"1,Mend the roof,Ann,,green,,\n")
	for n := range maxRemembered {
		k.Columns = append(k.Columns, map[string]string{fmt.Sprintf("deed %d", n): "title", fmt.Sprintf("hand %d", n): "owner", "status": "progress", "task": "reason"})
	}
	k.Columns = append(k.Columns, then...)
	return k
}

// However often a file was read, and with whatever was remembered of other papers, it is read as if for the first time.
func TestAFileReadAgainIsReadTheSame(t *testing.T) {
	said := func(p *Proposal, err error) string {
		if err != nil {
			return err.Error()
		}
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	strange := 0
	for seed, how := range mutations {
		format := []string{"docx", "xlsx", "html", "csv", "bars"}[seed%5]
		r := rand.New(rand.NewSource(int64(seed)))
		file := written(t, laidOut(tracker(r), how, r), format)
		asked := []Options{{Plan: "parks", AsAt: april, Name: "x." + format}}
		for _, known := range []func() *Known{
			func() *Known { return manyPapers(t) },
			func() *Known { return recordedAs(t, head+"1,Mend the roof,Ann,,green,,\n") },
			func() *Known {
				return manyPapers(t, map[string]string{"ref": "ref", "action": "title", "owner": "owner", "rag": "rating"})
			},
		} {
			o := asked[0]
			o.Known = known()
			asked = append(asked, o)
		}
		again := NewFile(file)
		for range 5 {
			o := asked[r.Intn(len(asked))]
			if o.Known != nil {
				copied := *o.Known // reading notes in it what was accepted
				o.Known = &copied
			}
			p, err := again.Read(o)
			got := said(p, err)
			if want := said(Read(file, o)); got != want {
				t.Fatalf("%s, %s: read again\n%.2000s\nfor the first time\n%.2000s", how, format, got, want)
			}
			if err == nil && o.Known != nil && len(p.Problems) > 0 {
				strange++
			}
		}
	}
	if strange == 0 {
		t.Error("no file was strange to a plan that remembers papers")
	}
}

// A copy of 10,000 rows whose header is like none of the six that its plan remembers.
func BenchmarkReadAStrangeWorkbook(b *testing.B) {
	file := bigWorkbook(b)
	known := manyPapers(b)
	for b.Loop() {
		k := *known
		if _, err := Read(file, Options{Plan: "parks", AsAt: april, Known: &k, Name: "big.xlsx"}); err != nil && domain.KindOf(err) != domain.Invalid {
			b.Fatal(err)
		}
	}
}
