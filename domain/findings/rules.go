package findings

import "slices"

// Rule says what one of the rules looks for.
type Rule struct {
	ID       string   `json:"rule"`
	Severity Severity `json:"severity"`
	Title    string   `json:"title"`
	Means    string   `json:"means"`  // why it matters, and when it keeps silent
	Clears   string   `json:"clears"` // what would clear it
	Source   string   `json:"source"` // of the practice that it was drawn from: the numbers of findings by real auditors
}

// Rules lists the rules by their number.
func Rules() []Rule {
	all := make([]Rule, len(table))
	for i, r := range table {
		all[i] = r.Rule
	}
	return all
}

// Known reports whether there is a rule of that number.
func Known(id string) bool {
	return slices.ContainsFunc(table, func(r rule) bool { return r.ID == id })
}

// rule finds in each item by itself, or in the plan as a whole.
type rule struct {
	Rule
	finder
}

type finder struct {
	item func(*view, *item) []hit
	plan func(*view) []hit
}

func each(find func(*view, *item) []hit) finder { return finder{item: find} }
func whole(find func(*view) []hit) finder       { return finder{plan: find} }

// table holds the rules in the order of their numbers. Thresholds in words are those of the default policy.
var table = []rule{
	{Rule{"R01", High, "Complete without evidence",
		"The item is said to be complete, or green where a scheme has nothing better, and no evidence dated by that day stands beside it. Silent where evidence was waived before.",
		"Attach evidence dated by the day of the claim, or withdraw the claim.", "F1"}, each(completeWithoutEvidence)},
	{Rule{"R02", High, "Complete without an outcome",
		"The item is said to be complete, and nobody says what it came to, or a measure of it is not at its target. Measures that only inform do not count.",
		"Record the outcome, and bring the measure to its target or say why it need not reach it.", "F12, F16, F17, F27"}, each(completeWithoutOutcome)},
	{Rule{"R03", Medium, "Evidence lost or altered",
		"A file of evidence can't be reached or is not what was attached, or what a completion rested on was withdrawn and nothing replaces it. Files are as the server's last verification found them; before one nothing is said of them.",
		"Restore the file, or withdraw it and attach what replaces it.", "F15"}, each(evidenceLost)},
	{Rule{"R04", High, "Date moved after it had passed",
		"A due date was moved when it was over already. Silent where the move was asked for in time.",
		"It can't be undone: answer it, saying who knew and since when.", "F2, F3"}, each(movedTooLate)},
	{Rule{"R05", High, "Serial extension",
		"The due date was moved later twice, or by more than 180 days in all. A rewording on the authority of a body begins the count anew.",
		"Deliver the item, or have a body re-scope it.", "F3, F6, F7"}, each(serialExtension)},
	{Rule{"R06", High, "Date moved without approval",
		"A move over the policy's threshold, and no body approved it within 30 days. Where the policy names no body no move needs approval.",
		"Have the move approved by a body that the policy names.", "F8"}, each(movedWithoutApproval)},
	{Rule{"R07", Medium, "Date moved without a real reason",
		"The reason of a move is empty, or only resources, capacity and the like.",
		"Correct the entry's reason to say what happened.", "F9"}, each(movedWithoutReason)},
	{Rule{"R08", High, "At risk or off track without justification",
		"The rating has stood for 14 days and nobody says why. Raised when members asked, and the meeting at which they wanted the answer has passed.",
		"Give the justification.", "F10"}, each(unjustified)},
	{Rule{"R09", High, "Overdue but not rated so",
		"The due date has passed, the item is open, and its rating does not say off track. Silent where the scheme's own rule, or its lack of such a rating, says otherwise.",
		"Rate it as the scheme says, claim completion, or have the date moved.", "F2"}, each(overdueNotRated)},
	{Rule{"R10", Medium, "Rating breaks the scheme's own rule",
		"The scheme says in figures when a rating applies, and the item has another. Silent where the rating was given otherwise on purpose, with a reason, and for a cycle while a rating that was right grows old.",
		"Rate it as the scheme says, or say why not.", "F2, F4, F13"}, each(breaksScheme)},
	{Rule{"R11", Medium, "Stale red or amber",
		"The item has been at risk for more than six months, or off track for more than three. Silent where a milestone of it was met on time meanwhile.",
		"Change what is done, or what is promised, and rate it anew.", "F19"}, each(stale)},
	{Rule{"R12", Medium, "No update",
		"Nothing was said of an open item for longer than a reporting cycle. Silent before its start.",
		"Report progress.", "F5, F23"}, each(noUpdate)},
	{Rule{"R13", Medium, "Copied justification",
		"The same justification was given again, cycle after cycle, twice or more: 95 per cent of it or all.",
		"Give a justification that says what changed.", "F15"}, each(copied)},
	{Rule{"R14", High, "Owner gone",
		"The accountable person has left, or is only interim, and nobody else was named within ten working days. Silent where the owner is a post.",
		"Assign another owner.", "F16"}, each(ownerGone)},
	{Rule{"R15", Medium, "Waiting for sign-off",
		"Completion was claimed 60 days ago and nobody has verified or refused it; or an item was closed that nobody had claimed.",
		"Verify, refuse or accept it.", "F10"}, each(waiting)},
	{Rule{"R16", High, "Removed without authority",
		"The item ended without a body or a reason, or the plan was closed over it by nobody's authority.",
		"Reopen it, or record the decision of the body.", "F18, F20, F21, F22"}, each(removed)},
	{Rule{"R17", Medium, "Rating goes to and fro",
		"The rating's meaning changed three times within six months, or went and came back within 45 days. Starting and completing are no such changes.",
		"It clears as the changes grow old.", "F13"}, each(flapping)},
	{Rule{"R18", Medium, "Request or challenge unanswered",
		"Members asked, or challenged a rating, and the meeting by which they wanted the answer has passed. One without a date is due at the plan's next meeting.",
		"Answer it, or have it withdrawn.", "F14"}, whole(unanswered)},
	{Rule{"R19", High, "Goalposts moved",
		"A target was lowered, an action reworded to promise something else, or the scheme replaced, after work began and on nobody's authority.",
		"Have the change approved, or take it back.", "F26, F27"}, whole(goalposts)},
	{Rule{"R20", Medium, "Incomplete action",
		"An open item has no date, or not exactly one accountable owner. Where no item of the plan has an owner that is said once, of the plan. Standing duties need no date.",
		"Give it a due date and one accountable owner.", "F20, F24"}, whole(incomplete)},
	{Rule{"R21", Low, "Impossible date",
		"The due date lies before the day on which it was set, or before the item's start. Silent for dates first read from a paper: an old date there is an overdue one.",
		"Correct the date.", "F4, F25"}, each(impossible)},
	{Rule{"R22", Medium, "Merged or split without trace",
		"The words of one item stand under another id, beside it or after its end, and nothing says that it was superseded, merged, split or carried forward.",
		"Supersede the one by the other.", "F24"}, whole(withoutTrace)},
	{Rule{"R23", Medium, "Jumped straight to complete",
		"From off track to complete with no word between, or complete long after the date without ever having been at risk. Silent where both were reported on one day.",
		"Report what was done between.", "F1"}, each(jumped)},
	{Rule{"R24", Low, "Two keys in one report",
		"A published paper shows one word or colour with two meanings, in dimensions that it does not tell apart or under two schemes.",
		"Rate the items in one scheme, or label the dimensions.", "F11"}, whole(twoKeys)},
	{Rule{"R25", High, "Backdated entry",
		"What is said to have happened was recorded more than 30 days later, or after a paper that it would have changed. Silent for declared corrections, and for papers imported as such.",
		"It can't be undone: answer it, or correct the stated date.", "F2"}, each(backdated)},
	{Rule{"R26", Medium, "Justification says nothing",
		"The reason for an amber or red is a stock phrase, points elsewhere, is a few characters or is another item's, word for word. Silent where it is linked to a reason that speaks of this item's aim.",
		"Give a reason of the item's own.", "F9, F23"}, whole(empties)},
	{Rule{"R27", Medium, "Justification contradicts the rating",
		"The reason says complete, green, on track or not overdue, and nothing else, of a rating that says at risk or off track. Silent once somebody else has confirmed it in an answer.",
		"Change the rating or the reason.", "F2, F14"}, each(contradicted)},
	{Rule{"R28", High, "Verified by oneself",
		"Completion was verified, or accepted without a body, by whoever claimed it or owns the item. Silent where the policy allows it.",
		"Have somebody else verify it.", "F1"}, each(selfVerified)},
	{Rule{"R29", Medium, "Improvements on the eve of committee",
		"Most of a cycle's improved ratings were recorded in the three days before the paper's deadline. Silent where all of the cycle's entries were.",
		"It clears with the next meeting.", "F2"}, whole(eve)},
	{Rule{"R30", High, "Published paper differs from the history",
		"What was published can't be what the history held just then.",
		"Find out why; publish a corrected paper.", "F26"}, whole(paperDiffers)},
	{Rule{"R31", Low, "Parked",
		"The item has been suspended for more than a cycle and no body decided it.",
		"Resume it, or have a body decide.", "F20"}, each(parked)},
	{Rule{"R32", Medium, "Regression hidden",
		"A completion was taken back, or its measure fell below target, and the next paper does not say so.",
		"Say it in the next paper.", "F1, F27"}, each(hidden)},
}
