package findings

import (
	"regexp"
	"strings"
)

// clauses cuts a text into its clauses, in normal form.
var clauses = regexp.MustCompile(`[.;,:!?\n]+|\s[-–—]\s`)

// hedges are words after which a text no longer says plainly that all is well. One anywhere in it keeps R27 silent.
var hedges = words("but|however|although|though|except|yet|until|unless|awaiting|await|awaits|waiting|pending|delay|delays|delayed|outstanding|" +
	"remaining|remains|remain|risk|risks|slipped|slippage|behind|late|overdue|not|no|never|cannot|can|t|concern|concerns|issue|issues|will|would|" +
	"some|part|partly|partially|phase|stage|first|only|if|subject|once|when|hopefully|expected|required|needs|need|needed|limited|insufficient|" +
	"vacancy|vacancies|sickness|challenge|challenges|difficult|difficulties|problem|problems|unless|mostly|nearly|almost|half|draft|rest|other|" +
	"others|started|begun|commenced|should|could|might|aim|aims|hope|back|get|getting|bring|bringing|keep|keeping|put|putting|longer|hardly|barely|slow|slower|slowly")

var (
	green = regexp.MustCompile(`\b(updated|changed|moved|turned|gone|upgraded|raised|amended|revised) to (green|blue)\b|\b(now|is|rated) (green|blue)\b`)
	// done is a clause that says nothing else than that it is complete.
	done = regexp.MustCompile(`^(this |the |all )?(action |item |aim |objective |milestone |task |work |actions )?(is |are |has |have |was |were )?(now |been |fully |all )*(complete|completed|achieved|closed|delivered|done|finished)( in full)?$`)
	fine = regexp.MustCompile(`\b(not overdue|not late|on track|on target|on schedule|within timescales?|no concerns|no issues|no risks)\b`)
)

// denied are phrases in which a word of hedging says that all is well.
var denied = strings.NewReplacer("not overdue", "", "not late", "", "no concerns", "", "no issues", "", "no risks", "")

// contradicts says in which words a text contradicts a rating of at risk or off track, "" when it does not. The whole text must
// be free of hedges: "not yet completed", "complete but for training" and "will be complete by June" contradict nothing.
func contradicts(text string) string {
	whole := normal(text)
	if hedged(denied.Replace(whole)) {
		return ""
	}
	for _, form := range []*regexp.Regexp{green, fine} {
		if words := form.FindString(whole); words != "" {
			return words
		}
	}
	for _, clause := range clauses.Split(text, -1) {
		if c := normal(clause); done.MatchString(c) {
			return c
		}
	}
	return ""
}

func hedged(n string) bool {
	for word := range strings.FieldsSeq(n) {
		if hedges[word] {
			return true
		}
	}
	return false
}
