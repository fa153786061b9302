package sheets

import (
	"slices"
	"strings"
)

// undefuse takes from a row's texts the apostrophe that [Defuse] put before them, where the item's own text begins without it.
func (r *Row) undefuse(it *KnownItem) {
	own := append([]string{it.Title, it.Owner}, it.Said...)
	for _, reason := range it.Reasons {
		own = append(own, reason)
	}
	texts := []*string{&r.Title, &r.Owner, &r.Reason, &r.Outcome}
	for i := range r.Progress {
		texts = append(texts, &r.Progress[i])
	}
	for _, text := range texts {
		if plain, cut := strings.CutPrefix(*text, "'"); cut && Defuse(plain) == *text && slices.ContainsFunc(own, func(s string) bool { return squash(s) == squash(plain) }) {
			*text = plain
		}
	}
}
