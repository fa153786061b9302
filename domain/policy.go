package domain

import "slices"

// Policy is what a council has agreed about keeping the plan, as versioned data: a changed policy is another id. It stands
// whole in the event that sets it, so that what a rule found on a day can be found again.
type Policy struct {
	ID string `json:"id" doc:"names its version, e.g. acme.v2" maxLength:"64"`
	// MoveDays is the most days by which a due date may be moved later without approval; 0: any move needs approval where
	// ApprovingBodies are named.
	MoveDays        int      `json:"move_days" doc:"the most days by which a due date may move later without approval"`
	ApprovingBodies []string `json:"approving_bodies,omitempty" doc:"the bodies that approve moves; none: no move needs approval" maxItems:"32"`
	VerifyFirst     bool     `json:"verify_first,omitempty" doc:"a closure is accepted only when somebody verified it"`
	SelfVerify      bool     `json:"self_verify,omitempty" doc:"who claims completion, or owns the item, may verify it"`
	Off             []string `json:"off,omitempty" doc:"findings rules that are not applied, e.g. R29" maxItems:"32"`
	Thresholds
}

// Thresholds are the figures of the findings rules. A zero is replaced by the figure of [DefaultPolicy] when a policy is set.
type Thresholds struct {
	Extensions      int      `json:"extensions,omitempty" doc:"R05: this many moves later are serial extension"`
	ExtensionDays   int      `json:"extension_days,omitempty" doc:"R05: so are this many days in all"`
	ApprovalDays    int      `json:"approval_days,omitempty" doc:"R06: days within which an approval must follow"`
	WeakReasons     []string `json:"weak_reasons,omitempty" doc:"R07: words that alone are no reason" maxItems:"64"`
	UnjustifiedDays int      `json:"unjustified_days,omitempty" doc:"R08: days that a spell may stay without justification"`
	StaleAmberDays  int      `json:"stale_amber_days,omitempty" doc:"R11"`
	StaleRedDays    int      `json:"stale_red_days,omitempty" doc:"R11"`
	CycleDays       int      `json:"cycle_days,omitempty" doc:"R12, R13, R31: days of a reporting cycle"`
	Similarity      float64  `json:"similarity,omitempty" doc:"R13: 0 to 1, from which two justifications are the same"`
	ReassignDays    int      `json:"reassign_days,omitempty" doc:"R14: working days to name another owner"`
	SignOffDays     int      `json:"sign_off_days,omitempty" doc:"R15"`
	FlapChanges     int      `json:"flap_changes,omitempty" doc:"R17: changes of meaning within flap_days"`
	FlapDays        int      `json:"flap_days,omitempty" doc:"R17"`
	ReturnDays      int      `json:"return_days,omitempty" doc:"R17: there and back within these days"`
	GoalpostDays    int      `json:"goalpost_days,omitempty" doc:"R19: days before it turned green"`
	OwnerNames      int      `json:"owner_names,omitempty" doc:"R20: more names than this are no single owner"`
	OverdueDays     int      `json:"overdue_days,omitempty" doc:"R23: days overdue before complete without having been at risk"`
	BackdatedDays   int      `json:"backdated_days,omitempty" doc:"R25"`
	ShortWords      int      `json:"short_words,omitempty" doc:"R26: characters below which a justification says nothing"`
	EveDays         int      `json:"eve_days,omitempty" doc:"R29: days before the paper deadline"`
	EveShare        float64  `json:"eve_share,omitempty" doc:"R29: 0 to 1, share of improvements recorded in them"`
	OwnerItems      int      `json:"owner_items,omitempty" doc:"more open items than this are much for one owner"`
}

// DefaultPolicy holds until a plan sets its own.
func DefaultPolicy() Policy {
	return Policy{ID: "default.v1", Thresholds: Thresholds{Extensions: 2, ExtensionDays: 180, ApprovalDays: 30,
		WeakReasons:     []string{"resources", "capacity", "staffing", "lack of resources", "resource issues", "capacity issues", "workload"},
		UnjustifiedDays: 14, StaleAmberDays: 183, StaleRedDays: 92, CycleDays: 31, Similarity: 0.95, ReassignDays: 10,
		SignOffDays: 60, FlapChanges: 3, FlapDays: 183, ReturnDays: 45, GoalpostDays: 30, OwnerNames: 1, OverdueDays: 60,
		BackdatedDays: 30, ShortWords: 20, EveDays: 3, EveShare: 0.6, OwnerItems: 15}}
}

// filled is the policy with the default figures where it has none.
func (p Policy) filled() Policy {
	d := DefaultPolicy().Thresholds
	for _, n := range []struct{ to, from *int }{{&p.Extensions, &d.Extensions}, {&p.ExtensionDays, &d.ExtensionDays},
		{&p.ApprovalDays, &d.ApprovalDays}, {&p.UnjustifiedDays, &d.UnjustifiedDays}, {&p.StaleAmberDays, &d.StaleAmberDays},
		{&p.StaleRedDays, &d.StaleRedDays}, {&p.CycleDays, &d.CycleDays}, {&p.ReassignDays, &d.ReassignDays},
		{&p.SignOffDays, &d.SignOffDays}, {&p.FlapChanges, &d.FlapChanges}, {&p.FlapDays, &d.FlapDays},
		{&p.ReturnDays, &d.ReturnDays}, {&p.GoalpostDays, &d.GoalpostDays}, {&p.OwnerNames, &d.OwnerNames},
		{&p.OverdueDays, &d.OverdueDays}, {&p.BackdatedDays, &d.BackdatedDays}, {&p.ShortWords, &d.ShortWords},
		{&p.EveDays, &d.EveDays}, {&p.OwnerItems, &d.OwnerItems}} {
		if *n.to == 0 {
			*n.to = *n.from
		}
	}
	for _, n := range []struct{ to, from *float64 }{{&p.Similarity, &d.Similarity}, {&p.EveShare, &d.EveShare}} {
		if *n.to == 0 {
			*n.to = *n.from
		}
	}
	if len(p.WeakReasons) == 0 {
		p.WeakReasons = d.WeakReasons
	}
	return p
}

func (p Policy) check() error {
	if !isSchemeID(p.ID) {
		return Errorf(Invalid, "policy.id", "%s can't name a policy", quote(p.ID)).WithHint("as acme.v2: a-z, 0-9, - and .")
	}
	for _, n := range []int{p.MoveDays, p.Extensions, p.ExtensionDays, p.ApprovalDays, p.UnjustifiedDays, p.StaleAmberDays,
		p.StaleRedDays, p.CycleDays, p.ReassignDays, p.SignOffDays, p.FlapChanges, p.FlapDays, p.ReturnDays, p.GoalpostDays,
		p.OwnerNames, p.OverdueDays, p.BackdatedDays, p.ShortWords, p.EveDays, p.OwnerItems} {
		if n < 0 || n > 36_500 {
			return Errorf(Invalid, "policy", "%d is no figure for a threshold", n).WithHint("0 to 36500")
		}
	}
	if p.Similarity < 0 || p.Similarity > 1 || p.EveShare < 0 || p.EveShare > 1 {
		return Errorf(Invalid, "policy", "a share lies between 0 and 1")
	}
	if len(p.ApprovingBodies) > 32 || len(p.Off) > 32 || len(p.WeakReasons) > 64 {
		return Errorf(TooLarge, "policy", "a policy names at most 32 bodies, 32 rules and 64 weak reasons")
	}
	for _, s := range slices.Concat(p.ApprovingBodies, p.Off, p.WeakReasons) {
		if err := checkLine("policy", s, 200); err != nil {
			return err
		}
	}
	return nil
}

// Approves reports whether a body may approve the moving of a due date.
func (p Policy) Approves(a *Authority) bool {
	return a != nil && a.Body != "" && (len(p.ApprovingBodies) == 0 || slices.Contains(p.ApprovingBodies, a.Body))
}

// NeedsApproval reports whether moving a due date needs approval: a later date, over the threshold.
func (p Policy) NeedsApproval(from, to Date) bool {
	return len(p.ApprovingBodies) > 0 && DaysBetween(from, to) > p.MoveDays
}

// DaysBetween counts the days from one date to another, by their last days; 0 when one is not known.
func DaysBetween(from, to Date) int {
	if !from.Known() || !to.Known() {
		return 0
	}
	return int(to.End().Sub(from.End()).Hours() / 24)
}
