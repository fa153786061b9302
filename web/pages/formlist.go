package pages

import (
	"slices"

	"plantrail/domain"
	"plantrail/projections"
)

// The forms. A new command's is a few lines here; its page, its tests of markup and rights come of themselves.

var (
	item   = field{Name: "item", Kind: "hidden"}
	reason = field{Name: "reason", Label: "Reason", Kind: "textarea"}
	due    = field{Name: "due", Label: "Due", Hint: "For example 31 March 2027, or March 2027.", Kind: "date"}

	dimension = field{Name: "dimension", Label: "What is rated", Kind: "select", Choices: func(n *filling) (all []choice) {
		for _, d := range n.Plan.Dimensions {
			all = append(all, choice{d.Key, d.Label})
		}
		return all
	}}
	openRequest = field{Name: "request", Label: "Request", Kind: "select", Choices: func(n *filling) (all []choice) {
		for _, r := range n.Plan.Requests {
			if r.Answer == nil && r.Withdrawn == nil {
				all = append(all, choice{string(r.Request), string(r.Request) + ": " + brief(words(r.Words))})
			}
		}
		return all
	}}
	meetingOf = field{Name: "meeting", Label: "Meeting", Kind: "select", Choices: func(n *filling) (all []choice) {
		for _, m := range n.Plan.Meetings {
			all = append(all, choice{string(m.Meeting), m.Body + ", " + day(m.On)})
		}
		return all
	}}
)

func brief(s string) string {
	if r := []rune(s); len(r) > 90 {
		return string(r[:90]) + "…"
	}
	return s
}

// ratings are the values of all schemes of the plan, each once.
func ratings(n *filling) (all []choice) {
	seen := map[string]bool{}
	for _, d := range n.Plan.Dimensions {
		for _, value := range d.Scheme.Values {
			if !seen[value.Key] {
				all = append(all, choice{value.Key, value.Label})
			}
			seen[value.Key] = true
		}
	}
	return all
}

// evidence are the files of the item that still count.
func evidence(n *filling) (all []choice) {
	if n.Item == nil {
		return nil
	}
	for _, e := range n.Item.Evidence {
		if e.Withdrawn == nil {
			all = append(all, choice{string(e.ID), words(e.Title)})
		}
	}
	return all
}

// items are the other items of the plan.
func items(n *filling) (all []choice) {
	for _, it := range n.Plan.Items {
		if n.Item == nil || it.Item != n.Item.Item {
			all = append(all, choice{string(it.Item), it.Ref + " " + brief(words(it.Title))})
		}
	}
	return all
}

func values(pairs ...string) func(*filling) []choice {
	var all []choice
	for i := 0; i+1 < len(pairs); i += 2 {
		all = append(all, choice{pairs[i], pairs[i+1]})
	}
	return func(*filling) []choice { return all }
}

// When a form is offered on an item's page.
func live(it *projections.ItemView) bool { return !it.State.Ended() }
func ended(it *projections.ItemView) bool {
	return it.State != domain.ItemOpen && it.State != domain.ItemOnHold
}
func open(it *projections.ItemView) bool     { return it.State == domain.ItemOpen }
func onHold(it *projections.ItemView) bool   { return it.State == domain.ItemOnHold }
func claimed(it *projections.ItemView) bool  { return it.State == domain.ItemClaimed }
func looked(it *projections.ItemView) bool   { return claimed(it) || it.State == domain.ItemVerified }
func dueAsked(it *projections.ItemView) bool { return it.Asked != nil }
func rated(it *projections.ItemView) bool    { return live(it) && len(it.Ratings) > 0 }
func measured(it *projections.ItemView) bool { return it.Kind == domain.MeasureKind }
func advice(it *projections.ItemView) bool   { return it.Kind == domain.Recommendation }

var openForm = &form{Of: domain.OpenPlan{}, Title: "Begin a plan", Text: "Most plans begin with a paper that is imported. This begins one with nothing in it.", Button: "Begin the plan",
	Fields: []field{{Name: "plan", Label: "Short name for addresses", Hint: "1 to 64 of a-z, 0-9 and -, for example parks-2026.", Kind: "text"}, {Name: "title", Label: "Title", Kind: "text"},
		{Name: "scheme", Label: "How items are rated", Kind: "select", Choices: func(*filling) (all []choice) {
			for _, s := range domain.Presets() {
				all = append(all, choice{s.ID, s.ID})
			}
			return all
		}}}}

// planForms are all forms of a plan and of its items.
var planForms = slices.Concat([]*form{
	{Of: domain.ReportProgress{}, Title: "Report progress", Button: "Record the progress", When: live, Fields: []field{item,
		{Name: "progress", Label: "What was done since the last report", Kind: "textarea"}, {Name: "percent", Label: "Complete, in percent (if you can say)", Kind: "number"}}},
	{Of: domain.Rate{}, Title: "Rate or affirm", Button: "Record the rating", When: live, Text: "The same rating again, with a new reason, affirms it.", Fields: []field{item, dimension,
		{Name: "to", Label: "Rating", Kind: "select", Choices: ratings},
		{Name: "justification", Label: "Why", Hint: "Members will read this beside the rating.", Kind: "textarea"},
		{Name: "owed", Label: "I can't give the reason yet: record that it is owed", Kind: "tick"}, {Name: "override", Label: "It is rated otherwise than the key says; the reason says why", Kind: "tick"}}},
	{Of: domain.Justify{}, Title: "Give the reason for the rating", Button: "Record the reason", When: rated, Fields: []field{item, dimension, {Name: "justification", Label: "Why it is rated so", Kind: "textarea"}}},
	{Of: domain.SetDue{}, Title: "Set or move the due date", Button: "Record the date", When: live, Fields: []field{item, due,
		{Name: "reason", Label: "Reason", Hint: "Needed to move a date.", Kind: "textarea"}, {Name: "unapproved", Label: "The policy wants approval and nobody approved: record it all the same, as a finding", Kind: "tick"}}},
	{Of: domain.RequestDue{}, Title: "Ask for a later due date", Button: "Ask", When: live, Fields: []field{item, due, reason}},
	{Of: domain.ApproveDue{}, Title: "Approve the move of the date", Button: "Approve", When: dueAsked, By: true, Fresh: true, Fields: []field{item, reason}},
	{Of: domain.RefuseDue{}, Title: "Refuse the move of the date", Button: "Refuse", When: dueAsked, By: true, Fresh: true, Fields: []field{item, reason}},
	{Of: domain.ClaimCompletion{}, Title: "Claim that it is done", Button: "Claim", When: open, Fields: []field{item, {Name: "claim", Label: "What was done", Kind: "textarea"},
		{Name: "evidence", Label: "Evidence that shows it", Kind: "boxes", Choices: evidence}}},
	{Of: domain.VerifyCompletion{}, Title: "Verify that it is done", Button: "Verify", When: claimed, Fresh: true, Text: "By somebody other than the claimant and the owner.",
		Fields: []field{item, {Name: "verified", Label: "What you looked at", Kind: "textarea"}}},
	{Of: domain.RefuseCompletion{}, Title: "Say that it is not done", Button: "Refuse the claim", When: looked, Fresh: true, Fields: []field{item, reason}},
	{Of: domain.AcceptClosure{}, Title: "Accept that it is closed", Button: "Accept", When: looked, By: true, Fresh: true, Fields: []field{item, reason}},
	{Of: domain.ReopenItem{}, Title: "Take it up again", Button: "Reopen", When: ended, Fields: []field{item, reason}},
	{Of: domain.RecordOutcome{}, Title: "Say what it came to", Button: "Record the outcome", When: func(*projections.ItemView) bool { return true }, Fields: []field{item,
		{Name: "result", Label: "Result", Kind: "select", Choices: values("achieved", "achieved", "partly_achieved", "partly achieved", "not_achieved", "not achieved")},
		{Name: "outcome", Label: "In words", Hint: "What is different now, not what was done.", Kind: "textarea"}}},
	{Of: domain.WaiveEvidence{}, Title: "Say that no evidence is needed", Button: "Record it", When: live, Fields: []field{item, reason}},
	{Of: domain.WithdrawEvidence{}, Title: "Withdraw a file of evidence", Button: "Withdraw it", When: func(it *projections.ItemView) bool { return len(it.Evidence) > 0 }, Fields: []field{
		{Name: "evidence", Label: "File", Kind: "select", Choices: evidence}, reason}},
	{Of: domain.AssignOwner{}, Title: "Name who is accountable", Button: "Record the owner", When: live, Fields: []field{item, {Name: "owner", Label: "Owner, a post or a name", Kind: "text"},
		{Name: "person", Label: "Their id here, if they are registered", Kind: "text"}, {Name: "with", Label: "Responsible with them", Kind: "text"},
		{Name: "post", Label: "It is a post: whoever holds it", Kind: "tick"}, {Name: "interim", Label: "Until somebody else is found", Kind: "tick"}, reason}},
	{Of: domain.RewordItem{}, Title: "Change its words", Button: "Record the words", When: live, Fields: []field{item, {Name: "title", Label: "New words", Kind: "textarea"}, reason}},
	{Of: domain.MoveItem{}, Title: "Put it under another item", Button: "Move it", When: live, Fields: []field{item, {Name: "parent", Label: "Under (left empty: the top)", Kind: "select", Choices: items}, reason}},
	{Of: domain.LinkItems{}, Title: "Link it to another item", Button: "Link", When: live, Fields: []field{item,
		{Name: "relation", Label: "It", Kind: "select", Choices: relations}, {Name: "to", Label: "Other item", Kind: "select", Choices: items}}},
	{Of: domain.Respond{}, Title: "Respond to the recommendation", Button: "Respond", When: advice, Fields: []field{item,
		{Name: "response", Label: "Response", Kind: "select", Choices: values("agreed", "agreed", "partly_agreed", "partly agreed", "not_agreed", "not agreed")}, {Name: "words", Label: "Why", Kind: "textarea"}}},
	{Of: domain.ReadMeasure{}, Title: "Record a reading", Button: "Record it", When: measured, Fields: []field{item, {Name: "value", Label: "Figure", Hint: "17, ~17 or 20-22.", Kind: "text"}, {Name: "words", Label: "As printed", Kind: "text"}}},
	{Of: domain.SuspendItem{}, Title: "Put it on hold", Button: "Put it on hold", When: open, Fields: []field{item, reason}},
	{Of: domain.ResumeItem{}, Title: "Take it off hold", Button: "Resume", When: onHold, Fields: []field{item, reason}},
	{Of: domain.CancelItem{}, Title: "Cancel it", Button: "Cancel the item", When: live, By: true, Fields: []field{item, reason}},
	{Of: domain.ChallengeRating{}, Title: "Record that members challenge the rating", Button: "Record the challenge", When: rated, Fields: []field{item, dimension,
		{Name: "proposed", Label: "Rating that they hold to be right", Kind: "select", Choices: ratings}, {Name: "words", Label: "What they said", Kind: "textarea"}, {Name: "asked_by", Label: "Who", Kind: "text"}, meetingOf, due}},

	{Of: domain.AddItem{}, Title: "Add an item", Button: "Add it", Fields: []field{{Name: "ref", Label: "Reference as printed", Hint: "For example 1.2.", Kind: "text"}, {Name: "title", Label: "Words", Kind: "textarea"},
		{Name: "level", Label: "Level", Kind: "select", Choices: func(n *filling) (all []choice) {
			for _, l := range n.Plan.Levels {
				all = append(all, choice{l.Key, l.Label})
			}
			return all
		}}, {Name: "parent", Label: "Under", Kind: "select", Choices: items}, {Name: "owner", Label: "Owner, a post or a name", Kind: "text"}, {Name: "person", Label: "Their id here, if they are registered", Kind: "text"}, due,
		{Name: "kind", Label: "Kind (left empty: an action)", Kind: "select", Choices: values("recommendation", "recommendation", "milestone", "milestone", "measure", "measure", "standing", "standing")}}},
	{Of: domain.MakeRequest{}, Title: "Record a request of members", Button: "Record the request", Fields: []field{{Name: "item", Label: "About (left empty: the whole plan)", Kind: "select", Choices: items},
		{Name: "words", Label: "What was asked", Kind: "textarea"}, {Name: "asked_by", Label: "Who asked", Kind: "text"}, meetingOf, {Name: "due", Label: "Or: wanted by the day", Kind: "date"},
		{Name: "commitment", Label: "Nobody asked: officers promised to report", Kind: "tick"}}},
	{Of: domain.AnswerRequest{}, Title: "Answer a request", Button: "Record the answer", Fields: []field{openRequest, {Name: "answer", Label: "Answer", Kind: "textarea"}}},
	{Of: domain.WithdrawRequest{}, Title: "Withdraw a request", Button: "Withdraw it", Fields: []field{openRequest, reason}},
	{Of: domain.OpenMeeting{}, Title: "Open a meeting", Button: "Open it", Fields: []field{{Name: "body", Label: "Body that meets", Kind: "text"}, {Name: "on", Label: "Day", Kind: "date"}, {Name: "deadline", Label: "Paper ready by", Kind: "date"}}},
	{Of: domain.PublishPaper{}, Title: "Publish the plan for a meeting", Text: "Freezes what members receive: the plan as it stands now, with the number and the fingerprint that prove it.", Button: "Publish", Fresh: true, Fields: []field{meetingOf,
		{Name: "title", Label: "Title of the paper (left empty: the plan's)", Kind: "text"}, {Name: "classification", Label: "Who may read it", Kind: "select", Choices: values("public", "everybody: it is public", "exempt", "members only: it is exempt from publication")},
		{Name: "exempt", Label: "Items that are exempt from publication", Hint: "What you tick is left out of a public paper, which says how many items are. Publish a second one that is exempt, with the same ticks, and it tells of them only. Tick none to publish the whole plan in one.", Kind: "boxes", Fold: true, Choices: items}}},
	{Of: domain.RecordMinutes{}, Title: "Record minutes", Button: "Record them", Fields: []field{meetingOf, {Name: "minutes", Label: "What the minutes say of the plan", Kind: "textarea"}}},
	{Of: domain.Resolve{}, Title: "Record a resolution", Button: "Record it", By: true, Fields: []field{{Name: "printed", Label: "The resolution, as printed", Kind: "textarea"}}},
	{Of: domain.AdoptVersion{}, Title: "Record that a version was adopted", Button: "Record it", By: true, Fields: []field{{Name: "version", Label: "Version as printed", Kind: "text"}, reason}},
	{Of: domain.ClosePlan{}, Title: "Close the plan", Button: "Close it", By: true, Fields: []field{reason}},
	{Of: domain.AnswerFinding{}, Title: "Answer a finding", Text: "It changes nothing else: no rule changes a rating.", Button: "Record the answer", Fields: []field{item, {Name: "finding", Kind: "hidden"}, {Name: "rule", Kind: "hidden"},
		{Name: "answer", Label: "Answer", Kind: "textarea"}, {Name: "until", Label: "Cleared by", Kind: "date"}}},
	{Of: domain.Correct{}, Title: "Correct an entry", Text: "The entry stays as it is; what it should have said stands beside it.", Button: "Record the correction", Fields: []field{{Name: "entry", Label: "Number of the entry", Kind: "text"},
		{Name: "field", Label: "What is wrong", Kind: "select", Choices: values("stated", "the date", "title", "title", "owner", "owner", "due", "due date", "rating", "rating", "justification", "justification", "progress", "progress", "result", "result",
			"outcome", "outcome", "words", "words", "answer", "answer", "printed", "resolution", "claim", "claim", "verified", "verification", "value", "figure", "minutes", "minutes")},
		{Name: "to", Label: "What it should have said", Kind: "textarea"}, reason}},
}, changeForms)

// apart are forms that pages offer beside what they are about, not in the plan's list.
var apart = map[string]bool{"answer-finding": true, "correct": true, "erase-text": true}

// deed is a link to a form.
type deed struct{ Name, Address string }

func init() {
	funcs["itemdeeds"] = func(role domain.Role, plan domain.PlanID, it projections.ItemView) (all []deed) {
		for _, f := range planForms {
			if f.When != nil && f.offered(role) && f.When(&it) {
				all = append(all, deed{f.Title, path("plans", string(plan), f.verb()) + "?" + encode("item", string(it.Item))})
			}
		}
		if role.Covers(domain.Editor) {
			all = append(all, deed{"Attach a file of evidence", path("plans", string(plan), "attach-evidence") + "?" + encode("item", string(it.Item))})
		}
		return all
	}
	funcs["plandeeds"] = func(role domain.Role, plan domain.PlanID) (all []deed) {
		for _, f := range planForms {
			if f.When == nil && f.offered(role) && !apart[f.verb()] {
				all = append(all, deed{f.Title, path("plans", string(plan), f.verb())})
			}
		}
		return all
	}
	funcs["maydo"] = func(role domain.Role, least string) bool { return role.Covers(domain.Role(least)) }
	siteParts = append(siteParts, part{Key: "mine", Name: "My work", Address: "/mine"},
		part{Key: "import", Name: "Import", Address: "/import", roles: []domain.Role{domain.Editor, domain.Admin}})
}
