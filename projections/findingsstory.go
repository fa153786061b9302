package projections

import (
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"

	"plantrail/domain"
	"plantrail/domain/findings"
)

// story reads a plan's entries with their texts.
func (s *snapshot) story(plan domain.PlanID, after, upto domain.Position) (story findings.Story, err error) {
	story = findings.Story{Plan: plan, Gone: map[domain.Position][]string{}}
	if story.Entries, err = s.recordedAfter(plan, after, upto); err != nil {
		return story, err
	}
	texts, erased := map[domain.EventID]map[string]string{}, map[domain.EventID]map[string]domain.Position{}
	err = s.each(func(rows *sql.Rows) error {
		var event domain.EventID
		var name, value string
		err := rows.Scan(&event, &name, &value)
		if texts[event] == nil {
			texts[event] = map[string]string{}
		}
		texts[event][name] = value
		return err
	}, `SELECT x.event, x.name, x.value FROM timeline t INDEXED BY timeline_plan JOIN texts x ON x.event = t.event
		WHERE t.plan = ? AND t.visible > ? AND t.visible <= ? AND t.texts > 0`, string(plan), int64(after), int64(upto))
	if err != nil {
		return story, err
	}
	err = s.each(func(rows *sql.Rows) error {
		var event domain.EventID
		var name string
		var requested domain.Position
		err := rows.Scan(&event, &name, &requested)
		if erased[event] == nil {
			erased[event] = map[string]domain.Position{}
		}
		erased[event][name] = requested
		return err
	}, "SELECT event, name, requested FROM erasures WHERE plan = ?", string(plan))
	for _, r := range story.Entries {
		have := texts[r.ID]
		for name, text := range domain.Texts(r.Event) {
			*text = domain.Text(have[name])
		}
		if gone := missingTexts(r.Event.Type(), r.Texts, have, erased[r.ID]); len(gone) > 0 {
			story.Gone[r.Position] = gone
		}
	}
	return story, err
}

// left says when persons left, and where the last entry is that says so.
func (s *snapshot) left(upto domain.Position) (left map[domain.ActorID]domain.Date, last domain.Position, err error) {
	left = map[domain.ActorID]domain.Date{}
	err = s.each(func(rows *sql.Rows) error {
		var person domain.ActorID
		var stated domain.Date
		var recorded int64
		if err := rows.Scan(&person, scanDate{&stated}, &recorded, &last); err != nil {
			return err
		}
		if !stated.Known() {
			stated = domain.DayOf(micros(recorded))
		}
		left[person] = stated
		return nil
	}, `SELECT data ->> '$.person', stated, recorded, position FROM timeline INDEXED BY timeline_type
		WHERE type = 'person-left' AND visible <= ? ORDER BY visible`, int64(upto))
	return left, last, err
}

// papers holds the root that each published paper prints against the tree. The story may be one that others read just now: it
// gets a map of its own.
func (db *DB) papers(ctx context.Context, story *findings.Story) error {
	story.Papers = map[domain.Position]string{}
	for _, r := range story.Entries {
		paper, is := r.Event.(*domain.PaperPublished)
		if !is || paper.Root == "" || paper.Size == 0 {
			continue
		}
		tree, err := db.Tree(ctx)
		if err != nil {
			return err
		}
		if paper.Size > uint64(tree.Size) {
			story.Papers[r.Position] = fmt.Sprintf("prints a history of %d events; there are %d", paper.Size, tree.Size)
			continue
		}
		root, err := tree.Root(int64(paper.Size))
		if err != nil {
			return err
		}
		if base64.StdEncoding.EncodeToString(root[:]) != paper.Root {
			story.Papers[r.Position] = fmt.Sprintf("prints a root that the history of %d events does not have", paper.Size)
		}
	}
	return nil
}
