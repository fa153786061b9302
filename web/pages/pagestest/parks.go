package pagestest

import (
	"strings"
	"testing"
	"time"

	"plantrail/domain"
)

func on(y int, m time.Month, d int) domain.Basis { return domain.Basis{Stated: domain.Day(y, m, d)} }

// Parks records a small plan with something of everything, and markup in its words.
func (h *House) Parks(t testing.TB) {
	t.Helper()
	board := domain.Basis{Stated: domain.Day(2026, 3, 20), Authority: &domain.Authority{Body: "Scrutiny Committee", Meeting: domain.Day(2026, 3, 20)}}
	h.Do(t, "parks",
		domain.OpenPlan{Basis: on(2026, 1, 5), Title: "Parks <b>plan</b>"},
		domain.AddItem{Basis: on(2026, 1, 5), Ref: "1.1", Title: "Mend the roof of the bandstand", Owner: "Ann Lee", Due: domain.Month(2026, 3)},
		domain.AddItem{Basis: on(2026, 1, 5), Ref: "1.2", Title: "Plant forty trees"},
		domain.AddItem{Basis: on(2026, 1, 5), Title: "Fish in the pond"},
		domain.Rate{Basis: on(2026, 1, 5), Item: "item-01", To: "amber", Justification: "Scaffolding is late <script>alert(1)</script>"},
		domain.Rate{Basis: on(2026, 2, 9), Item: "item-02", To: "green"},
		domain.OpenMeeting{Basis: on(2026, 3, 1), Body: "Scrutiny Committee", On: domain.Day(2026, 3, 20)},
		domain.PublishPaper{Basis: on(2026, 3, 12), Meeting: "scrutiny-committee-2026-03-20", SHA256: strings.Repeat("ab", 32)},
		domain.Rate{Basis: on(2026, 3, 20), Item: "item-01", To: "green"},
		domain.MakeRequest{Basis: board, Item: "item-02", Words: "Which trees?", AskedBy: "The Chairman"},
		domain.CancelItem{Basis: board, Item: "item-03", Reason: "No fish"},
		domain.SetDue{Basis: on(2026, 4, 1), Item: "item-01", Due: domain.Month(2026, 6), Reason: "Frost"},
		domain.Resolve{Basis: board, Printed: "That the trees be planted."})
}
