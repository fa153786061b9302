package domain

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"
)

// maxFacts bounds one command: an import of 10,000 rows with four facts each, and room.
const maxFacts = 60_000

// LeastRole is the role that a command needs.
func LeastRole(c Command) Role {
	switch c.(type) {
	case OpenMeeting, PublishPaper, RecordMinutes, Resolve, MakeRequest, AnswerRequest, WithdrawRequest, ChallengeRating, ApproveDue, RefuseDue, AcceptClosure, AdoptVersion:
		return Clerk
	case EraseText, CompleteErasure, SetHold, ReleaseHold:
		return DataProtection
	case RegisterPerson, RenamePerson, PersonLeaves, IssueToken, RevokeToken,
		Subscribe, PauseSubscription, ResumeSubscription, RotateSubscription, Unsubscribe,
		AdoptKey, RecordRepair, SetPolicy:
		return Admin
	case IssueBundle:
		return Reader
	}
	return Editor
}

// check refuses an order that no history could make right.
func (o *Order) check(now time.Time) error {
	if o.Do == nil {
		return Errorf(Invalid, "command", "no command")
	}
	if o.Plan != People && o.Plan != Log {
		if _, err := ParsePlanID(string(o.Plan)); err != nil {
			return err
		}
	}
	if _, err := ParseCommandID(string(o.Command)); err != nil {
		return err
	}
	if o.Actor.ID == "" || o.Actor.Kind == "" {
		return Errorf(Unauthenticated, "actor", "nobody gave this command").WithHint("sign in or send a token")
	}
	if least := LeastRole(o.Do); !o.Actor.Role.Covers(least) {
		return Errorf(Forbidden, "actor", "%s needs the role %s", o.Do.Verb(), least)
	}
	if !o.Actor.Only.Reaches(o.Plan) {
		return Errorf(Forbidden, "plan", "you are let in to other plans, not to %s", quote(string(o.Plan)))
	}
	if o.Correlation == "" {
		o.Correlation = string(o.Command)
	}
	if imp, ok := o.Do.(Import); ok {
		for i, step := range imp.Steps {
			if err := step.said().check(now); err != nil {
				return fmt.Errorf("step %d (%s): %w", i+1, step.Verb(), err)
			}
		}
	}
	return first(checkASCII("correlation", o.Correlation), checkASCII("causation", o.Causation), o.Do.said().check(now))
}

func (b Basis) check(now time.Time) error {
	// A day's grace: councils east of Greenwich are ahead of UTC, and so are summer evenings.
	if b.Stated.Known() && b.Stated.Start().After(now.UTC().AddDate(0, 0, 1)) {
		return Errorf(Invalid, "stated", "%s has not come yet", b.Stated.Words()).WithHint("state when it happened; a due date goes into due")
	}
	if a := b.Authority; a != nil {
		if a.Body == "" && a.Meeting.IsZero() {
			return Errorf(Invalid, "authority", "an authority names a body or a meeting")
		}
		return first(checkLine("authority.body", a.Body, 200), checkLine("authority.resolution", a.Resolution, 200))
	}
	return nil
}

func checkASCII(field, s string) error {
	if len(s) > 128 {
		return Errorf(TooLarge, field, "%s is longer than 128 characters", quote(s))
	}
	for _, r := range s {
		if r < ' ' || r > '~' {
			return Errorf(Invalid, field, "%s has a character outside plain ASCII", quote(s))
		}
	}
	return nil
}

// decide says what a command would record: the facts of an import step by step, of any other command at once.
func decide(h against, c Command, basis Basis) ([]Fact, error) {
	if imp, ok := c.(Import); ok {
		return imp.facts(h, basis)
	}
	events, err := c.decide(h)
	if err != nil {
		return nil, err
	}
	facts := make([]Fact, len(events))
	for i, e := range events {
		for name, text := range Texts(e) {
			if err := checkText(name, *text); err != nil {
				return nil, err
			}
		}
		facts[i] = Fact{basis, e}
	}
	return facts, nil
}

// decide of an import is facts: each step has a basis of its own.
func (c Import) decide(against) ([]Event, error) { panic("an import is decided by its facts") }

// facts decides each step against what the steps before it would leave behind. The first that is refused refuses all.
func (c Import) facts(h against, basis Basis) ([]Fact, error) {
	if c.Paper.Rows <= 0 || len(c.Steps) == 0 {
		return nil, Errorf(Invalid, "file", "there is nothing to record in it")
	}
	if err := checkText("source", c.Paper.Source); err != nil {
		return nil, err
	}
	scratch, paper := against{h.clone(), h.by}, c.Paper
	var facts []Fact
	for i, step := range c.Steps {
		own := step.said()
		if own.Stated.IsZero() {
			own.Stated = basis.Stated
		}
		if own.Authority == nil {
			own.Authority = basis.Authority
		}
		more, err := decide(scratch, step, own)
		if err != nil {
			return nil, fmt.Errorf("step %d (%s): %w", i+1, step.Verb(), err)
		}
		if i == 0 {
			more = append(more, Fact{basis, &paper})
		}
		for _, f := range more {
			at := scratch.head.Position + 1
			scratch.Apply(Recorded{Position: at, PlanSeq: scratch.head.PlanSeq + 1, Plan: h.ID, Basis: f.Basis, Event: f.Event,
				Actor: h.by, ID: EventID(fmt.Sprint("step-", at)), Command: "steps"})
		}
		if facts = append(facts, more...); len(facts) > maxFacts {
			return nil, Errorf(TooLarge, "file", "it says more than %d things", maxFacts).WithHint("import it in parts")
		}
	}
	return facts, nil
}

// digest identifies what a command says, so that a repeat can be told from another command under the same id.
func digest(o Order) Hash {
	var said bytes.Buffer
	said.WriteString(string(o.Plan) + "\n")
	digestInto(&said, o.Do)
	return sha256.Sum256(said.Bytes())
}

func digestInto(said *bytes.Buffer, c Command) {
	said.WriteString(c.Verb() + "\n")
	if imp, ok := c.(Import); ok {
		_ = json.NewEncoder(said).Encode(struct {
			Basis
			PaperImported
		}{imp.Basis, imp.Paper})
		for _, step := range imp.Steps {
			digestInto(said, step)
		}
		return
	}
	// Commands are plain structs of strings, numbers and dates: encoding can't fail, nor can writing into a buffer.
	_ = json.NewEncoder(said).Encode(c)
}
