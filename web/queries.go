package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"plantrail/domain"
	"plantrail/projections"
)

// AsAt is which state of a plan a question means, by the three clocks: when it was recorded (two ways to say it), when it was
// reported, when it happened.
type AsAt struct {
	Position   string `query:"position" doc:"as it stood just after this position" example:"120"`
	RecordedAt string `query:"recorded_at" doc:"as it was known at this instant, or at the end of this day, by the clock of recording: 2020-02-03T12:00:00Z or 2020-02-03" example:"2020-02-03T12:00:00Z"`
	AsReported string `query:"as_reported" doc:"as the paper for this meeting showed it" example:"scrutiny-committee-2020-02-20"`
	ValidAt    string `query:"valid_at" doc:"as it was on this day, or at the end of this month, by the days that entries state: 2020-02-03 or 2020-02; beside one of the others, by what was known or reported then" example:"2020-02-03"`
}

func (m AsAt) at() (at projections.At, err error) {
	given := 0
	for _, clock := range []string{m.Position, m.RecordedAt, m.AsReported} {
		if clock != "" {
			given++
		}
	}
	if given > 1 {
		return at, domain.Errorf(domain.Invalid, "recorded_at", "position, recorded_at and as_reported say which moment, each in its own way").WithHint("give one")
	}
	if m.AsReported != "" {
		id, err := domain.ParseItemID(m.AsReported) // a meeting's id has the form of an item's
		if err != nil {
			return at, domain.Errorf(domain.Invalid, "as_reported", "this is not the id of a meeting").WithHint("the plan lists its meetings")
		}
		at.AsReported = domain.MeetingID(id)
	}
	if m.ValidAt != "" {
		if at.ValidAt, err = domain.ParseDate(m.ValidAt); err != nil || !at.ValidAt.Known() {
			return at, domain.Errorf(domain.Invalid, "valid_at", "this is not a day").WithHint("write it as 2020-02-03 or 2020-02")
		}
	}
	if m.Position != "" {
		p, err := strconv.ParseUint(m.Position, 10, 63)
		if err != nil || p == 0 {
			return at, domain.Errorf(domain.Invalid, "position", "this is not a position").WithHint("positions are numbers from 1")
		}
		at.Position = domain.Position(p)
	}
	t, day, err := instant("recorded_at", m.RecordedAt)
	if day {
		t = t.AddDate(0, 0, 1).Add(-time.Microsecond) // the end of the day: the clock of recording counts microseconds
	}
	at.RecordedAt = t
	return at, err
}

// instant reads a time or a day, which begins at midnight UTC.
func instant(field, s string) (t time.Time, day bool, err error) {
	if s == "" {
		return t, false, nil
	}
	if t, err = time.Parse(time.RFC3339Nano, s); err == nil {
		return t.UTC(), false, nil
	}
	if t, err = time.Parse(time.DateOnly, s); err != nil {
		err = domain.Errorf(domain.Invalid, field, "this is not a time").WithHint("write it as 2020-02-03T12:00:00Z or 2020-02-03; a + in a URL is %2B")
	}
	return t, true, err
}

type noInput struct{ Reading }

type plansInput struct {
	Reading
	Tabled
	Since string `query:"since" doc:"say of each plan how many of its entries were recorded from this instant, or from the beginning of this day, on" example:"2020-02-01"`
}

// PlanInput is a question about a plan.
type PlanInput struct {
	Reading
	Tabled
	Seen
	AsAt
	Plan string `path:"plan" doc:"the plan's id" example:"sdp-2019-20"`
}

// planItemsInput is a question about a plan and those of its items that are wanted.
type planItemsInput struct {
	PlanInput
	Rating string `query:"rating" doc:"only items of this rating, by its key" maxLength:"64" example:"amber"`
	Owner  string `query:"owner" doc:"only items whose owner's words contain this" maxLength:"200"`
	State  string `query:"state" doc:"only items in this state" maxLength:"32" example:"open"`
	Words  string `query:"words" doc:"only items whose title, progress or reason contains this" maxLength:"200"`
}

type ambersInput struct {
	PlanInput
	Meaning []string `query:"meaning" doc:"meanings of the ratings to show, separated by commas; left out: at_risk" example:"[\"at_risk\",\"off_track\"]"`
}

type compareInput struct {
	Reading
	Tabled
	Plan string `path:"plan" doc:"the plan's id" example:"sdp-2019-20"`
	From string `query:"from" required:"true" doc:"the first moment" maxLength:"100" example:"recorded:2020-02-03"`
	To   string `query:"to" default:"now" doc:"the second; left out, now" maxLength:"100"`
}

type stripsInput struct {
	PlanInput
	Dimension string `query:"dimension" doc:"key of a dimension; left out: the plan's first" maxLength:"64"`
}

type itemInput struct {
	Reading
	Seen
	AsAt
	Plan string `path:"plan" doc:"the plan's id" example:"sdp-2019-20"`
	Item string `path:"item" doc:"the item's id" example:"item-07"`
}

type entryInput struct {
	Reading
	Plan  string `path:"plan" doc:"the plan's id" example:"sdp-2019-20"`
	Entry string `path:"entry" doc:"the entry's number in the plan's timeline, or its event id" example:"42"`
}

type commandQuery struct {
	Reading
	Plan    string `path:"plan" doc:"the plan's id" example:"sdp-2019-20"`
	Command string `path:"command" doc:"the command's id: its Idempotency-Key" example:"c-01"`
}

// TimelineInput is a question for entries. It and other structs of parameters are exported because huma looks into no others.
type TimelineInput struct {
	Reading
	Tabled
	Item    string `query:"item" doc:"only entries about this item"`
	Actor   string `query:"actor" doc:"only entries by this actor"`
	Type    string `query:"type" doc:"only entries of this type" example:"rating-changed"`
	Command string `query:"command" doc:"only entries of this command"`
	From    string `query:"from" doc:"recorded at this time or later: 2020-02-03T12:00:00Z or 2020-02-03"`
	To      string `query:"to" doc:"recorded before this time; a day counts whole"`
	Newest  bool   `query:"newest" doc:"newest first"`
	Paged
}

type planTimelineInput struct {
	TimelineInput
	Plan string `path:"plan" doc:"the plan's id" example:"sdp-2019-20"`
}

// Paged is a question whose answer comes in pages.
type Paged struct {
	After string `query:"after" doc:"the cursor next of an earlier page" maxLength:"512"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"entries on a page"`
}

type searchInput struct {
	Reading
	Tabled
	Words string `query:"q" required:"true" doc:"the words to find; all of them" maxLength:"512" example:"recruitment"`
	Plan  string `query:"plan" doc:"only in this plan"`
	Item  string `query:"item" doc:"only about this item"`
	Actor string `query:"actor" doc:"only by this actor"`
	Type  string `query:"type" doc:"only in entries of this type" example:"rating-changed"`
	From  string `query:"from" doc:"recorded at this time or later: 2020-02-03T12:00:00Z or 2020-02-03"`
	To    string `query:"to" doc:"recorded before this time; a day counts whole"`
	Paged
}

type plansAnswer struct {
	Plans []projections.PlanSummary `json:"plans"`
}

var (
	notFound = []int{http.StatusNotFound}
	asAt     = "Without a clock the state is that of now."
)

func (s *Server) registerQueries() {
	query(s, "/v1/plans", about{id: "list-plans", tag: "questions", summary: "The plans", csv: true}, s.plans)
	query(s, "/v1/plans/{plan}", about{
		id: "show-plan", tag: "questions", summary: "A plan, now or as it was",
		text: asAt, csv: true, versioned: true, errors: notFound}, s.plan)
	query(s, "/v1/plans/{plan}/ambers", about{
		id: "show-ambers", tag: "questions", summary: "The members' table: what is at risk, why, since when, in whose words",
		text: asAt,
		csv:  true, versioned: true, errors: notFound}, s.ambers)
	query(s, "/v1/plans/{plan}/compare", about{
		id: "compare-plan", tag: "questions", summary: "What differs between two moments of a plan, and who changed it",
		text: "A moment is now, position:120, recorded:2020-02-03, valid:2020-02-03 or meeting:ID.", csv: true, errors: notFound}, s.compare)
	query(s, "/v1/plans/{plan}/strips", about{
		id: "plan-strips", tag: "questions", summary: "The picture of a plan: each item's ratings over its life",
		text: "By the days that entries state, as they are known at the moment asked for.", csv: true, errors: notFound}, s.strips)
	query(s, "/v1/plans/{plan}/items/{item}", about{
		id: "show-item", tag: "questions", summary: "An item and everything that happened to it",
		text: asAt, versioned: true, errors: notFound}, s.item)
	query(s, "/v1/plans/{plan}/timeline", about{
		id: "plan-timeline", tag: "questions", summary: "Who changed what in a plan, when, why and on whose authority", csv: true, errors: notFound}, s.planTimeline)
	query(s, "/v1/timeline", about{
		id: "timeline", tag: "questions", summary: "The same over all plans",
		text: "An admin sees the changes to persons and tokens, too.", csv: true}, func(ctx context.Context, in *TimelineInput) (projections.Page[projections.Entry], error) {
		return s.timeline(ctx, "", in)
	})
	query(s, "/v1/plans/{plan}/entries/{entry}", about{
		id: "show-entry", tag: "questions", summary: "One entry of a timeline", errors: notFound}, s.entry)
	query(s, "/v1/plans/{plan}/commands/{command}", about{id: "find-command", tag: "questions", summary: "Was my command recorded?",
		text: "Answers the command's receipt. 404 means that it is not recorded as far as this server has read: give min_position, or give the command again with the same id.", errors: notFound}, s.commandReceipt)
	query(s, "/v1/search", about{id: "search", tag: "questions", summary: "Find words in texts", csv: true}, s.search)
}

func (s *Server) plans(ctx context.Context, in *plansInput) (plansAnswer, error) {
	since, _, err := instant("since", in.Since)
	if err != nil {
		return plansAnswer{}, err
	}
	all, err := s.deps.Reads.Plans(ctx, since)
	caller := callOf(ctx).actor
	return plansAnswer{Plans: slices.DeleteFunc(all, func(p projections.PlanSummary) bool { return !caller.Only.Reaches(p.Plan) })}, err
}

func (s *Server) plan(ctx context.Context, in *planItemsInput) (v projections.PlanView, err error) {
	plan, at, err := planAt(in.Plan, in.AsAt)
	if err != nil {
		return v, err
	}
	wanted := projections.Choice{Rating: in.Rating, Owner: in.Owner, State: in.State, Words: in.Words}
	if v, err = s.deps.Reads.Plan(ctx, plan, at); err == nil && wanted != (projections.Choice{}) {
		v.Items = slices.DeleteFunc(v.Items, func(it projections.ItemView) bool { return !wanted.Keeps(it) })
	}
	return v, err
}

func (s *Server) compare(ctx context.Context, in *compareInput) (v projections.Comparison, err error) {
	plan, err := domain.ParsePlanID(in.Plan)
	if err != nil {
		return v, err
	}
	from, err := point("from", in.From)
	if err != nil {
		return v, err
	}
	to, err := point("to", in.To)
	if err != nil {
		return v, err
	}
	return s.deps.Reads.Compare(ctx, plan, from, to)
}

func (s *Server) strips(ctx context.Context, in *stripsInput) (projections.Strips, error) {
	plan, at, err := planAt(in.Plan, in.AsAt)
	if err != nil {
		return projections.Strips{}, err
	}
	return s.deps.Reads.Strips(ctx, plan, in.Dimension, at)
}

// point is a moment in one word: now, or a clock and what it shows.
func point(field, s string) (projections.At, error) {
	clock, shows, _ := strings.Cut(s, ":")
	var m AsAt
	switch clock {
	case "now", "":
		return projections.At{}, nil
	case "position":
		m.Position = shows
	case "recorded":
		m.RecordedAt = shows
	case "valid":
		m.ValidAt = shows
	case "meeting":
		m.AsReported = shows
	}
	if m == (AsAt{}) {
		return projections.At{}, domain.Errorf(domain.Invalid, field, "%.40q is not a moment", s).
			WithHint("one of now, position:120, recorded:2020-02-03, valid:2020-02-03, meeting:ID")
	}
	got, err := m.at()
	return got, at(field, err)
}

func planAt(id string, m AsAt) (domain.PlanID, projections.At, error) {
	plan, err := domain.ParsePlanID(id)
	if err != nil {
		return "", projections.At{}, err
	}
	at, err := m.at()
	return plan, at, err
}

func (s *Server) ambers(ctx context.Context, in *ambersInput) (projections.AmberTable, error) {
	plan, at, err := planAt(in.Plan, in.AsAt)
	if err != nil {
		return projections.AmberTable{}, err
	}
	meanings, err := parseMeanings(in.Meaning)
	if err != nil {
		return projections.AmberTable{}, err
	}
	return s.deps.Reads.Ambers(ctx, plan, at, meanings...)
}

var meanings = []domain.Meaning{domain.NotStarted, domain.OnTrack, domain.AtRisk, domain.OffTrack, domain.CompleteClaimed,
	domain.CompleteVerified, domain.Suspended, domain.Cancelled, domain.NoData}

func parseMeanings(given []string) ([]domain.Meaning, error) {
	if len(given) == 0 {
		return []domain.Meaning{domain.AtRisk}, nil
	}
	var all []domain.Meaning
	for _, one := range given {
		known := false
		for _, m := range meanings {
			known = known || string(m) == strings.TrimSpace(one)
		}
		if !known {
			return nil, domain.Errorf(domain.Invalid, "meaning", "there is no such meaning").WithHint("use at_risk, off_track, on_track, not_started, ... separated by commas")
		}
		all = append(all, domain.Meaning(strings.TrimSpace(one)))
	}
	return all, nil
}

func (s *Server) item(ctx context.Context, in *itemInput) (projections.ItemHistory, error) {
	plan, at, err := planAt(in.Plan, in.AsAt)
	if err != nil {
		return projections.ItemHistory{}, err
	}
	item, err := domain.ParseItemID(in.Item)
	if err != nil {
		return projections.ItemHistory{}, err
	}
	h, err := s.deps.Reads.ItemHistory(ctx, plan, item, at)
	if err != nil {
		return h, err
	}
	return h, s.namePapers(ctx, h.Entries)
}

func (s *Server) planTimeline(ctx context.Context, in *planTimelineInput) (projections.Page[projections.Entry], error) {
	plan, err := domain.ParsePlanID(in.Plan)
	if err != nil {
		return projections.Page[projections.Entry]{}, err
	}
	return s.timeline(ctx, plan, &in.TimelineInput)
}

// narrow has a question for entries ask only for those of an item, an actor, a type and a time of recording.
func narrow(q *projections.TimelineQuery, item, actor, kind, from, to string) (err error) {
	if q.From, _, err = instant("from", from); err != nil {
		return err
	}
	var day bool
	if q.To, day, err = instant("to", to); err != nil {
		return err
	}
	if day {
		q.To = q.To.AddDate(0, 0, 1)
	}
	if item != "" {
		if q.Item, err = domain.ParseItemID(item); err != nil {
			return err
		}
	}
	if actor != "" {
		if q.Actor, err = parseActor("actor", actor); err != nil {
			return err
		}
	}
	if q.Type = kind; kind != "" && domain.NewEvent(kind) == nil {
		return domain.Errorf(domain.Invalid, "type", "there is no such type of entry").WithHint("e.g. rating-changed, justification-given, outcome-recorded")
	}
	return nil
}

func (s *Server) timeline(ctx context.Context, plan domain.PlanID, in *TimelineInput) (page projections.Page[projections.Entry], err error) {
	q := projections.TimelineQuery{Plan: visible(ctx, plan), Newest: in.Newest, After: in.After, Limit: in.Limit}
	if err = narrow(&q, in.Item, in.Actor, in.Type, in.From, in.To); err != nil {
		return page, err
	}
	if in.Command != "" {
		if q.Command, err = domain.ParseCommandID(in.Command); err != nil {
			return page, err
		}
	}
	if page, err = s.deps.Reads.Timeline(ctx, q); err != nil {
		return page, err
	}
	return page, s.namePapers(ctx, page.Entries)
}

// parseActor checks an actor's id, which has the form of every other id.
func parseActor(field, s string) (domain.ActorID, error) {
	id, err := domain.ParseItemID(s)
	return domain.ActorID(id), at(field, err)
}

func (s *Server) entry(ctx context.Context, in *entryInput) (projections.Entry, error) {
	plan, err := domain.ParsePlanID(in.Plan)
	if err != nil {
		return projections.Entry{}, err
	}
	ref, err := domain.ParseItemID(in.Entry) // a number and a UUID both have the form of an id
	if err != nil {
		return projections.Entry{}, at("entry", err)
	}
	id, n := domain.EventID(ref), uint64(0)
	if number, err := strconv.ParseUint(string(ref), 10, 63); err == nil && number > 0 {
		id, n = "", number
	}
	e, err := s.deps.Reads.Entry(ctx, plan, id, n)
	if err != nil {
		return e, err
	}
	one := []projections.Entry{e}
	err = s.namePapers(ctx, one)
	return one[0], err
}

func (s *Server) commandReceipt(ctx context.Context, in *commandQuery) (domain.Receipt, error) {
	plan, err := domain.ParsePlanID(in.Plan)
	if err != nil {
		return domain.Receipt{}, err
	}
	id, err := domain.ParseCommandID(in.Command)
	if err != nil {
		return domain.Receipt{}, err
	}
	got, found, err := s.deps.Reads.Command(ctx, plan, id)
	if err == nil && !found {
		err = domain.Errorf(domain.NotFound, "command", "no such command is recorded in the plan").
			WithHint("to be certain, give the command again with the same id: it is recorded once")
	}
	return got, err
}

func (s *Server) search(ctx context.Context, in *searchInput) (page projections.Page[projections.Hit], err error) {
	var plan domain.PlanID
	if in.Plan != "" {
		if plan, err = domain.ParsePlanID(in.Plan); err != nil {
			return page, err
		}
	}
	if strings.TrimSpace(in.Words) == "" {
		return page, domain.Errorf(domain.Invalid, "q", "there are no words to look for").WithHint("give q=WORDS")
	}
	q := projections.TimelineQuery{Plan: visible(ctx, plan), After: in.After, Limit: in.Limit}
	if err = narrow(&q, in.Item, in.Actor, in.Type, in.From, in.To); err != nil {
		return page, err
	}
	return s.deps.Reads.SearchIn(ctx, in.Words, q)
}
