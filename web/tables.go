package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"plantrail/domain"
	"plantrail/feeds"
	"plantrail/projections"
)

// FlatTable is a table for tools that draw charts: named columns, each cell a text, the same as JSON and as CSV. Columns are
// only ever added, at the end.
type FlatTable struct {
	Table   string     `json:"table"`
	Columns []string   `json:"columns"`
	Key     []string   `json:"key" doc:"the columns that name what a row is about: drop the rows that you have with the same values, then take those that came"`
	Rows    [][]string `json:"rows"`
	Next    string     `json:"next" doc:"cursor: ask with it for what changes from now on"`
	More    bool       `json:"more" doc:"the next page has something already"`
}

type tableInput struct {
	Reading
	Tabled
	AsAt
	Table string `path:"table" enum:"items,findings,rating-changes,dates-moved,corrections" doc:"which table"`
	After string `query:"after" doc:"cursor: only what changed since it was given"`
	Plan  string `query:"plan" doc:"only these plans, separated by commas"`
	Limit int    `query:"limit" minimum:"1" maximum:"100000" doc:"about how many events are read for a page of what happened; left out: 10,000"`
}

func (s *Server) registerTables() {
	query(s, "/v1/tables/{table}", about{id: "flat-table", tag: "feeds", summary: "A flat table for charts: items, findings, rating changes, dates moved, corrections", csv: true, errors: []int{404, 409},
		text: "`items` has a row an item and dimension as it stands, or stood (see position, recorded_at, valid_at, as_reported); with `after` only the items about which something was recorded since. `findings` is what the rules find today; with `after` of the plans about which something was recorded since, a plan without any as a row with nothing but its name. The others have a row an event, which is final: what mends it is a row of `corrections`. The cursor of a CSV is in the header Link."}, s.flatTable)
}

func (s *Server) flatTable(ctx context.Context, in *tableInput) (FlatTable, error) {
	c := callOf(ctx)
	out, err := s.table(ctx, c, in)
	// That of a long history may have taken longer to make than the connection was to last: it is to go out all the same.
	_ = http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(downloadLimit)) // in the same process there is none
	return out.linked(c), err
}

func (s *Server) table(ctx context.Context, c *call, in *tableInput) (FlatTable, error) {
	f := s.deps.Feed
	if f == nil {
		return FlatTable{}, domain.Errorf(domain.Unavailable, "", "there is no feed here")
	}
	plans, err := parsePlans(in.Plan)
	if err != nil {
		return FlatTable{}, err
	}
	from := domain.Position(0)
	if in.After != "" {
		if from, err = f.Resolve(ctx, in.After, c.subscriber()); err != nil {
			return FlatTable{}, told(c, f, err)
		}
	}
	if t, ok := feeds.FindTable(in.Table); ok {
		return s.eventTable(ctx, in, t, from, plans)
	}
	// What is recorded from here on comes with the next answer again: the cursor is that of what all of this one shows.
	settled, err := s.deps.Reads.Settled(ctx, plans...)
	if err != nil {
		return FlatTable{}, err
	}
	next, err := f.Cursor(ctx, max(from, settled), c.subscriber())
	if err != nil {
		return FlatTable{}, err
	}
	out, err := s.stateTable(ctx, in, from, plans)
	out.Next = next
	return out, err
}

// eventTable is a page of what happened.
func (s *Server) eventTable(ctx context.Context, in *tableInput, t feeds.Table, from domain.Position, plans []domain.PlanID) (FlatTable, error) {
	c, f := callOf(ctx), s.deps.Feed
	r, err := f.Reader(ctx, from, feeds.Query{Plans: plans})
	if err != nil {
		return FlatTable{}, told(c, f, err)
	}
	defer r.Close()
	out := FlatTable{Table: t.Name, Columns: t.Columns, Key: []string{"position"}}
	caught := false
	out.Rows, out.Next, caught, err = t.Rows(ctx, r, cmp.Or(in.Limit, 10_000), c.subscriber())
	out.More = !caught
	return out, err
}

// stateTable is the items or findings, all or those about which something counts from a position on.
func (s *Server) stateTable(ctx context.Context, in *tableInput, from domain.Position, plans []domain.PlanID) (_ FlatTable, err error) {
	part := in.After != ""
	var changed map[domain.PlanID]map[domain.ItemID]bool
	if part {
		if changed, err = s.deps.Reads.Changed(ctx, from, plans...); err != nil {
			return FlatTable{}, err
		}
	}
	wanted := func(id domain.PlanID) bool {
		return (len(plans) == 0 || slices.Contains(plans, id)) && (!part || changed[id] != nil)
	}
	if in.Table == "findings" {
		return s.findingsTable(ctx, wanted, part)
	}
	return s.itemsTable(ctx, in, wanted, changed)
}

// linked tells the cursor in a header, too: a CSV has no other place for it.
func (t FlatTable) linked(c *call) FlatTable {
	if t.Rows == nil {
		t.Rows = [][]string{}
	}
	if link := nextLink(c.r.URL, t.Next); link != "" {
		c.w.Header().Set("Link", link)
	}
	return t
}

func parsePlans(given string) (plans []domain.PlanID, err error) {
	for _, id := range list[string](given) {
		plan, err := domain.ParsePlanID(id)
		if err != nil {
			return nil, err
		}
		plans = append(plans, plan)
	}
	return plans, nil
}

// itemsTable is the items as they stand, all or those that changed.
func (s *Server) itemsTable(ctx context.Context, in *tableInput, wanted func(domain.PlanID) bool, changed map[domain.PlanID]map[domain.ItemID]bool) (out FlatTable, err error) {
	at, err := in.at()
	if err != nil {
		return out, err
	}
	out = FlatTable{Table: "items", Key: []string{"plan", "item"}}
	header, _ := itemsTable(nil)
	out.Columns = append([]string{"plan"}, header...)
	all, err := s.deps.Reads.Plans(ctx, time.Time{})
	if err != nil {
		return out, err
	}
	for _, p := range all {
		if !wanted(p.Plan) {
			continue
		}
		view, err := s.deps.Reads.Plan(ctx, p.Plan, at)
		if domain.KindOf(err) == domain.NotFound && err != nil {
			continue // it was not there yet at that moment
		}
		if err != nil {
			return out, err
		}
		items := view.Items
		if in.After != "" {
			items = slices.DeleteFunc(slices.Clone(items), func(i projections.ItemView) bool { return !changed[p.Plan][i.Item] && !changed[p.Plan][""] })
		}
		_, rows := itemsTable(items)
		for _, row := range rows {
			out.Rows = append(out.Rows, append([]string{string(p.Plan)}, row...))
		}
	}
	return out, nil
}

// findingsTable is what the rules find today. Where a part of the plans is asked for, one that has no findings any more is a
// row with nothing but its name: what was found of it before is to be dropped.
func (s *Server) findingsTable(ctx context.Context, wanted func(domain.PlanID) bool, part bool) (out FlatTable, err error) {
	out = FlatTable{Table: "findings", Key: []string{"plan"}}
	all, err := s.deps.Reads.Plans(ctx, time.Time{})
	if err != nil {
		return out, err
	}
	out.Columns, _ = findingsTable(nil)
	for _, p := range all {
		if !wanted(p.Plan) {
			continue
		}
		v, err := s.deps.Reads.Findings(ctx, p.Plan, projections.At{}, s.today())
		if err != nil {
			return out, err
		}
		_, rows := findingsTable(v.Findings)
		if len(rows) == 0 && part {
			rows = [][]string{make([]string, len(out.Columns))}
			rows[0][slices.Index(out.Columns, "plan")] = string(p.Plan)
		}
		out.Rows = append(out.Rows, rows...)
	}
	return out, nil
}
