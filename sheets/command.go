package sheets

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"slices"
	"strings"

	"plantrail/domain"
)

// CommandPrefix begins the ids of the commands that record papers.
const CommandPrefix = "import-"

// Command is the whole paper as one command, all or nothing, and its id.
//
// The id is made of all that the command says, the file's digest included: the same file with the same options is the same
// command, and recording it again records nothing. It is an error while something is needed or a problem is fatal.
func (p *Proposal) Command() (domain.Import, domain.CommandID, error) {
	if err := p.ready(); err != nil {
		return domain.Import{}, "", err
	}
	c := domain.Import{
		Basis: domain.Basis{Stated: p.stated()},
		Paper: domain.PaperImported{SHA256: p.SHA256, Size: p.Size, Format: p.Format, Rows: len(p.Rows), Columns: p.readAs(), Source: domain.Text(p.Name)},
		Steps: p.steps(),
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\n", p.Plan)
	say(sum, "import", c.Basis)
	say(sum, "paper", c.Paper)
	for _, step := range c.Steps {
		say(sum, step.Verb(), step)
	}
	return c, domain.CommandID(CommandPrefix + hex.EncodeToString(sum.Sum(nil)[:16])), nil
}

// say adds one thing to a digest. What is said is structs of texts, numbers and dates: encoding them can't fail.
func say(sum hash.Hash, verb string, what any) {
	fmt.Fprintf(sum, "%s\n", verb)
	_ = json.NewEncoder(sum).Encode(what)
}

func (p *Proposal) ready() error {
	if len(p.Needs) > 0 {
		return domain.Errorf(domain.Invalid, "file", "the paper can't be recorded yet: it does not say all that is needed").
			WithHint("give " + strings.Join(p.Needs, "; "))
	}
	for _, q := range p.Problems {
		if q.Fatal {
			return domain.Errorf(domain.Invalid, q.Place, "%s", q.What).WithHint(q.Todo)
		}
	}
	return nil
}

// stated is the day of which the paper speaks.
func (p *Proposal) stated() domain.Date {
	if !p.MeetingDate.IsZero() {
		return p.MeetingDate
	}
	return p.AsAt
}

// readAs is what each named column was taken for: the next copy of the paper is read the same way.
func (p *Proposal) readAs() map[string]string {
	as := map[string]string{}
	for _, c := range p.Columns {
		switch {
		case c.Name == "" || len(c.Name) > 200 || p.Format == "minutes" || c.undecided:
		case c.measures:
			as[columnKey(c.Name)] = string(FieldMeasure)
		default:
			as[columnKey(c.Name)] = string(c.Field)
		}
	}
	return as
}

// steps are the commands of the paper in the order in which it tells: first the plan as members received it, row by row; then
// that they received it; then what the rows say happened since, and what the meeting resolved.
func (p *Proposal) steps() []domain.Command {
	if p.known != nil {
		return p.news()
	}
	steps := []domain.Command{p.opens()}
	var waiting, since []domain.Command // a reason that points to a row further down waits until that row is there
	for i := range p.Rows {
		r := &p.Rows[i]
		steps = append(steps, p.adds(r)...)
		if p.pointsDown(i) {
			waiting = append(waiting, p.ratings(r)...)
		} else {
			steps = append(steps, p.ratings(r)...)
		}
		steps = append(steps, p.says(r)...)
		since = append(since, p.since(r)...)
	}
	return slices.Concat(steps, waiting, p.publishes(), since, p.resolves())
}

func (p *Proposal) pointsDown(i int) bool {
	return p.Rows[i].SameAs != "" && slices.ContainsFunc(p.Rows[i+1:], func(r Row) bool { return r.Item == p.Rows[i].SameAs })
}

// adds are the row's item, and its measure, which is the item itself or one beside it.
func (p *Proposal) adds(r *Row) []domain.Command {
	add := domain.AddItem{Basis: domain.Basis{Stated: r.Stated}, Item: r.Item, Level: r.Level, Parent: r.Parent, Ref: r.Ref,
		Title: domain.Text(r.Title), Owner: domain.Text(r.Owner), Due: r.Due}
	if r.Source != "" {
		add.Kind, add.Source = domain.Recommendation, domain.Text(r.Source)
	}
	if r.Measure != nil && !r.Measure.beside {
		add.Kind = domain.MeasureKind
	}
	steps := []domain.Command{add}
	if !r.DueNow.IsZero() {
		steps = append(steps, domain.SetDue{Item: r.Item, Due: r.DueNow, Reason: domain.Text(r.DueReason), Unapproved: true})
	}
	return append(steps, p.measures(r)...)
}

// says are the progress and the outcome that the row reports.
func (p *Proposal) says(r *Row) (steps []domain.Command) {
	steps = append(p.progress(r, r.Timescale, nil), p.progress(r, r.Progress, r.Percent)...)
	if r.Result != "" {
		steps = append(steps, domain.RecordOutcome{Item: r.Item, Result: r.Result, Outcome: domain.Text(r.Outcome)})
	}
	return steps
}

// progress reports some words of a row, the share that is done with the last of them: where no words stand beside it, with
// the share as printed.
func (p *Proposal) progress(r *Row, said []string, done *int) (steps []domain.Command) {
	if done != nil && len(said) == 0 {
		said = []string{fmt.Sprintf("%s: %d%%", p.Columns[column(p.Columns, FieldPercent)].Name, *done)}
	}
	for i, words := range said {
		report := domain.ReportProgress{Item: r.Item, Progress: domain.Text(words)}
		if i == len(said)-1 {
			report.Percent = done
		}
		steps = append(steps, report)
	}
	return steps
}

// since are the changes that the row reports of what members had received, and what they asked.
func (p *Proposal) since(r *Row) (steps []domain.Command) {
	for _, c := range r.Changes {
		steps = append(steps, domain.Rate{Item: r.Item, To: c.To, Justification: domain.Text(c.Words)})
	}
	for _, q := range r.Requests {
		steps = append(steps, domain.MakeRequest{Item: r.Item, Words: domain.Text(q.Words), AskedBy: domain.Text(q.AskedBy),
			Commitment: q.AskedBy == "", DueAs: q.DueAs})
	}
	return steps
}

// publishes says that a body received the paper at its meeting.
func (p *Proposal) publishes() []domain.Command {
	if p.Body == "" || !p.MeetingDate.Known() {
		return nil
	}
	id := domain.MeetingIDOf(p.Body, p.MeetingDate)
	steps := []domain.Command{domain.PublishPaper{Meeting: id, SHA256: p.SHA256, Title: domain.Text(p.Name)}}
	if p.known != nil {
		if _, held := p.known.State.Meeting(id); held {
			return steps
		}
	}
	return append([]domain.Command{domain.OpenMeeting{Meeting: id, Body: p.Body, On: p.MeetingDate}}, steps...)
}

func (p *Proposal) paperWords() []string {
	if len(p.publishes()) == 0 {
		return nil
	}
	return []string{"the meeting, and that members received this paper for it"}
}

// ratings are the row's ratings as received.
func (p *Proposal) ratings(r *Row) []domain.Command {
	steps := p.more(r)
	if r.Rating.Value == "" {
		return steps
	}
	rate := domain.Rate{Item: r.Item, To: r.Rating.Value, Justification: domain.Text(r.Reason), SameAs: r.SameAs, Owed: p.owed(r)}
	return append([]domain.Command{rate}, steps...)
}

// opens is the plan with the levels and dimensions that its paper names.
func (p *Proposal) opens() domain.OpenPlan {
	c := domain.OpenPlan{Title: domain.Text(p.Title), Levels: p.Levels, Dimensions: p.Dimensions}
	if len(c.Dimensions) == 0 && p.own {
		c.Dimensions = []domain.Dimension{{Key: "delivery", Label: "Delivery", Scheme: p.scheme}}
	} else if len(c.Dimensions) == 0 {
		c.Scheme = p.Scheme
	}
	return c
}

// more are the row's ratings in further dimensions. The paper gives its reason for the first: here it is owed.
func (p *Proposal) more(r *Row) []domain.Command {
	var steps []domain.Command
	for _, m := range r.More {
		at := slices.IndexFunc(p.Dimensions, func(d domain.Dimension) bool { return d.Key == m.Dimension })
		if v, ok := p.Dimensions[at].Scheme.Value(m.Value); ok {
			steps = append(steps, domain.Rate{Item: r.Item, Dimension: m.Dimension, To: m.Value, Owed: v.Meaning.NeedsReason()})
		}
	}
	return steps
}

func (p *Proposal) resolves() []domain.Command {
	var steps []domain.Command
	for _, r := range p.Resolutions {
		if p.known != nil && p.known.resolved(r.Printed) {
			continue
		}
		steps = append(steps, domain.Resolve{
			Basis:   domain.Basis{Authority: &domain.Authority{Body: p.Body, Meeting: p.MeetingDate}},
			Printed: domain.Text(r.Printed),
		})
	}
	return steps
}
