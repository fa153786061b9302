package projections

import (
	"context"
	"database/sql"
	"maps"
	"math"
	"slices"
	"time"

	"plantrail/domain"
	"plantrail/domain/findings"
)

// FindingsView is what the rules find in a plan. Moment is what was known, Judged the day on which the plan was judged.
type FindingsView struct {
	Moment
	Plan     domain.PlanID      `json:"plan"`
	Judged   domain.Date        `json:"judged" doc:"the day on which the rules look at the plan"`
	Findings []findings.Finding `json:"findings"`
}

// Findings evaluates the rules over a plan. The day on which it is judged is the one that at names as valid; else the one on
// which what it names was known or reported; now, today.
func (db *DB) Findings(ctx context.Context, plan domain.PlanID, at At, today domain.Date) (FindingsView, error) {
	j, err := db.judge(ctx, plan, at, today)
	return FindingsView{Moment: j.moment, Plan: plan, Judged: j.day, Findings: j.found}, err
}

// AllFindings lists what the rules find today in all plans, plan by plan: whole plans, until there are limit findings that
// are wanted. After is the plan after which to begin, "" for the first.
func (db *DB) AllFindings(ctx context.Context, today domain.Date, wanted func(*findings.Finding) bool, after domain.PlanID, limit int) (page Page[findings.Finding], err error) {
	if limit, err = pageLimit(limit); err != nil {
		return page, err
	}
	var plans []domain.PlanID
	var stamps []stamp
	err = db.view(ctx, func(s *snapshot) (err error) {
		page.Moment = s.end.position
		plans, stamps, err = s.stamps(after, today)
		return err
	})
	page.Entries = []findings.Finding{}
	for i, plan := range plans {
		j := db.shelf.get(plan)
		if j.stamp != stamps[i] || j.audits != db.shelf.lastAudit() {
			if j, err = db.judge(ctx, plan, At{}, today); err != nil {
				return page, err
			}
		}
		for k := range j.found {
			if f := &j.found[k]; wanted(f) {
				page.Entries = append(page.Entries, *f)
			}
		}
		if len(page.Entries) >= limit && i < len(plans)-1 {
			page.Next = string(plan)
			break
		}
	}
	return page, err
}

// stamp says what findings follow from, less what an audit found: while it is the same, they are.
type stamp struct {
	version  uint64
	recorded int64
	left     domain.Position // of the last entry that says that somebody left
	day      domain.Date
}

// stamps are those of all plans after one, as they are today.
func (s *snapshot) stamps(after domain.PlanID, today domain.Date) (plans []domain.PlanID, all []stamp, err error) {
	_, left, err := s.left(math.MaxInt64)
	if err != nil {
		return nil, nil, err
	}
	err = s.each(func(rows *sql.Rows) error {
		var plan domain.PlanID
		now := stamp{left: left, day: today}
		err := rows.Scan(&plan, &now.version, &now.recorded)
		plans, all = append(plans, plan), append(all, now)
		return err
	}, "SELECT plan, version, changed FROM histories WHERE plan > ? AND plan NOT GLOB '_*' AND version > 0 ORDER BY plan", string(after))
	return plans, all, err
}

// judged is a plan's story and what the rules found in it. Findings of today are kept on the shelf; as long as nothing was
// recorded they are right, and then only what is new is read and this plan alone is evaluated again.
type judged struct {
	stamp
	story  findings.Story // without entries when only the findings were kept
	moment Moment
	audits int // audits whose findings are in it
	epoch  int // of the shelf from which it went out
	found  []findings.Finding
}

func (db *DB) judge(ctx context.Context, plan domain.PlanID, at At, today domain.Date) (now judged, err error) {
	var old judged
	if at == (At{}) {
		old = db.shelf.get(plan)
	}
	now.epoch, now.audits = old.epoch, db.shelf.lastAudit()
	current, fresh := false, 0
	err = db.view(ctx, func(s *snapshot) error {
		upto, err := s.position(plan, at)
		if err != nil {
			return err
		}
		if now.moment, err = s.moment(plan, upto); err != nil {
			return s.notThen(plan, at, err)
		}
		left, last, err := s.left(upto)
		if err != nil {
			return err
		}
		now.stamp = stamp{now.moment.Version, now.moment.RecordedAt.UnixMicro(), last, today}
		if current = old.stamp == now.stamp && old.audits == now.audits; current {
			return nil
		}
		if now.story, fresh, err = s.goOn(plan, old, now.moment, upto); err != nil {
			return err
		}
		now.story.Left = left
		if at.AsReported != "" {
			err = now.reported(at.AsReported)
		}
		return err
	})
	if err != nil || current {
		return old, err
	}
	if err := db.papers(ctx, &now.story); err != nil {
		return now, err
	}
	now.story.Evidence = db.shelf.faultsOf(plan)
	if at != (At{}) {
		now.day, now.moment.ValidAt = dayOf(at, now.moment), at.ValidAt
	}
	switch was := old.stamp; {
	case fresh < len(now.story.Entries) && was.day == now.day && was.left == now.left && old.audits == now.audits:
		now.found = findings.Again(now.story, now.day, old.found, fresh)
	default:
		now.found = findings.Evaluate(now.story, now.day)
	}
	if at == (At{}) {
		db.shelf.put(plan, now)
	}
	return now, nil
}

// notThen explains that a plan is not there: of what was recorded later than the moment in question, only the day can be asked.
func (s *snapshot) notThen(plan domain.PlanID, at At, err error) error {
	first := int64(0)
	if domain.KindOf(err) != domain.NotFound || at == (At{}) ||
		s.row("SELECT recorded FROM timeline WHERE plan = ? AND planseq = 1", string(plan)).Scan(&first) != nil {
		return err
	}
	return domain.Errorf(domain.NotFound, "plan", "nothing was recorded of the plan %s by then: it begins with what was recorded on %s", plan,
		domain.DayOf(micros(first)).Words()).WithHint("to judge an earlier day by what is known now, give valid_at (--valid-at)")
}

// reported cuts a story to what the paper for a meeting showed.
func (j *judged) reported(meeting domain.MeetingID) (err error) {
	var paper *domain.PaperPublished
	if j.story.Entries, paper, err = domain.Reported(j.story.Entries, meeting); err != nil {
		return err
	}
	last := j.story.Entries[len(j.story.Entries)-1]
	j.moment = Moment{Position: last.Position, RecordedAt: last.RecordedAt, Version: last.PlanSeq, AsReported: paper.Meeting}
	return nil
}

// dayOf is the day on which a plan is judged as at a moment.
func dayOf(at At, m Moment) domain.Date {
	switch {
	case at.ValidAt.Known():
		return domain.DayOf(at.ValidAt.End().Add(-time.Second))
	case !at.RecordedAt.IsZero():
		return domain.DayOf(at.RecordedAt)
	}
	return domain.DayOf(m.RecordedAt)
}

// goOn reads a plan's story, or goes on with one as far as it was read, and says how many entries were read. Erasing takes words
// out of what was read: then it is read again from the beginning, as it is when the moment is not a later one of the same
// history.
func (s *snapshot) goOn(plan domain.PlanID, old judged, now Moment, upto domain.Position) (story findings.Story, fresh int, err error) {
	if len(old.story.Entries) > 0 && old.moment == now {
		return old.story, 0, nil
	}
	if len(old.story.Entries) > 0 && old.moment.Position < now.Position && old.moment.Version < now.Version {
		story, err = s.story(plan, old.moment.Position, upto)
		if fresh = len(story.Entries); err != nil || !erases(story.Entries) {
			story.Entries = slices.Concat(old.story.Entries, story.Entries)
			maps.Copy(story.Gone, old.story.Gone)
			return story, fresh, err
		}
	}
	story, err = s.story(plan, 0, upto)
	return story, len(story.Entries), err
}

func erases(all []domain.Recorded) bool {
	return slices.ContainsFunc(all, func(r domain.Recorded) bool {
		switch r.Event.(type) {
		case *domain.ErasureRequested, *domain.ErasureCompleted:
			return true
		}
		return false
	})
}
