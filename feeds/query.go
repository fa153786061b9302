package feeds

import (
	"slices"

	"plantrail/domain"
)

// Query says which events of the history someone wants and may have. An empty list stands for all; reserved histories are
// left out unless Reserved is set.
type Query struct {
	Plans    []domain.PlanID
	Types    []string // as of [domain.Event], "rating-changed"
	Items    []domain.ItemID
	Meanings []domain.Meaning // of a rating that was given or affirmed: other events are left out
	Within   domain.Scope     // whatever is asked for: nothing beyond it
	Reserved bool             // also what belongs to no plan: persons, tokens, keys
	Texts    bool             // with the disclosures of the texts
	Hashes   bool             // for an event that is left out its leaf hash, so that what came can be proved as a whole
}

// mends are the types that undo or take back what came before: whoever holds a copy of a plan must hear of them, whatever
// else was asked for.
var mends = []string{"erasure-requested", "erasure-completed", "entry-corrected", "command-voided"}

// wants reports whether an event belongs to the answer.
func (q *Query) wants(r *domain.Recorded) bool {
	switch {
	case r.Plan.Reserved() && !q.Reserved:
		return false
	case !q.Within.Reaches(r.Plan), len(q.Plans) > 0 && !slices.Contains(q.Plans, r.Plan):
		return false
	}
	name := r.Event.Type()
	if slices.Contains(mends, name) {
		return true
	}
	return (len(q.Types) == 0 || slices.Contains(q.Types, name)) &&
		(len(q.Items) == 0 || slices.Contains(q.Items, r.Item())) &&
		(len(q.Meanings) == 0 || slices.Contains(q.Meanings, meaningOf(r.Event)))
}

// meaningOf is the meaning of the rating that an event gives, "" where it gives none.
func meaningOf(e domain.Event) domain.Meaning {
	switch e := e.(type) {
	case *domain.RatingChanged:
		return e.Meaning
	case *domain.RatingAffirmed:
		return e.Meaning
	}
	return ""
}
