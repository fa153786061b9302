package projections

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"plantrail/domain"
)

// history gives the latest state of a history, a fresh one at its beginning.
func (f *fold) history(plan domain.PlanID) (*historyNow, error) {
	if h, ok := f.histories.get(plan); ok {
		return h, nil
	}
	h := f.pending[plan]
	if h == nil {
		var err error
		if h, err = f.loadHistory(plan); err != nil {
			return nil, err
		}
	}
	f.histories.put(plan, h)
	return h, nil
}

func (f *fold) loadHistory(plan domain.PlanID) (*historyNow, error) {
	h := &historyNow{counts: map[domain.Meaning]int{}}
	var leaf, counts []byte
	err := f.readHistory.QueryRowContext(f.ctx, string(plan)).
		Scan(&h.head.Position, &h.head.PlanSeq, &leaf, &h.version, &h.changed, &h.items, &counts)
	if errors.Is(err, sql.ErrNoRows) {
		return h, nil
	}
	if err != nil {
		return nil, err
	}
	copy(h.head.Leaf[:], leaf)
	if err := json.Unmarshal(counts, &h.counts); err != nil {
		return nil, err
	}
	_, err = loadState(f, f.readPlan, &h.plan, string(plan))
	return h, err
}

// loadState reads a state's JSON; false when there is none yet.
func loadState(f *fold, stmt *sql.Stmt, to any, args ...any) (bool, error) {
	var state []byte
	err := stmt.QueryRowContext(f.ctx, args...).Scan(&state)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, json.Unmarshal(state, to)
}

// loadItem gives the latest state of an item; nil when there is no such item. States not yet flushed are always in the
// cache: it only ages after a commit.
func (f *fold) loadItem(key itemKey) (*itemNow, error) {
	if now, ok := f.items.get(key); ok {
		return now, nil
	}
	if f.items.all {
		return nil, nil
	}
	now := &itemNow{}
	var state []byte
	err := f.readItem.QueryRowContext(f.ctx, string(key.plan), string(key.item)).Scan(&now.ref, &state)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(state, &now.state)
	}
	if err != nil {
		return nil, err
	}
	f.items.put(key, now)
	return now, nil
}

// whole folds what an event says about the plan as a whole, its requests and resolutions, or the register.
func (f *fold) whole(h *historyNow, r domain.Recorded, visible domain.Position) error {
	if id := domain.RequestAbout(r.Event); id != "" {
		return f.request(r, visible, requestKey{r.Plan, id})
	}
	switch e := r.Event.(type) {
	case *domain.PlanOpened, *domain.PlanClosed, *domain.LevelsSet, *domain.SchemesSet, *domain.PolicySet, *domain.VersionAdopted,
		*domain.MeetingOpened, *domain.PaperPublished, *domain.MinutesRecorded, *domain.EntryCorrected:
		return f.planState(h, r, visible)
	case *domain.ResolutionRecorded:
		f.resolutions.add(string(r.Plan), int64(r.Position), string(e.Resolution), int64(visible))
	case *domain.HoldSet:
		f.holds.add(string(r.Plan), int64(r.Position), string(e.Hold), int64(visible), int64(0))
	case *domain.HoldReleased:
		f.holds.add(string(r.Plan), int64(r.Position), string(e.Hold), int64(visible), int64(1))
	case *domain.ErasureRequested, *domain.ErasureCompleted:
		return f.erasure(r, visible)
	case *domain.PersonRegistered:
		f.persons.add(string(e.Person), string(e.Kind), int64(r.Position), string(r.ID), int64(0))
	case *domain.PersonRenamed:
		return f.update(f.persons, "UPDATE persons SET named = ? WHERE person = ?", string(r.ID), string(e.Person))
	case *domain.PersonLeft:
		return f.update(f.persons, "UPDATE persons SET gone = 1 WHERE person = ?", string(e.Person))
	case *domain.TokenIssued:
		f.tokens.add(string(e.Token), string(e.Person), string(e.Role), e.SHA256, e.Expires.String(), jsonList(e.Plans), int64(0), int64(r.Position))
	case *domain.TokenRevoked:
		return f.update(f.tokens, "UPDATE tokens SET revoked = 1 WHERE token = ?", string(e.Token))
	}
	return nil
}

func (f *fold) planState(h *historyNow, r domain.Recorded, visible domain.Position) error {
	before, err := json.Marshal(h.plan)
	if err != nil {
		return err
	}
	h.plan = h.plan.After(r)
	after, err := json.Marshal(h.plan)
	if err == nil && string(after) != string(before) {
		f.planStates.add(string(r.Plan), int64(visible), string(after))
	}
	return err
}

// request folds an event about a members' request.
func (f *fold) request(r domain.Recorded, visible domain.Position, key requestKey) error {
	q, known := f.requests.get(key)
	if !known {
		var err error
		if known, err = loadState(f, f.readRequest, &q, string(key.plan), string(key.request)); err != nil {
			return err
		}
	}
	switch r.Event.(type) {
	case *domain.RequestMade, *domain.RatingChallenged:
	default:
		if !known {
			return broken(r, fmt.Sprintf("there is no request %s", key.request))
		}
	}
	q = q.After(r)
	f.requests.put(key, q)
	state, err := json.Marshal(q)
	if err == nil {
		f.requestStates.add(string(key.plan), string(key.request), int64(visible), string(state))
	}
	return err
}

// update changes a row of the register, which has no history of its own: the timeline of _people is its history.
func (f *fold) update(after *rows, query string, args ...any) error {
	if err := f.writer.flush(after); err != nil {
		return err
	}
	_, err := f.conn.ExecContext(f.ctx, query, args...)
	return err
}

func micros(us int64) time.Time { return time.UnixMicro(us).UTC() }
