package projectionstest

import "plantrail/domain"

// practiceEvent is of what a council does with an item beyond rating it, nil where the line says something else.
func practiceEvent(h *domain.History, now domain.Item, w *words) domain.Event {
	item := domain.ItemID(w.at(2))
	switch w.at(1) {
	case "ask":
		return &domain.DueMoveRequested{Item: item, From: now.Due, To: date(w.at(3)), Reason: w.text(4)}
	case "deny":
		return &domain.DueMoveRefused{Item: item, To: now.Asked.To, Asked: now.Asked.At, Reason: w.text(3)}
	case "approve":
		return &domain.DueDateMoved{Item: item, From: now.Due, To: now.Asked.To, Approved: true, Asked: now.Asked.At, Reason: w.text(3)}
	case "waive":
		return &domain.EvidenceWaived{Item: item, Reason: w.text(3)}
	case "claim":
		return &domain.CompletionClaimed{Item: item, Claim: w.text(3)}
	case "verify":
		return &domain.CompletionVerified{Item: item, Claimed: now.Claimed, Verified: w.text(3)}
	case "refuse":
		return &domain.CompletionRefused{Item: item, Claimed: now.Claimed, Reason: w.text(3)}
	case "accept":
		return &domain.ClosureAccepted{Item: item, Claimed: now.Claimed, Verified: now.Checked, Reason: w.text(3)}
	case "reopen":
		return &domain.ItemReopened{Item: item, Was: now.State, Reason: w.text(3)}
	case "supersede":
		return &domain.ItemSuperseded{Item: item, By: []domain.ItemID{domain.ItemID(w.at(3))}, Reason: w.text(4)}
	case "carry":
		return &domain.ItemCarriedForward{Item: item, Plan: domain.PlanID(w.at(3)), To: item, Reason: w.text(4)}
	case "link":
		return &domain.ItemsLinked{Item: item, Relation: domain.Relation(w.at(3)), To: domain.ItemID(w.at(4))}
	case "unlink":
		return &domain.ItemsUnlinked{Item: item, Relation: domain.Relation(w.at(3)), To: domain.ItemID(w.at(4)), Reason: w.text(5)}
	case "respond":
		return &domain.ResponseGiven{Item: item, Response: domain.Response(w.at(3)), Words: w.text(4)}
	case "read":
		return &domain.MeasureRead{Item: item, Value: domain.Amount(w.at(3)), Words: w.text(4)}
	case "measure":
		e := &domain.MeasureDefined{Item: item, Better: domain.Better(w.at(3)), Target: domain.Amount(w.at(4)), Baseline: domain.Amount(w.extras["baseline"]),
			Unit: w.extras["unit"], Reason: w.text(5)}
		if now.Measure != nil {
			e.From = now.Measure.Target
		}
		return e
	}
	return planEvent(h, w)
}

// planEvent is of the plan as a whole and of its meetings.
func planEvent(h *domain.History, w *words) domain.Event {
	switch w.at(1) {
	case "scheme":
		scheme, _ := domain.Preset(w.at(2))
		return &domain.SchemesSet{Dimensions: []domain.Dimension{{Key: "delivery", Label: "Delivery", Scheme: scheme}}, Reason: w.text(3)}
	case "policy":
		p := domain.DefaultPolicy()
		p.ID = w.at(2)
		return &domain.PolicySet{Policy: p, Reason: w.text(3)}
	case "adopt":
		return &domain.VersionAdopted{Version: w.at(2), Reason: w.text(3)}
	case "minutes":
		return &domain.MinutesRecorded{Meeting: domain.MeetingID(w.at(2)), Minutes: w.text(3)}
	case "challenge":
		it, _ := h.Plan().Item(domain.ItemID(w.at(3)))
		was, _ := it.Rating("delivery")
		return &domain.RatingChallenged{Request: domain.RequestID(w.at(2)), Item: it.ID, Dimension: "delivery", Value: was.Value,
			Proposed: w.at(4), Words: w.text(5), AskedBy: domain.Text(w.extras["asked"])}
	case "drop":
		return &domain.RequestWithdrawn{Request: domain.RequestID(w.at(2)), Item: domain.ItemID(w.extras["item"]), Reason: w.text(3)}
	case "answered":
		return &domain.FindingAnswered{Finding: domain.FindingID(w.at(2)), Rule: w.at(3), Answer: w.text(4)}
	}
	return nil
}
