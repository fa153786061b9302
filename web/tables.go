package web

import (
	"context"
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
	Key     []string   `json:"key" doc:"the columns that name a row: replace the one you have"`
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
		text: "`items` has a row an item and dimension as it stands, or stood (see position, recorded_at, valid_at, as_reported); with `after` only the items about which something was recorded since. `findings` is what the rules find today, always whole. The others have a row an event, which is final: what mends it is a row of `corrections`. The cursor of a CSV is in the header Link."}, s.flatTable)
}

func (s *Server) flatTable(ctx context.Context, in *tableInput) (FlatTable, error) {
	f := s.deps.Feed
	if f == nil {
		return FlatTable{}, domain.Errorf(domain.Unavailable, "", "there is no feed here")
	}
	c := callOf(ctx)
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
	r, err := f.Reader(ctx, from, feeds.Query{Plans: plans})
	if err != nil {
		return FlatTable{}, told(c, f, err)
	}
	defer r.Close()
	if t, ok := feeds.FindTable(in.Table); ok {
		if in.Limit == 0 {
			in.Limit = 10_000
		}
		out := FlatTable{Table: t.Name, Columns: t.Columns, Key: []string{"position"}}
		caught := false
		out.Rows, out.Next, caught, err = t.Rows(ctx, r, in.Limit, c.subscriber())
		out.More = !caught
		return out.linked(c), err
	}
	if in.Table == "findings" {
		return s.findingsTable(ctx, plans)
	}
	out, err := s.itemsTable(ctx, in, plans, r)
	return out.linked(c), err
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

// itemsTable is the items as they stand. The cursor is that of a place that the answer shows, at least: what is recorded
// while it is made comes with the next one again.
func (s *Server) itemsTable(ctx context.Context, in *tableInput, plans []domain.PlanID, r *feeds.Reader) (out FlatTable, err error) {
	at, err := in.at()
	if err != nil {
		return out, err
	}
	shown := s.position(ctx)
	changed, err := changedItems(ctx, r, shown)
	if err != nil {
		return out, err
	}
	cursor, err := s.deps.Feed.Reader(ctx, shown, feeds.Query{})
	if err != nil {
		return out, err
	}
	out = FlatTable{Table: "items", Key: []string{"plan", "item", "dimension"}, Next: cursor.Cursor(callOf(ctx).subscriber())}
	header, _ := itemsTable(nil)
	out.Columns = append([]string{"plan"}, header...)
	all, err := s.deps.Reads.Plans(ctx, time.Time{})
	if err != nil {
		return out, err
	}
	for _, p := range all {
		if len(plans) > 0 && !slices.Contains(plans, p.Plan) || in.After != "" && changed[p.Plan] == nil {
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
			items = slices.DeleteFunc(slices.Clone(items), func(i projections.ItemView) bool { return !changed[p.Plan][i.Item] })
		}
		_, rows := itemsTable(items)
		for _, row := range rows {
			out.Rows = append(out.Rows, append([]string{string(p.Plan)}, row...))
		}
	}
	return out, nil
}

// changedItems is the items about which something was recorded after the reader's place, up to a position.
func changedItems(ctx context.Context, r *feeds.Reader, until domain.Position) (map[domain.PlanID]map[domain.ItemID]bool, error) {
	changed := map[domain.PlanID]map[domain.ItemID]bool{}
	for r.At() < until {
		items, end, err := r.Next(ctx, exportBurst)
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			if changed[it.Plan] == nil {
				changed[it.Plan] = map[domain.ItemID]bool{}
			}
			changed[it.Plan][it.Item()] = true
		}
		if end && r.At() < until { // the feed is a moment behind the read models
			if err := r.Wait(ctx); err != nil {
				return nil, err
			}
		}
	}
	return changed, nil
}

func (s *Server) findingsTable(ctx context.Context, plans []domain.PlanID) (out FlatTable, err error) {
	out = FlatTable{Table: "findings", Key: []string{"finding"}, Rows: [][]string{}}
	all, err := s.deps.Reads.Plans(ctx, time.Time{})
	if err != nil {
		return out, err
	}
	out.Columns, _ = findingsTable(nil)
	for _, p := range all {
		if len(plans) > 0 && !slices.Contains(plans, p.Plan) {
			continue
		}
		v, err := s.deps.Reads.Findings(ctx, p.Plan, projections.At{}, s.today())
		if err != nil {
			return out, err
		}
		_, rows := findingsTable(v.Findings)
		out.Rows = append(out.Rows, rows...)
	}
	return out, nil
}
