package findings

var ratingExamples = []example{
	{"R08", fires, "14 days", "2020-02-17", `
		2020-01-06 add a
		2020-02-03 rate a amber`},
	{"R08", fires, "red now, and only the amber was justified", "2020-03-17", `
		2020-01-06 add a
		2020-02-03 rate a amber "The printer is late again"
		2020-03-02 rate a red`},
	{"R08", guard, "justified afterwards", "2020-03-17", `
		2020-01-06 add a
		2020-02-03 rate a amber
		2020-02-20 justify a "The printer is late again"`},
	{"R08", guard, "the justification was erased", "2020-03-17", `
		2020-01-06 add a
		2020-02-03 rate a amber "The printer's wife is ill"
		2020-02-20 gone justification`},
	{"R08", below, "13 days", "2020-02-16", `
		2020-01-06 add a
		2020-02-03 rate a amber`},

	{"R10", fires, "green on the day after its date", "2020-04-01", `
		2020-01-06 open scheme=formula.v1
		2020-01-06 add a due=2020-03-31
		2020-04-01 rate a green`},
	{"R10", fires, "amber, and by now it is red", "2020-05-01", `
		2020-01-06 open scheme=formula.v1
		2020-01-06 add a due=2020-03-31
		2020-03-30 rate a green`},
	{"R10", guard, "otherwise on purpose", "2020-04-01", `
		2020-01-06 open scheme=formula.v1
		2020-01-06 add a due=2020-03-31
		2020-04-01 rate a green "Delivered, the invoice is missing" override=1`},
	{"R10", guard, "right when it was rated, within the cycle", "2020-04-30", `
		2020-01-06 open scheme=formula.v1
		2020-01-06 add a due=2020-03-31
		2020-03-30 rate a green`},
	{"R10", below, "amber on the thirtieth day", "2020-04-30", `
		2020-01-06 open scheme=formula.v1
		2020-01-06 add a due=2020-03-31
		2020-04-30 rate a amber "Waiting for translation"`},

	{"R11", fires, "amber for 184 days", "2020-08-05", `
		2020-01-06 add a
		2020-02-03 rate a amber "The printer is late again"
		2020-06-03 rate a amber "It is at the binder's now"`},
	{"R11", fires, "red for 93 days", "2020-05-06", `
		2020-01-06 add a
		2020-02-03 rate a red "The printer is late again"`},
	{"R11", guard, "a milestone was met on time", "2020-08-05", `
		2020-01-06 add a
		2020-01-06 add m kind=milestone parent=a due=2020-06-30
		2020-02-03 rate a amber "The printer is late again"
		2020-06-30 claim m "Translated"`},
	{"R11", fires, "a milestone was met late", "2020-08-05", `
		2020-01-06 add a
		2020-01-06 add m kind=milestone parent=a due=2020-06-30
		2020-02-03 rate a amber "The printer is late again"
		2020-07-01 claim m "Translated"`},
	{"R11", below, "amber for 183 days", "2020-08-04", `
		2020-01-06 add a
		2020-02-03 rate a amber "The printer is late again"`},
	{"R11", below, "green in between", "2020-08-05", `
		2020-01-06 add a
		2020-02-03 rate a amber "The printer is late again"
		2020-04-03 rate a green
		2020-06-03 rate a amber "It is late again"`},

	{"R17", fires, "three changes within six months", "2020-07-01", `
		2020-01-06 add a
		2020-01-06 rate a green
		2020-02-03 rate a amber "The printer is late again"
		2020-04-03 rate a green
		2020-06-03 rate a red "It is lost"`},
	{"R17", fires, "there and back in 45 days", "2020-07-01", `
		2020-01-06 add a
		2020-01-06 rate a green
		2020-02-03 rate a amber "The printer is late again"
		2020-03-19 rate a green`},
	{"R17", fires, "there and back, by what was corrected", "2020-07-01", `
		2020-01-06 add a
		2020-01-06 rate a green
		2020-02-03 rate a amber "The printer is late again"
		2020-02-04 correct 4 rating green
		2020-04-10 rate a amber "The printer is late again"
		2020-05-20 rate a green`},
	{"R17", guard, "begun and completed", "2020-03-01", `
		2020-01-01 open scheme=rag-not-started.v1
		2020-01-06 add a
		2020-01-06 rate a not-started
		2020-01-20 rate a green
		2020-02-03 rate a amber "The printer is late again"`},
	{"R17", guard, "a rating recorded wrongly", "2020-07-01", `
		2020-01-06 add a
		2020-01-06 rate a green
		2020-02-03 rate a amber "The printer is late again"
		2020-02-04 correct 4 rating green
		2020-02-05 rate a green`},
	{"R17", below, "there and back in 46 days", "2020-07-01", `
		2020-01-06 add a
		2020-01-06 rate a green
		2020-02-03 rate a amber "The printer is late again"
		2020-03-20 rate a green`},

	{"R18", fires, "the day after its meeting", "2020-03-03", `
		2020-01-06 add a
		2020-01-06 meet m 2020-03-02
		2020-02-03 request a r-1 meeting=m`},
	{"R18", fires, "a challenge, by the next meeting", "2020-03-03", `
		2020-01-06 add a
		2020-01-06 meet m1 2020-02-03
		2020-01-06 meet m2 2020-03-02
		2020-01-06 rate a amber "The printer is late again"
		2020-02-03 challenge a r-1`},
	{"R18", guard, "withdrawn", "2020-03-03", `
		2020-01-06 add a
		2020-02-03 request a r-1 due=2020-03-02
		2020-02-10 unask r-1 "No longer of interest"`},
	{"R18", guard, "answered", "2020-03-03", `
		2020-01-06 add a
		2020-02-03 request a r-1 due=2020-03-02
		2020-03-02 answer r-1 "In four languages"`},
	{"R18", below, "the day of its meeting", "2020-03-02", `
		2020-01-06 add a
		2020-01-06 meet m 2020-03-02
		2020-02-03 request a r-1 meeting=m`},
	{"R18", below, "no meeting is known", "2021-03-02", `
		2020-01-06 add a
		2020-02-03 request - r-1 promise=1`},

	{"R23", fires, "red and then complete", "2020-05-01", `
		2020-01-06 add a
		2020-02-03 rate a red "The printer is late again"
		2020-03-02 rate a blue`},
	{"R23", fires, "61 days late and never at risk", "2020-06-01", `
		2020-01-06 add a due=2020-03-31
		2020-02-03 rate a green
		2020-05-31 rate a blue`},
	{"R23", guard, "an update between", "2020-05-01", `
		2020-01-06 add a
		2020-02-03 rate a red "The printer is late again"
		2020-02-20 progress a "A second printer took over"
		2020-03-02 rate a blue`},
	{"R23", guard, "both reported on one day", "2020-05-01", `
		2020-01-06 add a
		2020-02-03 rate a red "The printer is late again"
		2020-02-03 rate a blue`},
	{"R23", below, "60 days late", "2020-06-01", `
		2020-01-06 add a due=2020-03-31
		2020-02-03 rate a green
		2020-05-30 rate a blue`},
	{"R23", below, "amber and then complete", "2020-05-01", `
		2020-01-06 add a
		2020-02-03 rate a amber "The printer is late again"
		2020-03-02 rate a blue`},

	{"R24", fires, "two dimensions of one label", "2020-03-01", `
		2020-01-01 open scheme=rag.v1 as=Delivery/other.v1
		2020-01-06 add a
		2020-01-06 rate a amber "The printer is late again"
		2020-01-06 add b
		2020-01-06 rate b amber dim=impact
		2020-01-06 meet m 2020-03-01
		2020-02-20 publish m 6`},
	{"R24", fires, "half of it rated in a scheme that was replaced", "2020-03-01", `
		2020-01-01 open scheme=rag.v1
		2020-01-06 add a
		2020-01-06 rate a amber "The printer is late again"
		2020-01-10 schemes other.v1 body=Committee
		2020-01-16 add b
		2020-01-16 rate b amber
		2020-01-16 meet m 2020-03-01
		2020-02-20 publish m 7`},
	{"R24", guard, "labels tell them apart", "2020-03-01", `
		2020-01-01 open scheme=rag.v1 as=Impact/other.v1
		2020-01-06 add a
		2020-01-06 rate a amber "The printer is late again"
		2020-01-06 rate a amber dim=impact
		2020-01-06 meet m 2020-03-01
		2020-02-20 publish m 5`},
	{"R24", below, "rated anew before the paper", "2020-03-01", `
		2020-01-01 open scheme=rag.v1
		2020-01-06 add a
		2020-01-06 rate a amber "The printer is late again"
		2020-01-10 schemes other.v1 body=Committee
		2020-01-16 rate a amber
		2020-01-16 add b
		2020-01-16 rate b amber
		2020-01-16 meet m 2020-03-01
		2020-02-20 publish m 8`},

	{"R29", fires, "three of four in the last three days", "2020-03-01", eveOf("2020-02-24", "2020-02-10", "2020-02-11")},
	{"R29", guard, "everything is said in the last three days", "2020-03-01", eveOf("2020-02-24", "2020-02-23", "2020-02-24")},
	{"R29", below, "four days before", "2020-03-01", eveOf("2020-02-21", "2020-02-10", "2020-02-11")},
	{"R29", below, "the deadline is tomorrow", "2020-02-23", eveOf("2020-02-23", "2020-02-10", "2020-02-11")},
}

// eveOf is a plan of four items that turn from amber to green: one early, three on a day; and of two updates on other days.
// The paper's deadline is 24 February.
func eveOf(burst, update1, update2 string) string {
	return `
		2020-01-06 meet m 2020-03-02 deadline=2020-02-24
		2020-01-06 add a
		2020-01-06 add b
		2020-01-06 add c
		2020-01-06 add d
		2020-01-06 rate a amber "The printer is late again"
		2020-01-06 rate b amber "The binder is late again"
		2020-01-06 rate c amber "The postman is late again"
		2020-01-06 rate d amber "The builder is late again"
		2020-02-05 rate a green
		` + update1 + ` progress b "Half of them came"
		` + update2 + ` progress c "The other half did, too"
		` + burst + ` rate b green
		` + burst + ` rate c green
		` + burst + ` rate d green`
}

var wordExamples = []example{
	{"R12", fires, "32 days", "2020-03-06", `
		2020-01-06 add a
		2020-02-03 progress a "Begun"`},
	{"R12", fires, "nothing ever", "2020-02-07", `
		2020-01-06 add a`},
	{"R12", guard, "it begins later", "2020-03-06", `
		2020-01-06 add a start=2020-04-01`},
	{"R12", guard, "a heading", "2020-02-16", `
		2020-01-06 add a
		2020-01-06 add b parent=a
		2020-02-03 progress b "Begun"`},
	{"R12", guard, "a recommendation that an action addresses", "2020-02-16", `
		2020-01-06 add a kind=recommendation
		2020-01-06 add b
		2020-01-06 link b addresses a
		2020-02-03 progress b "Begun"`},
	{"R12", below, "31 days", "2020-03-05", `
		2020-01-06 add a
		2020-02-03 progress a "Begun"`},

	{"R13", fires, "three months the same", "2020-05-01", `
		2020-01-06 add a
		2020-02-03 rate a amber "The printer is late again"
		2020-03-03 rate a amber "The printer is late again."
		2020-04-03 rate a amber "The printer  is LATE again"`},
	{"R13", guard, "too short: another rule's", "2020-05-01", `
		2020-01-06 add a
		2020-02-03 rate a amber "Printer is late"
		2020-03-03 rate a amber "Printer is late"
		2020-04-03 rate a amber "Printer is late"`},
	{"R13", guard, "said three times on one day", "2020-05-01", `
		2020-01-06 add a
		2020-02-03 rate a amber "The printer is late again"
		2020-02-03 rate a amber "The printer is late again"
		2020-02-03 rate a amber "The printer is late again"`},
	{"R13", below, "once repeated", "2020-05-01", `
		2020-01-06 add a
		2020-02-03 rate a amber "The printer is late again"
		2020-03-03 rate a amber "The printer is late again"`},
	{"R13", below, "other words each month", "2020-05-01", `
		2020-01-06 add a
		2020-02-03 rate a amber "Twelve of forty workers are trained"
		2020-03-03 rate a amber "Fifteen of forty workers are trained"
		2020-04-03 rate a amber "Thirty of forty workers are trained"`},

	{"R14", fires, "eleven working days", "2020-03-17", `
		2020-01-06 add a person=p-2
		2020-03-02 left p-2`},
	{"R14", fires, "an interim owner", "2020-03-17", `
		2020-01-06 add a
		2020-03-02 owner a "Ann Cover" person=p-2 interim=1`},
	{"R14", guard, "a post", "2020-06-17", `
		2020-01-06 add a
		2020-01-07 owner a "Head of Service" person=p-2 post=1
		2020-03-02 left p-2`},
	{"R14", guard, "somebody else was named", "2020-06-17", `
		2020-01-06 add a person=p-2
		2020-03-02 left p-2
		2020-03-20 owner a "Bob Next" person=p-3`},
	{"R14", below, "ten working days", "2020-03-16", `
		2020-01-06 add a person=p-2
		2020-03-02 left p-2`},

	{"R20", fires, "no date", "2020-01-07", `
		2020-01-06 add a owner="Head of Service"`},
	{"R20", fires, "an owner to be confirmed", "2020-01-07", `
		2020-01-06 add a owner="TBC" due=2020-03-31`},
	{"R20", fires, "two names", "2020-01-07", `
		2020-01-06 add a owner="Ann Smith / Bob Jones" due=2020-03-31`},
	{"R20", fires, "no owner, and others have one", "2020-01-07", `
		2020-01-06 add a owner="Head of Service" due=2020-03-31
		2020-01-06 add b due=2020-03-31`},
	{"R20", guard, "a standing duty", "2020-01-07", `
		2020-01-06 add a owner="Head of Service" kind=standing`},
	{"R20", guard, "a heading", "2020-01-07", `
		2020-01-06 add a
		2020-01-06 add b parent=a owner="Head of Service" due=2020-03-31`},
	{"R20", guard, "cancelled", "2020-01-08", `
		2020-01-06 add a owner="Head of Service"
		2020-01-07 cancel a "Not feasible" body=Committee`},
	{"R20", below, "one post with an and in it", "2020-01-07", `
		2020-01-06 add a owner="Director of Children, Schools and Families" due=2020-03`},

	{"R26", fires, "a stock phrase", "2020-02-04", `
		2020-01-06 add a
		2020-02-03 rate a amber "Same as above."`},
	{"R26", fires, "a pointer", "2020-02-04", `
		2020-01-06 add a
		2020-02-03 rate a amber "Please see the comments under action 1.3"
		2020-02-03 rate a amber "Please see 1.3 above (comments)"`},
	{"R26", fires, "19 characters", "2020-02-04", `
		2020-01-06 add a
		2020-02-03 rate a amber "The printer is ill."`},
	{"R26", fires, "another item's words", "2020-02-04", `
		2020-01-06 add a
		2020-01-06 add b
		2020-02-03 rate a amber "The printer is late again"
		2020-02-03 rate b amber "The printer is late again"`},
	{"R26", fires, "linked to a reason that speaks of another aim", "2020-02-04", `
		2020-01-06 add a "Improve mental health of looked after children"
		2020-01-06 add b "Young people have a choice of support services"
		2020-02-03 rate a amber "A new partnership is to develop the service"
		2020-02-03 rate b amber "Same as above" same=a`},
	{"R26", guard, "linked to a reason that speaks of this aim, too", "2020-02-04", `
		2020-01-06 add a "Improve mental health of looked after children"
		2020-01-06 add b "Young people have a choice of mental health services"
		2020-02-03 rate a amber "A new partnership for mental health is to be signed in May"
		2020-02-03 rate b amber "Same as above" same=a`},
	{"R26", guard, "it holds no more", "2020-03-04", `
		2020-01-06 add a
		2020-02-03 rate a amber "Ongoing"
		2020-03-03 rate a green`},
	{"R26", guard, "the words were erased", "2020-03-04", `
		2020-01-06 add a
		2020-02-03 rate a amber "x"
		2020-02-04 justify a
		2020-02-04 gone justification`},
	{"R26", below, "20 characters", "2020-02-04", `
		2020-01-06 add a
		2020-02-03 rate a amber "The printer is late."`},

	{"R27", fires, "updated to green", "2020-02-04", `
		2020-01-06 add a
		2020-02-03 rate a amber "Updated to GREEN"`},
	{"R27", fires, "a paper that says both at once", "2020-02-04", `
		2020-01-01 open scheme=rag.v1
		2020-02-03 import cmd=i
		2020-02-03 add a cmd=i
		2020-02-03 rate a amber "Updated to GREEN" cmd=i
		2020-02-03 rate a green "Updated to GREEN" cmd=i`},
	{"R27", fires, "not overdue", "2020-02-04", `
		2020-01-06 add a
		2020-02-03 rate a red "Target date March 2020 and not overdue"`},
	{"R27", guard, "somebody else confirms it", "2020-02-05", `
		2020-01-06 add a
		2020-02-03 rate a amber "This action is complete"
		2020-02-04 finding r27-a-3 "Complete, and not yet accepted" by=p-2`},
	{"R27", guard, "another reason was given since", "2020-02-05", `
		2020-01-06 add a
		2020-02-03 rate a amber "This action is complete"
		2020-02-04 rate a amber "Complete but for the translation"`},
	{"R27", below, "not yet complete", "2020-02-04", `
		2020-01-06 add a
		2020-02-03 rate a amber "New training has been undertaken, not yet completed"`},
	{"R27", below, "on track, and green", "2020-02-04", `
		2020-01-06 add a
		2020-02-03 rate a green "On track and not overdue"`},
}

var recordExamples = []example{
	{"R19", fires, "the target was lowered", "2020-05-01", `
		2020-01-06 add m kind=measure start=2020-01-06
		2020-01-06 measure m higher 98
		2020-04-06 measure m higher 85`},
	{"R19", fires, "another figure in the wording", "2020-05-01", `
		2020-01-06 add a "Train 40 social workers by summer"
		2020-02-03 progress a "Begun"
		2020-04-06 reword a "Train 20 social workers by summer"`},
	{"R19", fires, "before work began, and soon after it was complete", "2020-05-01", `
		2020-01-06 add a "Train 40 social workers by summer"
		2020-04-06 reword a "Train 20 social workers by summer"
		2020-04-20 claim a "All are trained"`},
	{"R19", fires, "another scheme", "2020-05-01", `
		2020-01-06 add a
		2020-02-03 rate a amber "The printer is late again"
		2020-04-06 schemes other.v1`},
	{"R19", guard, "a body decided it", "2020-05-01", `
		2020-01-06 add a "Train 40 social workers by summer"
		2020-02-03 progress a "Begun"
		2020-04-06 reword a "Train 20 social workers by summer" body=Committee`},
	{"R19", guard, "work had not begun", "2020-05-01", `
		2020-01-06 add a "Train 40 social workers by summer"
		2020-02-06 reword a "Train 20 social workers by summer"`},
	{"R19", below, "a typing slip", "2020-05-01", `
		2020-01-06 add a "Train 40 socal workers by summer"
		2020-02-03 progress a "Begun"
		2020-04-06 reword a "Train 40 social workers by summer"`},
	{"R19", below, "a higher target", "2020-05-01", `
		2020-01-06 add m kind=measure start=2020-01-06
		2020-01-06 measure m higher 85
		2020-04-06 measure m higher 98`},

	{"R22", fires, "it comes back after its end", "2020-05-01", `
		2020-01-06 add a "Publish the charter for care leavers"
		2020-02-06 cancel a "Not feasible" body=Committee
		2020-04-06 add b "Publish the Charter for care leavers."`},
	{"R22", fires, "two become one", "2020-05-01", `
		2020-01-06 add a "Publish the charter for care leavers"
		2020-01-06 add b "Print the charter in four languages"
		2020-04-06 reword b "Publish the charter for care leavers"`},
	{"R22", guard, "superseded", "2020-05-01", `
		2020-01-06 add a "Publish the charter for care leavers"
		2020-04-06 add b "Publish the Charter for care leavers"
		2020-04-06 supersede a b "Merged with the charter of the city" body=Committee`},
	{"R22", guard, "two lines of one paper", "2020-05-01", `
		2020-01-06 import cmd=i
		2020-01-06 add a "Publish the charter for care leavers" cmd=i
		2020-01-06 add b "Publish the charter for care leavers" cmd=i`},
	{"R22", below, "short words, which recur", "2020-05-01", `
		2020-01-06 add a "Publish the charter"
		2020-04-06 add b "Publish the charter"`},
	{"R22", below, "the same under another aim, and both go on", "2020-05-01", `
		2020-01-06 add x "Children are safe at home"
		2020-01-06 add y "Children are safe at school"
		2020-01-06 add a "Train every social worker" parent=x
		2020-04-06 add b "Train every social worker" parent=y`},

	{"R25", fires, "31 days", "2020-04-01", `
		2020-01-06 add a
		2020-03-05 rate a green on=2020-02-03`},
	{"R25", fires, "after the paper that it would have changed", "2020-04-01", `
		2020-01-06 add a
		2020-01-06 meet m 2020-03-01
		2020-02-20 publish m 3
		2020-02-21 rate a green on=2020-02-19`},
	{"R25", guard, "an old paper, imported as such", "2021-04-01", `
		2021-01-06 import cmd=i on=2020-02-03
		2021-01-06 add a cmd=i on=2020-02-03
		2021-01-06 rate a green cmd=i on=2020-02-03`},
	{"R25", guard, "its stated date was corrected", "2020-04-01", `
		2020-01-06 add a
		2020-03-05 rate a green on=2020-02-03
		2020-03-06 correct 3 stated 2020-03-03`},
	{"R25", below, "30 days", "2020-04-01", `
		2020-01-06 add a
		2020-03-04 rate a green on=2020-02-03`},
	{"R25", below, "of the day of the paper", "2020-04-01", `
		2020-01-06 add a
		2020-01-06 meet m 2020-03-01
		2020-02-20 publish m 3
		2020-02-21 rate a green on=2020-02-20`},
	{"R25", below, "a month counts by its end", "2020-04-01", `
		2020-01-06 add a
		2020-03-10 rate a green on=2020-02`},

	{"R30", fires, "recomputed, and it differs", "2020-04-01", `
		2020-01-06 add a
		2020-01-06 meet m 2020-03-01
		2020-02-20 publish m 3
		2020-02-21 differs`},
	{"R30", fires, "it shows what was recorded after it", "2020-04-01", `
		2020-01-06 add a
		2020-01-06 meet m 2020-03-01
		2020-02-20 publish m 4`},
	{"R30", fires, "its position is before its entry", "2020-04-01", `
		2020-01-06 add a
		2020-01-06 meet m 2020-03-01
		2020-02-20 publish m 3 position=xx`},
	{"R30", guard, "printed elsewhere: there is nothing to recompute", "2020-04-01", `
		2020-01-06 add a
		2020-01-06 meet m 2020-03-01
		2020-02-20 publish m 1`},
	{"R30", below, "its position is its entry's", "2020-04-01", `
		2020-01-06 add a
		2020-01-06 meet m 2020-03-01
		2020-02-20 publish m 3 position=xxx`},
}
