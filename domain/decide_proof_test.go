package domain

import (
	"strings"
	"testing"
)

var (
	sum  = strings.Repeat("ab", 32)
	file = AttachEvidence{Item: "item-01", SHA256: sum, Size: 10, MediaType: "application/pdf", Title: "Signed minutes", File: "minutes.pdf"}
)

func TestEvidenceIsAttachedAndWithdrawnAndStays(t *testing.T) {
	w := tell(t, open1, add1, file, file, WithdrawEvidence{Evidence: "evidence-01", Reason: "The draft, not the minutes"})
	it, _ := w.plan.Item("item-01")
	if len(it.Evidence) != 2 || it.Evidence[0].Withdrawn != 50 || it.Evidence[1].Withdrawn != 0 {
		t.Errorf("%+v", it.Evidence)
	}
	bad := file
	bad.SHA256 = "x"
	empty := file
	empty.Size = 0
	untitled := file
	untitled.Title = ""
	pathy := file
	pathy.File = "a\nb"
	for _, c := range []struct {
		give Command
		kind Kind
	}{
		{bad, Invalid}, {empty, TooLarge}, {untitled, Invalid}, {pathy, Invalid},
		{AttachEvidence{Item: "item-09", SHA256: sum, Size: 1, Title: "x"}, NotFound},
		{WithdrawEvidence{Evidence: "evidence-01", Reason: "again"}, Refused},
		{WithdrawEvidence{Evidence: "evidence-09", Reason: "x"}, NotFound},
		{WithdrawEvidence{Evidence: "evidence-02"}, Invalid},
	} {
		if _, err := w.give(c.give); KindOf(err) != c.kind {
			t.Errorf("%+v: %v", c.give, err)
		}
	}
}

func TestErasingNeedsAReasonAnAuthorityAndNoHold(t *testing.T) {
	w := tell(t, open1, add1, amber1, SetHold{Reason: "Inquiry"})
	erase := EraseText{Basis: cabinet, Entry: "3", Field: "justification", Reason: "Names a child"}
	for _, c := range []struct {
		give Command
		kind Kind
	}{
		{erase, Refused}, // the hold
		{ReleaseHold{Hold: "hold-01", Reason: "Over"}, Invalid},
		{ReleaseHold{Basis: cabinet, Hold: "hold-01", Reason: "Over"}, -1},
		{ReleaseHold{Basis: cabinet, Hold: "hold-01", Reason: "Over"}, NotFound},
		{EraseText{Entry: "3", Field: "justification", Reason: "Names a child"}, Invalid},
		{EraseText{Basis: cabinet, Entry: "3", Field: "justification"}, Invalid},
		{EraseText{Basis: cabinet, Entry: "3", Field: "to", Reason: "x"}, Invalid},
		{EraseText{Basis: cabinet, Entry: "99", Field: "title", Reason: "x"}, NotFound},
		{CompleteErasure{Of: "event-3", Field: "justification"}, Refused},
		{erase, -1},
		{erase, Refused},
	} {
		if _, err := w.give(c.give); (err == nil) != (c.kind == -1) || err != nil && KindOf(err) != c.kind {
			t.Errorf("%+v: %v", c.give, err)
		}
	}
	if open := w.OpenErasures(); len(open) != 1 || open[0].Of != "event-3" || open[0].Entry != 30 {
		t.Errorf("%+v", open)
	}
	if _, err := w.give(CompleteErasure{Of: "event-3", Field: "justification"}); err != nil || len(w.OpenErasures()) != 0 {
		t.Errorf("%v, still open: %+v", err, w.OpenErasures())
	}
}

func TestABundleStatesThePlansHead(t *testing.T) {
	w := tell(t, open1, add1)
	facts, err := w.give(IssueBundle{Reason: "Focused visit", For: "The inspector"})
	if err != nil {
		t.Fatal(err)
	}
	if e := facts[0].Event.(*BundleIssued); e.HeadSeq != 2 || e.HeadAt != 20 || e.Bundle != "bundle-01" {
		t.Errorf("%+v", e)
	}
	if _, err := w.give(IssueBundle{Item: "item-09", Reason: "x"}); KindOf(err) != NotFound {
		t.Error(err)
	}
	if _, err := w.give(IssueBundle{}); KindOf(err) != Invalid {
		t.Error(err)
	}
}

func TestTheLogKeepsItsKeysAndRepairs(t *testing.T) {
	w := &teller{History: NewHistory(Log), today: Day(2020, 2, 3), by: officer}
	repair := RecordRepair{HistoryRepaired: HistoryRepaired{First: 3, Last: 4, Source: "backup", Size: 9}}
	for _, c := range []struct {
		give Command
		ok   bool
	}{
		{AdoptKey{Key: "acme+1234+k1"}, true}, {AdoptKey{Key: "acme+1234+k1"}, false}, {AdoptKey{}, false},
		{AdoptKey{Key: "acme+1234+k2"}, true}, {repair, true}, {RecordRepair{}, false}, {open1, false},
	} {
		if _, err := w.give(c.give); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c.give, err)
		}
	}
	if w.Key() != "acme+1234+k2" {
		t.Error(w.Key())
	}
	if _, err := tell(t, open1).give(AdoptKey{Key: "k"}); KindOf(err) != Refused {
		t.Error(err)
	}
}
