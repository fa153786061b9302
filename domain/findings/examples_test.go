package findings

import "slices"

func examples() []example {
	return slices.Concat(closingExamples, dateExamples, ratingExamples, wordExamples, recordExamples)
}

var closingExamples = []example{
	{"R01", fires, "a claim with nothing beside it", "2020-03-02", `
		2020-01-06 add a
		2020-03-02 claim a "All done"`},
	{"R01", fires, "evidence dated later", "2020-04-02", `
		2020-01-06 add a
		2020-03-02 claim a "All done"
		2020-03-09 attach a e-1 dated=2020-03-08`},
	{"R01", fires, "rated complete", "2020-03-02", `
		2020-01-06 add a
		2020-03-02 rate a blue`},
	{"R01", fires, "green where a scheme has nothing better", "2020-03-02", `
		2020-01-01 open scheme=rag.v1
		2020-01-06 add a
		2020-02-03 rate a amber "The printer is late again"
		2020-03-02 rate a green`},
	{"R01", guard, "evidence was waived before", "2020-03-02", `
		2020-01-06 add a
		2020-02-06 waive a "A decision, nothing to show"
		2020-03-02 claim a "All done"`},
	{"R01", fires, "evidence was waived afterwards", "2020-03-12", `
		2020-01-06 add a
		2020-03-02 claim a "All done"
		2020-03-09 waive a "A decision, nothing to show"`},
	{"R01", below, "evidence of the same day, attached later", "2020-03-12", `
		2020-01-06 add a
		2020-03-02 claim a "All done"
		2020-03-09 attach a e-1 dated=2020-03-02`},
	{"R01", below, "green where blue is complete", "2020-03-02", `
		2020-01-06 add a
		2020-02-03 rate a amber "The printer is late again"
		2020-03-02 rate a green`},
	{"R01", below, "the claim was refused", "2020-03-12", `
		2020-01-06 add a
		2020-03-02 claim a "All done"
		2020-03-09 refuse a "It is not"`},

	{"R02", fires, "nobody says what it came to", "2020-03-02", `
		2020-01-06 add a
		2020-03-02 claim a "All done"`},
	{"R02", fires, "a measure below its target", "2020-03-02", `
		2020-01-06 add a
		2020-01-06 add m kind=measure
		2020-01-06 measure m higher 98
		2020-01-06 link a measured_by m
		2020-03-01 read m 84.9
		2020-03-02 outcome a "Trained"
		2020-03-02 claim a "Action completed"`},
	{"R02", guard, "the measure only informs", "2020-03-02", `
		2020-01-06 add a
		2020-01-06 add m kind=measure
		2020-01-06 measure m higher 98 contextual=1
		2020-01-06 link a measured_by m
		2020-03-01 read m 84.9
		2020-03-02 outcome a "Trained"
		2020-03-02 claim a "Action completed"`},
	{"R02", below, "just at the target", "2020-03-02", `
		2020-01-06 add a
		2020-01-06 add m kind=measure
		2020-01-06 measure m higher 98
		2020-01-06 link a measured_by m
		2020-03-01 read m 98
		2020-03-02 outcome a "Trained"
		2020-03-02 claim a "Action completed"`},

	{"R03", fires, "a file that is not there any more", "2020-03-02", `
		2020-01-06 add a
		2020-02-03 attach a e-1
		2020-03-02 lost e-1`},
	{"R03", fires, "withdrawn after the claim", "2020-04-02", `
		2020-01-06 add a
		2020-02-03 attach a e-1
		2020-03-02 claim a "All done"
		2020-03-09 withdraw a e-1`},
	{"R03", guard, "a declared replacement", "2020-04-02", `
		2020-01-06 add a
		2020-02-03 attach a e-1
		2020-03-02 claim a "All done"
		2020-03-09 withdraw a e-1
		2020-03-09 attach a e-2
		2020-03-10 lost e-1`},
	{"R03", below, "withdrawn before the claim", "2020-04-02", `
		2020-01-06 add a
		2020-02-03 attach a e-1
		2020-03-01 withdraw a e-1
		2020-03-02 claim a "All done"`},

	{"R15", fires, "61 days", "2020-05-02", `
		2020-01-06 add a
		2020-03-02 claim a "All done"`},
	{"R15", fires, "closed and never claimed", "2020-03-02", `
		2020-01-06 add a
		2020-03-02 accept a body="Committee"`},
	{"R15", guard, "verified in the meantime", "2020-05-02", `
		2020-01-06 add a
		2020-03-02 claim a "All done"
		2020-04-02 verify a "Seen" by=p-2`},
	{"R15", below, "60 days", "2020-05-01", `
		2020-01-06 add a
		2020-03-02 claim a "All done"`},

	{"R16", fires, "no body", "2020-03-02", `
		2020-01-06 add a
		2020-03-02 cancel a "Not feasible"`},
	{"R16", fires, "no reason", "2020-03-02", `
		2020-01-06 add a
		2020-01-06 add b
		2020-03-02 supersede a b body="Committee"`},
	{"R16", fires, "the plan was closed over it", "2020-03-02", `
		2020-01-06 add a
		2020-03-02 close`},
	{"R16", guard, "the reason was erased", "2020-03-02", `
		2020-01-06 add a
		2020-03-02 cancel a body="Committee"
		2020-03-02 gone reason`},
	{"R16", guard, "a body closed the plan", "2020-03-02", `
		2020-01-06 add a
		2020-03-02 close body="Cabinet"`},
	{"R16", below, "body and reason", "2020-03-02", `
		2020-01-06 add a
		2020-03-02 forward a plan-2021 a "Not finished" body="Committee"`},

	{"R28", fires, "whoever claimed it", "2020-04-02", `
		2020-01-06 add a
		2020-03-02 claim a "All done"
		2020-03-09 verify a "Looked again"`},
	{"R28", fires, "its owner", "2020-04-02", `
		2020-01-06 add a person=p-2
		2020-03-02 claim a "All done"
		2020-03-09 verify a "Looked again" by=p-2`},
	{"R28", fires, "accepted by whoever claimed it, and no body", "2020-04-02", `
		2020-01-06 add a
		2020-03-02 claim a "All done"
		2020-03-09 accept a`},
	{"R28", guard, "the policy allows it", "2020-04-02", `
		2020-01-06 policy self=1
		2020-01-06 add a
		2020-03-02 claim a "All done"
		2020-03-09 verify a "Looked again"`},
	{"R28", guard, "one clerk records for two posts", "2020-04-02", `
		2020-01-06 add a
		2020-03-02 claim a "All done" behalf="Head of Service"
		2020-03-09 verify a "Looked" behalf="Internal Audit"`},
	{"R28", below, "a colleague", "2020-04-02", `
		2020-01-06 add a person=p-3
		2020-03-02 claim a "All done"
		2020-03-09 verify a "Looked" by=p-2
		2020-03-10 accept a body="Committee"`},

	{"R32", fires, "the next paper leaves it out", "2020-04-02", `
		2020-01-06 add a
		2020-01-06 meet m 2020-04-01
		2020-03-02 rate a blue
		2020-03-09 rate a amber "It failed the audit after all"
		2020-03-20 publish m 4`},
	{"R32", fires, "green again without a word", "2020-04-02", `
		2020-01-06 add a
		2020-01-06 meet m 2020-04-01
		2020-03-02 rate a blue
		2020-03-09 rate a green
		2020-03-20 publish m 5`},
	{"R32", fires, "the measure fell after it was closed", "2020-05-02", `
		2020-01-06 add a
		2020-01-06 add m kind=measure
		2020-01-06 measure m higher 98
		2020-01-06 link a measured_by m
		2020-01-06 meet m1 2020-04-28
		2020-03-02 claim a "All done"
		2020-04-01 read m 84.9
		2020-04-20 publish m1 8`},
	{"R32", guard, "the paper says why", "2020-04-02", `
		2020-01-06 add a
		2020-01-06 meet m 2020-04-01
		2020-03-02 claim a "All done"
		2020-03-09 reopen a "It failed the audit after all"
		2020-03-20 publish m 5`},
	{"R32", below, "no paper since", "2020-04-02", `
		2020-01-06 add a
		2020-01-06 meet m 2020-04-01
		2020-03-01 publish m 3
		2020-03-02 rate a blue
		2020-03-09 rate a amber "It failed the audit after all"`},
}

var dateExamples = []example{
	{"R04", fires, "the day after", "2020-04-02", `
		2020-01-06 add a due=2020-03-31
		2020-04-01 due a 2020-06-30 "Waiting for translation"`},
	{"R04", fires, "stated in time, recorded late", "2020-04-12", `
		2020-01-06 add a due=2020-03-31
		2020-04-10 due a 2020-06-30 "Waiting for translation" on=2020-03-30`},
	{"R04", guard, "asked for in time", "2020-04-12", `
		2020-01-06 add a due=2020-03-31
		2020-03-31 ask-due a 2020-06-30 "Waiting for translation"
		2020-04-10 due a 2020-06-30 body="Committee" approved=1`},
	{"R04", guard, "an old paper, imported as such", "2021-04-12", `
		2021-01-06 import cmd=i on=2020-02-03
		2021-01-06 add a due=2020-03-31 cmd=i on=2020-02-03
		2021-01-06 due a 2020-06-30 "As printed" cmd=i on=2020-02-03`},
	{"R04", below, "on the day", "2020-04-02", `
		2020-01-06 add a due=2020-03-31
		2020-03-31 due a 2020-06-30 "Waiting for translation"`},

	{"R05", fires, "twice", "2020-05-02", `
		2020-01-06 add a due=2020-03-31
		2020-03-30 due a 2020-04-30 "Waiting for translation"
		2020-04-30 due a 2020-05-31 "Still waiting for it"`},
	{"R05", fires, "181 days at once", "2020-05-02", `
		2020-01-06 add a due=2020-03-31
		2020-03-30 due a 2020-09-28 "Waiting for translation"`},
	{"R05", guard, "re-scoped by a body between", "2020-05-02", `
		2020-01-06 add a due=2020-03-31
		2020-03-30 due a 2020-04-30 "Waiting for translation"
		2020-04-20 reword a "Do half of it" body="Committee"
		2020-04-30 due a 2020-05-31 "Still waiting for it"`},
	{"R05", below, "once, by 180 days", "2020-05-02", `
		2020-01-06 add a due=2020-03-31
		2020-03-30 due a 2020-09-27 "Waiting for translation"`},
	{"R05", below, "by a year, and back again", "2020-05-02", `
		2020-01-06 add a due=2020-03-31
		2020-03-30 due a 2021-03-31 "Waiting for translation"
		2020-04-20 due a 2020-06-30 "It came sooner"`},
	{"R05", below, "by a typing error that was corrected", "2020-05-02", `
		2020-01-06 add a due=2020-03-31
		2020-03-30 due a 2062-04-30 "Waiting for translation"
		2020-03-31 correct 3 due 2020-04-30`},
	{"R05", below, "later and then earlier", "2020-05-02", `
		2020-01-06 add a due=2020-03-31
		2020-03-30 due a 2020-04-30 "Waiting for translation"
		2020-04-20 due a 2020-04-25 "It came sooner"`},

	{"R06", fires, "31 days and nobody approved", "2020-05-02", `
		2020-01-06 policy bodies=Committee
		2020-01-06 add a due=2020-03-31
		2020-03-30 due a 2020-05-01 "Waiting for translation"`},
	{"R06", guard, "adopted within thirty days", "2020-05-02", `
		2020-01-06 policy bodies=Committee
		2020-01-06 add a due=2020-03-31
		2020-03-30 due a 2020-05-01 "Waiting for translation"
		2020-04-20 adopt body=Committee`},
	{"R06", guard, "approved", "2020-05-02", `
		2020-01-06 policy bodies=Committee
		2020-01-06 add a due=2020-03-31
		2020-03-30 due a 2020-05-01 "Waiting for translation" approved=1 body=Committee`},
	{"R06", guard, "the policy came later", "2020-05-12", `
		2020-01-06 add a due=2020-03-31
		2020-03-30 due a 2020-05-01 "Waiting for translation"
		2020-04-06 policy bodies=Committee`},
	{"R06", below, "30 days", "2020-05-02", `
		2020-01-06 policy bodies=Committee
		2020-01-06 add a due=2020-03-31
		2020-03-30 due a 2020-04-30 "Waiting for translation"`},
	{"R06", below, "an approval can still come", "2020-04-29", `
		2020-01-06 policy bodies=Committee
		2020-01-06 add a due=2020-03-31
		2020-03-30 due a 2020-05-01 "Waiting for translation"`},

	{"R06", below, "by a typing error that was corrected", "2020-06-02", `
		2020-01-06 policy bodies=Committee
		2020-01-06 add a due=2020-03-31
		2020-03-30 due a 2062-04-15 "Waiting for translation"
		2020-03-31 correct 4 due 2020-04-15`},

	{"R07", fires, "resources", "2020-04-02", `
		2020-01-06 add a due=2020-03-31
		2020-03-30 due a 2020-04-30 "Due to lack of resources in the team"`},
	{"R07", fires, "nothing", "2020-04-02", `
		2020-01-06 add a due=2020-03-31
		2020-03-30 due a 2020-04-30 "-"`},
	{"R07", fires, "a paper that shows the new date alone", "2020-04-02", `
		2020-01-06 add a due=2020-03-31
		2020-03-30 due a 2020-04-30 "No reason is given in the paper march.csv of 30 March 2020."`},
	{"R07", fires, "a word that stands for none", "2020-04-02", `
		2020-01-06 add a due=2020-03-31
		2020-03-30 due a 2020-04-30 "N/A"`},
	{"R07", guard, "the reason was erased", "2020-04-02", `
		2020-01-06 add a due=2020-03-31
		2020-03-30 due a 2020-04-30
		2020-03-31 gone reason`},
	{"R07", guard, "the reason stands with the request", "2020-04-02", `
		2020-01-06 add a due=2020-03-31
		2020-03-20 ask-due a 2020-04-30 "The contractor withdrew"
		2020-03-30 due a 2020-04-30 body=Committee approved=1`},
	{"R07", guard, "the reason was corrected", "2020-04-02", `
		2020-01-06 add a due=2020-03-31
		2020-03-30 due a 2020-04-30 "Capacity"
		2020-03-31 correct 3 reason "Two of three posts are vacant since May"`},
	{"R07", below, "resources, and which", "2020-04-02", `
		2020-01-06 add a due=2020-03-31
		2020-03-30 due a 2020-04-30 "Resources: the contractor withdrew"`},

	{"R09", fires, "the day after, and amber", "2020-04-01", `
		2020-01-06 add a due=2020-03-31
		2020-02-03 rate a amber "The printer is late again"`},
	{"R09", fires, "the day after, and not rated", "2020-04-01", `
		2020-01-06 add a due=2020-03-31`},
	{"R09", fires, "green, the best that its scheme has", "2020-04-01", `
		2020-01-01 open scheme=rag.v1
		2020-01-06 add a due=2020-03-31
		2020-02-03 rate a amber "The printer is late again"
		2020-03-03 rate a green`},
	{"R09", guard, "the scheme's rule says amber", "2020-04-20", `
		2020-01-06 open scheme=formula.v1
		2020-01-06 add a due=2020-03-31
		2020-02-03 rate a amber "The printer is late again"`},
	{"R09", guard, "it is claimed to be complete", "2020-04-20", `
		2020-01-06 add a due=2020-03-31
		2020-02-03 claim a "All done"`},
	{"R09", below, "the day itself", "2020-03-31", `
		2020-01-06 add a due=2020-03-31
		2020-02-03 rate a amber "The printer is late again"`},
	{"R09", below, "the last day of the month", "2020-03-31", `
		2020-01-06 add a due=2020-03
		2020-02-03 rate a amber "The printer is late again"`},
	{"R09", below, "red", "2020-04-01", `
		2020-01-06 add a due=2020-03-31
		2020-02-03 rate a red "The printer is late again"`},

	{"R21", fires, "a year too early", "2020-02-02", `
		2020-01-06 add a due=2019-03-31`},
	{"R21", fires, "before its start", "2020-02-02", `
		2020-01-06 add a due=2020-03-31 start=2020-06-01`},
	{"R21", guard, "an old date in an imported paper", "2020-02-12", `
		2020-01-06 import cmd=i
		2020-01-06 add a due=2019-03-31 cmd=i`},
	{"R21", guard, "corrected", "2020-02-12", `
		2020-01-06 add a due=2019-03-31
		2020-01-07 correct 2 due 2021-03-31`},
	{"R21", below, "the day itself", "2020-02-02", `
		2020-01-06 add a due=2020-01-06`},
	{"R21", below, "the month itself", "2020-02-02", `
		2020-01-06 add a due=2020-01`},

	{"R31", fires, "32 days", "2020-04-03", `
		2020-01-06 add a
		2020-03-02 suspend a "Waiting for the review"`},
	{"R31", guard, "a body decided it", "2020-06-03", `
		2020-01-06 add a
		2020-03-02 suspend a "Waiting for the review" body="Committee"`},
	{"R31", guard, "a body decided on it since", "2020-06-03", `
		2020-01-06 add a due=2020-03-31
		2020-03-02 suspend a "Waiting for the review"
		2020-03-20 due a 2020-09-30 "Moved resources to fostering" body="Committee" approved=1`},
	{"R31", below, "31 days", "2020-04-02", `
		2020-01-06 add a
		2020-03-02 suspend a "Waiting for the review"`},
}
