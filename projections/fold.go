package projections

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"plantrail/domain"
)

// prepared is an event with the part of the work on it that needs no state, done by the reading goroutine.
type prepared struct {
	domain.Recorded
	data, authority string
	leaf            []byte
}

func prepare(r domain.Recorded) (prepared, error) {
	if r.Event == nil {
		return prepared{}, broken(r, "it is of a type or version that this binary does not know")
	}
	bare, err := withoutTexts(r.Event)
	if err != nil {
		return prepared{}, broken(r, err.Error())
	}
	data, err := json.Marshal(bare)
	if err != nil {
		return prepared{}, broken(r, err.Error())
	}
	p := prepared{Recorded: r, data: string(data), leaf: slices.Clone(r.Leaf[:])}
	if r.Authority != nil {
		authority, err := json.Marshal(r.Authority)
		if err != nil {
			return prepared{}, broken(r, err.Error())
		}
		p.authority = string(authority)
	}
	return p, nil
}

// withoutTexts gives the event itself when it carries no texts, or a copy that has lost them: texts are projected from
// their own stream only, where they can be erased.
func withoutTexts(e domain.Event) (domain.Event, error) {
	loaded := false
	for _, t := range domain.Texts(e) {
		loaded = loaded || *t != ""
	}
	if !loaded {
		return e, nil
	}
	whole, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	bare := domain.NewEvent(e.Type())
	if err := json.Unmarshal(whole, bare); err != nil {
		return nil, err
	}
	for _, t := range domain.Texts(bare) {
		*t = ""
	}
	return bare, nil
}

// broken is the error that stops the projector: it names the position.
func broken(r domain.Recorded, what string) error {
	return domain.Errorf(domain.Internal, "", "event at position %d (%s, number %d of %s) can't be projected: %s",
		r.Position, r.ID, r.PlanSeq, r.Plan, what).
		WithHint("the read models stay as they are before it; upgrade, or check the journal")
}

// itemNow is the latest state of an item, and how it is counted in its plan's line.
type itemNow struct {
	ref   domain.Position
	state domain.Item
}

// historyNow is the latest state of a history as a whole.
type historyNow struct {
	head    domain.Head
	version uint64
	changed int64
	items   int64
	counts  map[domain.Meaning]int
	plan    domain.PlanState
	gather  domain.Gather
	dirty   bool
}

type itemKey struct {
	plan domain.PlanID
	item domain.ItemID
}

// touch says that an event changed an item's state.
type touch struct {
	item     domain.ItemID
	position domain.Position
	now      *itemNow
}

type requestKey struct {
	plan    domain.PlanID
	request domain.RequestID
}

// fold turns events into rows. It is the domain's fold, one step at a time: it loads the latest state, calls After, and
// adds the new state as a row. It belongs to one connection and one goroutine, and is thrown away after any error.
type fold struct {
	ctx       context.Context
	conn      *sql.Conn
	writer    *writer
	histories *cache[domain.PlanID, *historyNow]
	items     *cache[itemKey, *itemNow]
	requests  *cache[requestKey, domain.Request]
	touched   []touch                       // by the command being folded
	alone     [1]*prepared                  // the command being folded, when it is one event
	pending   map[domain.PlanID]*historyNow // histories with parts held back: they must not be forgotten
	dirty     []domain.PlanID
	at        progress
	edge      edge
	hashless  bool
	erased    map[textKey]bool // texts whose erasing was asked for
	erasing   bool             // words were deleted since the write-ahead log was emptied

	// Buffers of rows, by table, in the order in which they are flushed.
	texts, timeline, itemRows, itemStates, planStates, requestStates, resolutions, persons, tokens, heads, held *rows
	holds, erasures, tiles                                                                                      *rows
	statements                                                                                                  []*sql.Stmt
	readHistory, readPlan, readItem, readRequest                                                                *sql.Stmt
}

// Sizes of the caches while events come in; an item's state takes about 600 bytes.
const (
	keepHistories = 10_000
	keepItems     = 65_536
	keepRequests  = 10_000
)

func newFold(ctx context.Context, conn *sql.Conn) (*fold, error) {
	w := newWriter(conn)
	f := &fold{ctx: ctx, conn: conn, writer: w,
		histories: newCache[domain.PlanID, *historyNow](keepHistories),
		items:     newCache[itemKey, *itemNow](keepItems),
		requests:  newCache[requestKey, domain.Request](keepRequests),
		pending:   map[domain.PlanID]*historyNow{},
		timeline: w.rows("INSERT INTO timeline", "position", "visible", "plan", "planseq", "item", "ref", "event", "type", "stated",
			"recorded", "actor", "kind", "role", "behalf", "authority", "command", "lookup", "texts", "data", "leaf", "corrects"),
		itemRows:      w.rows("INSERT INTO items", "ref", "plan", "item", "visible"),
		itemStates:    w.rows("INSERT INTO item_states", "n", "ref", "visible", "state"),
		planStates:    w.rows("INSERT OR REPLACE INTO plan_states", "plan", "visible", "state"),
		requestStates: w.rows("INSERT OR REPLACE INTO request_states", "plan", "request", "visible", "state"),
		resolutions:   w.rows("INSERT INTO resolutions", "plan", "position", "resolution", "visible"),
		persons:       w.rows("INSERT OR REPLACE INTO persons", "person", "kind", "since", "named", "gone"),
		tokens:        w.rows("INSERT OR REPLACE INTO tokens", "token", "person", "role", "sha256", "expires", "plans", "revoked", "issued"),
		heads:         w.rows("INSERT OR REPLACE INTO histories", "plan", "position", "planseq", "leaf", "version", "changed", "items", "counts"),
		held:          w.rows("INSERT INTO pending", "position", "plan"),
		holds:         w.rows("INSERT INTO holds", "plan", "position", "hold", "visible", "released"),
		erasures:      w.rows("INSERT INTO erasures", "event", "name", "plan", "entry", "requested", "request", "visible", "completed"),
		tiles:         w.rows("INSERT OR REPLACE INTO tiles", "level", "n", "width", "hashes"),
		texts:         w.rows("INSERT INTO texts", "id", "event", "name", "value"),
	}
	// What is left of an event's texts after one of them was erased comes again, under a new sequence.
	f.texts.after = " ON CONFLICT (event, name) DO UPDATE SET id = excluded.id, value = excluded.value"
	for stmt, query := range map[**sql.Stmt]string{
		&f.readHistory: "SELECT position, planseq, leaf, version, changed, items, counts FROM histories WHERE plan = ?",
		&f.readPlan:    "SELECT state FROM plan_states WHERE plan = ? ORDER BY visible DESC LIMIT 1",
		&f.readItem: `SELECT i.ref, s.state FROM items i JOIN item_states s ON s.ref = i.ref
			WHERE i.plan = ? AND i.item = ? ORDER BY s.visible DESC LIMIT 1`,
		&f.readRequest: "SELECT state FROM request_states WHERE plan = ? AND request = ? ORDER BY visible DESC LIMIT 1",
	} {
		s, err := conn.PrepareContext(ctx, query)
		if err != nil {
			return nil, errors.Join(err, f.close())
		}
		*stmt, f.statements = s, append(f.statements, s)
	}
	return f, nil
}

func (f *fold) tables() []*rows {
	return []*rows{f.timeline, f.itemRows, f.itemStates, f.planStates, f.requestStates, f.resolutions, f.persons, f.tokens,
		f.heads, f.held, f.holds, f.erasures, f.tiles, f.texts}
}

func (f *fold) close() (err error) {
	f.writer.close()
	for _, s := range f.statements {
		err = errors.Join(err, s.Close())
	}
	for _, t := range f.tables() {
		err = errors.Join(err, t.close())
	}
	return err
}

// add folds the next event. An error leaves the fold unusable and nothing committed.
func (f *fold) add(p *prepared) error {
	r := &p.Recorded
	if r.Position <= f.at.position {
		return nil // delivered twice
	}
	if r.Position != f.at.position+1 {
		return errGap{after: f.at.position, got: r.Position}
	}
	h, err := f.history(r.Plan)
	if err != nil {
		return err
	}
	if r.PlanSeq != h.head.PlanSeq+1 || h.head.PlanSeq > 0 && r.Prev != h.head.Leaf || h.head.PlanSeq == 0 && r.Prev != (domain.Hash{}) {
		return broken(*r, fmt.Sprintf("it does not continue its plan's history, which ends at number %d (position %d)",
			h.head.PlanSeq, h.head.Position))
	}
	h.head = r.Head()
	f.touch(r.Plan, h)
	f.at.position, f.at.leaf = r.Position, p.leaf
	if !f.hashless {
		f.edge.add(tlog.Hash(r.Leaf), f.tiles)
	}
	counts, err := f.hold(h, p)
	if err != nil || len(counts) == 0 {
		return err
	}
	return f.command(h, counts, r.Position)
}

// hold keeps back parts of a command that is not complete, in the table pending too: after a restart they are read again.
func (f *fold) hold(h *historyNow, p *prepared) ([]*prepared, error) {
	before := len(h.gather.Pending())
	counts := h.gather.Add(p.Recorded)
	switch after := len(h.gather.Pending()); {
	case after > before:
		f.pending[p.Plan] = h
		f.held.add(int64(p.Position), string(p.Plan))
	case after < before:
		delete(f.pending, p.Plan)
		if err := f.release(p.Plan); err != nil {
			return nil, err
		}
	}
	if len(counts) == 1 && counts[0].Position == p.Position {
		f.alone[0] = p
		return f.alone[:], nil
	}
	all := make([]*prepared, len(counts))
	for i, r := range counts {
		p, err := prepare(r)
		if err != nil {
			return nil, err
		}
		all[i] = &p
	}
	return all, nil
}

func (f *fold) release(plan domain.PlanID) error {
	if err := f.writer.flush(f.held); err != nil {
		return err
	}
	_, err := f.conn.ExecContext(f.ctx, "DELETE FROM pending WHERE plan = ?", string(plan))
	return err
}

// command folds the events of one command, which count from visible on. Each item that it touched gets one state.
func (f *fold) command(h *historyNow, events []*prepared, visible domain.Position) error {
	f.touched = f.touched[:0]
	for _, p := range events {
		if err := f.event(h, p, visible); err != nil {
			return err
		}
	}
	slices.SortStableFunc(f.touched, func(a, b touch) int { return strings.Compare(string(a.item), string(b.item)) })
	for i, t := range f.touched {
		if i+1 < len(f.touched) && f.touched[i+1].item == t.item {
			continue
		}
		state, err := itemState(&t.now.state)
		if err != nil {
			return err
		}
		f.itemStates.add(int64(t.position), int64(t.now.ref), int64(visible), state)
	}
	return nil
}

func (f *fold) event(h *historyNow, p *prepared, visible domain.Position) error {
	var ref any
	if item := p.Item(); item != "" {
		now, err := f.item(h, &p.Recorded, visible)
		if err != nil {
			return err
		}
		ref = int64(now.ref)
		if aboutState(p.Event) {
			f.touched = append(f.touched, touch{item, p.Position, now})
		}
	}
	if err := f.whole(h, p.Recorded, visible); err != nil {
		return err
	}
	h.version = max(h.version, p.PlanSeq)
	h.changed = max(h.changed, p.RecordedAt.UnixMicro())
	f.at.events++
	var corrects any
	if e, ok := p.Event.(*domain.EntryCorrected); ok {
		corrects = string(e.Corrects)
	}
	f.timeline.add(int64(p.Position), int64(visible), string(p.Plan), int64(p.PlanSeq), null(string(p.Item())), ref, string(p.ID),
		p.Event.Type(), p.Stated.String(), p.RecordedAt.UnixMicro(), string(p.Actor.ID), string(p.Actor.Kind),
		string(p.Actor.Role), p.Actor.OnBehalfOf, null(p.authority), string(p.Command), lookup(p.Plan, p.Command), int64(p.Texts), p.data, p.leaf, corrects)
	return nil
}

// lookup hashes a command's place for the index: the stored text decides, so collisions cost a row read and nothing else.
func lookup(plan domain.PlanID, command domain.CommandID) int64 {
	h := fnv.New64a()
	h.Write([]byte(string(plan) + "/" + string(command)))
	return int64(h.Sum64())
}

func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// aboutState reports whether an event about an item can change the item's state: requests have states of their own, and
// answering a finding, erasing a text or taking a bundle changes nothing.
func aboutState(e domain.Event) bool {
	switch e.(type) {
	case *domain.RequestMade, *domain.RequestAnswered, *domain.RequestWithdrawn, *domain.RatingChallenged, *domain.FindingAnswered,
		*domain.ErasureRequested, *domain.ErasureCompleted, *domain.BundleIssued:
		return false
	}
	return true
}

// item folds an event into its item.
func (f *fold) item(h *historyNow, r *domain.Recorded, visible domain.Position) (*itemNow, error) {
	key := itemKey{r.Plan, r.Item()}
	now, err := f.loadItem(key)
	if err != nil {
		return nil, err
	}
	_, adds := r.Event.(*domain.ItemAdded)
	switch {
	case adds && now != nil:
		return nil, broken(*r, fmt.Sprintf("item %s was added before", key.item))
	case !adds && now == nil:
		return nil, broken(*r, fmt.Sprintf("there is no item %s", key.item))
	case adds:
		now = &itemNow{ref: r.Position}
		f.items.put(key, now)
		f.itemRows.add(int64(now.ref), string(key.plan), string(key.item), int64(visible))
		h.items++
	case !aboutState(r.Event):
		return now, nil
	default:
		h.count(f.meaning(h, &now.state), -1)
	}
	now.state = now.state.After(*r)
	h.count(f.meaning(h, &now.state), 1)
	return now, nil
}

func (f *fold) meaning(h *historyNow, it *domain.Item) domain.Meaning {
	first, _ := h.plan.Dimension("")
	rating, _ := it.Rating(first.Key)
	return rating.Meaning
}

func (h *historyNow) count(m domain.Meaning, by int) {
	if h.counts[m] += by; h.counts[m] == 0 {
		delete(h.counts, m)
	}
}

// touch notes that a history's line must be written at the next flush.
func (f *fold) touch(plan domain.PlanID, h *historyNow) {
	if !h.dirty {
		h.dirty = true
		f.dirty = append(f.dirty, plan)
	}
}

// flush inserts all rows, with the position, into the open transaction.
func (f *fold) flush() error {
	for _, plan := range f.dirty {
		h, _ := f.histories.get(plan)
		counts, err := json.Marshal(h.counts)
		if err != nil {
			return err
		}
		f.heads.add(string(plan), int64(h.head.Position), int64(h.head.PlanSeq), slices.Clone(h.head.Leaf[:]), int64(h.version), h.changed,
			h.items, string(counts))
		h.dirty = false
	}
	f.dirty = f.dirty[:0]
	f.edge.flush(f.tiles)
	if err := f.writer.flush(f.tables()...); err != nil {
		return err
	}
	_, err := f.conn.ExecContext(f.ctx, "UPDATE progress SET position = ?, leaf = ?, events = ?",
		int64(f.at.position), f.at.leaf, int64(f.at.events))
	return err
}

// committed lets go of states not used lately: all of them are in the tables now.
func (f *fold) committed() {
	f.histories.age()
	f.items.age()
	f.requests.age()
}

// errGap says that the journal skipped positions: something between it and us lost events.
type errGap struct{ after, got domain.Position }

func (e errGap) Error() string {
	return fmt.Sprintf("the journal has a gap: position %d was to follow, %d came: the read models stay at %d; check the journal",
		e.after+1, e.got, e.after)
}
