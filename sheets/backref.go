package sheets

import (
	"regexp"
	"strconv"
	"strings"
)

// A back-reference is a whole cell that stands for another: "Same as above", "As above...", "Ditto", "See row 4", "see 1.2",
// "same as item 1.2". A reference inside a longer reason is part of the reason.
var (
	sameAbove = regexp.MustCompile(`^(?i:(?:the )?same(?: (?:as|reason))?(?: as)?(?: the)? (?:above|previous|preceding)(?: row| item| action)?|(?:as|see)(?: per)?(?: the)? above|as (?:the )?previous(?: row| item| action)?|ditto|do\.|")[\s.…]*$`)
	sameRow   = regexp.MustCompile(`^(?i:(?:same as|as(?: per| in| for)?|see|refer to)(?: the)?)\s+(?i:row|line|no\.?|number)\s*(\d{1,5})[\s.…]*$`)
	sameRef   = regexp.MustCompile(`^(?i:(?:same as|as(?: per| in| for)?|see|refer to)(?: the)?)\s+(?:(?i:item|action|aim|ref(?:erence)?|recommendation|objective)\.?\s*)?([A-Za-z]{0,6}[ -]?\d[\w./()-]*?)[\s.…]*$`)
)

// looksLikeRef is what stands in a column of references: "SC18", "1.2.2", "SR (25/26) 01", "2 (i)", "12".
var looksLikeRef = regexp.MustCompile(`^(?:[A-Za-z]{1,6}[ .-]?)?[(]?\d[\w./-]*[)]?(?: ?\(?[\w./-]{1,6}\)?)?$`)

// linker resolves back-references among rows.
type linker struct {
	rows  []Row
	byRef map[string]int // row of a reference
	found map[int]answer // of rows that were followed
}

func newLinker(rows []Row) linker {
	l := linker{rows, map[string]int{}, map[int]answer{}}
	for i, r := range rows {
		if r.Ref != "" {
			l.byRef[refKey(r.Ref)] = i
		}
	}
	return l
}

// refKey compares references as people write them.
func refKey(ref string) string { return strings.ToLower(strings.ReplaceAll(squash(ref), " ", "")) }

// isBackRef reports whether a cell only points elsewhere.
func isBackRef(text string) bool {
	text = squash(text)
	return len(text) < 80 && (sameAbove.MatchString(text) || sameRow.MatchString(text) || sameRef.MatchString(text))
}

// target is the row that row i's reason points to, -1 when it points nowhere that is certain. Why says why not.
func (l linker) target(i int) (at int, why string) {
	text := squash(l.rows[i].Reason)
	switch {
	case sameAbove.MatchString(text):
		return i - 1, "there is no row above it"
	case sameRow.MatchString(text):
		at, _ = strconv.Atoi(sameRow.FindStringSubmatch(text)[1])
		return l.numbered(at)
	}
	name := sameRef.FindStringSubmatch(text)[1]
	if row, ok := l.byRef[refKey(name)]; ok {
		return row, ""
	}
	if n, err := strconv.Atoi(name); err == nil && len(l.byRef) == 0 {
		return l.numbered(n)
	}
	return -1, "no row has the reference " + quoted(name)
}

// numbered is the row of a number: by its reference, and by counting, if the two agree.
func (l linker) numbered(n int) (int, string) {
	named, ok := l.byRef[strconv.Itoa(n)]
	switch {
	case ok && named != n-1:
		return -1, "it may be the reference " + strconv.Itoa(n) + " or the row of that number, which are different rows"
	case n < 1 || n > len(l.rows):
		return -1, "there is no row " + strconv.Itoa(n)
	}
	return n - 1, ""
}

// answer is where a row's back-reference leads: a row, or -1 and why not.
type answer struct {
	at  int
	why string
}

// follow goes from row i to the row whose words its reason repeats, over rows that only point on themselves. What is found
// holds for all rows on the way, so that ten thousand rows of "as above" are walked once.
func (l linker) follow(i int) answer {
	var path []int
	var end answer
	for at := i; ; {
		if a, ok := l.found[at]; ok {
			end = a
			break
		}
		path = append(path, at)
		l.found[at] = answer{-1, "the rows point to each other"} // found again on this walk: a circle
		next, why := l.target(at)
		if next < 0 || next >= len(l.rows) {
			end = answer{-1, why}
			break
		}
		if l.rows[next].Reason == "" {
			end = answer{-1, "the row it points to has no reason"}
			break
		}
		if !isBackRef(l.rows[next].Reason) {
			end = answer{next, ""}
			break
		}
		at = next
	}
	for _, at := range path {
		l.found[at] = end
	}
	return end
}

// link resolves all back-references; those that can't be are problems, and stay in the words of the reason.
func (p *Proposal) link() {
	l := newLinker(p.Rows)
	for i := range p.Rows {
		r := &p.Rows[i]
		if !isBackRef(r.Reason) {
			continue
		}
		if a := l.follow(i); a.at >= 0 {
			r.SameAs = p.Rows[a.at].Item
			if len(p.Rows[a.at].Changes) > 0 && r.Rating.Value != "" {
				p.problem(r.reasonPlace(), "change the rating by hand, if it did change",
					"row %d points to row %d, which reports a change of rating: whether this row changed too is not said, so it keeps %s", r.N, a.at+1, r.Rating.Value)
			}
		} else {
			p.problem(r.reasonPlace(), "link it by hand once it is recorded", "%s points to no row: %s", quoted(r.Reason), a.why)
		}
	}
}
