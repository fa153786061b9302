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
		return addedSummary(e)
	case *domain.ItemReworded:
		return "title reworded"
	case *domain.ItemMoved:
		return fmt.Sprintf("moved from %s to %s", place(e.From), place(e.To))
	case *domain.OwnerAssigned:
		return ownerSummary(e)
	case *domain.DueDateSet:
		return "due date set to " + e.Due.Words()
	case *domain.DueDateMoved:
		return dueSummary(e)
	case *domain.DueMoveRequested:
		return fmt.Sprintf("asked to move the due date from %s to %s", e.From.Words(), e.To.Words())
	case *domain.DueMoveRefused:
		return fmt.Sprintf("the due date may not move to %s", e.To.Words())
	case *domain.ItemSuspended:
		return "suspended"
	case *domain.ItemResumed:
		return "resumed"
	case *domain.ItemCancelled:
		return "cancelled"
	case *domain.RatingChanged, *domain.RatingAffirmed, *domain.JustificationGiven:
		return ratingSummary(e)
	case *domain.ProgressReported:
		return progressSummary(e)
	case *domain.OutcomeRecorded:
		return "outcome: " + spaced(string(e.Result))
	case *domain.EntryCorrected:
		return correctedSummary(e)
	case *domain.PaperImported:
		return fmt.Sprintf("%d rows imported from a document (%s)", e.Rows, e.Format)
	case *domain.CommandVoided:
		return fmt.Sprintf("command %s stopped after %d parts and counts for nothing", e.Command, e.Parts)
	}
	for _, summary := range []func(domain.Event) string{practiceSummary, closingSummary, meetingSummary, proofSummary, peopleSummary} {
		if line := summary(event); line != "" {
			return line
		}
	}
	return spaced(event.Type())
}

func addedSummary(e *domain.ItemAdded) string {
	line := "item " + string(e.Item) + " added"
	if e.Kind != domain.Action {
		line += " as a " + kindWords(e.Kind)
	}
	if e.From != nil {
		line += fmt.Sprintf(", carried forward from %s of %s", e.From.Item, e.From.Plan)
	}
	return withDue(line, e.Due)
}

func kindWords(k domain.ItemKind) string {
	if k == domain.StandingDuty {
		return "standing duty"
	}
	return string(k)
}

func ownerSummary(e *domain.OwnerAssigned) string {
	line := "owner assigned"
	if e.Interim {
		line = "interim " + line
	}
	if e.Post {
		line += ", a post"
	}
	return line
}

func dueSummary(e *domain.DueDateMoved) string {
	line := fmt.Sprintf("due date moved from %s to %s", e.From.Words(), e.To.Words())
	if e.Approved {
		line += ", approved"
	}
	return line
}

func progressSummary(e *domain.ProgressReported) string {
	if e.Percent == nil {
		return "progress reported"
	}
	return fmt.Sprintf("progress reported: %d%% complete", *e.Percent)
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
		if e.Override {
			line += ", otherwise than the scheme's rule says"
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

func bundleSummary(e *domain.BundleIssued) string {
	line := "evidence bundle " + string(e.Bundle) + " issued"
	if e.AsAt > 0 {
		line += fmt.Sprintf(", reporting on position %d", e.AsAt)
	}
	return line
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
