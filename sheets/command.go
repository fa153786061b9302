package sheets

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"strings"

	"plantrail/domain"
)

// Command is the whole paper as one command, all or nothing, and its id.
//
// The id is made of all that the command says, the file's digest included: the same file with the same options is the same
// command, and recording it again records nothing. It is an error while something is needed or a problem is fatal.
func (p *Proposal) Command() (domain.Import, domain.CommandID, error) {
	if err := p.ready(); err != nil {
		return domain.Import{}, "", err
	}
	c := domain.Import{
		Basis: domain.Basis{Stated: p.MeetingDate},
		Paper: domain.PaperImported{SHA256: p.SHA256, Size: p.Size, Format: p.Format, Rows: len(p.Rows), Source: domain.Text(p.Name)},
		Steps: p.steps(),
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\n", p.Plan)
	say(sum, "import", c.Basis)
	say(sum, "paper", c.Paper)
	for _, step := range c.Steps {
		say(sum, step.Verb(), step)
	}
	return c, domain.CommandID("import-" + hex.EncodeToString(sum.Sum(nil)[:16])), nil
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

// steps are the commands of the paper in the order in which it reads: row by row, then what the meeting resolved.
// A reason that points to a row further down waits until that row is there.
func (p *Proposal) steps() []domain.Command {
	steps := []domain.Command{p.opens()}
	var later []domain.Command
	for i := range p.Rows {
		r := &p.Rows[i]
		steps = append(steps, domain.AddItem{Basis: domain.Basis{Stated: r.Stated}, Item: r.Item, Level: r.Level, Parent: r.Parent, Ref: r.Ref, Title: domain.Text(r.Title), Owner: domain.Text(r.Owner), Due: r.Due})
		if !r.DueNow.IsZero() {
			steps = append(steps, domain.SetDue{Item: r.Item, Due: r.DueNow, Reason: domain.Text(r.DueReason)})
		}
		if r.SameAs > r.Item { // ids are of one width, so this is the order of the rows
			later = append(later, p.ratings(r)...)
		} else {
			steps = append(steps, p.ratings(r)...)
		}
		for _, words := range r.Progress {
			steps = append(steps, domain.ReportProgress{Item: r.Item, Progress: domain.Text(words)})
		}
		for _, q := range r.Requests {
			steps = append(steps, domain.MakeRequest{Item: r.Item, Words: domain.Text(q.Words), AskedBy: domain.Text(q.AskedBy)})
		}
		if r.Result != "" {
			steps = append(steps, domain.RecordOutcome{Item: r.Item, Result: r.Result, Outcome: domain.Text(r.Outcome)})
		}
	}
	return append(append(steps, later...), p.resolves()...)
}

// ratings are the row's rating as received and the changes that it reports. Its words are the justification of both.
func (p *Proposal) ratings(r *Row) []domain.Command {
	steps := p.more(r)
	if r.Rating.Value == "" {
		return steps
	}
	steps = append([]domain.Command{domain.Rate{Item: r.Item, To: r.Rating.Value, Justification: domain.Text(r.Reason), SameAs: r.SameAs, Owed: p.owed(r)}}, steps...)
	for _, c := range r.Changes {
		steps = append(steps, domain.Rate{Item: r.Item, To: c.To, Justification: domain.Text(c.Words)})
	}
	return steps
}

// opens is the plan with the levels and dimensions that its paper names.
func (p *Proposal) opens() domain.OpenPlan {
	c := domain.OpenPlan{Title: domain.Text(p.Title), Levels: p.Levels, Dimensions: p.Dimensions}
	if len(c.Dimensions) == 0 {
		c.Scheme = p.Scheme
	}
	return c
}

// more are the row's ratings in further dimensions. The paper gives its reason for the first: here it is owed.
func (p *Proposal) more(r *Row) []domain.Command {
	var steps []domain.Command
	scheme, _ := domain.Preset(p.Scheme)
	for _, m := range r.More {
		if v, ok := scheme.Value(m.Value); ok {
			steps = append(steps, domain.Rate{Item: r.Item, Dimension: m.Dimension, To: m.Value, Owed: v.Meaning.NeedsReason()})
		}
	}
	return steps
}

func (p *Proposal) resolves() []domain.Command {
	var steps []domain.Command
	for i, r := range p.Resolutions {
		steps = append(steps, domain.Resolve{
			Basis:      domain.Basis{Authority: &domain.Authority{Body: p.Body, Meeting: p.MeetingDate}},
			Resolution: domain.ResolutionID(fmt.Sprintf("resolution-%02d", i+1)),
			Printed:    domain.Text(r.Printed),
		})
	}
	return steps
}
