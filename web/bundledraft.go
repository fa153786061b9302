package web

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"plantrail/domain"
	"plantrail/evidence"
	"plantrail/projections"
)

// draftBundle makes all of a bundle that its issuing event seals, for a plan that ends at last: the files, and the events of
// other histories that were recorded up to known. Nothing in it depends on the clock.
func (s *Server) draftBundle(ctx context.Context, p *Proof, t taking, last, known domain.Position) (*evidence.Bundle, error) {
	entries, err := s.entriesUpTo(ctx, projections.TimelineQuery{Plan: t.plan, At: projections.At{Position: last}})
	if err != nil {
		return nil, err
	}
	who := actors(entries)
	who[callOf(ctx).actor.ID] = true
	b := &evidence.Bundle{Source: "/orgs/" + string(s.deps.Org) + "/plans/" + string(t.plan)}
	if b.Related, err = s.relatedEvents(ctx, p, who, known); err != nil {
		return nil, err
	}
	b.Files, err = s.bundleFiles(ctx, t, entries, last)
	return b, err
}

func (s *Server) entriesUpTo(ctx context.Context, q projections.TimelineQuery) ([]projections.Entry, error) {
	all := []projections.Entry{}
	err := s.eachEntry(ctx, q, func(e projections.Entry) error {
		all = append(all, e)
		return nil
	})
	return all, err
}

// actors are the ids of those who acted in entries, or were named in them as accountable.
func actors(entries []projections.Entry) map[domain.ActorID]bool {
	all := map[domain.ActorID]bool{}
	for _, e := range entries {
		all[e.By.ID] = true
		if id := personIn(e); id != "" {
			all[id] = true
		}
	}
	return all
}

// personIn is the person that an entry is about, by the one name that all events have for it.
func personIn(e projections.Entry) domain.ActorID {
	var data struct {
		Person domain.ActorID `json:"person"`
	}
	_ = json.Unmarshal(e.Data, &data) // what a newer version recorded may call something else so
	return data.Person
}

// relatedEvents are those of other histories without which the plan's own can't be understood: who the actors were, and by
// which keys the log was signed. Of a person's names the one of today is disclosed, as on every page; earlier ones are not.
func (s *Server) relatedEvents(ctx context.Context, p *Proof, who map[domain.ActorID]bool, known domain.Position) ([]evidence.Entry, error) {
	last := map[domain.ActorID]domain.Position{} // where a person's name stands
	people, err := s.eventsOf(ctx, p, domain.People, known, func(e projections.Entry) bool {
		wanted := strings.HasPrefix(e.Type, "person-") && who[personIn(e)]
		if _, named := e.Texts["name"]; wanted && named {
			last[personIn(e)] = e.Position
		}
		return wanted
	})
	if err != nil {
		return nil, err
	}
	named := slices.Collect(maps.Values(last))
	for i := range people {
		if !slices.Contains(named, domain.Position(people[i].Index+1)) {
			people[i].Disclosures = nil
		}
	}
	keys, err := s.eventsOf(ctx, p, domain.Log, known, func(projections.Entry) bool { return true })
	all := append(people, keys...)
	slices.SortFunc(all, func(a, b evidence.Entry) int { return cmp.Compare(a.Index, b.Index) })
	return all, err
}

// eventsOf are the wanted events of a history; none of one in which nothing was recorded yet.
func (s *Server) eventsOf(ctx context.Context, p *Proof, history domain.PlanID, known domain.Position, wanted func(projections.Entry) bool) ([]evidence.Entry, error) {
	var leaves []projections.Leaf
	err := s.eachEntry(ctx, projections.TimelineQuery{Plan: history, At: projections.At{Position: known}}, func(e projections.Entry) error {
		if !wanted(e) {
			return nil
		}
		body, err := p.Raw.Leaf(ctx, e.Position)
		leaves = append(leaves, projections.Leaf{Position: e.Position, Plan: history, Body: body})
		return err
	})
	if domain.KindOf(err) == domain.NotFound && err != nil {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return p.bundleEntries(ctx, history, leaves)
}

// fillBundle puts the plan's own events into a bundle: all there are up to the one that issues it.
func (p *Proof) fillBundle(ctx context.Context, b *evidence.Bundle, plan domain.PlanID, issued domain.Position) error {
	var leaves []projections.Leaf
	for leaf, err := range p.Raw.LeavesOf(ctx, plan) {
		if err != nil {
			return err
		}
		if leaf.Position > issued {
			break
		}
		leaves = append(leaves, leaf)
	}
	all, err := p.bundleEntries(ctx, plan, leaves)
	if err != nil {
		return err
	}
	n := len(all) - 1
	if n < 1 || all[n].Index != int64(issued)-1 {
		return domain.Errorf(domain.Internal, "plan", "the event at position %d is not where its plan's history has it", issued)
	}
	b.Events, b.Head = all[:n], all[n]
	return nil
}

// bundleEntries puts to leaves of one history what discloses their texts.
func (p *Proof) bundleEntries(ctx context.Context, history domain.PlanID, leaves []projections.Leaf) ([]evidence.Entry, error) {
	ids, parsed, texted := make([]domain.EventID, len(leaves)), make([]evidence.Event, len(leaves)), []domain.EventID{}
	for i, leaf := range leaves {
		var doc struct {
			ID domain.EventID `json:"id"`
		}
		err := json.Unmarshal(leaf.Body, &doc)
		if err == nil {
			parsed[i], err = evidence.ParseEvent(leaf.Body)
		}
		if err != nil {
			return nil, fmt.Errorf("the event at position %d %w", leaf.Position, err)
		}
		if ids[i] = doc.ID; len(parsed[i].Digests) > 0 {
			texted = append(texted, doc.ID)
		}
	}
	texts, err := p.Raw.Disclosures(ctx, history, texted)
	if err != nil {
		return nil, err
	}
	all := make([]evidence.Entry, len(leaves))
	for i, leaf := range leaves {
		all[i] = evidence.Entry{Leaf: leaf.Body, Index: int64(leaf.Position) - 1}
		for _, enc := range texts[ids[i]] {
			if slices.Contains(parsed[i].Digests, evidence.Digest(enc)) {
				all[i].Disclosures = append(all[i].Disclosures, enc)
			}
		}
	}
	return all, nil
}

// bundleFiles makes what people read of a plan whose entries up to last are given: report, timeline and documents.
func (s *Server) bundleFiles(ctx context.Context, t taking, entries []projections.Entry, last domain.Position) ([]evidence.File, error) {
	at := t.at
	if at == (projections.At{}) {
		at.Position = last
	}
	view, err := s.deps.Reads.Plan(ctx, t.plan, at)
	if err != nil {
		return nil, err
	}
	r := bundleReport{Org: s.deps.Org, Plan: view, Item: t.Item, AsAt: t.asAt > 0, Entries: []projections.Entry{}}
	if err := r.about(entries); err != nil {
		return nil, err
	}
	if r.People, err = s.peopleIn(ctx, r.Entries); err != nil {
		return nil, err
	}
	tree, err := s.deps.Reads.Tree(ctx)
	if err != nil {
		return nil, err
	}
	root, err := tree.Root(int64(view.Position))
	if err != nil {
		return nil, err
	}
	r.Root = root.String()
	return s.written(ctx, t.plan, r)
}

// written are the files of a bundle's report: made, or opened where they are kept.
func (s *Server) written(ctx context.Context, plan domain.PlanID, r bundleReport) ([]evidence.File, error) {
	var page, table, list bytes.Buffer
	if err := r.write(&page); err != nil {
		return nil, err
	}
	if err := encodeCSV(&table, projections.Page[projections.Entry]{Entries: r.Entries}); err != nil {
		return nil, err
	}
	if err := encodeJSON(&list, r.Entries); err != nil {
		return nil, err
	}
	files := []evidence.File{evidence.BytesFile("report.html", page.Bytes()), evidence.BytesFile("timeline.csv", table.Bytes()), evidence.BytesFile("timeline.json", list.Bytes())}
	if s.deps.Vault == nil && len(r.Files) > 0 {
		return nil, domain.Errorf(domain.Unavailable, "", "files of evidence can't be read here")
	}
	for _, f := range r.Files {
		files = append(files, evidence.File{Name: documentName(f), Event: int64(f.Attached.Entry), SHA256: f.SHA256, Size: f.Size, Open: func() (io.ReadCloser, error) {
			body, _, err := s.deps.Vault.Evidence(ctx, plan, f.ID)
			return body, err
		}})
	}
	return files, nil
}

// peopleIn are the registered persons who acted in entries, or were named as accountable, by id; with their names of today.
func (s *Server) peopleIn(ctx context.Context, entries []projections.Entry) ([]projections.PersonView, error) {
	all := []projections.PersonView{}
	for _, id := range slices.Sorted(maps.Keys(actors(entries))) {
		person, err := s.deps.Reads.Person(ctx, id)
		if domain.KindOf(err) == domain.NotFound && err != nil {
			continue // plantrail itself
		}
		if err != nil {
			return nil, err
		}
		all = append(all, person)
	}
	return all, nil
}

// documentName is a name that a bundle can hold: the entry's number and the plain part of the file's own name.
func documentName(f projections.EvidenceView) string {
	name := string(f.ID)
	if f.File != nil && f.File.Text != "" {
		name = f.File.Text
	}
	plain := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r) {
			return r
		}
		return '_'
	}, name)
	return fmt.Sprintf("files/%06d-%s", f.Attached.Entry, plain[max(0, len(plain)-80):])
}
