package projections

import (
	"context"
	"database/sql"
	"math"
	"strconv"
	"strings"
	"unicode"

	"plantrail/domain"
)

// Search finds entries by the words of their texts, newest text first; plan "" searches all histories, [AnyPlan] all plans. All words must be in
// the same text; "words in quotes" must follow each other; a word ending in * stands for all that begin with it. Words match
// whatever their ending, accents or case. Nothing a user types is an error of syntax.
func (db *DB) Search(ctx context.Context, words string, plan domain.PlanID, after string, limit int) (page Page[Hit], err error) {
	return db.SearchIn(ctx, words, TimelineQuery{Plan: plan, After: after, Limit: limit})
}

// SearchIn is Search in the entries that a question for entries asks for: of a plan, item, actor, type and time of recording.
func (db *DB) SearchIn(ctx context.Context, words string, q TimelineQuery) (page Page[Hit], err error) {
	limit, after := q.Limit, q.After
	match := matchExpression(words)
	if match == "" {
		return page, domain.Errorf(domain.Invalid, "words", "there is no word to search for").WithHint("give one or more words")
	}
	if limit, err = pageLimit(limit); err != nil {
		return page, err
	}
	below := int64(math.MaxInt64)
	if after != "" {
		if below, err = strconv.ParseInt(after, 10, 64); err != nil {
			return page, domain.Errorf(domain.Invalid, "after", "%.40q is not a cursor", after).WithHint("give the next of an earlier page, unchanged")
		}
	}
	err = db.view(ctx, func(s *snapshot) error {
		page.Moment = s.end.position
		hits, err := s.hits(match, q, below, limit+1)
		if err != nil {
			return err
		}
		if len(hits) > limit {
			hits = hits[:limit]
			page.Next = strconv.FormatInt(hits[limit-1].id, 10)
		}
		page.Entries, err = s.hitEntries(hits)
		return err
	})
	return page, err
}

type hit struct {
	id       int64
	position domain.Position
	field    string
	snippet  string
}

// hits joins with the timeline, so that a text whose event does not count, or never came, is not found.
func (s *snapshot) hits(match string, q TimelineQuery, below int64, limit int) (all []hit, err error) {
	from, to := int64(math.MinInt64), int64(math.MaxInt64)
	if !q.From.IsZero() {
		from = q.From.UnixMicro()
	}
	if !q.To.IsZero() {
		to = q.To.UnixMicro()
	}
	err = s.each(func(rows *sql.Rows) error {
		var h hit
		err := rows.Scan(&h.id, &h.position, &h.field, &h.snippet)
		all = append(all, h)
		return err
	}, `SELECT x.id, t.position, x.name, snippet(texts_fts, 0, '«', '»', '…', 16)
		FROM texts_fts CROSS JOIN texts x ON x.id = texts_fts.rowid CROSS JOIN timeline t ON t.event = x.event
		WHERE texts_fts MATCH ?1 AND texts_fts.rowid < ?2 AND (?3 = '' OR t.plan = ?3 OR ?3 = '*' AND t.plan NOT GLOB '_*')
			AND (?5 = '' OR t.actor = ?5) AND (?6 = '' OR t.type = ?6) AND (?7 = '' OR t.item = ?7) AND t.recorded >= ?8 AND t.recorded < ?9
		ORDER BY texts_fts.rowid DESC LIMIT ?4`, match, below, string(q.Plan), limit, string(q.Actor), q.Type, string(q.Item), from, to)
	return all, err
}

func (s *snapshot) hitEntries(hits []hit) ([]Hit, error) {
	positions := make([]domain.Position, len(hits))
	for i, h := range hits {
		positions[i] = h.position
	}
	f := filter{}
	f.and("position IN (SELECT value FROM json_each(?))", jsonList(positions))
	entries, err := s.entries(math.MaxInt64, f, -1)
	if err != nil {
		return nil, err
	}
	byPosition := map[domain.Position]Entry{}
	for _, e := range entries {
		byPosition[e.Position] = e
	}
	all := make([]Hit, len(hits))
	for i, h := range hits {
		all[i] = Hit{Entry: byPosition[h.position], Field: h.field, Snippet: h.snippet}
	}
	return all, nil
}

// matchExpression turns what a user typed into an FTS5 expression: every term quoted, so that none of FTS5's own words and
// signs means anything. Terms without a letter or digit are dropped; "" means that none is left.
func matchExpression(typed string) string {
	var terms []string
	for i, part := range strings.Split(strings.ToValidUTF8(strings.ReplaceAll(typed, "\x00", " "), " "), `"`) {
		if i%2 == 1 { // between quotes
			terms = appendTerm(terms, part, false)
			continue
		}
		for _, word := range strings.Fields(part) {
			stem := strings.TrimRight(word, "*")
			terms = appendTerm(terms, stem, stem != word)
		}
	}
	return strings.Join(terms, " ")
}

func appendTerm(terms []string, term string, prefix bool) []string {
	if !strings.ContainsFunc(term, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return terms
	}
	quoted := `"` + term + `"`
	if prefix {
		quoted += "*"
	}
	return append(terms, quoted)
}
