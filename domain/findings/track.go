package findings

import "plantrail/domain"

// track notes what an event did to its item, on the way to the state that the domain's own fold gives.
func (v *view) track(it *item, e *entry) {
	it.Item = it.After(*e.Recorded)
	it.entries = append(it.entries, e)
	switch what := e.Event.(type) {
	case *domain.ItemAdded:
		it.title(v, e, what.Title)
	case *domain.ItemReworded:
		it.title(v, e, what.Title)
	case *domain.RatingChanged:
		v.rated(it, e, what)
	case *domain.RatingAffirmed:
		it.because(v, e, reason{dimension: what.Dimension, meaning: what.Meaning, sameAs: what.SameAs}, what.Justification)
	case *domain.JustificationGiven:
		now, _ := it.Rating(what.Dimension)
		it.because(v, e, reason{dimension: what.Dimension, meaning: now.Meaning, sameAs: what.SameAs}, what.Justification)
	case *domain.DueDateMoved:
		if domain.DaysBetween(what.From, v.moved(e).To) > 0 {
			it.moves = append(it.moves, e)
		}
	case *domain.CompletionClaimed:
		it.done, it.best = e, false
	case *domain.ClosureAccepted:
		if it.done == nil {
			it.done, it.best = e, false
		}
	case *domain.CompletionRefused:
		it.done = nil
	case *domain.ItemReopened:
		it.undo(e)
	}
}

func (it *item) undo(e *entry) {
	if it.done != nil {
		it.done, it.undone = nil, e
	}
}

func (it *item) title(v *view, e *entry, was domain.Text) {
	if words, gone := v.text(e, "title", was); !gone {
		it.titles = append(it.titles, title{e, words})
	}
}

func (it *item) because(v *view, e *entry, r reason, was domain.Text) {
	r.entry = e
	r.words, r.gone = v.text(e, "justification", was)
	it.reasons = append(it.reasons, r)
}

func (v *view) rated(it *item, e *entry, what *domain.RatingChanged) {
	r := rating{e, what.Dimension, what.Scheme, what.To, "", what.Meaning, what.Override}
	for _, before := range it.ratings {
		if before.dimension == r.dimension {
			r.was = before.meaning
		}
	}
	if fix := v.fixes[fixKey{e.ID, "rating"}]; fix != nil {
		r.value, r.meaning = fix.Value, fix.Meaning
	}
	it.ratings = append(it.ratings, r)
	for i := range it.reasons { // a paper that gives a rating and changes it in the same breath
		if old := &it.reasons[i]; old.Command == e.Command && old.dimension == r.dimension {
			old.replaced = true
		}
	}
	if what.Justified {
		it.because(v, e, reason{dimension: r.dimension, meaning: r.meaning, sameAs: what.SameAs}, what.Justification)
	}
	if r.dimension == v.delivery() {
		v.finish(it, r)
	}
}

// finish notes when a rating says that the item is complete, or no longer. In a scheme that has no value for complete,
// going from at risk or off track to on track is the best that can be said, and is taken for it.
func (v *view) finish(it *item, r rating) {
	d, _ := v.plan.Dimension(r.dimension)
	plain := d.Scheme.ID == r.scheme && !d.Scheme.Complete()
	switch {
	case r.meaning.Complete():
		if it.done == nil || it.best {
			it.done, it.best = r.entry, false
		}
	case plain && r.meaning == domain.OnTrack && r.was.NeedsReason():
		if it.done == nil {
			it.done, it.best = r.entry, true
		}
	case r.meaning.NeedsReason() || r.meaning == domain.NotStarted || r.meaning == domain.OnTrack && r.was.Complete():
		if it.State == domain.ItemOpen || it.State == domain.ItemOnHold {
			it.undo(r.entry)
		}
	}
}

// reason is the justification that holds now in a dimension: the last, if it was given for the rating that holds.
func (it *item) reason(dimension string) (reason, bool) {
	now, _ := it.Rating(dimension)
	for i := len(it.reasons) - 1; i >= 0; i-- {
		if r := it.reasons[i]; r.dimension == dimension {
			return r, now.Reason != 0 && r.Position >= now.Set
		}
	}
	return reason{}, false
}

// last finds the item's last entry that is one of the wanted.
func (it *item) last(wanted func(domain.Event) bool) *entry {
	for i := len(it.entries) - 1; i >= 0; i-- {
		if wanted(it.entries[i].Event) {
			return it.entries[i]
		}
	}
	return nil
}

// update reports whether an event tells how an item is getting on.
func update(e domain.Event) bool {
	switch e.(type) {
	case *domain.ProgressReported, *domain.RatingChanged, *domain.RatingAffirmed, *domain.JustificationGiven, *domain.OutcomeRecorded,
		*domain.MeasureRead, *domain.CompletionClaimed, *domain.CompletionVerified, *domain.CompletionRefused, *domain.ClosureAccepted,
		*domain.EvidenceAttached, *domain.DueDateMoved, *domain.DueMoveRequested, *domain.ItemReopened, *domain.ItemResumed, *domain.ResponseGiven:
		return true
	}
	return false
}
