package web

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"plantrail/domain"
	"plantrail/projections"
	"plantrail/sheets"
)

// datesMoved tells of each date that moved, and of each move.
func (r *reporting) datesMoved(ctx context.Context) error {
	moves, total := map[domain.ItemID][]projections.Entry{}, 0
	reasons, err := r.reasons(ctx)
	if err != nil {
		return err
	}
	err = r.s.eachEntry(ctx, projections.TimelineQuery{Plan: r.plan, Type: (&domain.DueDateMoved{}).Type(), At: projections.At{Position: r.until()}}, func(e projections.Entry) error {
		moves[e.Item] = append(moves[e.Item], e)
		return nil
	})
	if err != nil {
		return err
	}
	over, err := r.found(ctx, "R06")
	if err != nil {
		return err
	}
	s := r.section("Items", "No due date has moved.", columns("Item", "~Aim", "Owner", "First due", "Due now", "Moves", "Days in all", "Over the threshold without approval")...)
	for _, it := range r.view.Items {
		if it.Moves == 0 {
			continue
		}
		breach := 0
		for _, f := range over {
			if f.Item == it.Item {
				breach++
			}
		}
		total += it.Moves
		row(s, r.item(it), sheets.Words(plainWords(it.Title)), sheets.Words(plainWords(it.Owner)), dateCell(it.Original), dateCell(it.Due), sheets.Count(it.Moves),
			sheets.Count(domain.DaysBetween(it.Original, it.Due)), sheets.Count(breach))
	}
	each := r.section("Each move", "", columns("Item", "Entry", "From", "To", "Days", "~Reason", "By", "Stated", "Approved by", "~Threshold")...)
	for _, it := range r.view.Items {
		for _, e := range moves[it.Item] {
			if err := r.move(each, it, e, reasons); err != nil {
				return err
			}
		}
	}
	p := r.view.Policy
	wants := fmt.Sprintf("wants a move of more than %d days approved by %s", p.MoveDays, strings.Join(p.ApprovingBodies, " or "))
	if len(p.ApprovingBodies) == 0 {
		wants = "names no body that approves moves"
	}
	r.Notes = append(r.Notes, fmt.Sprintf("Moves in all: %d. The policy %s %s.", total, p.ID, wants),
		"Days are counted from the last day of one date to the last day of the other.")
	return nil
}

// given are the reasons of moves: where they stand with the request for the move, and as they were corrected.
type given struct {
	asked     map[domain.Position]projections.Entry
	corrected map[domain.EventID]string
}

func (r *reporting) reasons(ctx context.Context) (given, error) {
	all := given{map[domain.Position]projections.Entry{}, map[domain.EventID]string{}}
	q := projections.TimelineQuery{Plan: r.plan, Type: (&domain.DueMoveRequested{}).Type(), At: projections.At{Position: r.until()}}
	err := r.s.eachEntry(ctx, q, func(e projections.Entry) error {
		all.asked[e.Position] = e
		return nil
	})
	if err != nil {
		return all, err
	}
	q.Type = (&domain.EntryCorrected{}).Type()
	return all, r.s.eachEntry(ctx, q, func(e projections.Entry) error {
		var d domain.EntryCorrected
		err := json.Unmarshal(e.Data, &d)
		if d.Field == "reason" {
			all.corrected[e.Corrects] = plainWords(e.Texts["text"])
		}
		return err
	})
}

// of is why a date moved.
func (g given) of(e projections.Entry, d domain.DueDateMoved) sheets.Cell {
	lines := []string{plainWords(e.Texts["reason"])}
	if asked, ok := g.asked[d.Asked]; ok {
		lines = append(lines, "Asked for by "+asked.By.Shown()+": "+plainWords(asked.Texts["reason"]))
	}
	for _, id := range []domain.EventID{e.Event, g.asked[d.Asked].Event} {
		if words, fixed := g.corrected[id]; fixed {
			lines = append(lines, "Corrected since: "+words)
		}
	}
	return sheets.Words(lines...)
}

func (r *reporting) move(s *sheets.Section, it projections.ItemView, e projections.Entry, why given) error {
	var d domain.DueDateMoved
	if err := json.Unmarshal(e.Data, &d); err != nil {
		return err
	}
	approval := "nobody"
	if d.Approved {
		approval = e.Authority.Words()
	}
	policy := r.view.Policy
	threshold := "within it"
	switch wants := policy.NeedsApproval(d.From, d.To); {
	case wants && d.Approved:
		threshold = "over it, and approved"
	case wants:
		threshold = fmt.Sprintf("breaches it: over %d days, and no body that may approve it did", policy.MoveDays)
	}
	row(s, r.item(it), sheets.Words(number(e.Entry)), dateCell(d.From), dateCell(d.To), sheets.Count(domain.DaysBetween(d.From, d.To)), why.of(e, d),
		sheets.Words(e.By.Shown()), dateCell(e.Stated), sheets.Words(approval), sheets.Words(threshold))
	return nil
}

// holder is an owner and what they hold.
type holder struct {
	name  string
	items []projections.ItemView
	gone  bool
}

// owners tells what each owner holds.
func (r *reporting) owners(ctx context.Context) error {
	gone, err := r.found(ctx, "R14")
	if err != nil {
		return err
	}
	left := map[domain.ItemID]string{}
	for _, f := range gone {
		left[f.Item] = f.Words
	}
	s := r.section("Each owner", "Nobody owns an open item.", columns("~Owner", "Open", "Off track", "At risk", "Overdue", "Reasons owed", "Questions open", "Updates missing", "~Remark")...)
	missing, err := r.found(ctx, "R12")
	if err != nil {
		return err
	}
	late := map[domain.ItemID]bool{}
	for _, f := range missing {
		late[f.Item] = true
	}
	for _, h := range r.holders() {
		r.holder(s, h, left, late)
	}
	l := r.section("Held by somebody who left, or for the time being", "No open item is (rule R14).", columns("Item", "~Aim", "Owner", "Due", "~What was found")...)
	u := r.section("Not updated in the cycle", "Every item was updated (rule R12).", columns("Item", "~Aim", "Owner", "Due")...)
	for _, it := range r.view.Items {
		cells := []sheets.Cell{r.item(it), sheets.Words(plainWords(it.Title)), sheets.Words(plainWords(it.Owner)), dateCell(it.Due)}
		if left[it.Item] != "" {
			row(l, append(slices.Clone(cells), sheets.Words(left[it.Item]))...)
		}
		if late[it.Item] {
			row(u, cells...)
		}
	}
	return nil
}

// heading reports whether an item only names what stands under it.
func (r *reporting) heading(it projections.ItemView) bool {
	return it.Owner == nil && !it.Due.Known() && len(it.Ratings) == 0 &&
		slices.ContainsFunc(r.view.Items, func(below projections.ItemView) bool { return below.Parent == it.Item })
}

// holders are the owners of open items, those with most first.
func (r *reporting) holders() []*holder {
	of, all := map[string]*holder{}, []*holder{}
	for _, it := range r.view.Items {
		if !open(it, r.view.Dimensions) || r.heading(it) {
			continue
		}
		name := plainWords(it.Owner)
		if name == "" {
			name = "(nobody)"
		}
		key := strings.ToLower(name)
		if it.Person != "" {
			key = string(it.Person)
		}
		if of[key] == nil {
			of[key] = &holder{name: name}
			all = append(all, of[key])
		}
		of[key].items = append(of[key].items, it)
	}
	slices.SortStableFunc(all, func(a, b *holder) int {
		return cmp.Or(cmp.Compare(len(b.items), len(a.items)), strings.Compare(a.name, b.name))
	})
	return all
}

func (r *reporting) holder(s *sheets.Section, h *holder, left map[domain.ItemID]string, late map[domain.ItemID]bool) {
	var red, amber, overdue, owed, questions, missing int
	var remarks []string
	for _, it := range h.items {
		rating := nth(it, r.view.Dimensions, 0)
		red += one(rating.Meaning == domain.OffTrack)
		amber += one(rating.Meaning == domain.AtRisk)
		overdue += one(r.overdue(it))
		owed += one(rating.Owed)
		missing += one(late[it.Item])
		questions += len(openRequests(r.view, it.Item))
		h.gone = h.gone || left[it.Item] != ""
	}
	if h.gone {
		remarks = append(remarks, "Left, or for the time being: see below.")
	}
	if most := r.view.Policy.OwnerItems; len(h.items) > most {
		remarks = append(remarks, fmt.Sprintf("More than %d open items.", most))
	}
	row(s, sheets.Words(h.name), sheets.Count(len(h.items)), sheets.Count(red), sheets.Count(amber), sheets.Count(overdue), sheets.Count(owed), sheets.Count(questions), sheets.Count(missing),
		sheets.Words(remarks...))
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// tracker is the plan in the shape of a spreadsheet tracker.
func (r *reporting) tracker(context.Context) error {
	r.Copy = true
	names, measures := []string{"Ref", "~Action", "Owner", "Due date", "Revised date", "RAG", "~Reason for rating", "~Progress", "~Outcome"}, r.measures()
	if len(measures) > 0 {
		names = append(names, "Success measure", "Unit of measure", "Baseline", "Target", "Current")
	}
	s := r.section("Tracker", "The plan has no items.", columns(names...)...)
	for _, it := range r.view.Items {
		measure, measured := measures[it.Item]
		if it.State.Ended() || it.Kind == domain.MeasureKind && !measured {
			continue
		}
		rating := nth(it, r.view.Dimensions, 0)
		due, revised := it.Original, it.Due
		if due == revised {
			revised = domain.Date{}
		}
		outcome := ""
		if it.Outcome != nil {
			outcome = it.Outcome.Words.Text
		}
		cells := []sheets.Cell{sheets.Words(it.Ref), sheets.Words(it.Title.Text), sheets.Words(words(it.Owner)), dateCell(due), dateCell(revised), ratingCell(rating),
			sheets.Words(statement(rating.Reason)), sheets.Words(statement(it.Progress)), sheets.Words(outcome)}
		if m := measure.Measure; len(measures) > 0 && m != nil {
			name := ""
			if measure.Item != it.Item {
				name = measure.Title.Text
			}
			cells = append(cells, sheets.Words(name), sheets.Words(m.Unit), sheets.Words(m.Baseline.Words()), sheets.Words(m.Target.Words()), sheets.Words(m.Last.Words()))
		} else if len(measures) > 0 {
			cells = append(cells, make([]sheets.Cell, 5)...)
		}
		row(s, cells...)
	}
	return nil
}

// measures are the plan's measures by the row of a tracker that shows them: the action that one of them alone measures, else
// a row of their own.
func (r *reporting) measures() map[domain.ItemID]projections.ItemView {
	defined, of, rows := map[domain.ItemID]projections.ItemView{}, map[domain.ItemID]int{}, map[domain.ItemID]projections.ItemView{}
	for _, it := range r.view.Items {
		if it.Measure != nil && !it.State.Ended() {
			defined[it.Item] = it
		}
	}
	for _, it := range r.view.Items {
		var by []projections.ItemView
		for _, l := range it.Links {
			if m, is := defined[l.To]; is && l.Relation == domain.MeasuredBy {
				by = append(by, m)
			}
		}
		if len(by) == 1 && it.Measure == nil && !it.State.Ended() {
			rows[it.Item] = by[0]
			of[by[0].Item]++
		}
	}
	for id, m := range defined {
		if of[id] == 0 {
			rows[id] = m
		}
	}
	return rows
}
