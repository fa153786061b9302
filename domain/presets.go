package domain

import "slices"

// SchemeSet is a preset as a plan gets it by its id: the dimensions in which items are rated, each by its own scheme.
type SchemeSet struct {
	ID         string      `json:"id"`
	Title      string      `json:"title"`
	Dimensions []Dimension `json:"dimensions"`
}

var (
	red    = Value{Key: "red", Label: "Red", Colour: "red", Shape: "diamond", Meaning: OffTrack}
	amber  = Value{Key: "amber", Label: "Amber", Colour: "amber", Shape: "triangle", Meaning: AtRisk}
	green  = Value{Key: "green", Label: "Green", Colour: "green", Shape: "circle", Meaning: OnTrack}
	blue   = Value{Key: "blue", Label: "Blue: complete", Colour: "blue", Shape: "square", Meaning: CompleteClaimed}
	notYet = Value{Key: "not-started", Label: "Not started", Colour: "grey", Shape: "ring", Meaning: NotStarted}
)

// Presets are the schemes that need no definition of one's own: three plain ones, and those of which councils and other
// bodies publish the key. What a published key leaves open, such as the red of one that only explains its amber, is left
// out here too: a rating that nobody has defined is none.
func Presets() []Scheme {
	return slices.Concat([]Scheme{
		{"rag.v1", "Red, amber, green", []Value{red, amber, green}},
		{"brag.v1", "Red, amber, green, with blue for complete", []Value{red, amber, green, blue}},
		{"rag-not-started.v1", "Red, amber, green, with not started", []Value{red, amber, green, notYet}},
	}, trackerPresets(), performancePresets())
}

// Preset finds a preset scheme by id.
func Preset(id string) (Scheme, bool) {
	all := Presets()
	i := slices.IndexFunc(all, func(s Scheme) bool { return s.ID == id })
	if i < 0 {
		return Scheme{}, false
	}
	return all[i], true
}

// SchemeSets are all presets: those of one scheme, which rates delivery, and those that rate two things of an item.
func SchemeSets() []SchemeSet {
	var all []SchemeSet
	for _, s := range Presets() {
		all = append(all, SchemeSet{s.ID, s.Title, []Dimension{{Key: "delivery", Label: "Delivery", Scheme: s}}})
	}
	return append(all, twoKeys()...)
}

// as is a value with another meaning and the words that a key gives it.
func (v Value) as(meaning Meaning, says string) Value {
	v.Meaning, v.Says = meaning, says
	return v
}

// called is a value under another label, and key.
func (v Value) called(label string) Value {
	v.Key, v.Label = Slug(label), label
	return v
}

// when is a value with its figures.
func (v Value) when(rules ...Rule) Value {
	v.Rule = &rules[0]
	if len(rules) > 1 {
		v.Or = &rules[1]
	}
	return v
}

func atLeast(n int) *int { return &n }
func atMost(n int) *int  { return &n }

// trackerPresets are keys of action plans and audit trackers.
func trackerPresets() []Scheme {
	complete := blue.called("Complete")
	return []Scheme{
		{"amber-on-track.v1", "Amber is on track, green complete, blue checked (Sheffield NHS)", []Value{
			red.as(OffTrack, "off track"), amber.as(OnTrack, "on track"), green.as(CompleteClaimed, "complete, the team says"),
			blue.called("Blue").as(CompleteVerified, "complete, and somebody independent has checked")}},
		// The grey of this key is the programmed date, which never changes, and its hatching an extension with approval: here
		// they are the item's original date and the moves of its date, so neither is a rating.
		{"month-behind.v1", "Red over a month behind, amber a month, blue suspended (Bromsgrove 2010)", []Value{
			red.as(OffTrack, "over one month behind").when(Rule{BehindFrom: atLeast(32)}),
			amber.as(AtRisk, "one month behind").when(Rule{BehindFrom: atLeast(1), BehindTo: atMost(31)}),
			green.as(OnTrack, "on target").when(Rule{BehindTo: atMost(0)}),
			blue.called("Blue").as(Suspended, "suspended, with approval")}},
		{"ragb-objective.v1", "Objectives by how serious the problem is (RAGB 2016)", []Value{red.as(OffTrack, "a problem that needs serious attention"),
			amber.as(AtRisk, "a risk that is not yet an issue"), green.as(OnTrack, "on track"), blue.as(CompleteClaimed, "complete")}},
		{"ragb-milestone.v1", "Milestones by their time (RAGB 2016)", []Value{red.as(OffTrack, "slipped beyond its timescale"),
			amber.as(AtRisk, "progressed, but not certain to be in time"), green.as(OnTrack, "will be done in time"), blue.as(CompleteClaimed, "complete")}},
		{"percent-complete.v1", "By the share that is done, and complete apart from green (Reading audit tracker)", []Value{
			red.as(OffTrack, "up to 25% done, or under 50% and past its date").when(Rule{PercentTo: atMost(25)}, Rule{PercentTo: atMost(49), BehindFrom: atLeast(1)}),
			amber.as(AtRisk, "26% to 75% done").when(Rule{PercentFrom: atLeast(26), PercentTo: atMost(49), BehindTo: atMost(0)}, Rule{PercentFrom: atLeast(50), PercentTo: atMost(75)}),
			green.as(OnTrack, "over 75% done, but not complete").when(Rule{PercentFrom: atLeast(76)}),
			complete.as(CompleteClaimed, "complete: left out of the next report")}},
		{"issue-or-risk.v1", "By issues and risks (Kensington and Chelsea)", []Value{red.as(OffTrack, "a significant issue or risk"),
			amber.as(AtRisk, "an issue or risk is known"), green.as(OnTrack, "no issue or risk")}},
		{"remedy.v1", "By whether a remedy is in hand (West Oxfordshire)", []Value{red.as(OffTrack, "off target, and no remedy is agreed"),
			amber.as(AtRisk, "off target, with a remedy in hand"), green.as(OnTrack, "on target"), complete.as(CompleteClaimed, "complete")}},
		{"concern.v1", "By concern (Welsh social services)", []Value{red.as(OffTrack, "a definite concern"), amber.as(AtRisk, "a potential concern"),
			green.as(OnTrack, "on target, or no problem is expected")}},
		{"green-achieved.v1", "Green is achieved (East Herts)", []Value{green.as(CompleteClaimed, "achieved")}},
		{"schedule.v1", "By the schedule, with words for what has no colour (Bracknell Forest 2018)", []Value{red.as(OffTrack, "behind schedule"),
			amber.as(AtRisk, "may fall behind"), green.as(OnTrack, "on schedule"), complete.called("Completed").as(CompleteClaimed, "completed"),
			notYet.called("No longer applicable").as(Cancelled, "no longer applicable"),
			{Key: "not-updated", Label: "-", Colour: "grey", Shape: "triangle", Meaning: NoData, Says: "not yet updated"}}},
		{"amber-in-hand.v1", "Amber is in hand, green complete (Nottinghamshire Children's Trust)", []Value{red.as(OffTrack, "needs attention"),
			amber.as(OnTrack, "going on, and in hand"), green.as(CompleteClaimed, "complete")}},
		{"ticks.v1", "Ticks instead of colours (Best Value Review)", []Value{
			{Key: "achieved", Label: "Achieved", Colour: "grey", Shape: "square", Meaning: CompleteClaimed, Says: "achieved"},
			{Key: "on-target", Label: "On target to achieve", Colour: "grey", Shape: "circle", Meaning: OnTrack, Says: "on target to be achieved"},
			{Key: "new-date", Label: "New achievement date", Colour: "grey", Shape: "triangle", Meaning: AtRisk, Says: "to be achieved by a new date"}}},
	}
}

// performancePresets are keys of figures held against targets. Their thresholds are shares of a target, not of work done or of
// days, so they are words here and not rules.
func performancePresets() []Scheme {
	return []Scheme{
		{"ten-percent-off.v1", "Within ten per cent of the target, or better than last year (Havering)", []Value{
			red.as(OffTrack, "more than 10% off target, and no better than last year"),
			amber.as(AtRisk, "more than 10% off target, and the same as last year or better"), green.as(OnTrack, "within 10% of the target")}},
		{"better-than-last-year.v1", "Amber missed its target and is better than last year (Thurrock)", []Value{
			amber.as(AtRisk, "missed the target, but better than last year"), green.as(OnTrack, "met the target")}},
		{"stars.v1", "Triangle, circle and star (Harlow)", []Value{
			{Key: "red", Label: "Red triangle", Colour: "red", Shape: "triangle", Meaning: OffTrack, Says: "behind target"},
			{Key: "blue", Label: "Blue circle", Colour: "blue", Shape: "circle", Meaning: OnTrack, Says: "within target"},
			{Key: "green", Label: "Green star", Colour: "green", Shape: "star", Meaning: OnTrack, Says: "above target"}}},
		// Its red says two things, and a reader must be told which.
		{"poor-or-no-data.v1", "Progress in four grades, and no data is red (Sustainable Development Commission)", []Value{
			red.called("Red: poor").as(OffTrack, "poor progress"),
			{Key: "red-no-data", Label: "Red: no data", Colour: "red", Shape: "ring", Meaning: NoData, Says: "no data"},
			amber.as(AtRisk, "some progress"), green.as(OnTrack, "good progress"),
			{Key: "top", Label: "Top grade", Colour: "green", Shape: "star", Meaning: OnTrack, Says: "the best of the grades"}}},
	}
}

// twoKeys are presets of two dimensions. The keys of one never look like those of the other: their labels say which it is.
func twoKeys() []SchemeSet {
	set := func(id, title string, dimensions ...Dimension) SchemeSet { return SchemeSet{id, title, dimensions} }
	key := func(dimension, scheme string, values ...Value) Dimension {
		for i := range values {
			values[i].Label = dimension + ": " + values[i].Label
		}
		return Dimension{Key: Slug(dimension), Label: dimension, Scheme: Scheme{scheme, dimension, values}}
	}
	complete := blue.called("Complete")
	return []SchemeSet{
		set("acceptable-progress.v1", "Green is achieved, beside words for the state (scrutiny tracker 2025/26)",
			key("Progress", "acceptable-progress.v1", red.as(OffTrack, "progress is not acceptable"),
				amber.as(OnTrack, "progress is acceptable; it goes on being watched"), green.as(CompleteClaimed, "achieved")),
			key("Status", "complete-ongoing-paused.v1", complete.as(CompleteClaimed, "complete"), green.called("Ongoing").as(OnTrack, "work goes on"),
				notYet.called("Paused").as(Suspended, "work is paused"))),
		set("progress-and-outcome.v1", "Progress, and how likely the outcome is (Flintshire)",
			key("Progress", "good-progress.v1", red.as(OffTrack, "limited progress"), amber.as(OnTrack, "satisfactory progress"), green.as(OnTrack, "good progress")),
			key("Outcome", "outcome-likelihood.v1", red.as(OffTrack, "the outcome is not likely"), amber.as(AtRisk, "the outcome may be reached"),
				green.as(OnTrack, "the outcome is likely"))),
		set("stage-and-status.v1", "The stage of an action, and its status (Bracknell Forest web pages)",
			key("Stage", "stage.v1", notYet.as(NotStarted, "not begun"), amber.called("Under way").as(OnTrack, "begun, not finished"),
				complete.as(CompleteClaimed, "finished")),
			key("Status", "status.v1", green.as(OnTrack, "goes as scheduled"), complete.as(CompleteClaimed, "complete: no longer green"))),
		set("action-and-impact.v1", "One key for the action, another for its impact (Cheshire East)",
			key("Action", "action.v1", red.as(OffTrack, "the action is off track"), amber.as(AtRisk, "the action is at risk"), green.as(OnTrack, "the action is on track"),
				complete.as(CompleteClaimed, "the action is complete")),
			key("Impact", "impact.v1", red.as(OffTrack, "it makes no difference that can be shown"), amber.as(AtRisk, "it makes some difference"),
				green.as(OnTrack, "it makes the difference that was meant"))),
	}
}
