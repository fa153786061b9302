package findings

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"plantrail/domain"
)

// A history is drawn in lines: the day of recording, what happened to which item, words. It begins with a plan of its own
// unless a line opens one.
//
//	2020-01-06 open scheme=rag.v1 [as=Impact/rag.v1]   2020-01-06 add a "title" due= owner= person= parent= kind= start=
//	... rate a amber "why" same= scheme= dim=          ... justify|progress|claim|verify|refuse|reopen|reword a "words"
//	... due|ask-due a 2020-06-30 "reason" approved=1   ... owner a "words" person= post=1 interim=1
//	... suspend|resume|cancel|accept a "reason"        ... supersede a b "reason"      ... forward a plan b "reason"
//	... attach a e-1 dated=                            ... withdraw a e-1              ... waive a
//	... measure a higher 80                            ... read a 75                   ... link a measured_by m
//	... request a r-1 due= meeting= as=                ... challenge a r-1             ... answer|unask r-1
//	... meet m-1 2020-03-01 deadline=                  ... publish m-1 3               ... import (its command read a paper)
//	... correct NUMBER field value                     ... policy field value ...      ... schemes rag.v1
//	... finding ID "answer" until=                     ... adopt | close | outcome a
//
// Any line may have on= (stated), by=, behalf=, body= (authority) and cmd=.
type drawing struct {
	t     testing.TB
	h     *domain.History
	story Story
	opts  map[string]string
	args  []string
}

func draw(t testing.TB, text string) Story {
	t.Helper()
	d := &drawing{t: t, h: domain.NewHistory("sdp"), story: Story{Plan: "sdp", Gone: map[domain.Position][]string{},
		Left: map[domain.ActorID]domain.Date{}, Evidence: map[domain.EvidenceID]string{}, Papers: map[domain.Position]string{}}}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if !strings.Contains(text, " open ") {
		lines = append([]string{"2020-01-01 open scheme=brag.v1"}, lines...)
	}
	for _, line := range lines {
		d.line(strings.TrimSpace(line))
	}
	return d.story
}

func (d *drawing) line(line string) {
	d.t.Helper()
	d.opts, d.args = map[string]string{}, nil
	for rest := line; rest != ""; rest = strings.TrimSpace(rest) {
		key, word := "", ""
		if i := strings.IndexAny(rest, "= \""); i > 0 && rest[i] == '=' {
			key, rest = rest[:i], rest[i+1:]
		}
		if strings.HasPrefix(rest, `"`) {
			word, rest, _ = strings.Cut(rest[1:], `"`)
		} else {
			word, rest, _ = strings.Cut(rest, " ")
		}
		if key != "" {
			d.opts[key] = word
		} else {
			d.args = append(d.args, word)
		}
	}
	day := d.date(d.args[0])
	d.args = d.args[1:]
	switch d.args[0] {
	case "gone": // a text of the entry before is erased
		n := d.story.Entries[len(d.story.Entries)-1].Position
		d.story.Gone[n] = append(d.story.Gone[n], d.arg(1))
	case "left":
		d.story.Left[domain.ActorID(d.arg(1))] = day
	case "lost":
		d.story.Evidence[domain.EvidenceID(d.arg(1))] = "is not there any more"
	case "differs":
		d.story.Papers[d.story.Entries[len(d.story.Entries)-1].Position] = "has another root than the history"
	default:
		d.add(day, d.event())
	}
}

func (d *drawing) add(day domain.Date, e domain.Event) {
	n := len(d.story.Entries) + 1
	r := domain.Recorded{Position: domain.Position(n), PlanSeq: uint64(n), ID: domain.EventID(fmt.Sprintf("e-%d", n)), Plan: "sdp",
		RecordedAt: day.Start().Add(10*time.Hour + time.Duration(n)*time.Second), Command: domain.CommandID(fmt.Sprintf("c-%d", n)), Part: 1, Parts: 1, Event: e,
		Actor: domain.Actor{ID: domain.ActorID(orElse(d.opts["by"], "p-1")), Kind: domain.User, Role: domain.Editor, OnBehalfOf: d.opts["behalf"]}}
	r.Stated = day
	if on := d.opts["on"]; on != "" {
		r.Stated = d.date(on)
	}
	if body := d.opts["body"]; body != "" {
		r.Authority = &domain.Authority{Body: body}
	}
	if cmd := d.opts["cmd"]; cmd != "" {
		r.Command = domain.CommandID(cmd)
	}
	d.h.Apply(r)
	d.story.Entries = append(d.story.Entries, r)
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func (d *drawing) arg(i int) string {
	if i < len(d.args) {
		return d.args[i]
	}
	return ""
}

func (d *drawing) text(i int) domain.Text { return domain.Text(d.arg(i)) }

func (d *drawing) date(s string) domain.Date {
	got, err := domain.ParseDate(orElse(s, "unknown"))
	if err != nil {
		d.t.Fatalf("%v: %v", d.args, err)
	}
	if s == "" {
		return domain.Date{}
	}
	return got
}

func (d *drawing) number(i int) int {
	n, err := strconv.Atoi(d.arg(i))
	if err != nil {
		d.t.Fatalf("%v: %v", d.args, err)
	}
	return n
}

func scheme(id string) domain.Scheme {
	if s, ok := domain.Preset(id); ok {
		return s
	}
	from, to := 1, 30
	late := 31
	switch id {
	case "formula.v1": // as DOMAIN.md's second scheme
		return domain.Scheme{ID: id, Values: []domain.Value{{Key: "red", Label: "Red", Meaning: domain.OffTrack, Rule: &domain.Rule{BehindFrom: &late}},
			{Key: "amber", Label: "Amber", Meaning: domain.AtRisk, Rule: &domain.Rule{BehindFrom: &from, BehindTo: &to}}, {Key: "green", Label: "Green", Meaning: domain.OnTrack}}}
	case "other.v1": // where amber means on track
		return domain.Scheme{ID: id, Values: []domain.Value{{Key: "amber", Label: "Amber", Meaning: domain.OnTrack}, {Key: "green", Label: "Green", Meaning: domain.CompleteClaimed}}}
	}
	panic(id)
}

func (d *drawing) event() domain.Event {
	d.t.Helper()
	item := domain.ItemID(d.arg(1))
	now, _ := d.h.Plan().Item(item)
	switch d.args[0] {
	case "open":
		e := &domain.PlanOpened{Title: "A plan", Levels: []domain.Level{{Key: "action", Label: "Action"}},
			Dimensions: []domain.Dimension{{Key: "delivery", Label: "Delivery", Scheme: scheme(d.opts["scheme"])}}}
		if label, id, two := strings.Cut(d.opts["as"], "/"); two {
			e.Dimensions = append(e.Dimensions, domain.Dimension{Key: "impact", Label: label, Scheme: scheme(id)})
		}
		return e
	case "add":
		owner := d.opts["owner"]
		return &domain.ItemAdded{Item: item, Level: "action", Title: domain.Text(orElse(d.arg(2), "Do "+string(item))), Due: d.date(d.opts["due"]),
			Parent: domain.ItemID(d.opts["parent"]), Kind: domain.ItemKind(d.opts["kind"]), Start: d.date(d.opts["start"]),
			Owned: owner != "" || d.opts["person"] != "", Owner: domain.Text(owner), Person: domain.ActorID(d.opts["person"])}
	case "rate":
		return d.rate(now)
	case "justify":
		r, _ := now.Rating("delivery")
		return &domain.JustificationGiven{Item: item, Dimension: "delivery", Value: r.Value, SameAs: domain.ItemID(d.opts["same"]), Justification: d.text(2)}
	case "due":
		if now.Due.IsZero() {
			return &domain.DueDateSet{Item: item, Due: d.date(d.arg(2))}
		}
		e := &domain.DueDateMoved{Item: item, From: now.Due, To: d.date(d.arg(2)), Approved: d.opts["approved"] != "", Reason: d.text(3)}
		if now.Asked != nil {
			e.Asked = now.Asked.At
		}
		return e
	case "ask-due":
		return &domain.DueMoveRequested{Item: item, From: now.Due, To: d.date(d.arg(2)), Reason: d.text(3)}
	case "attach":
		return &domain.EvidenceAttached{Item: item, Evidence: domain.EvidenceID(d.arg(2)), Dated: d.date(d.opts["dated"])}
	case "withdraw":
		return &domain.EvidenceWithdrawn{Item: item, Evidence: domain.EvidenceID(d.arg(2)), Reason: "wrong file"}
	case "owner":
		return &domain.OwnerAssigned{Item: item, Owner: d.text(2), Person: domain.ActorID(d.opts["person"]), Post: d.opts["post"] != "", Interim: d.opts["interim"] != ""}
	}
	if e := d.simple(item, d.text(2)); e != nil {
		return e
	}
	return d.plan(item)
}

func (d *drawing) rate(now domain.Item) domain.Event {
	dim, _ := d.h.Plan().Dimension(d.opts["dim"])
	to, ok := dim.Scheme.Value(d.arg(2))
	if !ok {
		d.t.Fatalf("%v: no such rating", d.args)
	}
	was, rated := now.Rating(dim.Key)
	if rated && was.Value == to.Key && was.Scheme == dim.Scheme.ID {
		return &domain.RatingAffirmed{Item: now.ID, Dimension: dim.Key, Scheme: dim.Scheme.ID, Value: to.Key, Meaning: to.Meaning, SameAs: domain.ItemID(d.opts["same"]), Justification: d.text(3)}
	}
	return &domain.RatingChanged{Item: now.ID, Dimension: dim.Key, Scheme: dim.Scheme.ID, From: was.Value, To: to.Key, Meaning: to.Meaning,
		Justified: d.arg(3) != "", Owed: d.arg(3) == "", SameAs: domain.ItemID(d.opts["same"]), Override: d.opts["override"] != "", Justification: d.text(3)}
}

func (d *drawing) simple(item domain.ItemID, words domain.Text) domain.Event {
	switch d.args[0] {
	case "progress":
		return &domain.ProgressReported{Item: item, Progress: words}
	case "claim":
		return &domain.CompletionClaimed{Item: item, Claim: words}
	case "verify":
		return &domain.CompletionVerified{Item: item, Verified: words}
	case "refuse":
		return &domain.CompletionRefused{Item: item, Reason: words}
	case "reopen":
		return &domain.ItemReopened{Item: item, Reason: words}
	case "reword":
		return &domain.ItemReworded{Item: item, Title: words}
	case "suspend":
		return &domain.ItemSuspended{Item: item, Reason: words}
	case "resume":
		return &domain.ItemResumed{Item: item, Reason: words}
	case "cancel":
		return &domain.ItemCancelled{Item: item, Reason: words}
	case "accept":
		return &domain.ClosureAccepted{Item: item, Reason: words}
	case "outcome":
		return &domain.OutcomeRecorded{Item: item, Result: domain.Achieved, Outcome: words}
	case "waive":
		return &domain.EvidenceWaived{Item: item, Reason: words}
	case "supersede":
		return &domain.ItemSuperseded{Item: item, By: []domain.ItemID{domain.ItemID(d.arg(2))}, Reason: d.text(3)}
	case "forward":
		return &domain.ItemCarriedForward{Item: item, Plan: domain.PlanID(d.arg(2)), To: domain.ItemID(d.arg(3)), Reason: d.text(4)}
	case "measure":
		e := &domain.MeasureDefined{Item: item, Better: domain.Better(d.arg(2)), Target: domain.Amount(d.arg(3)), Contextual: d.opts["contextual"] != ""}
		if now, _ := d.h.Plan().Item(item); now.Measure != nil {
			e.From = now.Measure.Target
		}
		return e
	case "read":
		return &domain.MeasureRead{Item: item, Value: domain.Amount(d.arg(2))}
	case "link":
		return &domain.ItemsLinked{Item: item, Relation: domain.Relation(d.arg(2)), To: domain.ItemID(d.arg(3))}
	}
	return nil
}

func (d *drawing) plan(item domain.ItemID) domain.Event {
	d.t.Helper()
	if item == "-" {
		item = ""
	}
	switch d.args[0] {
	case "request":
		return &domain.RequestMade{Item: item, Request: domain.RequestID(d.arg(2)), Due: d.date(d.opts["due"]), Meeting: domain.MeetingID(d.opts["meeting"]), Commitment: d.opts["promise"] != ""}
	case "challenge":
		return &domain.RatingChallenged{Item: item, Request: domain.RequestID(d.arg(2)), Meeting: domain.MeetingID(d.opts["meeting"])}
	case "answer":
		return &domain.RequestAnswered{Request: domain.RequestID(d.arg(1)), Answer: d.text(2)}
	case "unask":
		return &domain.RequestWithdrawn{Request: domain.RequestID(d.arg(1)), Reason: d.text(2)}
	case "meet":
		return &domain.MeetingOpened{Meeting: domain.MeetingID(d.arg(1)), Body: "Committee", On: d.date(d.arg(2)), Deadline: d.date(d.opts["deadline"])}
	case "publish":
		return &domain.PaperPublished{Meeting: domain.MeetingID(d.arg(1)), Version: uint64(d.number(2)), Position: domain.Position(len(d.opts["position"]))}
	case "import":
		return &domain.PaperImported{Rows: 1}
	case "correct":
		e := &domain.EntryCorrected{Corrects: domain.EventID("e-" + d.arg(1)), Entry: domain.Position(d.number(1)), Field: d.arg(2), Item: d.story.Entries[d.number(1)-1].Item()}
		if e.Value = d.arg(3); e.Field == "reason" || e.Field == "justification" {
			e.Value, e.Text = "", d.text(3)
		}
		if dim, _ := d.h.Plan().Dimension(""); e.Field == "rating" {
			v, _ := dim.Scheme.Value(e.Value)
			e.Meaning = v.Meaning
		}
		return e
	case "policy":
		p := domain.DefaultPolicy()
		p.ID, p.MoveDays, p.SelfVerify = "acme.v1", 30, d.opts["self"] != ""
		if d.opts["bodies"] != "" {
			p.ApprovingBodies = []string{d.opts["bodies"]}
		}
		if d.opts["off"] != "" {
			p.Off = []string{d.opts["off"]}
		}
		return &domain.PolicySet{Policy: p}
	case "schemes":
		return &domain.SchemesSet{Dimensions: []domain.Dimension{{Key: "delivery", Label: "Delivery", Scheme: scheme(d.arg(1))}}}
	case "finding":
		return &domain.FindingAnswered{Finding: domain.FindingID(d.arg(1)), Answer: d.text(2), Until: d.date(d.opts["until"])}
	case "adopt":
		return &domain.VersionAdopted{Version: "2"}
	case "close":
		return &domain.PlanClosed{}
	}
	d.t.Fatalf("no line begins with %q", d.args)
	return nil
}
