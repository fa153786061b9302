package projections

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"plantrail/domain"
)

// snapshot is one consistent state of the tables, for as long as a query takes.
type snapshot struct {
	ctx context.Context
	tx  *sql.Tx
	end progress
}

func (s *snapshot) row(query string, args ...any) *sql.Row {
	return s.tx.QueryRowContext(s.ctx, query, args...)
}

// each calls scan for every row. It can't hide a read that broke off.
func (s *snapshot) each(scan func(*sql.Rows) error, query string, args ...any) (err error) {
	rows, err := s.tx.QueryContext(s.ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// scanAll reads a column of one type.
func scanAll[T any](rows *sql.Rows, err error) (all []T, _ error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var t T
		if err := rows.Scan(&t); err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, rows.Err()
}

// position turns a moment into the last position that counts. The end of the read model is the largest there is, so that
// one query serves both now and then.
func (s *snapshot) position(plan domain.PlanID, at At) (domain.Position, error) {
	switch {
	case at.Position > s.end.position:
		return 0, domain.Errorf(domain.NotFound, "position", "position %d is not there yet: the read models are at %d",
			at.Position, s.end.position).WithHint("give min_position to wait for it")
	case at.Position > 0:
		return at.Position, nil
	case at.RecordedAt.IsZero():
		return math.MaxInt64, nil
	}
	if plan == "" || plan == AnyPlan {
		var p sql.NullInt64
		err := s.row("SELECT max(position) FROM timeline WHERE recorded <= ?", at.RecordedAt.UnixMicro()).Scan(&p)
		return domain.Position(p.Int64), err
	}
	return s.recordedBy(plan, at.RecordedAt)
}

// recordedBy gives the position of the last of a plan's entries that was recorded by an instant, 0 for none. Times of
// recording never go back within a plan, so it is found by halving its numbers: a look into the index for each bit of them.
// What counts at that instant is what was complete at that position.
func (s *snapshot) recordedBy(plan domain.PlanID, by time.Time) (last domain.Position, err error) {
	var low, high int64 // the entry is in low <= number < high
	if err := s.row("SELECT coalesce(max(planseq), 0) + 1 FROM timeline WHERE plan = ?", string(plan)).Scan(&high); err != nil {
		return 0, err
	}
	find, err := s.tx.PrepareContext(s.ctx, `SELECT planseq, position, recorded FROM timeline INDEXED BY timeline_number
		WHERE plan = ? AND planseq BETWEEN ? AND ? ORDER BY planseq DESC LIMIT 1`)
	if err != nil {
		return 0, err
	}
	defer find.Close()
	for high-low > 1 {
		middle := low + (high-low)/2
		var number, recorded int64
		var position domain.Position
		err := find.QueryRowContext(s.ctx, string(plan), low, middle).Scan(&number, &position, &recorded)
		switch {
		case errors.Is(err, sql.ErrNoRows): // numbers up to here are parts that never counted
			low = middle
		case err != nil:
			return 0, err
		case recorded <= by.UnixMicro():
			low, last = middle, position
		default:
			high = number
		}
	}
	return last, nil
}

// moment is the state of a plan as at a position: its last entry that counts.
func (s *snapshot) moment(plan domain.PlanID, upto domain.Position) (m Moment, err error) {
	var recorded int64
	err = s.row(`SELECT visible, recorded, planseq FROM timeline WHERE plan = ? AND visible <= ?
		ORDER BY visible DESC, position DESC LIMIT 1`, string(plan), int64(upto)).Scan(&m.Position, &recorded, &m.Version)
	if errors.Is(err, sql.ErrNoRows) {
		return m, noPlan(plan)
	}
	m.RecordedAt = micros(recorded)
	return m, err
}

func noPlan(plan domain.PlanID) error {
	return domain.Errorf(domain.NotFound, "plan", "there is no plan %s", plan).WithHint("`plantrail plan list` lists the plans")
}

// jsonList is a list for "IN (SELECT value FROM json_each(?))": one argument, however long.
func jsonList[T any](all []T) string {
	b, _ := json.Marshal(all) // strings and numbers always marshal
	return string(b)
}

// cites gathers the positions that states point to, and loads who, when and in which words for all of them at once.
type cites struct {
	s     *snapshot
	upto  domain.Position
	want  []domain.Position
	said  map[domain.Position]*cited
	names map[domain.ActorID]Words
	fixes map[correction]domain.Position // the latest correction of a text
}

// correction is what an entry's field should have said.
type correction struct {
	entry domain.Position
	field string
}

// cited is one event that a state points to.
type cited struct {
	Said
	kind      string // the event's type
	count     int    // of its texts, when it was recorded
	corrected bool   // at some time
	texts     map[string]string
	erased    map[string]domain.Position // texts whose erasing was asked for, and where
	authority *domain.Authority
	file      *domain.EvidenceAttached // of one that attaches a file
	fix       *domain.EntryCorrected   // of one that corrects another
}

func newCites(s *snapshot, upto domain.Position) *cites {
	return &cites{s: s, upto: upto, said: map[domain.Position]*cited{}, names: map[domain.ActorID]Words{},
		fixes: map[correction]domain.Position{}}
}

func (c *cites) need(all ...domain.Position) {
	for _, p := range all {
		if _, known := c.said[p]; p > 0 && !known {
			c.said[p] = nil
			c.want = append(c.want, p)
		}
	}
}

// load reads what is needed and not read yet: each event as often as it has texts, and once where it has none.
func (c *cites) load() error {
	var read []*cited
	err := c.s.each(func(rows *sql.Rows) error {
		e, recorded, authority, data := &cited{}, int64(0), sql.NullString{}, []byte(nil)
		var name, value sql.NullString
		if err := rows.Scan(&e.Position, &e.Entry, &e.Event, &e.By.ID, &e.By.Kind, &e.By.Role, &e.By.OnBehalfOf, scanDate{&e.Stated},
			&recorded, &e.kind, &e.count, &authority, &data, &e.corrected, &name, &value); err != nil {
			return err
		}
		var err error
		if last := len(read) - 1; last >= 0 && read[last].Position == e.Position {
			e = read[last]
		} else {
			read = append(read, e)
			e.RecordedAt = micros(recorded)
			c.said[e.Position] = e
			c.names[e.By.ID] = Words{}
			err = errors.Join(e.unmarshal(data), unmarshalAuthority(authority, &e.authority))
		}
		if name.Valid {
			if e.texts == nil {
				e.texts = map[string]string{}
			}
			e.texts[name.String] = value.String
		}
		return err
	}, `SELECT t.position, t.planseq, t.event, t.actor, t.kind, t.role, t.behalf, t.stated, t.recorded, t.type, t.texts, t.authority,
			CASE WHEN t.type IN ('evidence-attached', 'entry-corrected') THEN t.data END,
			EXISTS (SELECT 1 FROM timeline f INDEXED BY timeline_corrects WHERE f.corrects = t.event), x.name, x.value
		FROM timeline t LEFT JOIN texts x ON t.texts > 0 AND x.event = t.event WHERE t.position IN (SELECT value FROM json_each(?))`, jsonList(c.want))
	if err != nil {
		return err
	}
	c.want = nil
	if err := c.corrections(read); err != nil {
		return err
	}
	if err := c.erasures(read); err != nil {
		return err
	}
	if len(c.want) > 0 { // who had texts erased, and what was corrected
		return c.load()
	}
	return c.loadNames()
}

func (e *cited) unmarshal(data []byte) error {
	switch e.kind {
	case "evidence-attached":
		return json.Unmarshal(data, &e.file)
	case "entry-corrected":
		return json.Unmarshal(data, &e.fix)
	}
	return nil
}

// erasures finds who had erased the texts that are missing.
func (c *cites) erasures(read []*cited) error {
	short := map[domain.EventID]*cited{}
	for _, e := range read {
		if len(e.texts) < e.count {
			short[e.Event] = e
		}
	}
	if len(short) == 0 {
		return nil
	}
	erased, err := c.erasuresOf(jsonList(slices.Collect(maps.Keys(short))))
	for k, p := range erased {
		e := short[k.event]
		if e.erased == nil {
			e.erased = map[string]domain.Position{}
		}
		e.erased[k.name] = p
	}
	return err
}

// corrections finds the latest correction of each text of events, and what they correct themselves.
func (c *cites) corrections(read []*cited) error {
	corrected := map[domain.EventID]*cited{}
	for _, e := range read {
		if e.fix != nil { // of its entry's other texts, those that it leaves as they were
			c.need(e.fix.Entry)
		}
		if e.corrected {
			corrected[e.Event] = e
		}
	}
	if len(corrected) == 0 {
		return nil
	}
	return c.s.each(func(rows *sql.Rows) error {
		var event domain.EventID
		var k correction
		var by domain.Position
		err := rows.Scan(&event, &k.field, &by)
		k.entry = corrected[event].Position
		c.fixes[k] = by
		c.need(by)
		return err
	}, `SELECT corrects, data ->> '$.field', position FROM timeline INDEXED BY timeline_corrects
		WHERE corrects IN (SELECT value FROM json_each(?)) AND visible <= ? AND texts > 0 ORDER BY visible, position`,
		jsonList(slices.Collect(maps.Keys(corrected))), int64(c.upto))
}

// loadNames finds today's names of the actors seen so far.
func (c *cites) loadNames() error {
	if err := c.s.personNames(c.names); err != nil {
		return err
	}
	for _, e := range c.said {
		if e != nil {
			e.By.named(c.names[e.By.ID])
		}
	}
	return nil
}

// personNames fills in the registered name of each actor in the map; that it was erased, where nothing is left of it.
func (s *snapshot) personNames(names map[domain.ActorID]Words) error {
	var ids []domain.ActorID
	for id, name := range names {
		if name == (Words{}) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return s.each(func(rows *sql.Rows) error {
		var id domain.ActorID
		var name sql.NullString
		err := rows.Scan(&id, &name)
		names[id] = Words{Text: name.String, Erased: !name.Valid}
		return err
	}, `SELECT p.person, x.value FROM persons p LEFT JOIN texts x ON x.event = p.named AND x.name = 'name'
		WHERE p.person IN (SELECT value FROM json_each(?))`, jsonList(ids))
}

// at gives who and when of a position.
func (c *cites) at(p domain.Position) Said {
	if e := c.said[p]; e != nil {
		return e.Said
	}
	return Said{Position: p}
}

// words gives a text of the event at a position, as it was corrected since.
func (c *cites) words(p domain.Position, name string) Words {
	e := c.said[p]
	switch {
	case e == nil:
		return Words{}
	case e.kind == "justification-given" && name == "answer": // a justification may answer a request
		name = "justification"
	case e.fix != nil && name == e.fix.Field:
		return c.textOf("text", e)
	case e.fix != nil && name != "reason": // a correction says one text of its entry anew, and gives a reason of its own
		return c.words(e.fix.Entry, name)
	}
	if by := c.said[c.fixes[correction{p, name}]]; by != nil {
		return c.textOf("text", by)
	}
	return c.textOf(name, e)
}

func (c *cites) statement(p domain.Position, name string) *Statement {
	if p == 0 {
		return nil
	}
	return &Statement{Words: c.words(p, name), Said: c.at(p)}
}

func (c *cites) optional(p domain.Position, name string) *Words {
	if p == 0 {
		return nil
	}
	w := c.words(p, name)
	return &w
}

// textOf gives one text of an event. Which of an event's optional texts were given isn't recorded, only how many: of those
// missing, some were erased, and which these are is recorded. The rest is lost, and is taken to be the first that the type
// knows and that are absent.
func (c *cites) textOf(name string, e *cited) Words {
	if text, ok := e.texts[name]; ok {
		return Words{Text: text}
	}
	if slices.Contains(missingTexts(e.kind, e.count, e.texts, e.erased), name) {
		return Words{Erased: true, ErasedBy: c.erasedBy(e.erased[name])}
	}
	return Words{}
}

func missingTexts(kind string, count int, have map[string]string, erased map[string]domain.Position) (missing []string) {
	e := domain.NewEvent(kind)
	if e == nil || count <= len(have) {
		return nil
	}
	for _, gone := range []bool{true, false} {
		for name := range domain.Texts(e) {
			_, here := have[name]
			if _, by := erased[name]; !here && by == gone && len(have)+len(missing) < count {
				missing = append(missing, name)
			}
		}
	}
	return missing
}

// scanDate reads a stated date's text form.
type scanDate struct{ to *domain.Date }

// Scan implements sql.Scanner.
func (d scanDate) Scan(v any) error {
	s, ok := v.(string)
	if !ok {
		return errors.New("a stated date is not text")
	}
	return d.to.UnmarshalText([]byte(s))
}

func unmarshalAuthority(s sql.NullString, to **domain.Authority) error {
	if !s.Valid || strings.TrimSpace(s.String) == "" {
		return nil
	}
	return json.Unmarshal([]byte(s.String), to)
}
