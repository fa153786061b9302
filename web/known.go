package web

import (
	"context"
	"encoding/json"
	"strings"

	"plantrail/domain"
	"plantrail/projections"
	"plantrail/sheets"
)

// standing is a plan as it stands, for a paper to be compared with, and the papers that were read into it before.
type standing struct {
	*sheets.Known
	version uint64
	papers  map[string]projections.Entry // by SHA-256 of the file
}

// standing reads a plan; nil when there is none.
func (s *Server) standing(ctx context.Context, plan domain.PlanID) (*standing, error) {
	v, err := s.deps.Reads.Plan(ctx, plan, projections.At{})
	if domain.KindOf(err) == domain.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	st := &standing{Known: knownPlan(v), version: v.Version, papers: map[string]projections.Entry{}}
	items := map[domain.ItemID]*sheets.KnownItem{}
	for i := range st.Items {
		items[st.Items[i].ID] = &st.Items[i]
	}
	for _, kind := range []string{"progress-reported", "outcome-recorded", "measure-read", "paper-imported"} {
		err := s.eachEntry(ctx, projections.TimelineQuery{Plan: plan, Type: kind}, func(e projections.Entry) error {
			if kind == "paper-imported" {
				return st.imported(e)
			}
			if it := items[e.Item]; it != nil {
				return heard(it, e)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return st, nil
}

// imported takes note of a paper that was read into the plan.
func (st *standing) imported(e projections.Entry) error {
	var paper domain.PaperImported
	if err := json.Unmarshal(e.Data, &paper); err != nil {
		return err
	}
	st.papers[paper.SHA256] = e
	if !e.Stated.Start().Before(st.Latest.Start()) {
		st.Latest, st.LatestFile, st.LatestName = e.Stated, paper.SHA256, e.Texts["source"].Text
	}
	if len(paper.Columns) > 0 {
		st.Columns = append(st.Columns, paper.Columns)
	}
	return nil
}

// heard adds what an entry says to an item: progress, an outcome, a reading.
func heard(it *sheets.KnownItem, e projections.Entry) error {
	if e.Type == "measure-read" {
		var read domain.MeasureRead
		err := json.Unmarshal(e.Data, &read)
		it.Read = append(it.Read, sheets.KnownReading{Value: read.Value, Words: e.Texts["words"].Text, On: e.Stated})
		return err
	}
	it.Said = append(it.Said, e.Texts["progress"].Text+e.Texts["outcome"].Text)
	if strings.HasPrefix(string(e.Command), sheets.CommandPrefix) && e.Type == "progress-reported" {
		it.Copied = append(it.Copied, e.Texts["progress"].Text)
	}
	return nil
}

func knownPlan(v projections.PlanView) *sheets.Known {
	k := &sheets.Known{Title: v.Title.Text, State: domain.PlanState{ID: v.Plan, Levels: v.Levels, Dimensions: v.Dimensions}}
	for _, m := range v.Meetings {
		k.State.Meetings = append(k.State.Meetings, domain.Meeting{ID: m.Meeting, Body: m.Body, On: m.On})
	}
	for _, it := range v.Items {
		known := sheets.KnownItem{Title: it.Title.Text, Owner: words(it.Owner), Reasons: map[string]string{},
			Item: domain.Item{ID: it.Item, Ref: it.Ref, Level: it.Level, Parent: it.Parent, Due: it.Due, Original: it.Original, State: it.State, Kind: it.Kind, Percent: it.Percent}}
		for _, r := range it.Ratings {
			known.Ratings = append(known.Ratings, domain.Rating{Dimension: r.Dimension, Scheme: r.Scheme, Value: r.Value, Meaning: r.Meaning})
			known.Reasons[r.Dimension] = statement(r.Reason)
		}
		if it.Outcome != nil {
			known.Result = it.Outcome.Result
		}
		if m := it.Measure; m != nil {
			known.Measure = &domain.Measure{Unit: m.Unit, Better: m.Better, Baseline: m.Baseline, Target: m.Target, Contextual: m.Contextual, Last: m.Last, LastOn: m.LastOn}
		}
		for _, l := range it.Links {
			known.Links = append(known.Links, domain.Link{Relation: l.Relation, To: l.To})
		}
		k.Items = append(k.Items, known)
	}
	for _, q := range v.Requests {
		k.Requests = append(k.Requests, q.Words.Text)
	}
	for _, r := range v.Resolutions {
		k.Resolutions = append(k.Resolutions, r.Words.Text)
	}
	return k
}
