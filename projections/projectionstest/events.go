package projectionstest

import (
	"fmt"
	"strconv"
	"strings"

	"plantrail/domain"
)

// Delivery is the dimension of drawn plans.
func Delivery() domain.Dimension {
	scheme, _ := domain.Preset("brag.v1")
	return domain.Dimension{Key: "delivery", Label: "Delivery", Scheme: scheme}
}

func date(s string) domain.Date {
	d, err := domain.ParseDate(s)
	if err != nil {
		return domain.Date{}
	}
	return d
}

// event makes the event that a line describes, against the history before it.
func event(h *domain.History, w *words) (domain.Event, error) {
	switch w.words[0] {
	case "open":
		return &domain.PlanOpened{Title: w.text(2), Levels: []domain.Level{{Key: "action", Label: "Action"}},
			Dimensions: []domain.Dimension{Delivery()}}, nil
	case "people":
		return personEvent(w)
	}
	item := domain.ItemID(w.at(2))
	now, _ := h.Plan().Item(item)
	switch w.at(1) {
	case "close":
		return &domain.PlanClosed{Reason: w.text(2)}, nil
	case "add":
		owner := domain.Text(w.extras["owner"])
		return &domain.ItemAdded{Item: item, Ref: w.extras["ref"], Level: "action", Parent: domain.ItemID(w.extras["parent"]),
			Due: date(w.extras["due"]), Owned: owner != "", Title: w.text(3), Owner: owner, Kind: domain.ItemKind(w.extras["kind"]),
			Start: date(w.extras["start"])}, nil
	case "reword":
		return &domain.ItemReworded{Item: item, Title: w.text(3), Reason: w.text(4)}, nil
	case "move":
		return &domain.ItemMoved{Item: item, From: now.Parent, To: domain.ItemID(w.at(3)), Reason: w.text(4)}, nil
	case "owner":
		return &domain.OwnerAssigned{Item: item, Owner: w.text(3), Reason: w.text(4)}, nil
	case "due":
		if now.Due.IsZero() {
			return &domain.DueDateSet{Item: item, Due: date(w.at(3))}, nil
		}
		return &domain.DueDateMoved{Item: item, From: now.Due, To: date(w.at(3)), Reason: w.text(4)}, nil
	case "suspend":
		return &domain.ItemSuspended{Item: item, Reason: w.text(3)}, nil
	case "resume":
		return &domain.ItemResumed{Item: item, Reason: w.text(3)}, nil
	case "cancel":
		return &domain.ItemCancelled{Item: item, Reason: w.text(3)}, nil
	case "progress":
		return &domain.ProgressReported{Item: item, Progress: w.text(3)}, nil
	case "outcome":
		return &domain.OutcomeRecorded{Item: item, Result: domain.Result(w.at(3)), Outcome: w.text(4)}, nil
	case "rate", "justify":
		return ratingEvent(now, w), nil
	}
	if e := practiceEvent(h, now, w); e != nil {
		return e, nil
	}
	return memberEvent(h, w)
}

func ratingEvent(now domain.Item, w *words) domain.Event {
	d := Delivery()
	was, rated := now.Rating(d.Key)
	if w.at(1) == "justify" {
		return &domain.JustificationGiven{Item: now.ID, Dimension: d.Key, Value: was.Value, Justification: w.text(3)}
	}
	to, _ := d.Scheme.Value(w.at(3))
	same := domain.ItemID(w.extras["same"])
	if rated && was.Value == to.Key {
		return &domain.RatingAffirmed{Item: domain.ItemID(w.at(2)), Dimension: d.Key, Scheme: d.Scheme.ID, Value: to.Key, Meaning: to.Meaning,
			SameAs: same, Justification: w.text(4)}
	}
	return &domain.RatingChanged{Item: domain.ItemID(w.at(2)), Dimension: d.Key, Scheme: d.Scheme.ID, From: was.Value, To: to.Key,
		Meaning: to.Meaning, Justified: w.at(4) != "", Owed: w.at(4) == "" && same == "" && to.Meaning.NeedsReason(), SameAs: same,
		Justification: w.text(4)}
}

func memberEvent(h *domain.History, w *words) (domain.Event, error) {
	switch w.at(1) {
	case "request":
		item := domain.ItemID(w.at(3))
		if item == "-" {
			item = ""
		}
		return &domain.RequestMade{Request: domain.RequestID(w.at(2)), Item: item, Words: w.text(4),
			AskedBy: domain.Text(w.extras["asked"])}, nil
	case "answer":
		return &domain.RequestAnswered{Request: domain.RequestID(w.at(2)), Item: domain.ItemID(w.extras["item"]), Answer: w.text(3)}, nil
	case "resolve":
		return &domain.ResolutionRecorded{Resolution: domain.ResolutionID(w.at(2)), Printed: w.text(3)}, nil
	case "correct":
		return correctedEvent(w)
	case "meeting":
		return &domain.MeetingOpened{Meeting: domain.MeetingID(w.at(2)), Body: w.at(3), On: date(w.at(4))}, nil
	case "paper": // as it stands just before
		return &domain.PaperPublished{Meeting: domain.MeetingID(w.at(2)), Version: h.Head().PlanSeq, SHA256: strings.Repeat("ab", 32),
			Classification: domain.Public}, nil
	}
	return proofEvent(h, w)
}

func proofEvent(h *domain.History, w *words) (domain.Event, error) {
	switch w.at(1) {
	case "attach":
		return &domain.EvidenceAttached{Evidence: domain.EvidenceID(w.at(2)), Item: domain.ItemID(w.at(3)), SHA256: w.extras["sha256"],
			Size: int64(len(w.at(4))), MediaType: "text/plain", Title: w.text(4), File: domain.Text(w.extras["file"])}, nil
	case "withdraw":
		return &domain.EvidenceWithdrawn{Evidence: domain.EvidenceID(w.at(2)), Item: domain.ItemID(w.at(3)), Reason: w.text(4)}, nil
	case "hold":
		return &domain.HoldSet{Hold: domain.HoldID(w.at(2)), Reason: w.text(3)}, nil
	case "release":
		return &domain.HoldReleased{Hold: domain.HoldID(w.at(2)), Reason: w.text(3)}, nil
	case "erase", "erased":
		n, err := strconv.Atoi(w.at(2))
		of, item := eventAt(n), domain.ItemID(w.extras["item"])
		if w.at(1) == "erase" {
			return &domain.ErasureRequested{Of: of, Entry: domain.Position(n), Item: item, Field: w.at(3), Reason: w.text(4)}, err
		}
		for _, e := range h.OpenErasures() {
			if e.Of == of && e.Field == w.at(3) {
				return &domain.ErasureCompleted{Of: of, Entry: e.Entry, Item: item, Field: e.Field, Request: e.Request}, err
			}
		}
		return nil, fmt.Errorf("no such erasure is open")
	}
	return nil, fmt.Errorf("%s knows no %q", h.ID, w.at(1))
}

// eventAt is the id of the drawn event at a position.
func eventAt(n int) domain.EventID {
	return domain.EventID(fmt.Sprintf("019ab3f2-7c11-7e55-9a0b-%012x", n))
}

// correctedEvent corrects the event at a position, which drawn events carry in their ids; item= names its item.
func correctedEvent(w *words) (domain.Event, error) {
	n, err := strconv.Atoi(w.at(2))
	e := &domain.EntryCorrected{Corrects: eventAt(n), Entry: domain.Position(n),
		Item: domain.ItemID(w.extras["item"]), Field: w.at(3), Reason: w.text(5)}
	switch e.Field {
	case "rating":
		v, _ := Delivery().Scheme.Value(w.at(4))
		e.Value, e.Meaning = v.Key, v.Meaning
	case "stated", "due", "result":
		e.Value = w.at(4)
	default:
		e.Text = w.text(4)
	}
	return e, err
}

func personEvent(w *words) (domain.Event, error) {
	switch w.at(1) {
	case "register":
		return &domain.PersonRegistered{Person: domain.ActorID(w.at(2)), Kind: domain.User, Name: w.text(3)}, nil
	case "rename":
		return &domain.PersonRenamed{Person: domain.ActorID(w.at(2)), Name: w.text(3)}, nil
	case "leave":
		return &domain.PersonLeft{Person: domain.ActorID(w.at(2))}, nil
	case "token":
		return &domain.TokenIssued{Token: domain.TokenID(w.at(2)), Person: domain.ActorID(w.at(3)), Role: domain.Role(w.at(4)), SHA256: "00ff"}, nil
	case "revoke":
		return &domain.TokenRevoked{Token: domain.TokenID(w.at(2)), Reason: w.text(3)}, nil
	}
	return nil, fmt.Errorf("people know no %q", w.at(1))
}
