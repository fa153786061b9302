package projections

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"plantrail/domain"
)

// Limits of a page.
const (
	defaultLimit = 100
	maxLimit     = 1000
)

func pageLimit(n int) (int, error) {
	switch {
	case n == 0:
		return defaultLimit, nil
	case n < 0 || n > maxLimit:
		return 0, domain.Errorf(domain.Invalid, "limit", "%d is not a page size", n).WithHint(fmt.Sprintf("use 1 to %d", maxLimit))
	}
	return n, nil
}

// cursor is a place in an order of entries: the last one of a page. Entries are ordered by the position from which they
// count and then by their own, which never changes, and new ones always come after all others.
type cursor struct{ visible, position domain.Position }

func (c cursor) String() string { return fmt.Sprintf("%d.%d", c.visible, c.position) }

// Cursor is the entry's own cursor: a timeline asked for what comes after it goes on behind this entry.
func (e Entry) Cursor() string { return cursor{e.Visible, e.Position}.String() }

func parseCursor(s string) (c cursor, err error) {
	if _, err := fmt.Sscanf(s, "%d.%d", &c.visible, &c.position); err != nil || c.String() != s {
		return c, domain.Errorf(domain.Invalid, "after", "%.40q is not a cursor", s).WithHint("give the next of an earlier page, unchanged")
	}
	if c.visible > math.MaxInt64 || c.position > math.MaxInt64 {
		return c, domain.Errorf(domain.Invalid, "after", "%.40q is not a cursor", s).WithHint("give the next of an earlier page, unchanged")
	}
	return c, nil
}

// Timeline lists entries: who changed what, when, why and on whose authority.
func (db *DB) Timeline(ctx context.Context, q TimelineQuery) (page Page[Entry], err error) {
	limit, err := pageLimit(q.Limit)
	if err != nil {
		return page, err
	}
	err = db.view(ctx, func(s *snapshot) error {
		page.Moment = s.end.position
		upto, err := s.position(q.Plan, q.At)
		if err != nil {
			return err
		}
		where, err := s.filter(q, upto)
		if err != nil {
			return err
		}
		if page.Entries, err = s.entries(upto, where, limit+1); err != nil {
			return err
		}
		if len(page.Entries) > limit {
			page.Entries = page.Entries[:limit]
			page.Next = page.Entries[limit-1].Cursor()
		}
		return nil
	})
	return page, err
}

// filter is the part of a query on the timeline that says which entries, through which index, and in which order.
type filter struct {
	index string
	where []string
	args  []any
	down  bool
}

func (f *filter) and(condition string, args ...any) {
	f.where = append(f.where, condition)
	f.args = append(f.args, args...)
}

// filter names the index itself: SQLite, without statistics, takes the wrong one of several.
func (s *snapshot) filter(q TimelineQuery, upto domain.Position) (f filter, err error) {
	f = filter{index: "timeline_order", down: q.Newest}
	f.and("visible <= ?", int64(upto))
	if q.After != "" {
		c, err := parseCursor(q.After)
		if err != nil {
			return f, err
		}
		if q.Newest {
			f.and("(visible, position) < (?, ?)", int64(c.visible), int64(c.position))
		} else {
			f.and("(visible, position) > (?, ?)", int64(c.visible), int64(c.position))
		}
	}
	if q.Type != "" {
		f.index = "timeline_type"
		f.and("type = ?", q.Type)
	}
	if q.Actor != "" {
		f.index = "timeline_actor"
		f.and("actor = ?", string(q.Actor))
	}
	return f, s.filterPlan(&f, q)
}

func (s *snapshot) filterPlan(f *filter, q TimelineQuery) error {
	named := q.Plan != "" && q.Plan != AnyPlan
	if q.Plan == AnyPlan {
		f.and("plan NOT GLOB '_*'")
	}
	if named {
		f.index = "timeline_plan"
		f.and("plan = ?", string(q.Plan))
		if err := s.row("SELECT 1 FROM histories WHERE plan = ?", string(q.Plan)).Scan(new(int)); err != nil {
			return notFound(err, "plan", "there is no plan %s", q.Plan)
		}
	}
	if q.Command != "" {
		f.and("command = ?", string(q.Command))
		if named {
			f.index = "timeline_command"
			f.and("lookup = ?", lookup(q.Plan, q.Command))
		}
	}
	if q.Item != "" {
		ref, err := s.itemRef(q.Plan, q.Item)
		if err != nil {
			return err
		}
		f.index = "timeline_item"
		f.and("ref = ?", int64(ref))
	}
	if !q.From.IsZero() {
		f.and("recorded >= ?", q.From.UnixMicro())
		if named { // what was recorded since then can't count from an earlier position than what was recorded before
			before, err := s.recordedBy(q.Plan, q.From.Add(-time.Microsecond))
			if err != nil {
				return err
			}
			f.and("visible > ?", int64(before))
		}
	}
	if !q.To.IsZero() {
		f.and("recorded < ?", q.To.UnixMicro())
	}
	return nil
}

func (s *snapshot) itemRef(plan domain.PlanID, item domain.ItemID) (ref domain.Position, err error) {
	if plan == "" || plan == AnyPlan {
		return 0, domain.Errorf(domain.Invalid, "item", "an item is named within its plan").WithHint("name the plan too")
	}
	err = s.row("SELECT ref FROM items WHERE plan = ? AND item = ?", string(plan), string(item)).Scan(&ref)
	return ref, notFound(err, "item", "plan %s has no item %s", plan, item)
}

// entries reads entries whole: texts, corrections, names, and the title of their item as at upto.
func (s *snapshot) entries(upto domain.Position, f filter, limit int) ([]Entry, error) {
	order := "visible, position"
	if f.down {
		order = "visible DESC, position DESC"
	}
	through := ""
	if f.index != "" {
		through = " INDEXED BY " + f.index
	}
	all, by := []Entry{}, entryDetails{s: s, upto: upto}
	err := s.each(func(rows *sql.Rows) error {
		e, err := by.scan(rows)
		all = append(all, e)
		return err
	}, `SELECT position, visible, plan, planseq, item, ref, event, type, stated, recorded, actor, kind, role, behalf, authority,
			command, texts, data, leaf, corrects
		FROM timeline`+through+" WHERE "+strings.Join(f.where, " AND ")+" ORDER BY "+order+" LIMIT ?",
		append(f.args, limit)...)
	if err != nil {
		return nil, err
	}
	return all, by.load(all)
}

// entryDetails gathers what entries need from other tables, so that each table is asked once a page.
type entryDetails struct {
	s      *snapshot
	upto   domain.Position
	refs   []domain.Position // of each entry's item
	counts []int             // of each entry's texts
	names  map[domain.ActorID]Words
}

func (d *entryDetails) scan(rows *sql.Rows) (e Entry, err error) {
	var item, corrects, authority sql.NullString
	var ref sql.NullInt64
	var recorded int64
	var count int
	var data []byte
	if err := rows.Scan(&e.Position, &e.Visible, &e.Plan, &e.Entry, &item, &ref, &e.Event, &e.Type, scanDate{&e.Stated}, &recorded,
		&e.By.ID, &e.By.Kind, &e.By.Role, &e.By.OnBehalfOf, &authority, &e.Command, &count, &data, &e.Leaf, &corrects); err != nil {
		return e, err
	}
	e.Item, e.Corrects = domain.ItemID(item.String), domain.EventID(corrects.String)
	e.RecordedAt, e.Data = micros(recorded), json.RawMessage(data)
	if late := int(e.RecordedAt.Sub(e.Stated.End()).Hours() / 24); e.Stated.Known() && late > domain.DefaultPolicy().BackdatedDays {
		e.Backdated = late
	}
	d.refs, d.counts = append(d.refs, domain.Position(ref.Int64)), append(d.counts, count)
	e.Summary, err = summarise(e.Type, data)
	if err != nil {
		return e, fmt.Errorf("entry at position %d: %w", e.Position, err)
	}
	return e, unmarshalAuthority(authority, &e.Authority)
}

func (d *entryDetails) load(all []Entry) error {
	events := make([]domain.EventID, len(all))
	byEvent := make(map[domain.EventID]*Entry, len(all))
	d.names = map[domain.ActorID]Words{}
	for i := range all {
		events[i] = all[i].Event
		byEvent[all[i].Event] = &all[i]
		d.names[all[i].By.ID] = Words{}
	}
	if err := d.loadTexts(all, byEvent, events); err != nil {
		return err
	}
	err := d.s.each(func(rows *sql.Rows) error {
		var of, by domain.EventID
		err := rows.Scan(&of, &by)
		if e := byEvent[of]; e != nil {
			e.Corrected = append(e.Corrected, by)
		}
		return err
	}, `SELECT corrects, event FROM timeline INDEXED BY timeline_corrects WHERE corrects IN (SELECT value FROM json_each(?)) AND visible <= ?
		ORDER BY visible, position`, jsonList(events), int64(d.upto))
	if err != nil {
		return err
	}
	if err := d.s.personNames(d.names); err != nil {
		return err
	}
	titles, err := d.s.itemTitles(d.refs, d.upto)
	for i := range all {
		all[i].By.named(d.names[all[i].By.ID])
		all[i].ItemTitle = titles[d.refs[i]]
	}
	return err
}

func (d *entryDetails) loadTexts(all []Entry, byEvent map[domain.EventID]*Entry, events []domain.EventID) error {
	c, have, gone := newCites(d.s, d.upto), map[domain.EventID]map[string]string{}, map[domain.EventID]map[string]domain.Position{}
	erased, err := c.erasuresOf(jsonList(events))
	if err == nil && len(erased) > 0 {
		err = c.load()
	}
	if err != nil {
		return err
	}
	for k, p := range erased {
		if gone[k.event] == nil {
			gone[k.event] = map[string]domain.Position{}
		}
		gone[k.event][k.name] = p
	}
	err = d.s.each(func(rows *sql.Rows) error {
		var event domain.EventID
		var name, value string
		err := rows.Scan(&event, &name, &value)
		if have[event] == nil {
			have[event] = map[string]string{}
		}
		have[event][name] = value
		return err
	}, "SELECT event, name, value FROM texts WHERE event IN (SELECT value FROM json_each(?))", jsonList(events))
	for i := range all {
		e := &all[i]
		if d.counts[i] == 0 {
			continue
		}
		e.Texts = map[string]Words{}
		for name, value := range have[e.Event] {
			e.Texts[name] = Words{Text: value}
		}
		for _, name := range missingTexts(e.Type, d.counts[i], have[e.Event], gone[e.Event]) {
			e.Texts[name] = Words{Erased: true, ErasedBy: c.erasedBy(gone[e.Event][name])}
		}
	}
	return err
}

// itemTitles gives the titles of items, by ref, as at a position.
func (s *snapshot) itemTitles(refs []domain.Position, upto domain.Position) (map[domain.Position]string, error) {
	c := newCites(s, upto)
	at := map[domain.Position]domain.Position{}
	for _, ref := range refs {
		if ref > 0 {
			at[ref] = 0
		}
	}
	list := make([]domain.Position, 0, len(at))
	for ref := range at {
		list = append(list, ref)
	}
	titles := make(map[domain.Position]string, len(at))
	if len(list) == 0 {
		return titles, nil
	}
	err := s.each(func(rows *sql.Rows) error {
		var ref, title domain.Position
		err := rows.Scan(&ref, &title)
		at[ref] = title
		c.need(title)
		return err
	}, `SELECT j.value, (SELECT state ->> '$.title' FROM item_states WHERE ref = j.value AND visible <= ? ORDER BY visible DESC LIMIT 1)
		FROM json_each(?) j`, int64(upto), jsonList(list))
	if err != nil {
		return nil, err
	}
	err = c.load()
	for ref, title := range at {
		titles[ref] = c.words(title, "title").Text
	}
	return titles, err
}

// Entry finds one entry by its event id, or by its number in a plan's timeline.
func (db *DB) Entry(ctx context.Context, plan domain.PlanID, event domain.EventID, number uint64) (e Entry, err error) {
	f := filter{}
	switch {
	case event != "":
		f.index = "timeline_event"
		f.and("event = ?", string(event))
		if plan != "" {
			f.and("plan = ?", string(plan))
		}
	default:
		f.index = "timeline_number"
		f.and("plan = ? AND planseq = ?", string(plan), int64(min(number, math.MaxInt64)))
	}
	err = db.view(ctx, func(s *snapshot) error {
		all, err := s.entries(math.MaxInt64, f, 1)
		if err == nil && len(all) == 0 {
			return domain.Errorf(domain.NotFound, "entry", "there is no such entry").WithHint("the timeline numbers a plan's entries")
		}
		if err == nil {
			e = all[0]
		}
		return err
	})
	return e, err
}

// Command says what a command recorded; false when no such command counts in the plan's history as it is projected.
func (db *DB) Command(ctx context.Context, plan domain.PlanID, command domain.CommandID) (r domain.Receipt, found bool, err error) {
	err = db.view(ctx, func(s *snapshot) error {
		return s.each(func(rows *sql.Rows) error {
			var event domain.EventID
			if err := rows.Scan(&event, &r.Position, &r.Version); err != nil {
				return err
			}
			if !found {
				r.Event = event
			}
			r.Plan, r.Command, found = plan, command, true
			return nil
		}, "SELECT event, position, planseq FROM timeline INDEXED BY timeline_command WHERE lookup = ? AND plan = ? AND command = ? ORDER BY planseq",
			lookup(plan, command), string(plan), string(command))
	})
	return r, found, err
}
