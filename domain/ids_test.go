package domain

import (
	"strings"
	"testing"
)

func TestIdsKeepOutWhatASubjectOrPathWouldRead(t *testing.T) {
	for _, bad := range []string{"", "*", ">", "a.b", "a b", "..", "a/b", "A", "é", "a\x00", "_people", "a\n", strings.Repeat("a", 65)} {
		if _, err := ParsePlanID(bad); KindOf(err) != Invalid {
			t.Errorf("ParsePlanID(%q): %v", bad, err)
		}
		if _, err := ParseItemID(bad); KindOf(err) != Invalid {
			t.Errorf("ParseItemID(%q): %v", bad, err)
		}
		if _, err := ParseOrgID(bad); KindOf(err) != Invalid {
			t.Errorf("ParseOrgID(%q): %v", bad, err)
		}
	}
	for _, bad := range []string{"", "a b", "a\r\nb", "é", strings.Repeat("a", 65)} {
		if _, err := ParseCommandID(bad); KindOf(err) != Invalid {
			t.Errorf("ParseCommandID(%q): %v", bad, err)
		}
	}
	for _, good := range []string{"a", "sdp-2019-20", strings.Repeat("a", 64)} {
		if id, err := ParsePlanID(good); err != nil || string(id) != good {
			t.Errorf("ParsePlanID(%q): %v", good, err)
		}
	}
}

func FuzzSlug(f *testing.F) {
	f.Add("Service Development Plan 2019-20")
	f.Add("--É--")
	f.Fuzz(func(t *testing.T, title string) {
		if s := Slug(title); s != "" && !isID(s) {
			t.Errorf("Slug(%q) = %q is not an id", title, s)
		}
	})
}

func TestSlug(t *testing.T) {
	if got := Slug("Service Development Plan 2019-20"); got != "service-development-plan-2019-20" {
		t.Error(got)
	}
}

// TestEveryEventAndCommandIsListed fails when an event is added without its place in NewEvent.
func TestEveryEventAndCommandIsListed(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range allEvents {
		got := NewEvent(e.Type())
		if got == nil || got.Type() != e.Type() || seen[e.Type()] {
			t.Errorf("NewEvent(%q) = %v", e.Type(), got)
		}
		seen[e.Type()] = true
	}
	if NewEvent("no-such-event") != nil {
		t.Error("an unknown event was made")
	}
}

var allEvents = []Event{&PlanOpened{}, &PlanClosed{}, &ItemAdded{}, &ItemReworded{}, &ItemMoved{}, &OwnerAssigned{},
	&DueDateSet{}, &DueDateMoved{}, &ItemSuspended{}, &ItemResumed{}, &ItemCancelled{}, &RatingChanged{},
	&RatingAffirmed{}, &JustificationGiven{}, &ProgressReported{}, &OutcomeRecorded{}, &RequestMade{},
	&RequestAnswered{}, &ResolutionRecorded{}, &EntryCorrected{}, &PaperImported{}, &CommandVoided{},
	&EvidenceAttached{}, &EvidenceWithdrawn{}, &ErasureRequested{}, &ErasureCompleted{}, &HoldSet{}, &HoldReleased{}, &BundleIssued{}, &KeyAdopted{}, &HistoryRepaired{},
	&PersonRegistered{}, &PersonRenamed{}, &PersonLeft{}, &TokenIssued{}, &TokenRevoked{}}
