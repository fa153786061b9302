package web_test

import (
	"encoding/json"
	"maps"
	"os"
	"strings"
	"testing"

	"plantrail/domain/domaintest"
	"plantrail/web"
)

// kept is a copy of a table, refreshed by cursor.
type kept struct {
	name, next string
	rows       map[string]string // by what they are about, and then their words
}

// refresh takes what changed, and replaces the rows it has.
func (k *kept) refresh(t *testing.T, r *real, position string) {
	t.Helper()
	got := r.table(t, k.name+"?min_position="+position+"&after="+k.next)
	k.take(got)
	k.next = got.Next
}

func (r *real) table(t *testing.T, query string) (got web.FlatTable) {
	t.Helper()
	if err := json.Unmarshal(r.must(t, 200, "GET", "/v1/tables/"+query, "").Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// take drops the rows that are about what came, and takes what came.
func (k *kept) take(table web.FlatTable) {
	at := map[string]int{}
	for i, name := range table.Columns {
		at[name] = i
	}
	about := func(row []string) (key string) {
		for _, name := range table.Key {
			key += row[at[name]] + "/"
		}
		return key
	}
	for _, row := range table.Rows {
		maps.DeleteFunc(k.rows, func(key, _ string) bool { return strings.HasPrefix(key, about(row)) })
	}
	for _, row := range table.Rows {
		if row[at["finding"]] != "" || table.Table != "findings" {
			k.rows[about(row)+strings.Join(row, "|")] = strings.Join(row, "|")
		}
	}
}

// compare holds the copy against the whole table of now.
func (k *kept) compare(t *testing.T, r *real, when string) {
	t.Helper()
	whole := kept{rows: map[string]string{}}
	whole.take(r.table(t, k.name))
	if !maps.Equal(k.rows, whole.rows) {
		t.Errorf("%s: the copy of %s is\n%v\nthe table\n%v", when, k.name, k.rows, whole.rows)
	}
}

// Whoever keeps a copy of the items, or of the findings, by cursor has, after each command of any kind, what the whole table says.
func TestACopyKeptByCursorIsTheTable(t *testing.T) {
	domaintest.Long(t)
	c := newContract(t)
	c.call(201, "POST", "/v1/plans/other/open-plan", `{"title":"Another plan"}`)
	items, found := kept{name: "items", rows: map[string]string{}}, kept{name: "findings", rows: map[string]string{}}
	most := 0
	for _, verb := range []string{"open-plan", "add-item", "add-aim", "rate", "justify", "report-progress", "reword-item", "assign-owner", "set-due", "move-item", "suspend-item",
		"resume-item", "record-outcome", "set-schemes", "cancel-item", "correct", "erase-text"} {
		if verb == "add-aim" {
			c.call(201, "POST", "/v1/plans/sdp/add-item", `{"item":"aim-1","level":"aim","title":"Be reached easily"}`)
			continue
		}
		if c.doc.Paths.Value("/v1/plans/{plan}/"+verb) == nil {
			t.Fatalf("there is no command %s", verb)
		}
		position := c.story(verb)
		for _, k := range []*kept{&items, &found} {
			k.refresh(t, c.real, position)
			k.compare(t, c.real, verb)
		}
		most = max(most, len(found.rows))
	}
	if most == 0 || len(items.rows) < 2 {
		t.Errorf("there were never any findings, or items: %d, %v", most, items.rows)
	}
	if got := c.table(t, "findings?after="+found.next); len(got.Rows) != 0 {
		t.Errorf("nothing was recorded, and %d rows come", len(got.Rows))
	}
}

// The columns that DESIGN.md publishes are those that come, first and in that order: others are only ever added at the end.
func TestTheColumnsOfTablesAreThePublishedOnes(t *testing.T) {
	r := newReal(t)
	r.must(t, 201, "POST", "/v1/plans/sdp/open-plan", `{"title":"SDP"}`)
	published, err := os.ReadFile("../feeds/DESIGN.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"items", "findings", "rating-changes", "dates-moved", "corrections"} {
		_, words, ok := strings.Cut(string(published), "\n- `"+name+"`: ")
		columns, _, _ := strings.Cut(words, "\n")
		if got := strings.Join(r.table(t, name).Columns, ", "); !ok || got != columns {
			t.Errorf("%s has the columns\n%s\npublished are\n%s", name, got, columns)
		}
	}
}
