package findings

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// normal is a text as it is compared: lower case, each run of anything but letters and digits one space.
func normal(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	for _, r := range s {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			gap = b.Len() > 0
			continue
		case gap:
			b.WriteByte(' ')
			gap = false
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// similarity is how alike two texts are, from 0 to 1: Dice's coefficient over the pairs of neighbouring characters of their
// normal forms, each pair counted as often as it occurs. Twice what they share, divided by what both have.
func similarity(a, b string) float64 {
	a, b = normal(a), normal(b)
	if a == b {
		return 1
	}
	pairs, all := map[[2]rune]int{}, 0
	each := func(s string, do func([2]rune)) {
		last := rune(-1)
		for _, r := range s {
			if last >= 0 {
				do([2]rune{last, r})
				all++
			}
			last = r
		}
	}
	shared := 0
	each(a, func(p [2]rune) { pairs[p]++ })
	each(b, func(p [2]rune) {
		if pairs[p] > 0 {
			pairs[p]--
			shared++
		}
	})
	if all == 0 {
		return 0
	}
	return 2 * float64(shared) / float64(all)
}

// digits are the figures of a text, in order: a wording that changes one of them changes what is promised.
func digits(s string) (all []string) {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsDigit(r) })
}

// reworded reports whether a new title says something else than the old one: another figure, or much of it other words.
func reworded(old, new string) bool {
	return !slices.Equal(digits(old), digits(new)) || similarity(old, new) < 0.8
}

// sayNothing are justifications that say nothing, in normal form.
var sayNothing = words("same as above|as above|see above|as below|see below|same|same again|ditto|as before|as previous|as previously|" +
	"as previously reported|as last time|as last month|ongoing|on going|work ongoing|this is ongoing|work is ongoing|in progress|work in progress|" +
	"underway|under way|in hand|n a|na|not applicable|none|no change|no update|no further update|nothing to report|nothing to add|" +
	"to follow|update to follow|tbc|tba|tbd|to be confirmed|to be advised|see comments|see update|see main report|see report|amber|red")

// empty reports whether a justification says nothing by itself: a stock phrase, a pointer elsewhere, or a few characters.
func empty(s string, short int) (why string) {
	n := normal(s)
	switch {
	case sayNothing[n]:
		return "is a phrase that says nothing"
	case points(n):
		return "only points elsewhere"
	case utf8.RuneCountInString(strings.TrimSpace(s)) < short:
		return "is shorter than the policy takes for a reason"
	}
	return ""
}

// points reports whether a text in normal form is a pointer and nothing else: "see 1.3", "as per action 4 above".
func points(n string) bool {
	if len(strings.Fields(n)) > 6 {
		return false
	}
	for _, begins := range []string{"see ", "please see ", "refer to ", "please refer to ", "as per ", "same as ", "as for ", "as item ", "as action "} {
		if strings.HasPrefix(n, begins) {
			return true
		}
	}
	return false
}

// answers reports whether a reason given elsewhere speaks of an aim: it shares two words of substance with it.
func answers(aim, elsewhere string) bool {
	of := substance(aim)
	shared := 0
	for word := range substance(elsewhere) {
		if of[word] {
			shared++
		}
	}
	return shared >= 2
}

// little are words that carry no substance, beyond those of fewer than four letters.
var little = words("that|this|with|from|have|been|will|their|there|they|them|also|into|each|which|where|when|what|such|able|more|action|" +
	"plan|progress|update|further|place|work|made|being|order|through|develop|ensure|continue|improve|taken|forward")

func substance(s string) map[string]bool {
	all := map[string]bool{}
	for _, word := range strings.Fields(normal(s)) {
		if word = strings.TrimSuffix(word, "s"); len(word) >= 4 && !little[word] {
			all[word] = true
		}
	}
	return all
}

// words is a set of what stands between the bars.
func words(barred string) map[string]bool {
	all := map[string]bool{}
	for word := range strings.SplitSeq(barred, "|") {
		all[word] = true
	}
	return all
}

// excuse are words that may stand around a weak reason without making it a better one.
var excuse = words("due|to|because|of|owing|the|a|an|our|and|in|on|within|team|service|current|currently|ongoing|issue|issues|problem|problems|" +
	"pressure|pressures|constraint|constraints|lack|limited|insufficient|not|enough|reduced|no|is|are|was|were|available|availability|" +
	"resource|staff|reasons|reason|delay|delayed|delays|caused|by")

// ungiven begin what an import records as the reason of a move of which its paper shows nothing but the new date.
var ungiven = []string{"no reason is given", "as printed in the column"}

// weak reports whether a reason is empty or says nothing, or is one of the words that the policy takes for none with nothing
// but an excuse around it.
func weak(reason string, list []string) bool {
	n := normal(reason)
	if n == "" || sayNothing[n] || slices.ContainsFunc(ungiven, func(begins string) bool { return strings.HasPrefix(n, begins) }) {
		return true
	}
	named := map[string]bool{}
	for _, phrase := range list {
		p := normal(phrase)
		if n == p {
			return true
		}
		for word := range strings.FieldsSeq(p) {
			named[word] = true
		}
	}
	hit := false
	for word := range strings.FieldsSeq(n) {
		if !named[word] && !excuse[word] {
			return false
		}
		hit = hit || named[word]
	}
	return hit
}
