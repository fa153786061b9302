package main

import (
	"context"
	"encoding/json"

	"plantrail/domain"
)

// demoPlan is the sample plan of serve --demo: a council that does not exist, and a year of its work on library buildings.
const demoPlan = "library-access-demo"

// recordDemo records the sample plan through the API, as anybody would. Each command has an id of its own that never
// changes, so that a second run records nothing, and one that was cut short is completed.
func recordDemo(ctx context.Context, c *client) error {
	for _, step := range demoSteps() {
		body, err := json.Marshal(step.do)
		if err != nil {
			return failure(err, "the sample plan can't be written as JSON")
		}
		_, _, err = c.command(ctx, request{path: path("plans", demoPlan, step.do.Verb()), body: body,
			mediaType: "application/json", key: "demo-1." + step.key})
		if err != nil {
			return err
		}
	}
	return nil
}

// demoStep is one command of the sample plan. Its key and words never change: a changed story is another plan.
type demoStep struct {
	key string
	do  domain.Command
}

func demoSteps() (steps []demoStep) {
	add := func(key string, do domain.Command) { steps = append(steps, demoStep{key, do}) }
	demoItems(add)
	demoSpring(add)
	demoAutumn(add)
	return steps
}

func demoItems(add func(string, domain.Command)) {
	on := said("2024-01-15", nil)
	add("open", domain.OpenPlan{Basis: on, Title: "Libraries for everyone: access improvement plan 2024",
		Levels: []domain.Level{{Key: "aim", Label: "Aim"}, {Key: "action", Label: "Action"}}})
	for _, i := range []struct {
		id, ref, parent, title, owner, due string
	}{
		{"aim-1", "1", "", "Anyone can get into every library building", "Head of Libraries", ""},
		{"ramp-millbrook", "1.1", "aim-1", "Replace the temporary ramp at Millbrook Library", "Property Manager", "2024-04"},
		{"doors", "1.2", "aim-1", "Fit powered doors at the four busiest branches", "Property Manager", "2024-06-28"},
		{"aim-2", "2", "", "Anyone can use what is inside", "Head of Libraries", ""},
		{"loops", "2.1", "aim-2", "Install and test hearing loops at all enquiry desks", "Customer Services Lead", "2024-05"},
		{"large-print", "2.2", "aim-2", "Double the large print stock outside the central library", "Stock Librarian", "2024-09"},
		{"quiet-hours", "2.3", "aim-2", "Hold a weekly quiet hour in every branch", "Branch Supervisors", "2024-03"},
		{"catalogue", "2.4", "aim-2", "Make the online catalogue usable by keyboard and screen reader", "Digital Manager", "2024-10"},
	} {
		level := "action"
		if i.parent == "" {
			level = "aim"
		}
		add("item."+i.id, domain.AddItem{Basis: on, Item: domain.ItemID(i.id), Ref: i.ref, Level: level, Parent: domain.ItemID(i.parent),
			Title: domain.Text(i.title), Owner: domain.Text(i.owner), Due: stated(i.due)})
	}
}

// demoSpring: first ratings, what members asked, a date that slips.
func demoSpring(add func(string, domain.Command)) {
	february := said("2024-02-12", nil)
	add("rate.1", rated(february, "ramp-millbrook", "amber", "Two of three quotes are in; the third is promised for the end of the month."))
	add("rate.2", rated(february, "doors", "green", "The order is placed and the fitter has visited all four branches."))
	add("rate.3", rated(february, "loops", "amber", "Six desks of eleven are fitted, none has been tested with a user yet."))
	add("rate.4", rated(february, "large-print", "green", "The budget is agreed."))
	add("rate.5", rated(february, "quiet-hours", "green", "Nine of ten branches have begun."))
	add("rate.6", rated(february, "catalogue", "amber", "The supplier has not said when the next release comes."))
	committee := &domain.Authority{Body: "Culture and Leisure Committee", Meeting: stated("2024-03-06")}
	march := said("2024-03-06", committee)
	add("request.1", domain.MakeRequest{Basis: march, Request: "request-01", Item: "catalogue", AskedBy: "the Vice-Chairman",
		Words: "What can be done about the catalogue if the supplier does not deliver?", Due: stated("2024-06-05")})
	add("resolve.1", domain.Resolve{Basis: march, Resolution: "resolution-01", Printed: "RESOLVED: that the plan be approved and progress be reported in June."})
	add("due.1", domain.SetDue{Basis: said("2024-04-22", nil), Item: "ramp-millbrook", Due: stated("2024-07-31"),
		Reason: "The landlord's consent took ten weeks longer than planned."})
	add("rate.7", rated(said("2024-04-22", nil), "ramp-millbrook", "red", "The ramp can't be in place in April: the landlord's consent is still missing."))
	add("progress.1", domain.ReportProgress{Basis: said("2024-05-13", nil), Item: "loops", Progress: "All eleven desks are fitted. Testing with the deaf club is booked for 21 May."})
	add("answer.1", domain.AnswerRequest{Basis: said("2024-06-05", committeeIn("2024-06-05")), Request: "request-01",
		Answer: "The contract allows us to have the work done elsewhere after three missed releases; the second was missed in May."})
}

// demoAutumn: outcomes, and a rating that is affirmed for a new reason.
func demoAutumn(add func(string, domain.Command)) {
	add("rate.8", rated(said("2024-06-03", nil), "loops", "green", "Tested with twelve users; two desks were adjusted."))
	add("outcome.1", domain.RecordOutcome{Basis: said("2024-06-17", nil), Item: "loops", Result: domain.Achieved,
		Outcome: "Loops work at all eleven desks, and the deaf club has reported no fault since."})
	add("outcome.2", domain.RecordOutcome{Basis: said("2024-07-08", nil), Item: "quiet-hours", Result: domain.PartlyAchieved,
		Outcome: "Nine of ten branches hold a weekly quiet hour; Harbour Street is too small to close a room."})
	add("rate.9", rated(said("2024-08-02", nil), "ramp-millbrook", "amber", "Consent came on 9 July; the builder begins on 19 August."))
	add("rate.10", rated(said("2024-09-09", committeeIn("2024-09-09")), "catalogue", "amber", "A third release was missed. The work is being tendered."))
	add("rate.11", rated(said("2024-09-30", nil), "ramp-millbrook", "green", "The ramp is open and was inspected on 27 September."))
}

func said(day string, by *domain.Authority) domain.Basis {
	return domain.Basis{Stated: stated(day), Authority: by}
}

func committeeIn(day string) *domain.Authority {
	return &domain.Authority{Body: "Culture and Leisure Committee", Meeting: stated(day)}
}

// stated reads a date of the sample plan; its test reads them all.
func stated(s string) domain.Date {
	d, _ := domain.ParseDate(s)
	return d
}

func rated(on domain.Basis, item domain.ItemID, to string, why domain.Text) domain.Rate {
	return domain.Rate{Basis: on, Item: item, To: to, Justification: why}
}
