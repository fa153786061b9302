package sheets

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"plantrail/domain"
)

// ownScheme is the id of a scheme that is said in words beside a paper.
const ownScheme = "own.v1"

// looks are the colour and shape by which a rating of one's own is told apart, by what it means.
var looks = map[domain.Meaning][2]string{
	domain.OnTrack: {"green", "circle"}, domain.AtRisk: {"amber", "triangle"}, domain.OffTrack: {"red", "diamond"},
	domain.CompleteClaimed: {"blue", "square"}, domain.CompleteVerified: {"blue", "star"}, domain.NotStarted: {"grey", "ring"},
	domain.Suspended: {"grey", "square"}, domain.Cancelled: {"grey", "diamond"}, domain.NoData: {"grey", "triangle"},
}

var shapes6 = []string{"circle", "triangle", "diamond", "square", "ring", "star"}

// plainMeanings are words that say in every council the same.
var plainMeanings = map[string]domain.Meaning{
	"complete": domain.CompleteClaimed, "completed": domain.CompleteClaimed, "done": domain.CompleteClaimed, "achieved": domain.CompleteClaimed,
	"verified": domain.CompleteVerified, "paused": domain.Suspended, "on hold": domain.Suspended, "deferred": domain.Suspended,
	"not yet started": domain.NotStarted, "not due": domain.NotStarted, "not yet due": domain.NotStarted, "withdrawn": domain.Cancelled,
	"on target": domain.OnTrack, "on schedule": domain.OnTrack, "off target": domain.OffTrack, "behind schedule": domain.OffTrack,
}

// meaningOf reads what a rating means: a meaning's key, or a word that says the same everywhere.
func meaningOf(words string) (domain.Meaning, bool) {
	words = strings.Join(strings.FieldsFunc(strings.ToLower(words), func(r rune) bool { return strings.ContainsRune(" _-", r) }), " ")
	key := domain.Meaning(strings.ReplaceAll(words, " ", "_"))
	if _, is := looks[key]; is {
		return key, true
	}
	m, is := plainMeanings[words]
	return m, is
}

// ParseRatings makes a scheme of a council's own words, each as LABEL=MEANING: "Slipping=at_risk".
//
// Colours follow the meaning; two ratings of one colour have different shapes, so that neither colour nor shape alone has to
// tell them apart. The scheme's id is own.v1: a plan that gets another key later gets it under another id.
func ParseRatings(lines []string) (domain.Scheme, error) {
	s := domain.Scheme{ID: ownScheme, Title: "The ratings of this plan's own papers"}
	used := map[string]bool{}
	for _, line := range lines {
		label, means, _ := strings.Cut(line, "=")
		label = squash(label)
		meaning, known := meaningOf(means)
		key := domain.Slug(label)
		if !known || key == "" {
			return s, domain.Errorf(domain.Invalid, "ratings", "%s does not say what a rating means", quoted(line)).
				WithHint("as LABEL=MEANING, e.g. 'Slipping=at_risk'; MEANING is one of not_started, on_track, at_risk, off_track, complete_claimed, complete_verified, suspended, cancelled, no_data")
		}
		colour, shape := looks[meaning][0], looks[meaning][1]
		for i := 0; used[colour+shape] && i < len(shapes6); i++ {
			shape = shapes6[i]
		}
		used[colour+shape] = true
		s.Values = append(s.Values, domain.Value{Key: key, Label: label, Colour: colour, Shape: shape, Meaning: meaning})
	}
	return s, nil
}

// ParseScheme reads a scheme as plantrail scheme show prints it in JSON: the scheme alone, or with its dimension around it.
func ParseScheme(text []byte) (domain.Scheme, error) {
	var got struct {
		domain.Scheme
		Dimensions []domain.Dimension `json:"dimensions"`
	}
	err := json.Unmarshal(text, &got)
	if len(got.Dimensions) == 1 {
		got.Scheme = got.Dimensions[0].Scheme
	}
	if err != nil || len(got.Values) == 0 {
		return domain.Scheme{}, domain.Errorf(domain.Invalid, "scheme", "the file is no rating scheme").Because(err).
			WithHint("take one as plantrail --output json scheme show NAME prints it, and change its words")
	}
	return got.Scheme, nil
}

// own is the scheme that somebody says beside the paper; false when a preset is meant.
func (o Options) own() (domain.Scheme, bool, error) {
	switch {
	case len(o.Own.Values) > 0 && (o.Scheme != "" || len(o.Ratings) > 0), o.Scheme != "" && len(o.Ratings) > 0:
		return o.Own, false, domain.Errorf(domain.Invalid, "scheme", "the ratings are said twice, and nobody could say which counts").WithHint("give a scheme or ratings, not both")
	case len(o.Ratings) > 0:
		s, err := ParseRatings(o.Ratings)
		return s, true, err
	}
	return o.Own, len(o.Own.Values) > 0, nil
}

// sameRatings reports whether two schemes have the same words with the same meanings.
func sameRatings(a, b domain.Scheme) bool {
	return slices.EqualFunc(a.Values, b.Values, func(x, y domain.Value) bool { return x.Key == y.Key && x.Label == y.Label && x.Meaning == y.Meaning })
}

// unknownWords says once what to do about words that are no ratings of the scheme: the preset that has them all, else how their
// meaning can be said.
func (p *Proposal) unknownWords() {
	var words []string
	at := ""
	for _, r := range p.Rows {
		word := squash(r.Rating.Words)
		if r.Rating.Value == "" && word != "" && len(word) <= 60 && !slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, word) }) {
			words, at = append(words, word), cmp.Or(at, r.Rating.Place)
		}
	}
	if len(words) == 0 || p.known != nil || len(words) > 12 {
		return
	}
	all := p.ratingWords()
	var fit []string
	for _, s := range domain.Presets() {
		v := newVocabulary(s, nil)
		if !slices.ContainsFunc(all, func(w string) bool { key, why := v.rating(w); return key == "" || why == byInitial }) {
			fit = append(fit, "--scheme "+s.ID)
		}
	}
	what, todo := fmt.Sprintf("%s of the ratings are words of no key that is known: say what all of them mean", listOf(words)), strings.Join(p.say(all), " ")
	if len(fit) > 0 {
		what, todo = "the words of the ratings are those of another key: say which is yours, for one colour means different things in different councils", strings.Join(fit, " or ")
	}
	p.Problems = slices.Insert(p.Problems, 0, Problem{Place: at, What: what, Todo: todo}) // before the row by row
}

func listOf(words []string) string {
	var all []string
	for _, w := range words {
		all = append(all, quoted(w))
	}
	return strings.Join(all, ", ")
}

// ratingWords are the different words that stand in the column of ratings.
func (p *Proposal) ratingWords() (all []string) {
	for _, r := range p.Rows {
		word := squash(r.Rating.Words)
		if word != "" && !slices.ContainsFunc(all, func(w string) bool { return strings.EqualFold(w, word) }) {
			all = append(all, word)
		}
	}
	return all
}

// say are the flags that say what words mean: filled in where a word says the same in every council.
func (p *Proposal) say(words []string) (flags []string) {
	for _, w := range words {
		meaning := "MEANING"
		if m, known := meaningOf(w); known {
			meaning = string(m)
		}
		flags = append(flags, fmt.Sprintf("--rating '%s=%s'", strings.ReplaceAll(w, "'", ""), meaning))
	}
	return flags
}
