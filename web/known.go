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
	for _, kind := range []string{"progress-reported", "outcome-recorded", "paper-imported"} {
		err := s.eachEntry(ctx, projections.TimelineQuery{Plan: plan, Type: kind}, func(e projections.Entry) error {
			if it := items[e.Item]; it != nil {
				it.Said = append(it.Said, e.Texts["progress"].Text+e.Texts["outcome"].Text)
				if strings.HasPrefix(string(e.Command), sheets.CommandPrefix) && kind == "progress-reported" {
					it.Copied = append(it.Copied, e.Texts["progress"].Text)
				}
			}
			if kind != "paper-imported" {
				return nil
			}
			var paper domain.PaperImported
			err := json.Unmarshal(e.Data, &paper)
			st.papers[paper.SHA256] = e
			if !e.Stated.Start().Before(st.Latest.Start()) {
				st.Latest, st.LatestFile = e.Stated, paper.SHA256
			}
			if len(paper.Columns) > 0 {
				st.Columns = paper.Columns
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return st, nil
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
