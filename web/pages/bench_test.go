package pages_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/projections"
	"plantrail/web"
	"plantrail/web/pages"
	"plantrail/web/pages/pagestest"
)

// big is a plan of 100 items whose ratings changed each month of five years.
func big(t testing.TB, h *pagestest.House) {
	t.Helper()
	var all []domain.Command
	all = append(all, domain.OpenPlan{Basis: on(2021, 1, 1), Title: "A long plan"})
	for i := range 100 {
		all = append(all, domain.AddItem{Basis: on(2021, 1, 1), Item: domain.ItemID(fmt.Sprintf("item-%03d", i)), Title: domain.Text(fmt.Sprintf("Improve service number %d by what was agreed", i))})
	}
	for m := range 60 {
		for i := m % 3; i < 100; i += 3 {
			day := domain.DayOf(time.Date(2021, 1, 15, 0, 0, 0, 0, time.UTC).AddDate(0, m, 0))
			all = append(all, domain.Rate{Basis: domain.Basis{Stated: day}, Item: domain.ItemID(fmt.Sprintf("item-%03d", i)), To: []string{"amber", "green", "red"}[m/3%3],
				Justification: domain.Text(fmt.Sprintf("In month %d the supplier of service %d kept us waiting again", m, i))})
		}
	}
	for i, c := range all {
		got, err := h.Service.Do(t.Context(), domain.Order{Plan: "long", Actor: pagestest.Officer, Command: domain.CommandID(fmt.Sprintf("c-%d", i)), Do: c})
		if err != nil {
			t.Fatal(i, err)
		}
		if i == len(all)-1 {
			if err := h.Reads.WaitFor(t.Context(), got.Position); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// BenchmarkPlanPage asks for the page of a plan of 100 items and 60 months, and reports the median, its size on the wire and
// that of its picture, as it is. The targets are 50 ms, 200 KB and 100 KB.
func BenchmarkPlanPage(b *testing.B) {
	h := pagestest.New(b)
	big(b, h)
	measure(b, h.Config.Handler, func() string { return "/plans/long" })
}

// BenchmarkPlanPageOfMillion asks for pages of the thousand plans of a history of a million events, 100 items and 1,000 entries
// each: of another plan each time, so that nothing is remembered of it, and of the same plans again.
func BenchmarkPlanPageOfMillion(b *testing.B) {
	reads := openMillion(b)
	log := slog.New(slog.DiscardHandler)
	api := web.New(web.Deps{Org: "acme", Version: "test", Reads: reads, Log: log})
	site := pages.New(pages.Deps{Org: "acme", API: api, As: web.AsActor, SignIn: &pagestest.SignIn{Session: pages.Session{Actor: pagestest.Officer}}, Log: log})
	n := 0
	b.Run("first", func(b *testing.B) {
		measure(b, site, func() string { n++; return fmt.Sprintf("/plans/plan-%05d", n%1000) })
	})
	b.Run("again", func(b *testing.B) {
		measure(b, site, func() string { n++; return fmt.Sprintf("/plans/plan-%05d", n%20) })
	})
}

// openMillion opens the read models that the query benchmarks of package projections build, the newest there are.
func openMillion(b *testing.B) *projections.DB {
	b.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		b.Fatal(err)
	}
	all, _ := filepath.Glob(filepath.Join(cache, "plantrail-bench", "projections-*", "read.db")) // the pattern is one
	slices.Sort(all)
	for _, name := range slices.Backward(all) {
		db, err := projections.Open(b.Context(), name, projections.Options{})
		if err != nil {
			continue // of another schema
		}
		b.Cleanup(func() { _ = db.Close() })
		if db.Status(b.Context()).Position >= 1_000_000 {
			return db
		}
	}
	domaintest.Need(b, "the million events, which go test ./projections -run none -bench Queries keeps", os.ErrNotExist)
	return nil
}

// measure asks for pages and reports the median time to make one, its size on the wire, and that of the first picture.
func measure(b *testing.B, site http.Handler, address func() string) {
	var took []time.Duration
	var wire, picture int
	for b.Loop() {
		r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, address(), nil)
		r.Header.Set("Accept-Encoding", "gzip")
		w := httptest.NewRecorder()
		began := time.Now()
		site.ServeHTTP(w, r)
		took = append(took, time.Since(began))
		if w.Code != http.StatusOK {
			b.Fatalf("%d %.300s", w.Code, w.Body)
		}
		wire = max(wire, w.Body.Len())
		if picture == 0 {
			picture = svgSize(b, w.Body.Bytes())
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "median-ms")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
	b.ReportMetric(float64(wire)/1000, "wire-KB")
	b.ReportMetric(float64(picture)/1000, "svg-KB")
}

func svgSize(b *testing.B, page []byte) int {
	b.Helper()
	z, err := gzip.NewReader(bytes.NewReader(page))
	if err != nil {
		b.Fatal(err)
	}
	var all bytes.Buffer
	if _, err := all.ReadFrom(z); err != nil {
		b.Fatal(err)
	}
	return strings.Index(all.String(), "</svg>") - strings.Index(all.String(), "<svg")
}
