package projections

import (
	"fmt"
	"strings"

	"plantrail/domain"
)

// practiceSummary is of the plan as a whole and of what stands between its items, "" of anything else.
func practiceSummary(event domain.Event) string {
	switch e := event.(type) {
	case *domain.LevelsSet:
		return "levels set: " + strings.Join(levelKeys(e.Levels), ", ")
	case *domain.SchemesSet:
		return "rating schemes set: " + strings.Join(schemeIDs(e.Dimensions), ", ")
	case *domain.PolicySet:
		return "policy " + e.Policy.ID + " set"
	case *domain.VersionAdopted:
		return "version " + e.Version + " adopted"
	case *domain.ItemsLinked:
		return relationWords(e.Relation) + " " + string(e.To)
	case *domain.ItemsUnlinked:
		return "no longer " + relationWords(e.Relation) + " " + string(e.To)
	case *domain.MeasureDefined:
		return measureSummary(e)
	case *domain.MeasureRead:
		return "measure read: " + e.Value.Words()
	}
	return ""
}

func levelKeys(all []domain.Level) (keys []string) {
	for _, l := range all {
		keys = append(keys, l.Key)
	}
	return keys
}

func schemeIDs(all []domain.Dimension) (ids []string) {
	for _, d := range all {
		ids = append(ids, d.Key+" by "+d.Scheme.ID)
	}
	return ids
}

func relationWords(r domain.Relation) string {
	switch r {
	case domain.ContributesTo:
		return "contributes to"
	case domain.MeasuredBy:
		return "is measured by"
	}
	return string(r)
}

func measureSummary(e *domain.MeasureDefined) string {
	line := "measure defined"
	switch {
	case e.Target != "" && e.From != "" && e.From != e.Target:
		line += fmt.Sprintf(": target changed from %s to %s", e.From.Words(), e.Target.Words())
	case e.Target != "":
		line += ": target " + e.Target.Words()
	}
	return strings.TrimSpace(line + " " + e.Unit)
}

// closingSummary is of how items come to their ends and are taken up again.
func closingSummary(event domain.Event) string {
	switch e := event.(type) {
	case *domain.CompletionClaimed:
		if len(e.Evidence) == 0 {
			return "claimed to be complete, with no evidence"
		}
		return "claimed to be complete, with " + joined(e.Evidence)
	case *domain.CompletionVerified:
		return "completion verified"
	case *domain.CompletionRefused:
		return "completion not confirmed: open again"
	case *domain.ClosureAccepted:
		return "closure accepted"
	case *domain.ItemReopened:
		return "reopened; it was " + spaced(string(e.Was))
	case *domain.ItemSuperseded:
		return "superseded by " + joined(e.By)
	case *domain.ItemCarriedForward:
		return fmt.Sprintf("carried forward into %s as %s", e.Plan, e.To)
	case *domain.ResponseGiven:
		return "response: " + spaced(string(e.Response))
	}
	return ""
}

func joined[T ~string](ids []T) string {
	var all []string
	for _, id := range ids {
		all = append(all, string(id))
	}
	return strings.Join(all, ", ")
}

// meetingSummary is of members, meetings and what they asked, and of the answers.
func meetingSummary(event domain.Event) string {
	switch e := event.(type) {
	case *domain.RequestMade:
		return requestSummary(e)
	case *domain.RequestAnswered:
		return string(e.Request) + " answered"
	case *domain.RequestWithdrawn:
		return string(e.Request) + " withdrawn"
	case *domain.RatingChallenged:
		line := fmt.Sprintf("%s %s challenged (%s)", e.Dimension, e.Value, e.Request)
		if e.Proposed != "" {
			line += ", members hold it to be " + e.Proposed
		}
		return withMeeting(withDue(line, e.Due), e.Meeting)
	case *domain.ResolutionRecorded:
		return "resolution recorded (" + string(e.Resolution) + ")"
	case *domain.MeetingOpened:
		return fmt.Sprintf("meeting of %s on %s opened (%s)", e.Body, e.On.Words(), e.Meeting)
	case *domain.PaperPublished:
		line := fmt.Sprintf("paper for %s published: the plan as of entry %d, %s", e.Meeting, e.Version, e.Classification)
		switch {
		case len(e.Exempt) == 0:
			return line
		case e.Classification == domain.Exempt:
			return line + ", only of " + joined(e.Exempt)
		}
		return line + ", without " + joined(e.Exempt)
	case *domain.MinutesRecorded:
		return "minutes of " + string(e.Meeting) + " recorded"
	case *domain.FindingAnswered:
		line := fmt.Sprintf("finding %s of %s answered", e.Finding, e.Rule)
		if e.Until.IsZero() {
			return line
		}
		return line + ", to be cleared by " + e.Until.Words()
	}
	return ""
}

func requestSummary(e *domain.RequestMade) string {
	line := "members asked (" + string(e.Request) + ")"
	if e.Commitment {
		line = "officers promised to report (" + string(e.Request) + ")"
	}
	line = withMeeting(withDue(line, e.Due), e.Meeting)
	if e.DueAs != "" {
		line += ", due as printed: " + e.DueAs
	}
	return line
}

func withMeeting(line string, m domain.MeetingID) string {
	if m == "" {
		return line
	}
	return line + ", for " + string(m)
}

// proofSummary is of evidence, erasing and the log's own affairs.
func proofSummary(event domain.Event) string {
	switch e := event.(type) {
	case *domain.EvidenceAttached:
		return "evidence " + string(e.Evidence) + " attached"
	case *domain.EvidenceWithdrawn:
		return "evidence " + string(e.Evidence) + " withdrawn"
	case *domain.EvidenceWaived:
		return "evidence not required"
	case *domain.ErasureRequested:
		return fmt.Sprintf("erasing of the %s of entry at position %d asked for", spaced(e.Field), e.Entry)
	case *domain.ErasureCompleted:
		return fmt.Sprintf("%s of entry at position %d erased", spaced(e.Field), e.Entry)
	case *domain.HoldSet:
		return "hold " + string(e.Hold) + " set: nothing may be erased"
	case *domain.HoldReleased:
		return "hold " + string(e.Hold) + " released"
	case *domain.BundleIssued:
		return bundleSummary(e)
	case *domain.KeyAdopted:
		return "checkpoint key adopted"
	case *domain.HistoryRepaired:
		return fmt.Sprintf("events at positions %d to %d put back from %s", e.First, e.Last, e.Source)
	}
	return ""
}

// peopleSummary is of persons, their tokens and what is sent to them.
func peopleSummary(event domain.Event) string {
	switch e := event.(type) {
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
	case *domain.SubscriptionMade:
		return fmt.Sprintf("subscription %s made for %s, by %s", e.Subscription, e.Person, e.Way)
	case *domain.SubscriptionPaused:
		return "subscription " + string(e.Subscription) + " paused"
	case *domain.SubscriptionResumed:
		return "subscription " + string(e.Subscription) + " taken up again"
	case *domain.SubscriptionRotated:
		return fmt.Sprintf("subscription %s given another secret; the old one holds for %d hours", e.Subscription, e.Hours)
	case *domain.SubscriptionEnded:
		return "subscription " + string(e.Subscription) + " ended"
	}
	return ""
}
