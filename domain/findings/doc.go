// Package findings is what an auditor would say of a plan: 32 rules over its history, each of which can be computed as at any
// day. A finding names its rule, the entries that prove it and what would clear it. It changes no rating: somebody answers it.
//
// The rules run on what a rating means, never on its colour, with the thresholds of the policy that the plan had on the day.
// They are pure: a [Story] goes in, findings come out, and the same story gives the same findings for ever. Where the
// evidence of practice is thin a rule keeps silent: a false alarm costs more than a miss, because people stop reading.
//
// Two clocks are kept apart. What was known is decided by the caller, who leaves later entries out of the story
// ([Story.Known]); on which day the story is judged is the second argument of [Evaluate], and what had not happened by
// then, as stated, does not count.
package findings
