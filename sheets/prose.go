package sheets

import (
	"regexp"
	"slices"
	"strings"
)

// resolved recognises how minutes begin a resolution: "RESOLVED, that –", "RESOLVED – That", "Resolved:", "RESOLVED
// UNANIMOUSLY:", "R E S O L V E D", "RESOVLED", "AGREED that", "RECOMMENDED:".
var resolved = regexp.MustCompile(`^\s*(?:` +
	`RES(?:OLV|OVL)ED\b|R E S O L V E D\b|Resolved\s*(?:[:,–-]|(?i:that|unanimously)\b)|Resolvedthat\b|` +
	`(?:AGREED|RECOMMENDED)\s*(?:[:,–-]|(?i:as follows|that|unanimously)\b)` + `)`)

// clause recognises a numbered clause: "i. ", "(a) ", "2) ".
var clause = regexp.MustCompile(`^\s*(?:\([ivx]{1,5}\)|[ivx]{1,5}[.)]|\([A-Za-z]\)|[a-z][.)]|\(\d{1,2}\)|\d{1,2}[.)])\s`)

func isResolution(text string) bool { return resolved.MatchString(text) }

// setApart takes resolutions out of a grid, as printed, and leaves a cut where each stood.
func setApart(g grid) (grid, []Resolution) {
	found := []Resolution{}
	rows := g.rows[:0:0]
	for i := 0; i < len(g.rows); i++ {
		first, ok := g.plain(g.rows[i])
		if !ok || !isResolution(first.text) {
			rows = append(rows, g.rows[i])
			continue
		}
		printed, last := first.text, first.last()
		for ; i+1 < len(g.rows) && len(printed) <= MaxCell; i++ {
			next, ok := g.plain(g.rows[i+1])
			if !ok || isResolution(next.text) || !goesOn(printed, next, last) {
				break
			}
			printed += strings.Repeat("\n", next.line-last) + next.text
			last = next.last()
		}
		found = append(found, Resolution{first.place(), strings.TrimSpace(printed)})
		rows = append(rows, row{kind: isCut, cells: []cell{first}})
	}
	g.rows = rows
	return g, found
}

// plain is a row's text if it is not part of a row of several cells.
func (g grid) plain(r row) (cell, bool) {
	switch {
	case r.kind == isProse:
		return r.cells[0], true
	case r.kind == isCut, g.format == "text-pipe":
		return cell{}, false // its cells are told by their bars
	case g.loose:
		return r.cells[0], true
	}
	return r.only()
}

// goesOn reports whether a text carries on a resolution: a numbered clause, or the next line of a sentence.
func goesOn(printed string, next cell, last int) bool {
	if clause.MatchString(next.text) {
		return next.line-last <= 2
	}
	return next.line == last+1 && !strings.HasSuffix(strings.TrimSpace(printed), ".")
}

// planName recognises the name of a plan within a sentence: words with capitals that end in what plans are called.
var planName = regexp.MustCompile(`((?:[A-Z][\w&’'-]*\s+(?:(?:and|of|for|the|in|to|&)\s+)*)+(?:Plan|Programme|Tracker|Schedule|Action List|Action Log))\b(\s+(?:for\s+)?20\d\d(?:\s?[-–/]\s?(?:20)?\d\d)?)?`)

// planLine is a first line that is nothing but a plan's name, in small letters too: "Housing improvement plan 2026".
var planLine = regexp.MustCompile(`^[A-Z][\w&’', /-]{2,80}\b(?i:plan|programme|tracker|action list|action log)(?:,? (?:for )?20\d\d(?:\s?[-–/]\s?(?:20)?\d\d)?)?$`)

// planTitle takes a plan's name from the lines outside the table, if exactly one is said.
func planTitle(lines []cell) (title, at string) {
	var titles []string
	for _, l := range lines {
		if len(l.text) > 2000 {
			continue
		}
		for _, m := range planName.FindAllString(squash(l.text), -1) {
			m = strings.TrimPrefix(strings.TrimPrefix(m, "The "), "Our ")
			if strings.Contains(m, " ") && !slices.Contains(titles, m) {
				titles = append(titles, m)
				at = l.place()
			}
		}
	}
	if len(titles) == 0 && len(lines) > 0 && planLine.MatchString(squash(lines[0].text)) {
		return squash(lines[0].text), lines[0].place()
	}
	if len(titles) != 1 {
		return "", ""
	}
	return titles[0], at
}

// announced finds the rating that a line above a table gives to all its rows: "... justification for all outstanding Amber
// actions:". It is one rating or none; reasons says whether the line also announces their reasons.
func (v vocabulary) announced(line string) (key string, reasons bool) {
	lower := strings.ToLower(squash(line))
	for _, m := range announcing.FindAllStringSubmatch(lower, -1) {
		k, ok := v.rates[m[1]]
		if !ok || key != "" && key != k {
			return "", false
		}
		key = k
	}
	reasons = strings.Contains(lower, "justification") || strings.Contains(lower, "reason") || strings.Contains(lower, "explanation")
	return key, key != "" && reasons
}

var announcing = regexp.MustCompile(`\b(?:outstanding|remaining|following|current|all|every|each)\s+(?:the\s+|outstanding\s+|remaining\s+|current\s+)*` +
	`([a-z]+)(?:[- ]rated)?\s+(?:actions?|items?|aims?|ratings?|recommendations?|objectives?|milestones?)\b`)
