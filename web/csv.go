package web

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"plantrail/domain"
	"plantrail/domain/findings"
	"plantrail/projections"
	"plantrail/sheets"
)

// encodeCSV writes a list as CSV: RFC 4180 with a header row and lines that end in CR LF, UTF-8 without a mark. Columns are
// only ever added at the end. Its words differ from the JSON's in one thing: no spreadsheet runs them as a formula.
func encodeCSV(w io.Writer, v any) error {
	header, rows := tableOf(v)
	if header == nil {
		return fmt.Errorf("there is no table of %T", v)
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(header); err != nil {
		return err
	}
	for _, row := range rows {
		for i, cell := range row {
			row[i] = sheets.Defuse(cell)
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// tableOf is the table of an answer that is a list, nil of one that is not.
func tableOf(v any) (header []string, rows [][]string) {
	switch v := v.(type) {
	case plansAnswer:
		return plansTable(v.Plans)
	case projections.PlanView:
		return itemsTable(v.Items)
	case projections.AmberTable:
		return ambersTable(v.Rows)
	case projections.Strips:
		return stripsTable(v.Items)
	case projections.Comparison:
		return differencesTable(v.Differences)
	case projections.Page[projections.Entry]:
		return entriesTable(v.Entries)
	case projections.Page[projections.Hit]:
		return hitsTable(v.Entries)
	case projections.FindingsView:
		return findingsTable(v.Findings)
	case projections.Page[findings.Finding]:
		return findingsTable(v.Entries)
	case rulesAnswer:
		return rulesTable(v.Rules)
	case evidenceAnswer:
		return evidenceTable(v.Files)
	case tokensAnswer:
		return tokensTable(v.Tokens)
	case personsAnswer:
		return personsTable(v.Persons)
	case AccessView:
		return visitsTable(v.Entries)
	case FlatTable:
		return v.Columns, v.Rows
	case schemesAnswer:
		return schemesTable(v.Schemes)
	}
	return nil, nil
}

func plansTable(all []projections.PlanSummary) ([]string, [][]string) {
	header := []string{"plan", "title", "closed", "items", "version", "changed", "unrated"}
	for _, m := range meanings {
		header = append(header, string(m))
	}
	header = append(header, "changes")
	var rows [][]string
	for _, p := range all {
		row := []string{string(p.Plan), p.Title.Text, yesNo(p.Closed), strconv.Itoa(p.Items), number(p.Version), stamp(p.Changed), strconv.Itoa(p.Counts[""])}
		for _, m := range meanings {
			row = append(row, strconv.Itoa(p.Counts[m]))
		}
		changes := "" // nobody asked since when
		if p.Changes != nil {
			changes = number(*p.Changes)
		}
		row = append(row, changes)
		rows = append(rows, row)
	}
	return header, rows
}

func ambersTable(all []projections.Amber) ([]string, [][]string) {
	header := []string{"item", "ref", "aim", "rating", "meaning", "since", "reason", "reason_by", "reason_stated", "owed", "same_as",
		"same_as_reason", "owner", "due", "open_requests"}
	var rows [][]string
	for _, a := range all {
		stated := ""
		if a.Rating.Reason != nil {
			stated = a.Rating.Reason.Said.Stated.String()
		}
		rows = append(rows, []string{string(a.Item), a.Ref, a.Aim.Text, a.Rating.Label, string(a.Rating.Meaning), a.Rating.Since.String(),
			statement(a.Rating.Reason), sayer(a.Rating.Reason), stated, yesNo(a.Rating.Owed), string(a.Rating.SameAs), statement(a.SameAs), words(a.Owner),
			a.Due.String(), strconv.Itoa(len(a.Request))})
	}
	return header, rows
}

func stripsTable(all []projections.Strip) ([]string, [][]string) {
	var rows [][]string
	for _, it := range all {
		for _, s := range it.Spans {
			rows = append(rows, []string{string(it.Item), it.Ref, it.Aim.Text, s.From.Format(time.DateOnly), s.Value, s.Label, string(s.Meaning), s.Ended, number(s.Entry)})
		}
	}
	return []string{"item", "ref", "aim", "from", "rating", "label", "meaning", "ended", "entry"}, rows
}

func differencesTable(all []projections.DifferenceView) ([]string, [][]string) {
	var rows [][]string
	for _, d := range all {
		a, said := domain.Authority{}, projections.Said{}
		if d.Authority != nil {
			a = *d.Authority
		}
		if d.After != nil {
			said = d.After.Said
		}
		rows = append(rows, []string{string(d.Item), d.Ref, d.Aim.Text, string(d.What), d.Dimension, d.From, d.To, statement(d.Before), statement(d.After),
			sayer(d.After), said.Stated.String(), stamp(said.RecordedAt), a.Body, a.Meeting.String(), a.Resolution, number(said.Entry)})
	}
	return []string{"item", "ref", "aim", "what", "dimension", "from", "to", "words_before", "words", "by", "stated", "recorded_at", "body", "meeting", "resolution", "entry"}, rows
}

var entryColumns = []string{"position", "plan", "entry", "stated", "recorded_at", "by", "by_name", "role", "type", "item", "item_title", "summary",
	"words", "body", "meeting", "resolution", "command", "event"}

// textOrder is the order in which an entry's texts stand in one cell: what was said before why.
var textOrder = []string{"title", "owner", "with", "justification", "progress", "claim", "verified", "outcome", "words", "asked_by", "answer", "printed", "minutes",
	"text", "source", "name", "file", "reason"}

func entryRow(e projections.Entry) []string {
	var said []string
	for _, name := range textOrder {
		if w, ok := e.Texts[name]; ok && w.Text != "" {
			said = append(said, w.Text)
		}
	}
	a := domain.Authority{}
	if e.Authority != nil {
		a = *e.Authority
	}
	return []string{number(uint64(e.Position)), string(e.Plan), number(e.Entry), e.Stated.String(), stamp(e.RecordedAt), string(e.By.ID), e.By.Name,
		string(e.By.Role), e.Type, string(e.Item), e.ItemTitle, e.Summary, strings.Join(said, "\n"), a.Body, a.Meeting.String(), a.Resolution,
		string(e.Command), string(e.Event)}
}

func entriesTable(all []projections.Entry) ([]string, [][]string) {
	var rows [][]string
	for _, e := range all {
		rows = append(rows, entryRow(e))
	}
	return entryColumns, rows
}

func hitsTable(all []projections.Hit) ([]string, [][]string) {
	header := append([]string{"field", "snippet"}, entryColumns...)
	var rows [][]string
	for _, h := range all {
		rows = append(rows, append([]string{h.Field, h.Snippet}, entryRow(h.Entry)...))
	}
	return header, rows
}

func evidenceTable(all []EvidenceFile) ([]string, [][]string) {
	var rows [][]string
	for _, f := range all {
		rows = append(rows, []string{string(f.Evidence), string(f.Item), f.Title.Text, f.File.Text, f.Dated.String(), f.MediaType, strconv.FormatInt(f.Size, 10),
			f.SHA256, stamp(f.Attached.RecordedAt), string(f.Attached.By.ID), yesNo(f.Withdrawn != nil), statement(f.Withdrawn)})
	}
	return []string{"evidence", "item", "title", "file", "dated", "media_type", "size", "sha256", "attached", "by", "withdrawn", "withdrawn_reason"}, rows
}

func tokensTable(all []projections.TokenView) ([]string, [][]string) {
	var rows [][]string
	for _, t := range all {
		rows = append(rows, []string{string(t.Token), string(t.Person), t.Name, string(t.Role), t.Expires.String(), yesNo(t.Revoked),
			string(t.Issued.By.ID), stamp(t.Issued.RecordedAt)})
	}
	return []string{"token", "person", "name", "role", "expires", "revoked", "issued_by", "issued"}, rows
}

func personsTable(all []projections.PersonView) ([]string, [][]string) {
	var rows [][]string
	for _, p := range all {
		rows = append(rows, []string{string(p.Person), string(p.Kind), p.Name.Text, yesNo(p.Left), stamp(p.Since.RecordedAt)})
	}
	return []string{"person", "kind", "name", "left", "since"}, rows
}

func words(w *projections.Words) string {
	if w == nil {
		return ""
	}
	return w.Text
}

func statement(s *projections.Statement) string {
	if s == nil {
		return ""
	}
	return s.Words.Text
}

func sayer(s *projections.Statement) string {
	if s == nil {
		return ""
	}
	return s.Said.By.Shown()
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000Z")
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
