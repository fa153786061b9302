package projections

import (
	"slices"
	"strings"
)

// Choice says which of a plan's items are wanted; what is left empty does not choose. Owner and Words are parts of what stands
// there, in capitals or not; Words is looked for in the title, the progress and the reasons of the ratings.
type Choice struct{ Rating, Owner, State, Words string }

// Keeps reports whether an item is wanted.
func (c Choice) Keeps(it ItemView) bool {
	has := func(text, part string) bool { return strings.Contains(strings.ToLower(text), strings.ToLower(part)) }
	text := func(s *Statement) string {
		if s == nil {
			return ""
		}
		return s.Words.Text
	}
	said := []string{it.Title.Text, text(it.Progress)}
	for _, r := range it.Ratings {
		said = append(said, text(r.Reason))
	}
	rated := c.Rating == "" || slices.ContainsFunc(it.Ratings, func(r RatingView) bool { return r.Value == c.Rating })
	return rated && (c.Owner == "" || it.Owner != nil && has(it.Owner.Text, c.Owner)) && (c.State == "" || string(it.State) == c.State) &&
		slices.ContainsFunc(said, func(s string) bool { return has(s, c.Words) })
}
