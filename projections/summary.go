package projections

import (
	"encoding/json"
	"fmt"
	"strings"

	"plantrail/domain"
)

// summarise says in one line of plain words what an event did. It holds no text that could be erased.
func summarise(kind string, data []byte) (string, error) {
	e := domain.NewEvent(kind)
	if e == nil {
		return "", fmt.Errorf("unknown event %q", kind)
	}
	if err := json.Unmarshal(data, e); err != nil {
		return "", err
	}
	return Summary(e), nil
}

// Summary says in one line of plain words what an event did, without its texts.
func Summary(event domain.Event) string {
	switch e := event.(type) {
	case *domain.PlanOpened:
		return "plan opened"
	case *domain.PlanClosed:
		return "plan closed"
	case *domain.ItemAdded:
		return withDue("item "+string(e.Item)+" added", e.Due)
	case *domain.ItemReworded:
		return "title reworded"
	case *domain.ItemMoved:
		return fmt.Sprintf("moved from %s to %s", place(e.From), place(e.To))
	case *domain.OwnerAssigned:
		return "owner assigned"
	case *domain.DueDateSet:
		return "due date set to " + e.Due.Words()
	case *domain.DueDateMoved:
		return fmt.Sprintf("due date moved from %s to %s", e.From.Words(), e.To.Words())
	case *domain.ItemSuspended:
		return "suspended"
	case *domain.ItemResumed:
		return "resumed"
	case *domain.ItemCancelled:
		return "cancelled"
	case *domain.RatingChanged, *domain.RatingAffirmed, *domain.JustificationGiven:
		return ratingSummary(e)
	case *domain.ProgressReported:
		return "progress reported"
	case *domain.OutcomeRecorded:
		return "outcome: " + spaced(string(e.Result))
	case *domain.RequestMade:
		return withDue("members asked ("+string(e.Request)+")", e.Due)
	case *domain.RequestAnswered:
		return string(e.Request) + " answered"
	case *domain.ResolutionRecorded:
		return "resolution recorded (" + string(e.Resolution) + ")"
	case *domain.EntryCorrected:
		return correctedSummary(e)
	case *domain.PaperImported:
		return fmt.Sprintf("%d rows imported from a document (%s)", e.Rows, e.Format)
	case *domain.CommandVoided:
		return fmt.Sprintf("command %s stopped after %d parts and counts for nothing", e.Command, e.Parts)
	case *domain.EvidenceAttached:
		return "evidence " + string(e.Evidence) + " attached"
	case *domain.EvidenceWithdrawn:
		return "evidence " + string(e.Evidence) + " withdrawn"
	case *domain.ErasureRequested:
		return fmt.Sprintf("erasing of the %s of entry at position %d asked for", spaced(e.Field), e.Entry)
	case *domain.ErasureCompleted:
		return fmt.Sprintf("%s of entry at position %d erased", spaced(e.Field), e.Entry)
	case *domain.HoldSet:
		return "hold " + string(e.Hold) + " set: nothing may be erased"
	case *domain.HoldReleased:
		return "hold " + string(e.Hold) + " released"
	case *domain.BundleIssued:
		return "evidence bundle " + string(e.Bundle) + " issued"
	case *domain.KeyAdopted:
		return "checkpoint key adopted"
	case *domain.HistoryRepaired:
		return fmt.Sprintf("events at positions %d to %d put back from %s", e.First, e.Last, e.Source)
	case *domain.PersonRegistered:
		return "person " + string(e.Person) + " registered"
	case *domain.PersonRenamed:
		return "person " + string(e.Person) + " renamed"
	case *domain.PersonLeft:
		return "person " + string(e.Person) + " left"
	case *domain.TokenIssued:
		return fmt.Sprintf("token %s issued to %s as %s", e.Token, e.Person, e.Role)
	case *domain.TokenRevoked:
		return "token " + string(e.Token) + " revoked"
	}
	return spaced(event.Type())
}

func ratingSummary(event domain.Event) string {
	switch e := event.(type) {
	case *domain.RatingChanged:
		line := fmt.Sprintf("%s %s → %s", e.Dimension, e.From, e.To)
		if e.From == "" {
			line = fmt.Sprintf("%s rated %s", e.Dimension, e.To)
		}
		if e.Owed {
			line += ", justification owed"
		}
		return line + sameAs(e.SameAs)
	case *domain.RatingAffirmed:
		return fmt.Sprintf("%s %s affirmed", e.Dimension, e.Value) + sameAs(e.SameAs)
	case *domain.JustificationGiven:
		line := fmt.Sprintf("justification given for %s %s", e.Dimension, e.Value)
		if e.Answers != "" {
			line += ", answering " + string(e.Answers)
		}
		return line + sameAs(e.SameAs)
	}
	return spaced(event.Type())
}

func correctedSummary(e *domain.EntryCorrected) string {
	field := spaced(e.Field)
	if e.Value == "" {
		return field + " corrected"
	}
	value := spaced(e.Value)
	var d domain.Date
	if err := d.UnmarshalText([]byte(e.Value)); err == nil && (e.Field == "due" || e.Field == "stated") {
		value = d.Words()
	}
	return fmt.Sprintf("%s corrected to %s", field, value)
}

func sameAs(item domain.ItemID) string {
	if item == "" {
		return ""
	}
	return ", same reason as " + string(item)
}

func withDue(line string, due domain.Date) string {
	if due.IsZero() {
		return line
	}
	return line + ", due " + due.Words()
}

func place(item domain.ItemID) string {
	if item == "" {
		return "the top"
	}
	return string(item)
}

func spaced(s string) string { return strings.NewReplacer("-", " ", "_", " ").Replace(s) }
