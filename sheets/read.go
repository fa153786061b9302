package sheets

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"plantrail/domain"
)

// Read reads a paper and proposes what to record of it.
//
// An error is always a [*domain.Error]: the file can't be read as a table of actions at all. What can't be read of a
// file that can is in the Proposal's Problems. Read does not keep the file; it is safe for concurrent use.
func Read(file []byte, opts Options) (*Proposal, error) { return NewFile(file).Read(opts) }

// Read is [Read] of this file.
func (f *File) Read(opts Options) (*Proposal, error) {
	scheme, err := opts.check()
	if err != nil {
		return nil, err
	}
	t, err := opts.paper(f, scheme)
	if err != nil {
		return nil, err
	}
	p := opts.proposal(f.bytes, t.encoding, scheme)
	p.Format = t.format
	_, preset := domain.Preset(scheme.ID)
	p.own = !preset
	p.recognise(t.table, t.v)
	if t.strange && p.Format != "minutes" {
		p.problem(t.columns[0].Place, "look at what each column is read as", "the header is like none of the plan's earlier papers: what was said of their columns is not used")
	}
	if len(p.Rows) == 0 {
		if why := t.v.noPlan(strings.Split(t.text, "\n")); why != nil {
			return nil, why
		}
		return nil, domain.Errorf(domain.Invalid, t.columns[0].Place, "no row has an action").WithHint("look whether the columns are named as they should be")
	}
	p.entitle(opts, t.unread)
	if opts.Known != nil {
		p.compare(opts.Known)
	}
	if err := p.accept(opts.Accept); err != nil {
		return nil, err
	}
	p.confirmSameDay()
	p.count()
	return p, nil
}

// columns are what columns mean: as given, or as they were read in the last copy of the paper.
func (o Options) columns(last map[string]string) map[string]Field {
	all := map[string]Field{}
	for name, field := range last {
		all[name] = Field(field)
	}
	for _, field := range o.Columns { // what is said now stands before what was said then
		maps.DeleteFunc(all, func(_ string, f Field) bool { return f == field && !many(f) })
	}
	for name, field := range o.Columns {
		all[columnKey(name)] = field
	}
	return all
}

func (o Options) check() (domain.Scheme, error) {
	for name, field := range o.Columns {
		if columnKey(name) == "" || !slices.Contains(fields, field) {
			return domain.Scheme{}, domain.Errorf(domain.Invalid, "column", "%s can't be read as %s", quoted(name), quoted(string(field))).
				WithHint("say NAME=FIELD, with FIELD one of " + fieldNames() + ", or nothing for a column to leave out")
		}
	}
	own, is, err := o.own()
	if err != nil {
		return own, err
	}
	if o.Known != nil {
		first, _ := o.Known.State.Dimension("")
		if o.Scheme == "" && !is || o.Scheme == first.Scheme.ID || is && sameRatings(own, first.Scheme) {
			return first.Scheme, nil
		}
		given := quoted(o.Scheme)
		if is {
			given = "the ratings given"
		}
		return domain.Scheme{}, domain.Errorf(domain.Invalid, "scheme", "the plan is rated by %s (%s), not by %s", quoted(first.Scheme.ID), strings.Join(first.Scheme.Keys(), ", "), given).
			WithHint("leave it out; or give the plan the other key first, by plantrail plan schemes")
	}
	if is {
		return own, nil
	}
	if o.Scheme == "" {
		o.Scheme = "rag.v1"
	}
	scheme, ok := domain.Preset(o.Scheme)
	if !ok {
		var ids []string
		for _, s := range domain.Presets() {
			ids = append(ids, s.ID)
		}
		return scheme, domain.Errorf(domain.Invalid, "scheme", "there is no preset scheme %s", quoted(o.Scheme)).WithHint("one of " + strings.Join(ids, ", "))
	}
	if o.Plan != "" {
		if _, err := domain.ParsePlanID(string(o.Plan)); err != nil {
			return scheme, err
		}
	}
	return scheme, nil
}

func (o Options) proposal(file []byte, encoding string, scheme domain.Scheme) *Proposal {
	sum := sha256.Sum256(file)
	p := &Proposal{Encoding: encoding, SHA256: hex.EncodeToString(sum[:]), Size: int64(len(file)), Scheme: scheme.ID, scheme: scheme, known: o.Known,
		Name: path.Base(strings.ReplaceAll(o.Name, `\`, "/")), MeetingDate: o.MeetingDate, AsAt: o.AsAt, Body: o.Body, Plan: o.Plan,
		Rows: []Row{}, Offers: []Offer{}, Unread: []Line{}, Problems: []Problem{}, Needs: []string{}}
	if o.Name == "" {
		p.Name = ""
	}
	if encoding != "utf-8" {
		p.problem("file", "look at quotation marks, dashes and pound signs; or "+saveAsUTF8, "the file is not UTF-8: it is read as %s", encoding)
	}
	return p
}

// entitle finds the plan's title and id, and lists what the paper does not say and nobody has given.
func (p *Proposal) entitle(o Options, lines []cell) {
	if p.Title = strings.TrimSpace(o.Title); p.Title == "" {
		p.Title, p.TitlePlace = planTitle(lines)
	}
	if p.Plan == "" {
		p.Plan = domain.PlanID(domain.Slug(p.Title))
	}
	if p.Title == "" && o.Known != nil {
		p.Title = o.Known.Title
	}
	if p.Title == "" {
		p.Needs = append(p.Needs, "--title: the document does not say, or not clearly, what the plan is called")
	}
	if p.Plan == "" {
		p.Needs = append(p.Needs, "--plan: an id for the plan, of a-z, 0-9 and -")
	}
	if p.stated().IsZero() {
		p.Needs = append(p.Needs, "--meeting-date: the date on which members received the paper; or --as-at: the day of which it speaks, if it was for no meeting")
	}
	switch {
	case p.Body != "" || len(p.resolves()) == 0:
	case p.MeetingDate.IsZero() && !p.AsAt.IsZero():
		p.Needs = append(p.Needs, "--body: the body that resolved what stands on "+p.Resolutions[0].Place+"; or --meeting-date, the date of its meeting")
	default:
		p.problem(p.Resolutions[0].Place, "name the body with --body", "the body that resolved is not named: the resolution is recorded with the meeting's date alone")
	}
}

// accept marks the offers to be recorded. An id that is no offer is an error: it may be that of another version of the file.
func (p *Proposal) accept(ids []string) error {
	all := slices.Contains(ids, "all")
	for _, id := range ids {
		if id = strings.TrimSpace(id); p.known != nil && slices.Contains(p.known.settled, id) {
			continue
		}
		if id != "all" && !slices.ContainsFunc(p.Offers, func(o Offer) bool { return o.ID == id }) {
			return domain.Errorf(domain.Invalid, "accept", "the paper makes no offer %s", quoted(id)).WithHint("one of those that a dry run lists, or all")
		}
	}
	for i := range p.Offers {
		o := &p.Offers[i]
		kind, _, _ := strings.Cut(o.ID, ":")
		// That an item is left out, or a day has two copies, is a question: "all" does not answer it.
		if o.Accepted = all && kind != "gone" && kind != offerToday || slices.Contains(ids, o.ID); !o.Accepted {
			continue
		}
		if row := p.rowOf(o.Item); row > 0 && (kind == "same" || kind == "gone") {
			if o.Accepted = false; slices.Contains(ids, o.ID) {
				return domain.Errorf(domain.Invalid, "accept", "%s can't be accepted: row %d is %s already", quoted(o.ID), row, o.Item).WithHint("accept one of the two")
			}
			continue
		}
		if p.acceptWhole(kind, o) {
			continue
		}
		r := &p.Rows[o.Row-1]
		switch kind {
		case "request":
			r.Requests = append(r.Requests, Request{o.Words, o.AskedBy, ""})
		case "report":
			r.Requests = append(r.Requests, Request{o.Words, "", "the next meeting"})
		case "better":
			r.Measure.Better = domain.Better(strings.Fields(o.What)[0])
		case "reword":
			r.Match.Reworded = true
		case "moved":
			r.DueNow, r.DueReason = o.Date, moveReason(p.Columns[column(p.Columns, FieldDueNow)])
		default:
			r.Due = o.Date
		}
	}
	if p.known != nil {
		p.Offers = slices.DeleteFunc(p.Offers, func(o Offer) bool { return slices.Contains(p.known.settled, o.ID) && !o.Accepted })
	}
	return nil
}

// rowOf is the number of the row that is an item of the plan; 0 when none is.
func (p *Proposal) rowOf(id domain.ItemID) int {
	return 1 + slices.IndexFunc(p.Rows, func(r Row) bool { return r.Match != nil && r.Match.Item == id })
}

// acceptWhole takes the offers that are about no row as it stands: a measure that prose reports, an item that the paper
// leaves out, a row that may be an item under other words.
func (p *Proposal) acceptWhole(kind string, o *Offer) bool {
	switch kind {
	case offerToday:
	case "measure":
		r := Row{N: len(p.Rows) + 1, Place: o.Place, Title: o.Words, Level: p.lowest(), Measure: o.Measure}
		if it := p.known.measureCalled(o.Words); it != nil {
			r.Item, r.Parent, r.Match, r.Measure.was = it.ID, it.Parent, &Match{Item: it.ID, How: "words", Likeness: 1, item: it}, it
		} else {
			r.Item = p.nextMeasure()
		}
		p.Rows = append(p.Rows, r)
	case "gone":
		p.known.gone = append(p.known.gone, o.Item)
		if p.Body == "" {
			p.Needs = append(p.Needs, "--body: the body on whose authority "+string(o.Item)+" ends")
		}
	case "same":
		p.same(o.Row-1, o.Item)
	default:
		return false
	}
	return true
}

func offerID(what string, row int) string { return what + ":" + strconv.Itoa(row) }
