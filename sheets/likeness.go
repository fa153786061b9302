package sheets

import (
	"strings"
	"unicode"
)

// plainWords are words without case, punctuation and spacing.
func plainWords(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

// likeness is how alike two texts are, from 0 to 1: the Sørensen-Dice coefficient of the runs of three characters in their
// plain words. Equal words give 1; a typing error in a sentence some 0.9; two actions of one kind seldom 0.6.
func likeness(a, b string) float64 { return dice(trigrams(a), trigrams(b)) }

func trigrams(s string) map[string]int {
	grams := map[string]int{}
	if s = plainWords(s); s == "" {
		return grams
	}
	runes := []rune("  " + s + " ")
	for i := 0; i+3 <= len(runes); i++ {
		grams[string(runes[i:i+3])]++
	}
	return grams
}

func dice(a, b map[string]int) float64 {
	if len(a) > len(b) {
		a, b = b, a
	}
	common, all := 0, 0
	for gram, n := range a {
		common += min(n, b[gram])
		all += n
	}
	for _, n := range b {
		all += n
	}
	if all == 0 {
		return 0
	}
	return 2 * float64(common) / float64(all)
}
