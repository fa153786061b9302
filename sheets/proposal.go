package sheets

import (
	"fmt"
	"strings"

	"plantrail/domain"
)

// Options are what the reader of a paper is told beside it.
type Options struct {
	Plan        domain.PlanID    // left out: made of the title
	Title       string           // left out: taken from the document, if it says so
	Scheme      string           // preset rating scheme; left out: rag.v1
	Ratings     []string         // a council's own ratings, each as LABEL=MEANING, instead of a preset
	Own         domain.Scheme    // a council's own scheme, instead of a preset
	MeetingDate domain.Date      // when members received the paper; never taken from the paper
	AsAt        domain.Date      // the day as at which the paper speaks, when it was for no meeting
	Body        string           // the body that met
	Columns     map[string]Field // what columns mean, by their names as printed, where the names alone do not say
	Known       *Known           // the plan, when it is there already: only what differs is proposed
	Accept      []string         // ids of offers to record, or "all"
	Name        string           // the file's name
}

// Proposal is what a paper says and what would be recorded of it. Its JSON is the answer of POST /v1/import.
//
// Rows, offers, resolutions and unread lines are in the order of the document. Places are for people: "line 12" for text.
type Proposal struct {
	Format      string             `json:"format" doc:"text-pipe, text-blank, text-lines, text-bars, text-blocks, text-columns, text-slashes, text-flat, minutes, csv, html, docx or xlsx"`
	Encoding    string             `json:"encoding" doc:"utf-8, windows-1252, utf-16"`
	SHA256      string             `json:"sha256" doc:"of the file's bytes, hex"`
	Size        int64              `json:"size" doc:"bytes"`
	Name        string             `json:"name,omitempty" doc:"the file's name"`
	Plan        domain.PlanID      `json:"plan,omitempty"`
	Title       string             `json:"title,omitempty"`
	TitlePlace  string             `json:"title_place,omitempty" doc:"where the document says it; absent when it was given"`
	Scheme      string             `json:"scheme"`
	MeetingDate domain.Date        `json:"meeting_date,omitzero"`
	Body        string             `json:"body,omitempty"`
	Columns     []Column           `json:"columns"`
	Rows        []Row              `json:"rows"`
	Offers      []Offer            `json:"offers"`
	Resolutions []Resolution       `json:"resolutions"`
	Unread      []Line             `json:"unread" doc:"lines outside the table, of which nothing is recorded"`
	Problems    []Problem          `json:"problems" doc:"what could not be read, and why"`
	Levels      []domain.Level     `json:"levels,omitempty" doc:"named levels from the top; empty: actions alone"`
	Dimensions  []domain.Dimension `json:"dimensions,omitempty" doc:"what is rated, where it is more than delivery"`
	Needs       []string           `json:"needs" doc:"what the document does not say and must be given before it can be recorded"`
	Counts      Counts             `json:"counts"`
	Records     []string           `json:"records" doc:"what would be recorded, in words"`
	AsAt        domain.Date        `json:"as_at,omitzero" doc:"the day as at which the paper speaks, when it was for no meeting"`
	Compared    bool               `json:"compared,omitempty" doc:"the plan is there already: only what differs would be recorded"`
	known       *Known
	scheme      domain.Scheme
	own         bool                     // no preset
	rated       map[int]domain.Dimension // by column: what is rated beside the first
	taken       map[domain.ItemID]bool   // ids of items, once a measure needs one
	numbered    int                      // measures with an id of their own
}

// Field says what a column means. The empty Field is a column of which nothing is recorded.
type Field string

// The fields.
const (
	FieldRef      Field = "reference"
	FieldTitle    Field = "action"
	FieldOwner    Field = "owner"
	FieldDue      Field = "due"
	FieldDueNow   Field = "due-now" // a date to which Due was moved
	FieldRating   Field = "rating"
	FieldReason   Field = "reason"
	FieldProgress Field = "progress"
	FieldOutcome  Field = "outcome"
	FieldAim      Field = "aim"         // what stands above the action: an aim, a recommendation
	FieldMeeting  Field = "stated"      // the date of the meeting at which the row was said
	FieldLevel    Field = "level"       // which level of the plan the row is
	FieldMore     Field = "rating-more" // the rating in another dimension
	FieldPercent  Field = "percent"     // how much of it is done
	FieldSource   Field = "source"      // the review that made a recommendation
	FieldMeasure  Field = "measure"     // what is measured: beside an action, or in its place
	FieldBaseline Field = "baseline"    // where a measure began
	FieldTarget   Field = "target"      // what a measure should reach: a figure, never a date
	FieldReading  Field = "reading"     // what a measure is now, or was in a period
	FieldUnit     Field = "unit"        // of a measure's figures
	FieldBetter   Field = "better"      // which way is better: higher or lower
)

var fields = []Field{"", FieldRef, FieldTitle, FieldOwner, FieldDue, FieldDueNow, FieldRating, FieldReason, FieldProgress, FieldOutcome,
	FieldAim, FieldMeeting, FieldMore, FieldPercent, FieldSource, FieldMeasure, FieldBaseline, FieldTarget, FieldReading, FieldUnit, FieldBetter}

func fieldNames() string {
	var names []string
	for _, f := range fields[1:] {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}

// Column is one column of the table.
type Column struct {
	Name  string `json:"name" doc:"as printed; empty when the header has none"`
	Place string `json:"place,omitempty"`
	Field Field  `json:"field" doc:"what it means; empty: not recorded"`
	Why   string `json:"why,omitempty" doc:"why it is read so, where the name alone does not say"`
	given bool   // somebody said so, or it was read so in the last copy

	measures  bool // the rows are measures, and these are their words
	undecided bool // what stands in it does not say yet what it means: the next copy may
}

// Row is one item as the paper gives it.
type Row struct {
	N          int           `json:"n" doc:"number of the row, from 1"`
	Place      string        `json:"place"`
	Item       domain.ItemID `json:"item"`
	Ref        string        `json:"ref,omitempty"`
	Title      string        `json:"title"`
	Level      string        `json:"level,omitempty" doc:"key of its level; empty in a plan of one level"`
	Parent     domain.ItemID `json:"parent,omitempty" doc:"the item above it"`
	Stated     domain.Date   `json:"stated,omitzero" doc:"the meeting that the row itself gives, if it does"`
	Rating     Rating        `json:"rating,omitzero" doc:"as members received it"`
	More       []Rating      `json:"more,omitempty" doc:"ratings in the plan's further dimensions"`
	Reason     string        `json:"reason,omitempty" doc:"word for word"`
	SameAs     domain.ItemID `json:"same_as,omitempty" doc:"the item whose reason this one points to"`
	Changes    []Change      `json:"changes,omitempty" doc:"changes of rating that the row itself reports"`
	Owner      string        `json:"owner,omitempty"`
	Due        domain.Date   `json:"due,omitzero" doc:"its original due date"`
	DueNow     domain.Date   `json:"due_now,omitzero" doc:"the date to which it was moved, once accepted"`
	DueReason  string        `json:"due_reason,omitempty" doc:"the reason recorded with the move"`
	Timescale  []string      `json:"timescale,omitempty" doc:"what a column of due dates says in other words than a date: kept as progress, after the column's name"`
	Progress   []string      `json:"progress,omitempty"`
	Percent    *int          `json:"percent,omitempty" doc:"complete, as printed"`
	Source     string        `json:"source,omitempty" doc:"the review that made the recommendation, as printed"`
	Outcome    string        `json:"outcome,omitempty"`
	Result     domain.Result `json:"result,omitempty"`
	Requests   []Request     `json:"requests,omitempty" doc:"requests of members and promises to report, once accepted"`
	Measure    *Measured     `json:"measure,omitempty" doc:"the row is a measure, once accepted"`
	Match      *Match        `json:"match,omitempty" doc:"the item of the plan that the row is, where the plan is there already"`
	Differs    []string      `json:"differs,omitempty" doc:"in words, what would be recorded of the row"`
	under      int           // number of the row above it in the plan; 0: none
	reasonFrom string        // place of the reason's cell
	ends       bool          // a due date is offered for its timescale
}

// Rating is a rating as received.
type Rating struct {
	Value     string `json:"value,omitempty" doc:"key in the scheme; absent when unreadable"`
	Words     string `json:"words,omitempty" doc:"as printed"`
	Place     string `json:"place,omitempty"`
	Sure      string `json:"sure" doc:"stated: in a cell of its own; header: in the name of a column; announced: in the line above the table; legend: a colour that a key in the file explains; unreadable"`
	Why       string `json:"why" doc:"why it is read so, or why not"`
	Dimension string `json:"dimension,omitempty" doc:"key of the dimension; empty: the plan's first"`
}

// Change is a change of rating that a row reports in its own words.
type Change struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Words string `json:"words" doc:"the cell that says so, word for word: the justification of the change"`
	Place string `json:"place"`
}

// Offer is something likely that the paper does not say in so many words. It is recorded only when accepted.
type Offer struct {
	ID       string      `json:"id" doc:"what to accept, e.g. due:2"`
	Row      int         `json:"row"`
	Place    string      `json:"place"`
	What     string      `json:"what"`
	Why      string      `json:"why"`
	Date     domain.Date `json:"date,omitzero"`
	Words    string      `json:"words,omitempty" doc:"as printed, of a request or a promise"`
	AskedBy  string      `json:"asked_by,omitempty"`
	Accepted bool        `json:"accepted"`

	Item    domain.ItemID `json:"item,omitempty" doc:"of the plan, where the offer is about one that the paper leaves out, or may mean"`
	Measure *Measured     `json:"measure,omitempty"`
}

// Request is what members asked for, or what officers promised to report to a meeting.
type Request struct {
	Words   string `json:"words" doc:"as printed"`
	AskedBy string `json:"asked_by,omitempty" doc:"absent of what officers promised"`
	DueAs   string `json:"due_as,omitempty" doc:"when the answer is due, as printed"`
}

// Measured is a measure as the paper gives it, in columns or in prose: where it began, what it should reach, what it is now.
type Measured struct {
	Item     domain.ItemID `json:"item,omitempty" doc:"of the measure, where it stands beside an action"`
	Title    string        `json:"title,omitempty" doc:"of the measure, where it stands beside an action"`
	Unit     string        `json:"unit,omitempty"`
	Better   domain.Better `json:"better,omitempty" doc:"which way is better, where the paper says so"`
	Baseline domain.Amount `json:"baseline,omitempty"`
	Target   domain.Amount `json:"target,omitempty"`
	Now      domain.Amount `json:"now,omitempty" doc:"the last of its readings"`
	Readings []Reading     `json:"readings,omitempty" doc:"in the order of the columns"`
	Words    string        `json:"words,omitempty" doc:"as printed, in prose"`
	Place    string        `json:"place"`

	named  bool       // the paper has words of its own for it
	beside bool       // the row is an action, and the measure an item of its own
	was    *KnownItem // the item that the measure is, where the plan has it
}

// Reading is one figure of a measure.
type Reading struct {
	Value  domain.Amount `json:"value"`
	Period string        `json:"period,omitempty" doc:"the column that names its quarter, month or year"`
	On     domain.Date   `json:"on,omitzero" doc:"the date of the reading; absent: the day of which the paper speaks"`
	Words  string        `json:"words,omitempty" doc:"as printed"`
	Place  string        `json:"place"`
	signed bool
}

// Resolution is a resolution as printed.
type Resolution struct {
	Place   string `json:"place"`
	Printed string `json:"printed"`
}

// Line is a line of text outside the table, shortened.
type Line struct {
	Place string `json:"place"`
	Text  string `json:"text"`
}

// Problem is something that could not be read. A fatal one forbids recording, the others leave something out.
type Problem struct {
	Place string `json:"place,omitempty"`
	What  string `json:"what"`
	Todo  string `json:"todo,omitempty"`
	Fatal bool   `json:"fatal"`
}

// Counts says how much would be recorded.
type Counts struct {
	Items       int `json:"items"`
	Ratings     int `json:"ratings" doc:"as received"`
	Owed        int `json:"owed" doc:"of them without the reason that members will ask for"`
	Changes     int `json:"changes" doc:"of rating, reported by the rows"`
	Links       int `json:"links" doc:"reasons that point to another row"`
	Owners      int `json:"owners"`
	DueDates    int `json:"due_dates"`
	Moves       int `json:"moves" doc:"of due dates"`
	Progress    int `json:"progress"`
	Outcomes    int `json:"outcomes"`
	Reworded    int `json:"reworded" doc:"items in other words"`
	Placed      int `json:"placed" doc:"items at another place in the plan"`
	Requests    int `json:"requests" doc:"of members, and promises to report"`
	Measures    int `json:"measures" doc:"new, or measured otherwise than before"`
	Readings    int `json:"readings" doc:"of measures"`
	Resolutions int `json:"resolutions"`
}

// Fatal reports whether a problem forbids recording.
func (p *Proposal) Fatal() bool {
	for _, q := range p.Problems {
		if q.Fatal {
			return true
		}
	}
	return false
}

func (p *Proposal) problem(place, todo, format string, args ...any) {
	p.Problems = append(p.Problems, Problem{Place: place, What: fmt.Sprintf(format, args...), Todo: todo})
}

func (p *Proposal) fatal(place, todo, format string, args ...any) {
	p.Problems = append(p.Problems, Problem{Place: place, What: fmt.Sprintf(format, args...), Todo: todo, Fatal: true})
}

// count sums up what would be recorded, in figures and in words.
func (p *Proposal) count() {
	if p.known != nil {
		p.countNews()
		return
	}
	var c Counts
	for i := range p.Rows {
		c.add(p, &p.Rows[i])
	}
	c.Resolutions = len(p.Resolutions)
	p.Counts, p.Records = c, append([]string{"the plan, and that it was read from this file"}, c.words()...)
	p.Records = append(p.Records, p.paperWords()...)
}

func (c *Counts) add(p *Proposal, r *Row) {
	one := func(n *int, yes bool) {
		if yes {
			*n++
		}
	}
	c.Items++
	c.Changes += len(r.Changes)
	c.Progress += len(r.Timescale) + len(r.Progress)
	c.Requests += len(r.Requests)
	if r.Measure != nil {
		c.Measures++
		c.Readings += len(r.Measure.Readings)
	}
	one(&c.Ratings, r.Rating.Value != "")
	one(&c.Owed, p.owed(r))
	one(&c.Links, r.SameAs != "")
	one(&c.Owners, r.Owner != "")
	one(&c.DueDates, !r.Due.IsZero())
	one(&c.Moves, !r.DueNow.IsZero())
	one(&c.Outcomes, r.Result != "")
}

// owed reports whether members are owed a reason: the rating is one of which they will ask why, and the paper gives none.
func (p *Proposal) owed(r *Row) bool {
	v, ok := p.scheme.Value(r.Rating.Value)
	return ok && v.Meaning.NeedsReason() && r.Reason == ""
}

func (c Counts) words() []string {
	words := []string{}
	say := func(n int, one, many string) {
		switch {
		case n == 1:
			words = append(words, "1 "+one)
		case n > 1:
			words = append(words, fmt.Sprintf("%d %s", n, many))
		}
	}
	say(c.Items, "item", "items")
	say(c.Ratings, "rating as received", "ratings as received")
	say(c.Owed, "of them owing a justification", "of them owing a justification")
	say(c.Changes, "change of rating reported by a row", "changes of rating reported by rows")
	say(c.Links, "reason linked to the row it points to", "reasons linked to the rows they point to")
	say(c.Owners, "owner", "owners")
	say(c.DueDates, "due date", "due dates")
	say(c.Moves, "due date moved", "due dates moved")
	say(c.Progress, "progress report", "progress reports")
	say(c.Outcomes, "outcome", "outcomes")
	say(c.Measures, "measure", "measures")
	say(c.Readings, "reading of a measure", "readings of measures")
	say(c.Requests, "request or promise", "requests and promises")
	say(c.Resolutions, "resolution as printed", "resolutions as printed")
	return words
}
