package sheets

import (
	"encoding/csv"
	"errors"
	"fmt"
	"math/rand"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"plantrail/domain"
)

// prose draws what may stand in a cell: words, quotes, separators, line ends, spaces at the edges.
var prose = rapid.StringMatching(`[A-Za-z é£"',;|=+@-]{1,12}[a-z]( [a-z0-9"',;|\n ]{0,20}){0,3}[.]?`)

// TestReasonsComeBackByteForByte writes tables with encoding/csv and reads them.
func TestReasonsComeBackByteForByte(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "rows")
		sep := rapid.SampledFrom([]rune{',', ';', '\t'}).Draw(t, "separator")
		var b strings.Builder
		w := csv.NewWriter(&b)
		w.Comma = sep
		_ = w.Write([]string{"Ref", "Action", "RAG", "Reason"})
		reasons := make([]string, n)
		for i := range reasons {
			reasons[i] = prose.Draw(t, "reason")
			_ = w.Write([]string{fmt.Sprint("r", i), fmt.Sprint("Act number ", i), "amber", reasons[i]})
		}
		w.Flush()
		p, err := Read([]byte(b.String()), Options{Name: "x.csv"})
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range reasons {
			if got := p.Rows[i].Reason; got != want {
				t.Fatalf("row %d: %q, want %q", i+1, got, want)
			}
		}
	})
}

// TestOrderOfUnrelatedRowsDoesNotMatter reads the same rows in two orders: each row says the same of its item.
func TestOrderOfUnrelatedRowsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 12).Draw(t, "rows")
		rows := make([]string, n)
		for i := range rows {
			rows[i] = fmt.Sprintf("%d.1,Act number %d,%s,%s,%s,%s,%s", i, i, rapid.SampledFrom([]string{"amber", "G", "purple", ""}).Draw(t, "rating"),
				rapid.SampledFrom([]string{"31/03/2021", "May 2020", "31/02/2020", ""}).Draw(t, "due"),
				rapid.SampledFrom([]string{"Late", "Updated to GREEN", "Due June 2021", "see 0.1", ""}).Draw(t, "reason"),
				rapid.SampledFrom([]string{"12", "40%", "few", ""}).Draw(t, "baseline"), rapid.SampledFrom([]string{"7", "55%", "tbc", ""}).Draw(t, "current"))
		}
		read := func(rows []string) map[string]Row {
			p, err := Read([]byte("Ref,Action,RAG,Due date,Reason,Baseline,Current\n"+strings.Join(rows, "\n")), Options{Name: "x.csv"})
			if err != nil {
				t.Fatal(err)
			}
			byRef, items := map[string]Row{}, map[domain.ItemID]string{}
			for _, r := range p.Rows {
				items[r.Item] = r.Ref
			}
			for _, r := range p.Rows {
				if r.SameAs != "" {
					r.SameAs = domain.ItemID(items[r.SameAs])
				}
				r.N, r.Place, r.Item, r.reasonFrom, r.Rating.Place = 0, "", "", "", ""
				for i := range r.Changes {
					r.Changes[i].Place = ""
				}
				if r.Measure != nil {
					r.Measure.Place, r.Measure.Item = "", ""
					for i := range r.Measure.Readings {
						r.Measure.Readings[i].Place = ""
					}
				}
				byRef[r.Ref] = r
			}
			return byRef
		}
		before := read(rows)
		rand.New(rand.NewSource(int64(rapid.Uint16().Draw(t, "seed")))).Shuffle(n, func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		if after := read(rows); !reflect.DeepEqual(before, after) {
			t.Fatalf("%v\n%v", before, after)
		}
	})
}

// FuzzRead reads anything: no panic, only domain errors, limits kept, words from the file only, one file one command.
func FuzzRead(f *testing.F) {
	for _, s := range shapes {
		f.Add([]byte(s.in), s.file)
	}
	for _, in := range []string{"RESOLVED that\n1. x", "|\n|\n|\n", "a|b\nc|d", "\xff\xfeA", "Action\r\rRAG", "Aim |\nReason |\n\n\nx", "\"", ",,,\n", "No. |\n|"} {
		f.Add([]byte(in), "")
	}
	f.Fuzz(func(t *testing.T, file []byte, name string) {
		opts := Options{Title: "T", Plan: "p", MeetingDate: domain.Unstated, Accept: []string{"all"}, Name: name}
		p, err := Read(file, opts)
		if err != nil {
			if e := (*domain.Error)(nil); !errors.As(err, &e) || e.Message == "" || e.Kind == domain.Internal {
				t.Fatalf("not an error for people: %v", err)
			}
			return
		}
		text, _, _ := decode(file)
		for _, r := range p.Rows {
			if r.Title == "" || !strings.Contains(unquoted(text), unquoted(r.Reason)) || len(r.Reason) > MaxCell {
				t.Fatalf("row %+v is not what stands in %q", r, text)
			}
		}
		c, id, err := p.Command()
		again, err2 := Read(file, opts)
		if err2 != nil {
			t.Fatal(err2)
		}
		c2, id2, _ := again.Command()
		if err == nil && (id != id2 || !reflect.DeepEqual(c, c2)) {
			t.Fatal("the same file makes two commands")
		}
	})
}

// unquoted takes out what quoting adds: doubled quotation marks, and bars with a stroke before them.
func unquoted(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, `"`, ""), `\|`, "|")
}

// TestALongChainOfBackReferencesIsWalkedOnce has the worst case in it: walked anew for each row it took 41 s, once 60 ms.
func TestALongChainOfBackReferencesIsWalkedOnce(t *testing.T) {
	in := "Action,RAG,Reason\nFirst,red,Nobody to do it\n" + strings.Repeat("Next,red,as above\n", MaxRows-1)
	p, err := Read([]byte(in), Options{Name: "x.csv"})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range p.Rows[1:] {
		if r.SameAs != "item-00001" {
			t.Fatalf("%s points to %q", r.Item, r.SameAs)
		}
	}
}
