package eventstore_test

import (
	"strings"

	"plantrail/domain"
)

// samples is one event of each type, with each of its fields set. A type that gained fields has a sample more, after the
// one that lacks them: what was stored before is still read, and still written in the same bytes where nothing new is said.
func samples() []domain.Event {
	return append(append(firstSamples(), gainedSamples()...), practiceSamples()...)
}

// firstSamples are of the events as they were first released.
func firstSamples() []domain.Event {
	rag, _ := domain.Preset("rag.v1")
	day := domain.Day(2020, 3, 31)
	return []domain.Event{
		&domain.PlanOpened{Title: "t", Levels: []domain.Level{{Key: "aim", Label: "Aim <1> & \"more\""}},
			Dimensions: []domain.Dimension{{Key: "delivery", Label: "Delivery", Scheme: rag}}},
		&domain.PlanClosed{Reason: "t"},
		&domain.ItemAdded{Item: "item-01", Ref: "1.2 (é)", Level: "action", Parent: "item-00", Due: domain.Month(2020, 3), Person: "p-1",
			Owned: true, Title: "t", Owner: "t"},
		&domain.ItemReworded{Item: "item-01", Title: "t", Reason: "t"},
		&domain.ItemMoved{Item: "item-01", From: "item-00", To: "item-02", Reason: "t"},
		&domain.OwnerAssigned{Item: "item-01", Person: "p-1", Owner: "t", Reason: "t"},
		&domain.DueDateSet{Item: "item-01", Due: day},
		&domain.DueDateMoved{Item: "item-01", From: day, To: domain.Month(2020, 6), Reason: "t"},
		&domain.ItemSuspended{Item: "item-01", Reason: "t"},
		&domain.ItemResumed{Item: "item-01", Reason: "t"},
		&domain.ItemCancelled{Item: "item-01", Reason: "t"},
		&domain.RatingChanged{Item: "item-01", Dimension: "delivery", Scheme: "rag.v1", From: "amber", To: "green", Meaning: domain.OnTrack,
			Justified: true, Owed: true, SameAs: "item-02", Justification: "t"},
		&domain.RatingAffirmed{Item: "item-01", Dimension: "delivery", Scheme: "rag.v1", Value: "amber", Meaning: domain.AtRisk,
			SameAs: "item-02", Justification: "t"},
		&domain.JustificationGiven{Item: "item-01", Dimension: "delivery", Value: "amber", SameAs: "item-02", Answers: "request-01", Justification: "t"},
		&domain.ProgressReported{Item: "item-01", Progress: "t"},
		&domain.OutcomeRecorded{Item: "item-01", Result: domain.PartlyAchieved, Outcome: "t"},
		&domain.RequestMade{Request: "request-01", Item: "item-01", Due: day, Words: "t", AskedBy: "t"},
		&domain.RequestAnswered{Request: "request-01", Item: "item-01", Answer: "t"},
		&domain.ResolutionRecorded{Resolution: "resolution-01", Printed: "t"},
		&domain.EntryCorrected{Corrects: "019ab3f2-7c11-7e55-9a0b-3f1d5a7c9e21", Entry: 1 << 60, Item: "item-01", Field: "rating", Value: "red",
			Meaning: domain.OffTrack, Text: "t", Reason: "t"},
		&domain.PaperImported{SHA256: strings.Repeat("ab", 32), Size: 1 << 40, Format: "text-pipe", Rows: 13, Source: "t"},
		&domain.CommandVoided{Command: "c-00", Parts: 1000},
		&domain.PersonRegistered{Person: "p-1", Kind: domain.User, Name: "t"},
		&domain.PersonRenamed{Person: "p-1", Name: "t"},
		&domain.PersonLeft{Person: "p-1"},
		&domain.TokenIssued{Token: "t-1", Person: "p-1", Role: domain.Editor, SHA256: strings.Repeat("cd", 32), Expires: day},
		&domain.TokenRevoked{Token: "t-1", Reason: "t"},
		&domain.SubscriptionMade{Subscription: "s-1", Person: "p-1", Way: domain.ByWebhook, Wanted: domain.Wanted{Plans: []domain.PlanID{"sdp"},
			Types: []string{"rating-changed"}, Items: []domain.ItemID{"item-01"}, Meanings: []domain.Meaning{domain.OffTrack}, Texts: true,
			Notices: []string{"red"}, Digest: true}, From: 1 << 60, Key: "0123abcd", Target: "t", Label: "t"},
		&domain.SubscriptionPaused{Subscription: "s-1", Reason: "t"},
		&domain.SubscriptionResumed{Subscription: "s-1"},
		&domain.SubscriptionRotated{Subscription: "s-1", Generation: 2, Hours: 24},
		&domain.SubscriptionEnded{Subscription: "s-1", Reason: "t"},
		&domain.EvidenceAttached{Evidence: "evidence-01", Item: "item-01", SHA256: strings.Repeat("ab", 32), Size: 1 << 40,
			MediaType: "application/pdf", Dated: day, Title: "t", File: "t"},
		&domain.EvidenceWithdrawn{Evidence: "evidence-01", Item: "item-01", Reason: "t"},
		&domain.ErasureRequested{Of: "019ab3f2-7c11-7e55-9a0b-3f1d5a7c9e21", Entry: 1 << 60, Item: "item-01", Field: "title", Reason: "t"},
		&domain.ErasureCompleted{Of: "019ab3f2-7c11-7e55-9a0b-3f1d5a7c9e21", Entry: 1 << 60, Item: "item-01", Field: "title",
			Request: "019ab3f2-7c11-7e55-9a0b-3f1d5a7c9e22"},
		&domain.HoldSet{Hold: "hold-01", Reason: "t"},
		&domain.HoldReleased{Hold: "hold-01", Reason: "t"},
		&domain.BundleIssued{Bundle: "bundle-01", Item: "item-01", HeadSeq: 1 << 60, HeadAt: 1 << 60, Head: "AQID+/8=", Contents: "AQID+/8=", For: "t", Reason: "t"},
		&domain.KeyAdopted{Key: "plantrail/acme+0123abcd+AQID", Replaces: "plantrail/acme+0123abcc+AQIE"},
		&domain.HistoryRepaired{First: 1, Last: 1 << 60, Source: "tiles", Root: "AQID+/8=", Size: 1 << 60},
	}
}

// gainedSamples are of events that gained fields, with those set.
func gainedSamples() []domain.Event {
	day, half, days := domain.Day(2020, 3, 31), 50, 30
	rule := &domain.Rule{BehindFrom: &days, BehindTo: &days, PercentFrom: &half, PercentTo: &half}
	return []domain.Event{
		&domain.TokenIssued{Token: "t-1", Person: "p-1", Role: domain.Inspector, SHA256: strings.Repeat("cd", 32), Expires: day, Plans: []domain.PlanID{"sdp"}},
		&domain.PlanOpened{Title: "t", Levels: []domain.Level{{Key: "aim", Label: "Aim"}}, Dimensions: []domain.Dimension{{Key: "delivery", Label: "Delivery",
			Scheme: domain.Scheme{ID: "acme.v1", Title: "Ours", Values: []domain.Value{{Key: "amber", Label: "Amber", Colour: "amber", Shape: "triangle",
				Meaning: domain.AtRisk, Says: "one month behind", Rule: rule}}}}}},
		&domain.ItemAdded{Item: "item-01", Ref: "1.2", Level: "action", Parent: "item-00", Due: day, Person: "p-1", Owned: true,
			Kind: domain.Recommendation, Start: day, From: &domain.Origin{Plan: "sdp-2018-19", Item: "item-09", Since: domain.Month(2018, 4), Original: day, Moves: 2},
			Title: "t", Owner: "t", Source: "t"},
		&domain.OwnerAssigned{Item: "item-01", Person: "p-1", Persons: []domain.ActorID{"p-2", "p-3"}, Post: true, Interim: true, Owner: "t", With: "t", Reason: "t"},
		&domain.DueDateMoved{Item: "item-01", From: day, To: domain.Month(2020, 6), Approved: true, Asked: 1 << 60, Reason: "t"},
		&domain.RatingChanged{Item: "item-01", Dimension: "delivery", Scheme: "rag.v1", From: "amber", To: "green", Meaning: domain.OnTrack,
			Justified: true, Owed: true, SameAs: "item-02", Override: true, Justification: "t"},
		&domain.ProgressReported{Item: "item-01", Percent: &half, Progress: "t"},
		&domain.RequestMade{Request: "request-01", Item: "item-01", Commitment: true, Due: day, Meeting: "cabinet-2020-03-31", DueAs: "the next meeting",
			Words: "t", AskedBy: "t"},
		&domain.PaperImported{SHA256: strings.Repeat("ab", 32), Size: 1 << 40, Format: "csv", Rows: 13, Columns: map[string]string{"Action": "title", "Lead": "owner"}, Source: "t"},
		&domain.BundleIssued{Bundle: "bundle-01", Item: "item-01", AsAt: 1 << 60, HeadSeq: 1 << 60, HeadAt: 1 << 60, Head: "AQID+/8=", Contents: "AQID+/8=", For: "t", Reason: "t"},
	}
}

// practiceSamples are of what a council does with a plan beyond rating it.
func practiceSamples() []domain.Event {
	rag, _ := domain.Preset("rag.v1")
	day := domain.Day(2020, 3, 31)
	policy := domain.DefaultPolicy()
	policy.ID, policy.MoveDays, policy.ApprovingBodies, policy.VerifyFirst, policy.SelfVerify, policy.Off = "acme.v1", 30, []string{"Cabinet"}, true, true, []string{"R29"}
	return []domain.Event{
		&domain.LevelsSet{Levels: []domain.Level{{Key: "aim", Label: "Aim"}}, Reason: "t"},
		&domain.SchemesSet{Dimensions: []domain.Dimension{{Key: "impact", Label: "Impact", Scheme: rag}}, Reason: "t"},
		&domain.PolicySet{Policy: policy, Reason: "t"},
		&domain.VersionAdopted{Version: "2.0", Reason: "t"},
		&domain.ItemsLinked{Item: "item-01", Relation: domain.Addresses, To: "item-02"},
		&domain.ItemsUnlinked{Item: "item-01", Relation: domain.Addresses, To: "item-02", Reason: "t"},
		&domain.DueMoveRequested{Item: "item-01", From: day, To: domain.Month(2020, 6), Reason: "t"},
		&domain.DueMoveRefused{Item: "item-01", To: domain.Month(2020, 6), Asked: 1 << 60, Reason: "t"},
		&domain.CompletionClaimed{Item: "item-01", Evidence: []domain.EvidenceID{"evidence-01", "evidence-02"}, Claim: "t"},
		&domain.CompletionVerified{Item: "item-01", Claimed: 1 << 60, Verified: "t"},
		&domain.CompletionRefused{Item: "item-01", Claimed: 1 << 60, Reason: "t"},
		&domain.ClosureAccepted{Item: "item-01", Claimed: 1 << 60, Verified: 1 << 60, Reason: "t"},
		&domain.ItemReopened{Item: "item-01", Was: domain.ItemClosed, Reason: "t"},
		&domain.ItemSuperseded{Item: "item-01", By: []domain.ItemID{"item-02", "item-03"}, Reason: "t"},
		&domain.ItemCarriedForward{Item: "item-01", Plan: "sdp-2020-21", To: "item-02", Reason: "t"},
		&domain.ResponseGiven{Item: "item-01", Response: domain.PartlyAgreed, Words: "t"},
		&domain.MeasureDefined{Item: "item-01", Unit: "cases a worker", Better: domain.Within, Baseline: "~17", Target: "20-22", From: "18.5", Contextual: true, Reason: "t"},
		&domain.MeasureRead{Item: "item-01", Value: "~17", Words: "t"},
		&domain.RequestWithdrawn{Request: "request-01", Item: "item-01", Reason: "t"},
		&domain.RatingChallenged{Request: "request-01", Item: "item-01", Dimension: "delivery", Value: "green", Proposed: "amber", Due: day,
			Meeting: "cabinet-2020-03-31", Words: "t", AskedBy: "t"},
		&domain.MeetingOpened{Meeting: "cabinet-2020-03-31", Body: "Cabinet", On: day, Deadline: domain.Day(2020, 3, 23)},
		&domain.PaperPublished{Meeting: "cabinet-2020-03-31", Version: 1 << 60, Position: 1 << 60, Size: 1 << 60, Root: "AQID+/8=", SHA256: strings.Repeat("ab", 32),
			Classification: domain.Exempt, Title: "t"},
		&domain.PaperPublished{Meeting: "cabinet-2020-03-31", Version: 1 << 60, Position: 1 << 60, Size: 1 << 60, Root: "AQID+/8=", SHA256: strings.Repeat("ab", 32),
			Classification: domain.Public, Exempt: []domain.ItemID{"item-02", "item-03"}, Title: "t"},
		&domain.MinutesRecorded{Meeting: "cabinet-2020-03-31", Minutes: "t"},
		&domain.FindingAnswered{Finding: "r26-item-09-0123456789ab", Rule: "R26", Item: "item-09", Until: day, Answer: "t"},
		&domain.EvidenceWaived{Item: "item-01", Reason: "t"},
	}
}
