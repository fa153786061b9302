package web

import (
	"time"

	"plantrail/domain"
)

// registerPractice registers what a council does with a plan beyond rating it. The examples go on with the story of
// [Server.registerCommands]; the tests send them in its order.
func (s *Server) registerPractice() {
	on := func(d int) domain.Basis { return domain.Basis{Stated: domain.Day(2020, time.February, d)} }
	decided := domain.Basis{Stated: domain.Day(2020, time.February, 20), Authority: &domain.Authority{Body: "Scrutiny Committee",
		Meeting: domain.Day(2020, time.February, 20)}}
	s.registerShape(on, decided)
	s.registerDates(on, decided)
	s.registerClosing(on, decided)
	s.registerMeasures(on)
	s.registerMeetings(on)
}

// registerShape is of the plan as a whole: its levels, schemes, policy and versions, and what its items are to each other.
func (s *Server) registerShape(on func(int) domain.Basis, decided domain.Basis) {
	command(s, "Name the levels anew", "Gives the plan other named levels, ordered from the top. A level that has items can't be dropped.",
		domain.SetLevels{Basis: on(8), Levels: []domain.Level{{Key: "aim", Label: "Aim"}, {Key: "action", Label: "Action"},
			{Key: "milestone", Label: "Milestone"}}, Reason: "Members want the steps."})
	command(s, "Choose other rating schemes",
		"Gives the plan other dimensions or schemes. It re-rates nothing: an item keeps its rating, in the scheme in which it was given, until it is rated anew. A changed scheme is another id.",
		domain.SetSchemes{Basis: on(8), Scheme: "brag.v1", Reason: "Blue says complete."})
	command(s, "Set the policy", "Says how far a due date may move without approval and whose approval that is, who may verify, and the figures of the findings rules; those left out are the default policy's.",
		domain.SetPolicy{Basis: decided, Policy: domain.Policy{ID: "acme.v1", MoveDays: 30, ApprovingBodies: []string{"Scrutiny Committee"},
			VerifyFirst: true}, Reason: "Agreed by the committee."})
	command(s, "Adopt a version of the plan", "Records that a body adopted the plan as it now stands.",
		domain.AdoptVersion{Basis: decided, Version: "2.0", Reason: "With the steps, and blue for complete."})
	command(s, "Link items", "Says that an item addresses a recommendation, contributes to another item, or is measured by a measure.",
		domain.LinkItems{Basis: on(10), Item: "action-2", Relation: domain.Addresses, To: "recommendation-1"})
	command(s, "Take a link back", "Ends a link between items, with a reason.",
		domain.UnlinkItems{Basis: on(11), Item: "action-2", Relation: domain.Addresses, To: "recommendation-1", Reason: "It answers another one."})
	command(s, "Respond to a recommendation", "Says whether a recommendation is agreed, partly or not, and in the last two cases why.",
		domain.Respond{Basis: on(9), Item: "recommendation-1", Response: domain.PartlyAgreed, Words: "In the offices, not by telephone."})
}

// registerDates is of due dates that somebody else decides on.
func (s *Server) registerDates(on func(int) domain.Basis, decided domain.Basis) {
	command(s, "Ask for a due date to be moved", "Requests another due date; it stays as it is until a body has approved or refused.",
		domain.RequestDue{Basis: on(12), Item: "action-2", Due: domain.Month(2020, time.September), Reason: "The lease is not signed."})
	command(s, "Approve a move", "Moves the due date as it was asked for, on the authority of a body that the policy names.",
		domain.ApproveDue{Basis: decided, Item: "action-2"})
	command(s, "Refuse a move", "Leaves the due date as it is, and says why.",
		domain.RefuseDue{Basis: decided, Item: "action-2", Reason: "Twice is enough."})
}

// registerClosing is of how items come to their ends, and are taken up again.
func (s *Server) registerClosing(on func(int) domain.Basis, decided domain.Basis) {
	command(s, "Say that no evidence is needed", "It counts for claims made after it.",
		domain.WaiveEvidence{Basis: on(13), Item: "action-2", Reason: "Anybody can see the desk."})
	command(s, "Claim that an item is done", "Names the evidence that shows it. Somebody else then verifies it.",
		domain.ClaimCompletion{Basis: on(14), Item: "action-2", Claim: "The desk is open five days a week."})
	command(s, "Say that it is not done", "Refuses a claim, and says what is missing: the item is open again.",
		domain.RefuseCompletion{Basis: on(15), Item: "action-2", Reason: "On Friday it was closed."})
	command(s, "Verify that an item is done", "Somebody other than the claimant and the owner looked, and it is so.",
		domain.VerifyCompletion{Basis: on(17), Item: "action-2", Verified: "Visited on five days."})
	command(s, "Accept that an item is closed", "A body accepts it as done.", domain.AcceptClosure{Basis: decided, Item: "action-2"})
	command(s, "Take up again what was closed", "Reopens an item that was claimed, closed or otherwise ended; what a body ended, a body reopens.",
		domain.ReopenItem{Basis: decided, Item: "action-2", Reason: "The desk closed again in the week after."})
	command(s, "End an item that others replace", "Says which items do its work now: several superseded by one are merged, one by several is split.",
		domain.SupersedeItem{Basis: decided, Item: "action-2", By: []domain.ItemID{"action-3"}, Reason: "One desk for both offices."})
	command(s, "End an item that goes on in another plan", "The item was added there before, with its origin. POST /v1/plans/{plan}/items/{item}/carry does both.",
		domain.CarryForward{Basis: decided, Item: "action-3", Plan: "service-plan-2020-21", To: "action-3", Reason: "It goes on next year."})
}

// registerMeasures is of figures.
func (s *Server) registerMeasures(on func(int) domain.Basis) {
	command(s, "Say what a measure measures", "Figures are as councils state them: 17, ~17, 20-22. To change a measure needs a reason.",
		domain.DefineMeasure{Basis: on(9), Item: "measure-1", Unit: "% within a minute", Better: domain.Higher, Baseline: "62", Target: "90"})
	command(s, "Record a reading", "The stated date is that of the reading.",
		domain.ReadMeasure{Basis: on(18), Item: "measure-1", Value: "~81", Words: "around 81%"})
}

// registerMeetings is of meetings, and of what members hold against a rating.
func (s *Server) registerMeetings(on func(int) domain.Basis) {
	command(s, "Open a meeting", "Names a meeting at which the plan is before a body. Left out, its id is made of the body and the day.",
		domain.OpenMeeting{Basis: on(8), Body: "Scrutiny Committee", On: domain.Day(2020, time.February, 20), Deadline: domain.Day(2020, time.February, 12)})
	command(s, "Challenge a rating", "Records that members hold a rating to be wrong. It changes no rating, and is answered as a request is.",
		domain.ChallengeRating{Basis: on(20), Request: "request-02", Item: "action-1", Proposed: "red", Words: "Two months without one post filled is red.",
			AskedBy: "the Vice-Chairman", Meeting: "scrutiny-committee-2020-02-20"})
	command(s, "Withdraw a request", "Says that no answer is wanted any more.",
		domain.WithdrawRequest{Basis: on(20), Request: "request-02", Reason: "The posts were filled on the day."})
	command(s, "Record minutes", "Records what the minutes of a meeting say of the plan.",
		domain.RecordMinutes{Basis: on(20), Meeting: "scrutiny-committee-2020-02-20", Minutes: "Members noted the plan and asked after the posts."})
	command(s, "Answer a finding", "Answers a finding of the rules, which changes nothing else: no rule changes a rating.",
		domain.AnswerFinding{Basis: on(20), Finding: "r15-action-2", Rule: "R15", Item: "action-2", Until: domain.Day(2020, time.March, 31),
			Answer: "The committee decides in March."})
}
