package sheets

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"plantrail/domain"
)

// KnownReading is a reading of a measure that the plan has.
type KnownReading struct {
	Value domain.Amount
	Words string
	On    domain.Date
}

// numberMeasures gives the measures that stand beside actions the items that they are: those that the plan has for the
// actions, or new ones.
func (p *Proposal) numberMeasures() {
	for i := range p.Rows {
		if r := &p.Rows[i]; r.Measure != nil {
			p.numberMeasure(r)
		}
	}
}

func (p *Proposal) numberMeasure(r *Row) {
	p.knownMeasure(r)
	if m := r.Measure; m != nil && m.beside && m.was == nil && m.Item == "" {
		m.Item = p.nextMeasure()
	}
}

// nextMeasure is an id of a measure that no item has.
func (p *Proposal) nextMeasure() domain.ItemID {
	if p.taken == nil {
		p.taken = map[domain.ItemID]bool{}
		for i := range p.Rows {
			p.taken[p.Rows[i].Item] = true
		}
		for i := 0; p.known != nil && i < len(p.known.Items); i++ {
			p.taken[p.known.Items[i].ID] = true
		}
	}
	for {
		p.numbered++
		if id := domain.ItemID(fmt.Sprintf("measure-%02d", p.numbered)); !p.taken[id] {
			return id
		}
	}
}

// knownMeasure finds the item of the plan that a row's measure is: the row's own, else the one by which its item is measured.
func (p *Proposal) knownMeasure(r *Row) {
	m := r.Measure
	if r.Match == nil {
		return
	}
	if r.Match.item.Kind == domain.MeasureKind {
		m.was, m.beside, m.Item, m.Title = r.Match.item, false, "", ""
	} else {
		m.beside = true
		of := p.known.measuresOf(r.Match.item)
		if len(of) > 1 && m.named {
			of = slices.DeleteFunc(of, func(it *KnownItem) bool { return plainWords(it.Title) != plainWords(m.Title) })
		}
		switch {
		case len(of) > 1:
			p.problem(r.Place, "record the figures by hand, with measure read", "%s is measured by several things, and row %d does not say which its figures are of: they are left out", r.Item, r.N)
			r.Measure = nil
			return
		case len(of) == 1:
			m.was, m.Item = of[0], of[0].ID
			if plain, cut := strings.CutPrefix(m.Title, "'"); cut && Defuse(plain) == m.Title && squash(plain) == squash(m.was.Title) {
				m.Title = plain
			}
		}
	}
	p.doubtShares(r)
	p.restated(r)
}

// doubtShares leaves out readings of which nobody can say whether they are parts of one, as the measure is in per cent.
func (p *Proposal) doubtShares(r *Row) {
	m := r.Measure
	if m.was == nil || m.was.Measure == nil || m.was.Measure.Unit != "%" || m.Unit != "" {
		return
	}
	m.Readings = slices.DeleteFunc(m.Readings, func(got Reading) bool {
		doubtful := isShare(got.Value) && !sameFigure(got.Value, m.was.Measure.Last)
		if doubtful {
			p.problem(got.Place, "write it with its sign: 85%", "%s of row %d may be a part of one or per cent: it is left out", quoted(string(got.Value)), r.N)
		}
		return doubtful
	})
}

// measuresOf are the items by which an item is measured.
func (k *Known) measuresOf(it *KnownItem) (all []*KnownItem) {
	for _, l := range it.Links {
		at := slices.IndexFunc(k.Items, func(m KnownItem) bool { return l.Relation == domain.MeasuredBy && m.ID == l.To && !m.State.Ended() })
		if at >= 0 {
			all = append(all, &k.Items[at])
		}
	}
	return all
}

// besides are the measures that stand beside actions. Rows of actions are not taken for them while an action will do.
func (k *Known) besides() map[domain.ItemID]bool {
	all := map[domain.ItemID]bool{}
	for _, it := range k.Items {
		for _, l := range it.Links {
			if l.Relation == domain.MeasuredBy {
				all[l.To] = true
			}
		}
	}
	return all
}

// item is what a row's measure is recorded as.
func (m *Measured) item(r *Row) domain.ItemID { return cmp.Or(m.Item, r.Item) }

// measures are the commands for a row's measure: those that make it, where the plan has none, and what differs.
func (p *Proposal) measures(r *Row) (steps []domain.Command) {
	m := r.Measure
	if m == nil {
		return nil
	}
	id := m.item(r)
	if m.beside && m.was == nil {
		steps = append(steps, domain.AddItem{Item: id, Level: r.Level, Parent: r.Parent, Title: domain.Text(m.Title), Kind: domain.MeasureKind},
			domain.LinkItems{Item: r.Item, Relation: domain.MeasuredBy, To: id})
	}
	if m.beside && m.was != nil && m.named && squash(m.Title) != squash(m.was.Title) {
		steps = append(steps, domain.RewordItem{Item: id, Title: domain.Text(m.Title), Reason: domain.Text("As in " + p.called() + ".")})
	}
	if define, is := m.defines(); is {
		if define.Item = id; m.was != nil && m.was.Measure != nil {
			define.Reason = domain.Text("As in " + p.called() + ".")
		}
		steps = append(steps, define)
	}
	for _, reading := range p.fresh(r) {
		steps = append(steps, domain.ReadMeasure{Basis: domain.Basis{Stated: reading.On}, Item: id, Value: reading.Value, Words: domain.Text(reading.Words)})
	}
	return steps
}

// defines is what the measure is, where the plan does not say so yet. What the paper leaves empty stays as it was.
func (m *Measured) defines() (domain.DefineMeasure, bool) {
	was := domain.Measure{}
	if m.was != nil && m.was.Measure != nil {
		was = *m.was.Measure
	}
	now := domain.DefineMeasure{Unit: cmp.Or(m.Unit, was.Unit), Better: cmp.Or(m.Better, was.Better), Contextual: was.Contextual, Baseline: was.Baseline, Target: was.Target}
	if m.Baseline != "" && !sameFigure(m.Baseline, was.Baseline) {
		now.Baseline = m.Baseline
	}
	if m.Target != "" && !sameFigure(m.Target, was.Target) {
		now.Target = m.Target
	}
	same := now.Unit == was.Unit && now.Better == was.Better && now.Baseline == was.Baseline && now.Target == was.Target
	return now, !same || m.was == nil || m.was.Measure == nil
}

// fresh are the readings that the plan does not have. A figure of a period that the plan has otherwise is taken as put right
// only where no later one was read; else it is for a person to correct.
func (p *Proposal) fresh(r *Row) (all []Reading) {
	m := r.Measure
	had, last := []KnownReading(nil), domain.Amount("")
	if m.was != nil {
		had = m.was.Read
		if m.was.Measure != nil {
			last = m.was.Measure.Last
		}
	}
	for _, now := range m.Readings {
		at := now.among(had)
		switch {
		case now.Period == "" && last != "" && sameFigure(now.Value, last):
			continue
		case at >= 0 && (sameFigure(had[at].Value, now.Value) || at == len(had)-1 && sameFigure(last, now.Value)):
			last = now.Value
			continue
		case at >= 0 && at < len(had)-1:
			continue // see restated
		}
		all, last = append(all, now), now.Value
	}
	return all
}

// among is the last reading of the same period among those that the plan has; -1 when there is none.
func (now Reading) among(had []KnownReading) int {
	for i := len(had) - 1; i >= 0 && now.Period != ""; i-- {
		period, _, _ := strings.Cut(had[i].Words, ": ")
		if columnKey(period) == columnKey(now.Period) || now.On.Known() && had[i].On == now.On {
			return i
		}
	}
	return -1
}

// restated points out the figure of a period that the plan has otherwise, and after it a later one.
func (p *Proposal) restated(r *Row) {
	if r.Measure.was == nil {
		return
	}
	had := r.Measure.was.Read
	for _, now := range r.Measure.Readings {
		if at := now.among(had); at >= 0 && at < len(had)-1 && !sameFigure(had[at].Value, now.Value) {
			p.problem(now.Place, "if it was wrong, correct the reading by hand; if it is of another year, give the column its year: Q1 2025/26", "%s of row %d was %s when the plan took it: it stays so",
				quoted(now.Words), r.N, had[at].Value.Words())
		}
	}
}

// offerBetter offers which way is better, where a baseline and a target show it and nothing says it.
func (p *Proposal) offerBetter(r *Row) {
	m := r.Measure
	if m == nil {
		return
	}
	now, fresh := m.defines()
	from, to := now.Baseline, now.Target
	low, high := to.Range()
	again := p.known != nil && p.SHA256 == p.known.LatestFile
	if again && now.Better != "" {
		p.known.settled = append(p.known.settled, offerID("better", r.N))
	}
	start, end := from.Range()
	if now.Better != "" || to == "" || !fresh && !again {
		return
	}
	o := Offer{ID: offerID("better", r.N), Row: r.N, Place: m.Place, Item: m.item(r)}
	switch title := quoted(cmp.Or(m.Title, r.Title)); {
	case low < high:
		o.What, o.Why = "within "+to.Words()+" is better for "+title, "the target is a range"
	case from == "" || start <= low && low <= end:
		return
	default:
		way := string(wayOf(map[bool]string{true: "higher"}[end < low]))
		o.What, o.Why = way+" is better for "+title, "the target "+to.Words()+" is "+way+" than the baseline "+from.Words()
	}
	p.Offers = append(p.Offers, o)
}
