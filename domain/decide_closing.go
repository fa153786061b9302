package domain

import (
	"slices"
	"strconv"
)

func (c SetDue) decide(h against) ([]Event, error) {
	p, it, err := h.item(c.Item)
	switch {
	case err != nil:
		return nil, err
	case !c.Due.Known():
		return nil, Errorf(Invalid, "due", "say the due date").WithHint("as 2020-03-31 or 2020-03")
	case it.Due.IsZero():
		return one(&DueDateSet{Item: c.Item, Due: c.Due}, nil)
	case it.Due == c.Due:
		return nil, Errorf(Refused, "due", "the item %s is due then already", quote(string(c.Item)))
	}
	policy := p.InForce()
	approved := policy.Approves(c.Authority)
	if policy.NeedsApproval(it.Due, c.Due) && !approved && !c.Unapproved {
		return nil, Errorf(Refused, "due", "the policy %s wants a move of over %d days approved by %s", policy.ID, policy.MoveDays, oneOf(policy.ApprovingBodies)).
			WithHint("name the body as authority if it approved the move, request the move, or record it as unapproved")
	}
	return one(&DueDateMoved{Item: c.Item, From: it.Due, To: c.Due, Approved: approved, Asked: it.asked(), Reason: c.Reason},
		needText("reason", c.Reason, "say why the due date moves from "+it.Due.String()))
}

func (it Item) asked() Position {
	if it.Asked == nil {
		return 0
	}
	return it.Asked.At
}

func (c RequestDue) decide(h against) ([]Event, error) {
	_, it, err := h.item(c.Item)
	switch {
	case err != nil:
	case !c.Due.Known():
		err = Errorf(Invalid, "due", "say the due date that is asked for").WithHint("as 2020-03-31 or 2020-03")
	case it.Due.IsZero():
		err = Errorf(Refused, "item", "the item %s has no due date to move", quote(string(c.Item))).WithHint("set one")
	case it.Due == c.Due:
		err = Errorf(Refused, "due", "the item %s is due then already", quote(string(c.Item)))
	case it.Asked != nil:
		err = Errorf(Refused, "item", "a move to %s is asked for already", it.Asked.To.Words()).WithHint("it must be approved or refused first")
	}
	return one(&DueMoveRequested{Item: c.Item, From: it.Due, To: c.Due, Reason: c.Reason},
		first(err, needText("reason", c.Reason, "say why the due date should move")))
}

// askedMove is an item with a move of its due date to decide on, by a body that may.
func (h against) askedMove(id ItemID, authority *Authority) (Item, error) {
	p, it, err := h.item(id)
	switch {
	case err != nil:
	case it.Asked == nil:
		err = Errorf(Refused, "item", "no move of the due date of %s is asked for", quote(string(id)))
	case authority == nil || authority.Body == "":
		err = Errorf(Invalid, "authority", "say which body decided")
	case !p.InForce().Approves(authority):
		err = Errorf(Refused, "authority", "the policy %s does not let %s decide on due dates", p.InForce().ID, quote(authority.Body)).
			WithHint("one of " + oneOf(p.InForce().ApprovingBodies))
	}
	return it, err
}

func (c ApproveDue) decide(h against) ([]Event, error) {
	it, err := h.askedMove(c.Item, c.Authority)
	if err != nil {
		return nil, err
	}
	return one(&DueDateMoved{Item: c.Item, From: it.Due, To: it.Asked.To, Approved: true, Asked: it.Asked.At, Reason: c.Reason}, checkText("reason", c.Reason))
}

func (c RefuseDue) decide(h against) ([]Event, error) {
	it, err := h.askedMove(c.Item, c.Authority)
	if err != nil {
		return nil, err
	}
	return one(&DueMoveRefused{Item: c.Item, To: it.Asked.To, Asked: it.Asked.At, Reason: c.Reason}, needText("reason", c.Reason, "say why it is refused"))
}

func (c ClaimCompletion) decide(h against) ([]Event, error) {
	_, it, err := h.item(c.Item)
	if err == nil && (it.State == ItemClaimed || it.State == ItemVerified) {
		err = Errorf(Refused, "item", "the item %s is claimed to be complete already", quote(string(c.Item)))
	}
	for i, id := range c.Evidence {
		if err == nil && !slices.ContainsFunc(it.Evidence, func(e Evidence) bool { return e.ID == id && e.Withdrawn == 0 }) {
			err = Errorf(NotFound, "evidence."+strconv.Itoa(i), "the item has no evidence %s", quote(string(id))).WithHint("attach it first")
		}
	}
	return one(&CompletionClaimed{Item: c.Item, Evidence: c.Evidence, Claim: c.Claim}, first(err, needText("claim", c.Claim, "say what was done")))
}

// claimed is an item whose completion was claimed.
func (h against) claimed(id ItemID) (*Plan, Item, error) {
	p, it, err := h.item(id)
	if err == nil && it.Claimed == 0 {
		err = Errorf(Refused, "item", "nobody claims that the item %s is complete", quote(string(id))).WithHint("claim it first")
	}
	return p, it, err
}

func (c VerifyCompletion) decide(h against) ([]Event, error) {
	p, it, err := h.claimed(c.Item)
	switch {
	case err != nil:
	case it.State == ItemVerified:
		err = Errorf(Refused, "item", "the item %s is verified already", quote(string(c.Item)))
	case (h.by.ID == it.Claimer || h.by.ID == it.Person) && !p.InForce().SelfVerify:
		err = Errorf(Refused, "actor", "somebody other than the claimant and the owner must verify it").
			WithHint("ask a colleague, or set a policy that allows it")
	}
	return one(&CompletionVerified{Item: c.Item, Claimed: it.Claimed, Verified: c.Verified}, first(err, needText("verified", c.Verified, "say what you looked at")))
}

func (c RefuseCompletion) decide(h against) ([]Event, error) {
	_, it, err := h.claimed(c.Item)
	return one(&CompletionRefused{Item: c.Item, Claimed: it.Claimed, Reason: c.Reason}, first(err, needText("reason", c.Reason, "say what is missing")))
}

func (c AcceptClosure) decide(h against) ([]Event, error) {
	p, it, err := h.claimed(c.Item)
	switch {
	case err != nil:
	case c.Authority == nil || c.Authority.Body == "":
		err = Errorf(Invalid, "authority", "say which body accepts it")
	case p.InForce().VerifyFirst && it.Checked == 0:
		err = Errorf(Refused, "item", "the policy %s wants the item verified before it is accepted", p.InForce().ID).WithHint("have it verified")
	}
	return one(&ClosureAccepted{Item: c.Item, Claimed: it.Claimed, Verified: it.Checked, Reason: c.Reason}, first(err, checkText("reason", c.Reason)))
}

func (c ReopenItem) decide(h against) ([]Event, error) {
	p, err := h.live()
	if err != nil {
		return nil, err
	}
	it, err := p.find("item", c.Item)
	switch {
	case err != nil:
	case it.State == ItemOpen || it.State == ItemOnHold:
		err = Errorf(Refused, "item", "the item %s is open", quote(string(c.Item)))
	case it.State == ItemCarried:
		err = Errorf(Refused, "item", "the item %s goes on in another plan", quote(string(c.Item)))
	case it.State.Ended() && (c.Authority == nil || c.Authority.Body == ""):
		err = Errorf(Invalid, "authority", "a body ended it: say which body has it reopened")
	}
	return one(&ItemReopened{Item: c.Item, Was: it.State, Reason: c.Reason}, first(err, needText("reason", c.Reason, "say why it is taken up again")))
}

func (c SupersedeItem) decide(h against) ([]Event, error) {
	p, _, err := h.item(c.Item)
	if err == nil && len(c.By) == 0 {
		err = Errorf(Invalid, "by", "say which items do its work now")
	}
	for _, by := range c.By {
		if err == nil {
			_, err = p.find("by", by)
		}
		if err == nil && by == c.Item {
			err = Errorf(Invalid, "by", "an item can't supersede itself")
		}
	}
	return one(&ItemSuperseded{Item: c.Item, By: c.By, Reason: c.Reason}, first(err, c.ending("the item", c.Reason)))
}

func (c CarryForward) decide(h against) ([]Event, error) {
	_, _, err := h.item(c.Item)
	if err == nil && (!isID(string(c.Plan)) || !isID(string(c.To)) || c.Plan == h.ID) {
		err = Errorf(Invalid, "plan", "say in which other plan, and as which item, it goes on")
	}
	return one(&ItemCarriedForward{Item: c.Item, Plan: c.Plan, To: c.To, Reason: c.Reason}, first(err, c.ending("the item here", c.Reason)))
}
