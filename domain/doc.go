// Package domain is what a council's improvement plan is, what may happen to it, and what did.
//
// A [Plan] has items at named levels; an item carries ratings, a reason for each, a due date, an owner and, in the
// end, an outcome. Nothing is changed in place: a [Command] is decided against what has been recorded so far and
// becomes one or more [Event] values, which a [Journal] appends. Folding the events again gives the plan:
//
//	command ──decide──► events ──Journal.Append──► Recorded ──Apply──► Plan
//	             ▲                                                       │
//	             └───────────────────────────────────────────────────────┘
//
// Deciding is pure and may refuse with an [Error]; applying cannot fail, for what is recorded has happened.
// [Service] joins the two: it loads a history, decides, appends, and resolves conflicts, repeats and lost answers.
//
// The package imports only the standard library. Words are the council's: plan, item, rating, justification, outcome,
// request, resolution.
package domain
