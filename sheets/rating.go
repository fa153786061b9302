package sheets

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// rating reads a cell of a rating column. A rating stands alone, by its word or its only initial, or with an explanation that
// names no other: "Amber - awaiting staff", "Off target, action in hand (Amber)". A shape beside the word ("● Green") says what
// the word says. Everything else is not read.
func (v vocabulary) rating(text string) (key, why string) {
	text = strings.ToLower(squash(text))
	word := strings.TrimFunc(text, aboutRating)
	if key, ok := v.rates[word]; ok {
		return key, "the cell says so"
	}
	if key := v.initial(word); key != "" {
		return key, byInitial
	}
	for _, form := range []*regexp.Regexp{ratingFirst, ratingLast} {
		if m := form.FindStringSubmatch(word); m != nil {
			if key, ok := v.rates[strings.TrimSpace(m[1])]; ok && len(v.mentioned(text)) == 1 {
				return key, "the cell says so, with an explanation"
			}
		}
	}
	return "", ""
}

// aboutRating reports whether a character is no part of a rating: full stops, footnote stars, shapes and coloured signs.
func aboutRating(r rune) bool {
	const emojiForm = '\ufe0f'
	return strings.ContainsRune(" .*", r) || unicode.Is(unicode.So, r) || r == emojiForm
}

// byInitial is why a rating was read that one letter gives.
const byInitial = "the cell has its initial"

var (
	ratingFirst = regexp.MustCompile(`^([a-z][a-z ]*?)(?:\s*[-–:;,(]|\s+rated\b|\s+status\b)`)
	ratingLast  = regexp.MustCompile(`\(([a-z][a-z ]*)\)$`)
)

// initial is the value whose label alone begins with a letter.
func (v vocabulary) initial(letter string) string {
	if len(letter) != 1 {
		return ""
	}
	key := ""
	for _, value := range v.scheme.Values {
		if strings.HasPrefix(strings.ToLower(value.Label), letter) {
			if key != "" {
				return ""
			}
			key = value.Key
		}
	}
	return key
}

// mentioned lists the values whose words stand anywhere in a text.
func (v vocabulary) mentioned(text string) []string {
	var keys []string
	text = strings.ToLower(text)
	for word, key := range v.rates {
		if !slices.Contains(keys, key) && containsWord(text, word) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

func containsWord(text, word string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return false
		}
		i += from
		end := i + len(word)
		if (i == 0 || !isLetter(text[i-1])) && (end == len(text) || !isLetter(text[end])) {
			return true
		}
		from = i + 1
	}
}

func isLetter(b byte) bool { return b >= 'a' && b <= 'z' || b >= 0x80 }

// A change of rating is reported by a sentence of its own: "Updated to GREEN", "Now amber.", "Moved from red to amber".
// A condition or a plan ("to be updated to green in May") is no change.
var (
	changed = regexp.MustCompile(`^(?i:(?:this |it |action |rating |status |rag |has |have |been |is |was |now |the )*` +
		`(?:updated|changed|moved|revised|amended|upgraded|downgraded|re-?rated|turned|gone)` +
		`(?:\s+from\s+([a-z][a-z -]*?))?\s+(?:to|as)\s+(?:rag\s+)?([a-z][a-z -]*?))(?:\s+(?i:now|rating|rated|status))?$`)
	nowIs       = regexp.MustCompile(`^(?i:(?:this |it |rating |status |rag |is |the )*now\s+(?:rated\s+)?([a-z][a-z -]*?))$`)
	soundsLike  = regexp.MustCompile(`(?i:updated|changed|moved|revised|amended|upgraded|downgraded|re-?rated|turned|gone)\s+(?:from\s+\w+\s+)?to\s+(?:rag\s+)?([A-Za-z-]+)`)
	sentenceEnd = regexp.MustCompile(`[.;!\n]+`)
)

// change reads the change of rating that a reason reports. unsure is set when words sound like one and are none for certain.
func (v vocabulary) change(reason string) (from, to string, unsure bool) {
	for _, sentence := range sentenceEnd.Split(reason, -1) {
		sentence = squash(sentence)
		was, now := "", ""
		if m := changed.FindStringSubmatch(sentence); m != nil {
			was, now = v.rates[strings.ToLower(m[1])], v.rates[strings.ToLower(m[2])]
			unsure = unsure || m[1] != "" && was == "" && now != ""
		} else if m := nowIs.FindStringSubmatch(sentence); m != nil {
			now = v.rates[strings.ToLower(m[1])]
		}
		if m := soundsLike.FindStringSubmatch(sentence); now == "" && m != nil && v.rates[strings.ToLower(m[1])] != "" {
			unsure = true
		}
		if now == "" {
			continue
		}
		if to != "" && to != now {
			return "", "", true
		}
		from, to = was, now
	}
	return from, to, unsure && to == ""
}
