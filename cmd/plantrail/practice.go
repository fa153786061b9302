package main

import (
	"strings"

	"plantrail/domain"
	"plantrail/projections"
)

// tellPractice writes what an item is beyond its words, rating and dates.
func (a *app) tellPractice(it projections.ItemView) {
	if it.Kind != domain.Action {
		a.say("It is a %s%s", itemKindWords(it.Kind), after(" of ", it.Source))
	}
	if it.From != nil {
		a.say("Carried forward from %s of %s, where it began on %s", it.From.Item, it.From.Plan, it.From.Since.Words())
	}
	if it.With != nil {
		a.say("With: %s", oneLine(shown(*it.With)))
	}
	for _, l := range it.Links {
		a.say("It %s %s", relationWords(l.Relation), l.To)
	}
	if it.Asked != nil {
		a.say("Asked to move its due date to %s: %s", it.Asked.To.Words(), oneLine(shown(it.Asked.Words)))
	}
	if it.Response != nil {
		a.say("Response, %s%s", strings.ReplaceAll(string(it.Response.Response), "_", " "), after(": ", &it.Response.Words))
	}
	if it.Measure != nil {
		a.say("%s", measureWords(*it.Measure))
	}
	a.tellClosing(it)
}

func (a *app) tellClosing(it projections.ItemView) {
	if it.Percent != nil {
		a.say("%d%% complete, as last reported", *it.Percent)
	}
	for _, stage := range []struct {
		done string
		said *projections.Statement
	}{{"Evidence not required", it.Waived}, {"Claimed complete", it.Claimed}, {"Verified", it.Verified}} {
		if s := stage.said; s != nil {
			a.say("%s on %s by %s: %s", stage.done, s.Said.Stated.Words(), who(s.Said.By), oneLine(shown(s.Words)))
		}
	}
	if it.StateReason != nil {
		a.say("%s%s: %s", strings.ReplaceAll(string(it.State), "_", " "), onAuthority(it.StateAuthority), oneLine(shown(*it.StateReason)))
	}
}

func itemKindWords(k domain.ItemKind) string {
	if k == domain.StandingDuty {
		return "standing duty"
	}
	return string(k)
}

// after is words that may be absent, with what stands before them.
func after(before string, w *projections.Words) string {
	if w == nil || *w == (projections.Words{}) {
		return ""
	}
	return before + oneLine(shown(*w))
}

func relationWords(r domain.Relation) string {
	return map[domain.Relation]string{domain.Addresses: "addresses", domain.ContributesTo: "contributes to", domain.MeasuredBy: "is measured by"}[r]
}

// measureWords are a measure in one line: "Measured in days: baseline 40, target 20, last read around 31 (March 2020), improving".
func measureWords(m projections.MeasureView) string {
	var parts []string
	for _, f := range []struct {
		name  string
		value domain.Amount
	}{{"baseline", m.Baseline}, {"target", m.Target}, {"last read", m.Last}} {
		if f.value != "" {
			parts = append(parts, f.name+" "+f.value.Words())
		}
	}
	if m.Last != "" {
		parts[len(parts)-1] += " (" + m.LastOn.Words() + ")"
	}
	if m.Direction != "" {
		parts = append(parts, string(m.Direction))
	}
	if m.AtTarget != nil {
		parts = append(parts, map[bool]string{true: "at target", false: "not at target"}[*m.AtTarget])
	}
	unit := ""
	if m.Unit != "" {
		unit = " in " + oneLine(m.Unit)
	}
	return "Measured" + unit + ", better " + string(m.Better) + ": " + strings.Join(parts, ", ")
}
