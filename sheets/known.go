package sheets

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"plantrail/domain"
)

// Known is a plan as it stands, with its words: what a newer copy of its paper is compared with.
type Known struct {
	State       domain.PlanState
	Title       string
	Items       []KnownItem
	Requests    []string            // words of all requests
	Resolutions []string            // as printed
	Columns     []map[string]string // how the columns of its papers were read, in the order of recording: name → Field
	Latest      domain.Date         // the day of which its last copy speaks
	LatestName  string              // of that copy's file
	LatestFile  string              // SHA-256 of that copy

	gone    []domain.ItemID // accepted to end
	settled []string        // ids of offers that the plan has recorded already: accepting them again is no mistake
}

// KnownItem is an item with its words.
type KnownItem struct {
	domain.Item
	Title   string
	Owner   string
	Reasons map[string]string // by dimension: the current justification
	Said    []string          // every progress report and outcome so far
	Copied  []string          // of the progress reports those that copies of the paper made, in order
	Read    []KnownReading    // of a measure, in the order of recording
}

// Match says which item of the plan a row is.
type Match struct {
	Item     domain.ItemID `json:"item"`
	How      string        `json:"how" doc:"reference; words; confirmed: an offer was accepted"`
	Likeness float64       `json:"likeness" doc:"of the words, 0 to 1"`
	Reworded bool          `json:"reworded,omitempty" doc:"its words are recorded anew"`
	item     *KnownItem
}

// Likenesses of words from which a row is taken for an item, from which it is asked whether it is, and below which a
// reference that is the same is doubted.
const (
	sameWords   = 0.8
	maybeWords  = 0.55
	doubtWords  = 0.4
	maxCompared = 100_000_000 // runs of characters that are compared, some 2 s; beyond it only equal words match
)

// compare matches the rows with the items of the plan. Rows are matched by reference, else by words: equal ones first, then
// the likeliest pair before all others. What is uncertain is offered, an item that no row is, too.
func (p *Proposal) compare(known *Known) {
	p.Compared = true
	if day := p.stated(); day.Known() && known.Latest.Known() && day.Start().Before(known.Latest.Start()) {
		p.fatal("file", "record copies in the order of their days; what an older one says can be recorded by hand, with its day",
			"the plan has a copy of %s already, and this one speaks of %s", known.Latest.Words(), day.Words())
	}
	p.sameDay()
	free, aside := map[domain.ItemID]*KnownItem{}, map[domain.ItemID]*KnownItem{}
	besides := known.besides()
	for i := range known.Items {
		it := &known.Items[i]
		if besides[it.ID] && !ofMeasures(p.Columns) {
			aside[it.ID] = it
			continue
		}
		free[it.ID] = it
	}
	p.matchExactly(free, "reference", func(r *Row) string { return refKey(r.Ref) }, func(it *KnownItem) string { return refKey(it.Ref) })
	p.matchExactly(free, "words", func(r *Row) string { return plainWords(r.Title) }, func(it *KnownItem) string { return plainWords(it.Title) })
	p.matchLikely(free)
	p.matchExactly(aside, "words", func(r *Row) string { return plainWords(r.Title) }, func(it *KnownItem) string { return plainWords(it.Title) })
	p.rename()
	p.strangers()
	for i := range p.Rows {
		p.doubt(&p.Rows[i])
	}
	p.numberMeasures()
	for i := range p.Rows {
		p.offerBetter(&p.Rows[i])
	}
	p.missing(free)
	p.Offers = slices.DeleteFunc(p.Offers, p.knownAlready)
	slices.SortStableFunc(p.Offers, func(a, b Offer) int { return cmp.Compare(a.Row, b.Row) })
}

// offerToday is the offer to record a second copy of one day.
const offerToday = "same-day"

// sameDay asks whether a copy of a day of which the plan has another one is meant to stand after it.
func (p *Proposal) sameDay() {
	k := p.known
	if !k.Latest.Known() || p.stated() != k.Latest || p.SHA256 == k.LatestFile {
		k.settled = append(k.settled, offerToday)
		return
	}
	p.Offers = append(p.Offers, Offer{ID: offerToday, Place: "file", What: "record this file as what was said of " + k.Latest.Words() + " after " + quoted(cmp.Or(k.LatestName, "another file")),
		Why: "the plan has a copy of that day already, and this is another: where they differ, this one will stand as the later word"})
}

// confirmSameDay lets nothing be recorded of a second copy of one day before somebody has said that it is meant.
func (p *Proposal) confirmSameDay() {
	at := slices.IndexFunc(p.Offers, func(o Offer) bool { return o.ID == offerToday })
	switch {
	case at < 0 || p.Offers[at].Accepted:
	case p.Nothing():
		p.Offers = slices.Delete(p.Offers, at, at+1)
	default:
		p.Needs = append(p.Needs, "--accept "+offerToday+": the plan has another copy of "+p.known.Latest.Words()+" already; or the day of which this one speaks")
	}
}

// matchExactly matches rows and items of one key. A key that stands twice matches nothing: nobody could say which is meant.
func (p *Proposal) matchExactly(free map[domain.ItemID]*KnownItem, how string, ofRow func(*Row) string, ofItem func(*KnownItem) string) {
	items := map[string][]*KnownItem{}
	for _, it := range p.known.items(free) {
		if key := ofItem(it); key != "" {
			items[key] = append(items[key], it)
		}
	}
	rows := map[string]int{}
	for i := range p.Rows {
		rows[ofRow(&p.Rows[i])]++
	}
	for i := range p.Rows {
		r := &p.Rows[i]
		key := ofRow(r)
		if r.Match == nil && key != "" && len(items[key]) == 1 && rows[key] == 1 {
			p.match(r, items[key][0], how, free)
		}
	}
}

// items are those that no row is matched with, in the plan's order.
func (k *Known) items(free map[domain.ItemID]*KnownItem) (all []*KnownItem) {
	for i := range k.Items {
		if free[k.Items[i].ID] != nil {
			all = append(all, &k.Items[i])
		}
	}
	return all
}

func (p *Proposal) match(r *Row, it *KnownItem, how string, free map[domain.ItemID]*KnownItem) {
	r.undefuse(it)
	alike := likeness(r.Title, it.Title)
	r.Match = &Match{Item: it.ID, How: how, Likeness: float64(int(alike*100)) / 100, item: it}
	r.Match.Reworded = squash(r.Title) != squash(it.Title) && (how != "reference" || alike >= doubtWords)
	delete(free, it.ID)
}

// pair is a row that may be an item.
type pair struct {
	row   int
	item  *KnownItem
	alike float64
}

// matchLikely matches rows and items by the likeness of their words, the likeliest pair first, and offers the less likely.
// Items that have a reference, and rows that have another one, are not the same.
func (p *Proposal) matchLikely(free map[domain.ItemID]*KnownItem) {
	items := p.known.items(free)
	var rows []int
	runs := 0
	for i := range p.Rows {
		if p.Rows[i].Match == nil {
			rows = append(rows, i)
			runs += len(p.Rows[i].Title)
		}
	}
	if runs*len(items) > maxCompared {
		p.problem("file", "give the rows references, or import the paper in parts", "%d rows and %d items have neither a reference nor the same words: they are too many to be compared by words", len(rows), len(items))
		return
	}
	grams := make([]map[string]int, len(items))
	for i, it := range items {
		grams[i] = trigrams(it.Title)
	}
	var pairs []pair
	for _, i := range rows {
		own := trigrams(p.Rows[i].Title)
		for j, it := range items {
			refs := p.Rows[i].Ref != "" && it.Ref != "" && refKey(p.Rows[i].Ref) != refKey(it.Ref)
			if alike := dice(own, grams[j]); alike >= maybeWords && !refs {
				pairs = append(pairs, pair{i, it, alike})
			}
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(b.alike, a.alike) })
	for _, m := range pairs {
		r := &p.Rows[m.row]
		switch {
		case r.Match != nil || free[m.item.ID] == nil:
		case m.alike >= sameWords:
			p.match(r, m.item, "words", free)
		case !p.offeredFor(r.N, "same"):
			p.Offers = append(p.Offers, Offer{ID: fmt.Sprintf("same:%d=%s", r.N, m.item.ID), Row: r.N, Place: r.Place, Item: m.item.ID,
				What: fmt.Sprintf("row %d is %s (%s) in other words", r.N, m.item.ID, quoted(m.item.Title)),
				Why:  fmt.Sprintf("their words are alike to %.0f%%; without this it is recorded as a new item", m.alike*100)})
		}
	}
}

func (p *Proposal) offeredFor(row int, kind string) bool {
	return slices.ContainsFunc(p.Offers, func(o Offer) bool { return o.Row == row && strings.HasPrefix(o.ID, kind+":") })
}

// rename gives the rows the ids of their items, and new rows ids that the plan does not have.
func (p *Proposal) rename() {
	taken := map[domain.ItemID]bool{}
	for _, it := range p.known.Items {
		taken[it.ID] = true
	}
	ids, n := map[domain.ItemID]domain.ItemID{}, len(p.known.Items)
	for i := range p.Rows {
		r := &p.Rows[i]
		if r.Match != nil {
			ids[r.Item] = r.Match.Item
			continue
		}
		for n++; taken[domain.ItemID(fmt.Sprintf("item-%02d", n))]; n++ {
		}
		ids[r.Item] = domain.ItemID(fmt.Sprintf("item-%02d", n))
	}
	for i := range p.Rows {
		p.Rows[i].renamed(ids)
		p.Rows[i].Level = p.known.level(p.Levels, p.Rows[i].Level)
	}
}

// level is the plan's level that a level of the paper is: of the same key, else as many steps above the lowest.
func (k *Known) level(paper []domain.Level, key string) string {
	named := func(l domain.Level) bool { return l.Key == key }
	if at := slices.IndexFunc(paper, named); at >= 0 && !slices.ContainsFunc(k.State.Levels, named) {
		if at -= len(paper) - len(k.State.Levels); at >= 0 {
			return k.State.Levels[at].Key
		}
	}
	if !slices.ContainsFunc(k.State.Levels, named) {
		return "" // the plan's own lowest
	}
	return key
}

// strangers refuses a copy with more levels than the plan: its headings would become actions.
func (p *Proposal) strangers() {
	if more := len(p.Levels) - len(p.known.State.Levels); more > 0 {
		p.fatal(p.Rows[0].Place, "give the plan such levels first (plan set-levels), or leave the column out with --column NAME=",
			"the copy has what stands above its actions (%s), and the plan has no such level", p.Levels[0].Label)
	}
}

func (r *Row) renamed(ids map[domain.ItemID]domain.ItemID) {
	for _, id := range []*domain.ItemID{&r.Item, &r.Parent, &r.SameAs} {
		if to, ok := ids[*id]; ok {
			*id = to
		}
	}
}

// same takes a row for an item under other words, as was accepted.
func (p *Proposal) same(row int, id domain.ItemID) {
	for i := range p.known.Items {
		if it := &p.known.Items[i]; it.ID == id {
			r, was := &p.Rows[row], p.Rows[row].Item
			r.Match = &Match{Item: id, How: "confirmed", Likeness: float64(int(likeness(r.Title, it.Title)*100)) / 100, Reworded: true, item: it}
			for j := range p.Rows {
				p.Rows[j].renamed(map[domain.ItemID]domain.ItemID{was: id})
			}
			p.known.settled = append(p.known.settled, offerGone(id))
			if r.Measure != nil {
				r.Measure.Item = ""
				p.numberMeasure(r)
			}
		}
	}
}

// doubt points out a row whose item has ended, and offers new words that are so different that the reference may have been given to another action.
func (p *Proposal) doubt(r *Row) {
	if m := r.Match; m != nil && m.item.State.Ended() {
		p.problem(r.Place, "reopen the item, if work on it goes on", "row %d is %s, which has ended (%s): nothing is recorded of it", r.N, m.Item,
			strings.ReplaceAll(string(m.item.State), "_", " "))
	}
	if m := r.Match; m != nil && m.How == "reference" && m.Likeness < doubtWords && squash(r.Title) != squash(m.item.Title) {
		p.Offers = append(p.Offers, Offer{ID: offerID("reword", r.N), Row: r.N, Place: r.Place, Item: m.Item,
			What: fmt.Sprintf("%s, which was %s, is now %s", m.Item, quoted(m.item.Title), quoted(r.Title)),
			Why:  fmt.Sprintf("the reference %s is the same and the words are alike to %.0f%% only: was it given to another action?", quoted(r.Ref), m.Likeness*100)})
	}
}

func offerGone(id domain.ItemID) string { return "gone:" + string(id) }

// missing asks after each item of the plan that no row is. Nothing is ended in silence.
func (p *Proposal) missing(free map[domain.ItemID]*KnownItem) {
	for _, it := range p.known.items(free) {
		if it.State.Ended() || p.heads(it) || (it.Kind == domain.MeasureKind) != ofMeasures(p.Columns) {
			continue
		}
		p.Offers = append(p.Offers, Offer{ID: offerGone(it.ID), Row: len(p.Rows) + 1, Place: "file", Item: it.ID,
			What: fmt.Sprintf("cancel %s (%s): it is in the plan and not in this copy", it.ID, quoted(it.Title)),
			Why:  "a row that is left out says neither why nor on whose authority: without this the item stays as it is"})
	}
}

// heads reports whether an item stands above others and the copy has nothing but actions: it says nothing about the item.
func (p *Proposal) heads(it *KnownItem) bool {
	return len(p.Levels) == 0 && slices.ContainsFunc(p.known.Items, func(below KnownItem) bool { return below.Parent == it.ID })
}

// knownAlready reports whether the plan has recorded what is offered, and remembers that it was offered.
func (p *Proposal) knownAlready(o Offer) bool {
	known := p.recorded(o)
	if known {
		p.known.settled = append(p.known.settled, o.ID)
	}
	return known
}

func (p *Proposal) recorded(o Offer) bool {
	kind, _, _ := strings.Cut(o.ID, ":")
	switch kind {
	case "request", "report":
		return slices.ContainsFunc(p.known.Requests, func(words string) bool { return squash(words) == squash(o.Words) })
	case "due", "moved":
		m := p.Rows[o.Row-1].Match
		return m != nil && (m.item.Due == o.Date || m.item.Original == o.Date)
	case "measure":
		it := p.known.measureCalled(o.Words)
		return it != nil && it.Measure != nil && sameFigure(it.Measure.Last, o.Measure.Now)
	}
	return false
}

// measureCalled is the plan's measure of a name; nil when there is none.
func (k *Known) measureCalled(name string) *KnownItem {
	if k == nil {
		return nil
	}
	at := slices.IndexFunc(k.Items, func(it KnownItem) bool { return it.Kind == domain.MeasureKind && !it.State.Ended() && it.Title == name })
	if at < 0 {
		return nil
	}
	return &k.Items[at]
}

// Settles reports whether the same file again says something that was not recorded of it: offers that were not accepted
// then and are now.
func (p *Proposal) Settles() bool {
	return p.known != nil && p.SHA256 == p.known.LatestFile && slices.ContainsFunc(p.Offers, func(o Offer) bool { return o.Accepted })
}

func (k *Known) resolved(printed string) bool {
	return slices.ContainsFunc(k.Resolutions, func(had string) bool { return squash(had) == squash(printed) })
}
