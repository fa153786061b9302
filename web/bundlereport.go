package web

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"plantrail/domain"
	"plantrail/projections"
	"plantrail/sheets"
)

//go:embed bundlereport.html
var reportSource string

// bundleReport is what the readable report of a bundle is made of: a plan at a moment, whole or of one item.
type bundleReport struct {
	Org     domain.OrgID
	Plan    projections.PlanView
	Item    domain.ItemID // "" for the whole plan
	AsAt    bool          // an earlier moment than the bundle's was asked for
	Root    string        // of the history up to the plan's position
	People  []projections.PersonView
	Entries []projections.Entry // those that the report tells: all, or the item's

	Items       []itemStory
	Whole       []projections.Entry // about no item
	Files       []projections.EvidenceView
	Requests    []projections.RequestView
	Resolutions []projections.ResolutionView
	Erased      []aboutEntry
	Corrected   []aboutEntry
	Taken       []projections.Entry

	marks   map[[2]string]domain.Value
	numbers map[domain.EventID]uint64
}

// itemStory is an item and what happened to it, oldest first.
type itemStory struct {
	projections.ItemView
	Entries []projections.Entry
}

// aboutEntry is an entry about one text or value of an earlier one.
type aboutEntry struct {
	projections.Entry
	Of    uint64 // the earlier entry's number
	Field string
}

// about sorts a plan's entries by what they are about, and leaves out what came later than the report's moment or is not
// about its item.
func (r *bundleReport) about(entries []projections.Entry) error {
	r.numbers, r.marks = map[domain.EventID]uint64{}, map[[2]string]domain.Value{}
	for _, d := range r.Plan.Dimensions {
		for _, v := range d.Scheme.Values {
			r.marks[[2]string{d.Key, v.Key}] = v
		}
	}
	of, titles := map[domain.ItemID][]projections.Entry{}, map[domain.ItemID]string{}
	for _, it := range r.Plan.Items {
		titles[it.Item] = it.Title.Text
	}
	entries = slices.DeleteFunc(slices.Clone(entries), func(e projections.Entry) bool { return e.Entry > r.Plan.Version })
	for _, e := range entries {
		r.numbers[e.Event] = e.Entry
	}
	for _, e := range entries {
		e.ItemTitle = titles[e.Item]
		e.Corrected = slices.DeleteFunc(slices.Clone(e.Corrected), func(by domain.EventID) bool { return r.numbers[by] == 0 })
		if r.Item != "" && e.Item != r.Item {
			continue
		}
		r.Entries = append(r.Entries, e)
		of[e.Item] = append(of[e.Item], e)
		if err := r.special(e); err != nil {
			return err
		}
	}
	r.Whole = of[""]
	for _, it := range r.Plan.Items {
		if r.shows(it.Item) {
			r.Items = append(r.Items, itemStory{it, of[it.Item]})
			r.Files = append(r.Files, it.Evidence...)
		}
	}
	r.Requests = slices.DeleteFunc(slices.Clone(r.Plan.Requests), func(q projections.RequestView) bool { return !r.shows(q.Item) })
	if r.Item == "" {
		r.Resolutions = r.Plan.Resolutions
	}
	return nil
}

func (r *bundleReport) shows(item domain.ItemID) bool { return r.Item == "" || r.Item == item }

// special keeps the entries that have a table of their own.
func (r *bundleReport) special(e projections.Entry) error {
	var data struct {
		Of    domain.EventID `json:"of"`
		Field string         `json:"field"`
	}
	switch e.Type {
	case (&domain.ErasureRequested{}).Type():
		err := json.Unmarshal(e.Data, &data)
		r.Erased = append(r.Erased, aboutEntry{e, r.numbers[data.Of], data.Field})
		return err
	case (&domain.EntryCorrected{}).Type():
		err := json.Unmarshal(e.Data, &data)
		r.Corrected = append(r.Corrected, aboutEntry{e, r.numbers[e.Corrects], data.Field})
		return err
	case (&domain.BundleIssued{}).Type():
		r.Taken = append(r.Taken, e)
	}
	return nil
}

// Moves is how often due dates were moved in all.
func (r *bundleReport) Moves() (n int) {
	for _, it := range r.Items {
		n += it.Moves
	}
	return n
}

// Rated counts the report's items that have a rating, "" those that have none.
func (r *bundleReport) Rated(dimension, value string) (n int) {
	for _, it := range r.Items {
		found := ""
		for _, rating := range it.Ratings {
			if rating.Dimension == dimension {
				found = rating.Value
			}
		}
		if found == value {
			n++
		}
	}
	return n
}

// report is the page that a bundle carries for people: no script, nothing loaded from elsewhere, fit for print and for
// readers who hear it. All that it is given is escaped where it stands.
var report = template.Must(template.New("report").Funcs(template.FuncMap{
	"words": plainWords, "spaced": spacedOut, "capital": capital, "document": documentName,
	"instant": func(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04:05 UTC") },
	// These are the report's own, bound when one is written.
	"who": func(projections.Who) string { return "" }, "person": func(domain.ActorID) string { return "" },
	"mark": func(string, string) mark { return mark{} }, "number": func(domain.EventID) uint64 { return 0 },
}).Parse(reportSource))

func (r *bundleReport) write(w io.Writer) error {
	page, err := report.Clone()
	if err != nil {
		return err
	}
	return page.Funcs(template.FuncMap{"who": r.who, "person": r.person, "mark": r.mark, "number": func(e domain.EventID) uint64 { return r.numbers[e] }}).Execute(w, r)
}

// mark is a rating's value as it is drawn: a shape and a word, so that nobody needs to see colours.
type mark struct {
	Label, Path, Fill string
	Ring              bool
}

func (r *bundleReport) mark(dimension, value string) mark {
	v, known := r.marks[[2]string{dimension, value}]
	if !known {
		return mark{Label: value}
	}
	drawn := sheets.MarkOf(v.Shape, v.Colour)
	return mark{Label: v.Label, Path: drawn.Path, Fill: drawn.Fill, Ring: drawn.Ring}
}

// who names an actor: by name, or by the id and what became of the name.
func (r *bundleReport) who(w projections.Who) string {
	name := r.person(w.ID)
	if w.OnBehalfOf != "" {
		name += " on behalf of " + w.OnBehalfOf
	}
	return name
}

func (r *bundleReport) person(id domain.ActorID) string {
	i := slices.IndexFunc(r.People, func(p projections.PersonView) bool { return p.Person == id })
	if i < 0 {
		return string(id)
	}
	return plainWords(r.People[i].Name) + " (" + string(id) + ")"
}

// plainWords is a text for people. One that was erased says when and on whose authority.
func plainWords(v any) string {
	w, ok := v.(projections.Words)
	if p, isPointer := v.(*projections.Words); isPointer && p != nil {
		w, ok = *p, true
	}
	switch {
	case !ok:
		return ""
	case !w.Erased:
		return w.Text
	case w.ErasedBy == nil:
		return "[lost: nobody had it erased]"
	case w.ErasedBy.Authority == nil:
		return "[erased on " + w.ErasedBy.Stated.Words() + "]"
	}
	return "[erased on " + w.ErasedBy.Stated.Words() + " under " + w.ErasedBy.Authority.Body + "]"
}

func spacedOut(v any) string { return strings.NewReplacer("_", " ", "-", " ").Replace(fmt.Sprint(v)) }

func capital(s string) string { return strings.ToUpper(s[:min(1, len(s))]) + s[min(1, len(s)):] }
