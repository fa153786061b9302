package domain

func (c RegisterPerson) decide(h against) ([]Event, error) {
	_, taken := h.people.persons[c.Person]
	var err error
	switch {
	case h.ID != People:
		err = Errorf(Refused, "plan", "persons are kept in %s", People)
	case !isID(string(c.Person)):
		err = Errorf(Invalid, "person", "%s is not an id", quote(string(c.Person))).WithHint("use " + idRule)
	case c.Kind != User && c.Kind != OSUser:
		err = Errorf(Invalid, "kind", "%s is no kind of person", quote(string(c.Kind)))
	case taken:
		err = Errorf(Refused, "person", "%s is registered already", quote(string(c.Person)))
	}
	return one(&PersonRegistered{Person: c.Person, Kind: c.Kind, Name: c.Name}, first(err, needText("name", c.Name, "say the person's name")))
}

// person finds a person who still acts.
func (h *History) person(id ActorID) error {
	p, ok := h.people.persons[id]
	switch {
	case h.ID != People:
		return Errorf(Refused, "plan", "persons are kept in %s", People)
	case !ok:
		return Errorf(NotFound, "person", "nobody is registered as %s", quote(string(id)))
	case p.Left:
		return Errorf(Refused, "person", "%s has left", quote(string(id)))
	}
	return nil
}

func (c RenamePerson) decide(h against) ([]Event, error) {
	return one(&PersonRenamed{Person: c.Person, Name: c.Name}, first(h.person(c.Person), needText("name", c.Name, "say the new name")))
}

func (c PersonLeaves) decide(h against) ([]Event, error) {
	return one(&PersonLeft{Person: c.Person}, h.person(c.Person))
}

func (c IssueToken) decide(h against) ([]Event, error) {
	err := h.person(c.Person)
	_, taken := h.people.tokens[c.Token]
	switch {
	case err != nil:
	case !isID(string(c.Token)) || taken:
		err = Errorf(Invalid, "token", "%s is not an id or is taken", quote(string(c.Token)))
	case !c.Role.Valid():
		err = Errorf(Invalid, "role", "%s is no role", quote(string(c.Role))).WithHint("one of " + oneOf(Roles()))
	case !isSHA256(c.SHA256):
		err = Errorf(Invalid, "sha256", "the secret's digest is not 64 hexadecimal digits")
	case !c.Expires.IsZero() && !c.Expires.Exact():
		err = Errorf(Invalid, "expires", "a token ends on a day").WithHint("as 2027-03-31")
	}
	err = first(err, c.CheckPlans())
	return one(&TokenIssued{Token: c.Token, Person: c.Person, Role: c.Role, SHA256: c.SHA256, Expires: c.Expires, Plans: c.Plans}, err)
}

// CheckPlans says what is wrong with the plans to which the token lets in. It depends on the command alone.
func (c IssueToken) CheckPlans() error {
	for _, plan := range c.Plans {
		if _, err := ParsePlanID(string(plan)); err != nil {
			return err
		}
	}
	if c.Role == Inspector && (len(c.Plans) == 0 || c.Expires.IsZero()) {
		return Errorf(Invalid, "plans", "an inspector is let in to the plans named, until a day").WithHint("name the plans, and the last day")
	}
	return nil
}

func (c RevokeToken) decide(h against) ([]Event, error) {
	t, ok := h.people.tokens[c.Token]
	var err error
	switch {
	case h.ID != People || !ok:
		err = Errorf(NotFound, "token", "there is no token %s", quote(string(c.Token))).WithHint("list the tokens")
	case t.Revoked:
		err = Errorf(Refused, "token", "the token %s is revoked already", quote(string(c.Token)))
	}
	return one(&TokenRevoked{Token: c.Token, Reason: c.Reason}, first(err, needText("reason", c.Reason, "say why the token ends")))
}
