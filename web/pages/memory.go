package pages

import (
	"net/url"
	"strconv"
	"sync"
	"time"

	"plantrail/domain"
	"plantrail/projections"
)

// drawn keeps the ratings of the plans that were looked at last, without anybody's words: a plan's version says all that the
// picture shows, and reading a plan's whole story for it takes longer than all the rest of its page. Item titles are of the
// moment, because they can be erased; they come from the plan that is asked for each time.
type drawn struct {
	mu   sync.Mutex
	room int
	all  map[drawnKey]projections.Strips
	last []drawnKey // the oldest first
}

type drawnKey struct {
	plan    domain.PlanID
	version uint64
}

func newDrawn(room int) *drawn { return &drawn{room: room, all: map[drawnKey]projections.Strips{}} }

func (d *drawn) find(plan domain.PlanID, version uint64) (projections.Strips, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, ok := d.all[drawnKey{plan, version}]
	return s, ok
}

// keep keeps strips under the version that they themselves name.
func (d *drawn) keep(s projections.Strips) {
	items := make([]projections.Strip, len(s.Items))
	for i, it := range s.Items {
		items[i] = it
		items[i].Aim = projections.Words{}
	}
	s.Items, s.Title = items, projections.Words{}
	key := drawnKey{s.Plan, s.Version}
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, there := d.all[key]; !there {
		if d.last = append(d.last, key); len(d.last) > d.room {
			delete(d.all, d.last[0])
			d.last = append(d.last[:0], d.last[1:]...)
		}
	}
	d.all[key] = s
}

// strips are the ratings of a plan over its life, as known at the moment at which the plan is shown.
func (v *visit) strips(plan projections.PlanView) (s projections.Strips, err error) {
	if s, ok := v.drawn.find(plan.Plan, plan.Version); ok && relabel(&s, plan) {
		return s, nil
	}
	at := asked{Position: positionOf(plan.Position)}
	if plan.AsReported != "" { // it may end in the midst of what was recorded at once
		at = asked{AsReported: string(plan.AsReported)}
	}
	if err = v.get(path("plans", string(plan.Plan), "strips"), at.clocks(), &s); err == nil {
		v.drawn.keep(s)
	}
	return s, err
}

// stripList is the picture in words.
func (v *visit) stripList() error {
	var strips projections.Strips
	q := v.r.URL.Query()
	ask, _ := url.ParseQuery(encode("recorded_at", q.Get("recorded_at"), "as_reported", q.Get("as_reported"), "position", q.Get("position"), "dimension", q.Get("dimension"))) // it was just encoded
	if err := v.get(path("plans", v.r.PathValue("plan"), "strips"), ask, &strips); err != nil {
		return err
	}
	v.pin(strips.Moment)
	return v.show("strips", "Ratings over the life of "+words(strips.Title), "plans", strips)
}

// until is the day to which the picture goes: that of the moment asked for, so that the same address shows the same again.
func (a asked) until(m projections.Moment, now time.Time) time.Time {
	if day, err := time.Parse(time.DateOnly, a.RecordedAt); err == nil && day.Before(now) {
		return day
	}
	if a.RecordedAt+a.Position != "" || m.AsReported != "" {
		return m.RecordedAt
	}
	return now
}

func positionOf(p domain.Position) string { return strconv.FormatUint(uint64(p), 10) }
