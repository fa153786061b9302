package sheets

import (
	"slices"
	"strings"

	"plantrail/domain"
)

// vocabulary knows the words of headers and of one rating scheme.
type vocabulary struct {
	scheme domain.Scheme
	rates  map[string]string // word as printed, in lower case → key of the scheme
	given  map[string]Field  // what columns mean, by name: see columnKey
}

// columnKey is a column's name as it is remembered.
func columnKey(name string) string { return strings.Join(nameWords(name), " ") }

func newVocabulary(scheme domain.Scheme, given map[string]Field) vocabulary {
	v := vocabulary{scheme, map[string]string{}, given}
	for _, value := range scheme.Values {
		label := strings.ToLower(value.Label)
		before, after, both := strings.Cut(label, ":")
		for _, word := range []string{value.Key, strings.ReplaceAll(value.Key, "-", " "), label, strings.TrimSpace(before)} {
			v.rates[word] = value.Key
		}
		if both {
			v.rates[strings.TrimSpace(after)] = value.Key
		}
	}
	for _, value := range scheme.Values { // the key's own words for a rating, where no label says the same
		if says := strings.ToLower(squash(value.Says)); says != "" && len(says) <= 60 && v.rates[says] == "" {
			v.rates[says] = value.Key
		}
	}
	return v
}

// meaning is what the name of a column says.
type meaning struct {
	field  Field
	rank   int      // of the candidates for one field the lowest is taken
	rates  []string // ratings that the name mentions
	weakly bool     // a title only where nothing better is
	given  bool     // somebody said so, or it was read so in the last copy
}

// rule reads names made of nothing but its words, with at least one of the core.
type rule struct {
	field Field
	core  string
	with  string
}

// rules in order: the first that fits is taken. Names are compared without case, punctuation and brackets.
var rules = []rule{
	{FieldPercent, "% percent percentage", "% percent percentage complete completed completion progress done of to date current"},
	{FieldSource, "source review inspection", "source review inspection of the recommendation recommendations origin finding findings report name"},
	{FieldReason, "reason reasons justification justifications rationale explanation",
		"for the of a why any rag brag rating ratings status current delay slippage being if not or and"},
	{FieldRating, "rag brag rating colour status", "rag brag rating colour status current overall progress delivery action latest present " + dimensions},
	{FieldDueNow, "new revised current latest forecast expected amended",
		"new revised current latest forecast expected amended due target completion implementation date deadline timescale of for"},
	{FieldDue, "due deadline deadlines timescale timescales timeframe when",
		"due date dates by deadline deadlines timescale timescales timeframe when for of completion target original"},
	{FieldDue, "date by", "target completion complete completed planned original implementation end finish delivery date due by of for to be"},
	{FieldOwner, "lead leads owner owners responsible responsibility accountable who whom assigned officer",
		"lead leads owner owners responsible responsibility accountable who whom assigned officer officers person member members name em agency to by is and action department team post role body"},
	{FieldMeeting, "meeting", "meeting date of the board committee"},
	{FieldOutcome, "outcome outcomes result results", "outcome outcomes result results achieved actual the"},
	{FieldProgress, "progress update updates comment comments commentary narrative notes note position taken corrective",
		"progress update updates comment comments commentary narrative notes note position taken corrective to date latest current status action actions planned or and since last meeting officer officers against agreed on monitoring impact made rag summary"},
	{FieldRef, "ref reference no nos number id #", "ref reference no nos number id # item action rec recommendation aim unique kpi pi measure indicator"},
	{FieldUnit, "unit units", "unit units of measure measurement"},
	{FieldBetter, "polarity better", "polarity better is what good"},
	{FieldMeasure, "measure measures kpi kpis indicator indicators metric metrics pi",
		"measure measures kpi kpis indicator indicators metric metrics pi success performance key of description name title outcome impact how we will the"},
	{FieldBaseline, "baseline baselines", "baseline baselines figure value performance position measure data at start of the year " + ofFigures},
	{FieldTarget, "target targets", "target targets figure value performance measure success level kpi annual year end the for of " + ofFigures},
	{FieldReading, "actual actuals current latest performance value reading figure outturn",
		"actual actuals current latest performance value reading figure outturn position data level score result to date ytd now year quarter month most recent this at end of the period " + ofFigures},
	{FieldTitle, "action actions task tasks activity activities milestone milestones aim aims objective objectives commitment commitments " +
		"recommendation recommendations what title description improvement improvements issue item items rec",
		"action actions task tasks activity activities milestone milestones aim aims objective objectives commitment commitments " +
			"recommendation recommendations what title description improvement improvements issue item items rec " +
			"required requiring to be taken agreed key point points area areas of the plan made we will do proposed planned audit summary detail details name specific is"},
	{"", neutral, neutral + " complete of for the to be and"},
}

// dimensions are what is rated beside delivery.
const dimensions = "outcome outcomes impact confidence likelihood quality"

// ofFigures are words beside the names of columns of figures.
const ofFigures = "% £ no number q1 q2 q3 q4"

// weakTitle is why a column is taken for the actions whose name need not mean them.
const weakTitle = "no other column holds the actions"

// neutral names stand over columns that real papers have and of which nothing is recorded. They tell where a header is.
const neutral = "committee select meeting date origin area theme ward portfolio risk priority directorate service section stage " +
	"exec executive success how evidence cost resource resources budget"

// titleRanks orders the names that may stand over the item's words.
var titleRanks = []string{"action actions task tasks activity activities milestone milestones", "aim aims objective objectives commitment commitments",
	"recommendation recommendations", "what title description improvement improvements issue", "item items rec"}

// known reports whether a text is the name of a column in any scheme.
func known(name string) bool {
	_, ok := vocabulary{}.meaning(name)
	return ok
}

// meaning reads the name of a column. Names are short: anything else is what stands in the column.
func (v vocabulary) meaning(name string) (meaning, bool) {
	words := nameWords(name)
	if field, ok := v.given[strings.Join(words, " ")]; ok && len(words) > 0 {
		m := meaning{field: field, given: true}
		v.withoutRatings(words, &m)
		return m, true
	}
	if len(words) == 0 || len(words) > 9 {
		return meaning{}, false
	}
	var m meaning
	plain := v.withoutRatings(words, &m)
	if strings.HasSuffix(strings.Join(words, " "), " made to") { // "Recommendation made to:"
		return meaning{field: FieldOwner}, true
	}
	dateless := slices.DeleteFunc(slices.Clone(plain), ofPeriod)
	for _, r := range rules {
		if r.fits(plain) || len(dateless) < len(plain) && r.ofFigures() && r.fits(dateless) {
			m.field = r.field
			m.rank = r.rank(plain)
			m.weakly = m.field == FieldTitle && m.rank == len(titleRanks)-1
			return m, true
		}
	}
	return meaning{}, false
}

// withoutRatings takes the ratings out of a name such as "Reason for Amber", and keeps them in its meaning.
func (v vocabulary) withoutRatings(words []string, m *meaning) []string {
	plain := make([]string, 0, len(words))
	for _, w := range words {
		if key, ok := v.rates[w]; ok && strings.HasPrefix(words[0], "reason") || ok && slices.Contains(words, "justification") {
			if !slices.Contains(m.rates, key) {
				m.rates = append(m.rates, key)
			}
			continue
		}
		plain = append(plain, w)
	}
	return plain
}

// nameWords are the words of a name in lower case. A name has no more than 80 bytes and does not end like a sentence.
func nameWords(name string) []string {
	name = squash(name)
	if len(name) > 80 || strings.HasSuffix(name, ".") && !strings.HasSuffix(strings.ToLower(name), "no.") && !strings.EqualFold(name, "ref.") {
		return nil
	}
	return strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return strings.ContainsRune(" /-–()[]:?*.,&_'’|", r) })
}

func (r rule) fits(words []string) bool {
	core := false
	for _, w := range words {
		switch {
		case contains(r.core, w):
			core = true
		case !contains(r.with, w):
			return false
		}
	}
	if r.field == FieldDueNow { // "current status" is no date
		core = core && (slices.Contains(words, "date") || slices.Contains(words, "deadline") || slices.Contains(words, "timescale"))
	}
	if r.field == FieldUnit && !slices.ContainsFunc(words, func(w string) bool { return contains("measure measurement", w) }) {
		return false // it may be a team
	}
	if r.field == FieldMeeting && !slices.Contains(words, "date") {
		return false
	}
	if r.field == FieldDue && !slices.ContainsFunc(words, func(w string) bool { return !contains("date of for to be", w) }) {
		return false // of what?
	}
	return core
}

func (r rule) rank(words []string) int {
	switch r.field {
	case FieldTitle:
		return slices.IndexFunc(titleRanks, func(rank string) bool {
			return slices.ContainsFunc(words, func(w string) bool { return contains(rank, w) })
		})
	case FieldRating:
		rank := slices.Index([]bool{slices.Contains(words, "rag") || slices.Contains(words, "brag"), true}, true)
		if slices.ContainsFunc(words, func(w string) bool { return contains(dimensions, w) }) {
			rank += 2
		}
		return rank
	case FieldDue:
		if slices.Contains(words, "original") {
			return 0
		}
		return 1
	}
	return 0
}

// contains reports whether a word is one of a list with a space between each two.
func contains(list, word string) bool {
	for w := range strings.SplitSeq(list, " ") {
		if w == word {
			return true
		}
	}
	return false
}

// named gives meanings to the names of a header. Of several candidates for one field one is taken; the others, and names
// not known, are not recorded, and say so.
func (v vocabulary) named(names []cell) []Column {
	columns := make([]Column, len(names))
	said := make([]meaning, len(names))
	for i, name := range names {
		columns[i] = Column{Name: squash(name.text), Place: name.place()}
		said[i], _ = v.meaning(name.text)
		if f := said[i].field; said[i].given && (many(f) || column(columns, f) < 0) {
			columns[i].Field, columns[i].given = f, true
		}
	}
	for _, f := range []Field{FieldRef, FieldTitle, FieldOwner, FieldDue, FieldDueNow, FieldRating, FieldReason, FieldOutcome, FieldMeeting, FieldPercent, FieldSource,
		FieldMeasure, FieldBaseline, FieldTarget, FieldUnit, FieldBetter} {
		takeBest(f, columns, said)
	}
	takeMeasure(columns, said)
	takeAim(columns, said)
	for i := range columns {
		switch {
		case said[i].given:
		case said[i].field == FieldRating && columns[i].Field == "" && said[i].rank >= 2:
			columns[i].Field, columns[i].Why = FieldMore, "it rates something else than delivery"
		case said[i].field == FieldProgress, said[i].field == FieldReading:
			columns[i].Field = said[i].field
		case columns[i].Field == FieldTitle && said[i].weakly:
			columns[i].Why = weakTitle
		case columns[i].Field != "":
		case said[i].weakly && column(columns, FieldRef) < 0:
			columns[i].Field, columns[i].Why = FieldRef, "another column has the words of the item"
		case said[i].field != "":
			columns[i].Why = "another column is taken as the " + string(said[i].field)
		}
	}
	return settle(columns)
}

// many reports whether several columns may mean the same.
func many(f Field) bool {
	return f == "" || f == FieldProgress || f == FieldMore || f == FieldReading
}

func takeBest(f Field, columns []Column, said []meaning) {
	if column(columns, f) >= 0 {
		return
	}
	best := -1
	for i, m := range said {
		if m.field == f && !m.given && (best < 0 || m.rank < said[best].rank) {
			best = i
		}
	}
	if best >= 0 {
		columns[best].Field = f
	}
}

// takeAim takes the column nearest before the actions that names what stands above them.
func takeAim(columns []Column, said []meaning) {
	title := column(columns, FieldTitle)
	if column(columns, FieldAim) >= 0 {
		return
	}
	for i := title - 1; i >= 0; i-- {
		if m := said[i]; m.field == FieldTitle && !m.weakly && !m.given && m.rank > said[title].rank && aimLevel(columns[i].Name) != "" {
			columns[i].Field, columns[i].Why = FieldAim, "it stands above the actions"
			return
		}
	}
}

// aimLevel is the key of the level that the name of a column means; empty when it means none.
func aimLevel(name string) string {
	for _, w := range nameWords(name) {
		switch w = strings.TrimSuffix(w, "s"); w {
		case "aim", "objective", "commitment", "recommendation", "improvement", "issue", "area":
			return w
		}
	}
	return ""
}

// settle makes a date that was moved the only date, and comments the reasons, where nothing else is; only what is called a
// recommendation has a source.
func settle(columns []Column) []Column {
	if at := column(columns, FieldSource); at >= 0 && recommended(columns) == "" && !columns[at].given {
		columns[at].Field, columns[at].Why = "", "only recommendations have a source, and no column is called that"
	}
	if now := column(columns, FieldDueNow); now >= 0 && column(columns, FieldDue) < 0 {
		columns[now].Field, columns[now].Why = FieldDue, "no other column has a date; an earlier one, if there was any, is not in the paper"
	}
	if at := slices.IndexFunc(columns, func(c Column) bool { return c.Field == FieldProgress && !c.given }); at >= 0 && column(columns, FieldReason) < 0 && column(columns, FieldRating) >= 0 {
		columns[at].Field, columns[at].Why = FieldReason, "it stands beside the rating, and no column is one of reasons"
	}
	return columns
}

// recommended is the field, of actions or what stands above them, whose column is called recommendations; empty for neither.
func recommended(columns []Column) Field {
	for _, f := range []Field{FieldTitle, FieldAim} {
		if at := column(columns, f); at >= 0 && aimLevel(columns[at].Name) == "recommendation" {
			return f
		}
	}
	return ""
}

// column finds the column of a field.
func column(columns []Column, f Field) int {
	return slices.IndexFunc(columns, func(c Column) bool { return c.Field == f })
}

// distinct counts the fields that some names mean, neutral names left out.
func (v vocabulary) distinct(names []cell) map[Field]int {
	fields := map[Field]int{}
	for _, n := range names {
		if m, ok := v.meaning(n.text); ok && m.field != "" {
			fields[m.field]++
		}
	}
	return fields
}
