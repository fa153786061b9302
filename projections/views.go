package projections

import (
	"encoding/json"
	"time"

	"plantrail/domain"
)

// At says which moment of the history a query means, by three clocks. The zero At is now. At most one of the first three is
// set; ValidAt can stand beside any of them: what held on that day, by what was known, or reported, then.
type At struct {
	Position   domain.Position  // as it stood just after this position
	RecordedAt time.Time        // as it was known at this instant, by the clock of recording
	AsReported domain.MeetingID // as the paper for this meeting showed it
	ValidAt    domain.Date      // as it was on this day, or at the end of this month, by the days that entries state
}

// Words is a text as it is shown. A text that was erased, or never came, is an empty Text with a State that says so.
type Words struct {
	Text   string `json:"text"`
	Erased bool   `json:"erased,omitempty"` // it was there and is no more
	// ErasedBy is who had it erased, when and under what authority. When Erased is set and nobody is named, it was not
	// erased: it is lost.
	ErasedBy *Erased `json:"erased_by,omitempty"`
}

// Erased is the entry that asked for a text to be erased.
type Erased struct {
	Said
	Authority *domain.Authority `json:"authority,omitempty"`
}

// OpenErasure is an erasure that was asked for and not completed. First is the first event of the erased text's command,
// whose text message holds the command's salted digest.
type OpenErasure struct {
	Plan    domain.PlanID
	Of      domain.EventID
	Entry   domain.Position
	Field   string
	Request domain.EventID
	First   domain.EventID
}

// Said is who said something and when: the entry behind a piece of state.
type Said struct {
	Position   domain.Position `json:"position"`
	Entry      uint64          `json:"entry"` // number of the entry in the plan's timeline (planseq)
	Event      domain.EventID  `json:"event"`
	By         Who             `json:"by"`
	Stated     domain.Date     `json:"stated"`
	RecordedAt time.Time       `json:"recorded_at"`
}

// Who is an actor with the name that the register holds for them today, "" when it holds none or it was erased.
type Who struct {
	ID         domain.ActorID   `json:"id"`
	Kind       domain.ActorKind `json:"kind"`
	Role       domain.Role      `json:"role"`
	Name       string           `json:"name,omitempty"`
	NameErased bool             `json:"name_erased,omitempty"`
	OnBehalfOf string           `json:"on_behalf_of,omitempty"`
}

func (w *Who) named(name Words) { w.Name, w.NameErased = name.Text, name.Erased }

// Shown is what a page calls the actor: their name, or their id where there is none.
func (w Who) Shown() string {
	switch {
	case w.Name != "":
		return w.Name
	case w.NameErased:
		return "name erased (" + string(w.ID) + ")"
	}
	return string(w.ID)
}

// Moment says which state of the history an answer shows, so that it can be asked for again.
type Moment struct {
	Position   domain.Position `json:"position"`    // the last position that counts
	RecordedAt time.Time       `json:"recorded_at"` // of the last entry that counts
	Version    uint64          `json:"version"`     // the plan's version then (planseq): the ETag

	AsReported domain.MeetingID `json:"as_reported,omitempty"` // it is what members received for this meeting
	ValidAt    domain.Date      `json:"valid_at,omitzero"`     // it is what held on this day
}

// PlanSummary is one line of the list of plans. Counts are of items, by meaning of the rating in the plan's first
// dimension; an item that is not rated counts as "".
type PlanSummary struct {
	Plan    domain.PlanID          `json:"plan"`
	Title   Words                  `json:"title"`
	Closed  bool                   `json:"closed"`
	Items   int                    `json:"items"`
	Counts  map[domain.Meaning]int `json:"counts"`
	Version uint64                 `json:"version"`
	Changed time.Time              `json:"changed"`           // time of recording of its last entry
	Changes *uint64                `json:"changes,omitempty"` // versions since the instant that was asked for
}

// PlanView is a plan at a moment.
type PlanView struct {
	Moment
	Plan        domain.PlanID      `json:"plan"`
	Title       Words              `json:"title"`
	Levels      []domain.Level     `json:"levels"`
	Dimensions  []domain.Dimension `json:"dimensions"` // with their schemes: the printed key
	Opened      Said               `json:"opened"`
	Closed      *Said              `json:"closed,omitempty"`
	CloseReason *Words             `json:"close_reason,omitempty"`
	Items       []ItemView         `json:"items"` // in the order in which they were added
	Requests    []RequestView      `json:"requests"`
	Resolutions []ResolutionView   `json:"resolutions"`
	Holds       []HoldView         `json:"holds,omitempty"`

	Retired  []domain.Scheme `json:"retired_schemes,omitempty"` // in which earlier ratings were given
	Policy   domain.Policy   `json:"policy"`
	Issue    string          `json:"plan_version,omitempty"` // as a body adopted it: "2.0"
	Adopted  *Statement      `json:"adopted,omitempty"`
	Meetings []MeetingView   `json:"meetings"`
}

// MeetingView is a meeting at which the plan is before a body, with what members received for it.
type MeetingView struct {
	Meeting  domain.MeetingID `json:"meeting"`
	Body     string           `json:"body"`
	On       domain.Date      `json:"on"`
	Deadline domain.Date      `json:"deadline,omitzero"`
	Opened   Said             `json:"opened"`
	Papers   []PaperView      `json:"papers"`
	Minutes  *Statement       `json:"minutes,omitempty"`
}

// PaperView is a published paper: the plan as it stood after its entry number Version. Root is empty for a paper that was
// printed elsewhere.
type PaperView struct {
	Version        uint64                `json:"version"`
	Position       domain.Position       `json:"position,omitempty"`
	Size           uint64                `json:"size,omitempty"` // of the tree whose root it is
	Root           string                `json:"root,omitempty"` // base64
	SHA256         string                `json:"sha256"`         // of the paper's bytes, hex
	Classification domain.Classification `json:"classification"`
	Exempt         []domain.ItemID       `json:"exempt,omitempty"` // left out of a public paper; all that an exempt one tells of
	Title          *Words                `json:"title,omitempty"`
	Published      Said                  `json:"published"`
}

// HoldView is a legal hold, which forbids erasing: why and by whom it was set, and released.
type HoldView struct {
	Hold domain.HoldID `json:"hold"`
	Statement
	Authority *domain.Authority `json:"authority,omitempty"`
	Released  *Statement        `json:"released,omitempty"`
}

// EvidenceView is a file of evidence beside an item.
type EvidenceView struct {
	ID        domain.EvidenceID `json:"evidence"`
	Item      domain.ItemID     `json:"item"`
	Title     Words             `json:"title"`
	File      *Words            `json:"file,omitempty"` // its name
	SHA256    string            `json:"sha256"`         // of the file's bytes, hex
	Size      int64             `json:"size"`           // bytes
	MediaType string            `json:"media_type"`
	Dated     domain.Date       `json:"dated,omitzero"` // of the document itself
	Attached  Said              `json:"attached"`
	Withdrawn *Statement        `json:"withdrawn,omitempty"`
}

// ItemView is an item at a moment.
type ItemView struct {
	Item      domain.ItemID    `json:"item"`
	Ref       string           `json:"ref,omitempty"`
	Level     string           `json:"level"`
	Parent    domain.ItemID    `json:"parent,omitempty"`
	Title     Words            `json:"title"`
	Owner     *Words           `json:"owner,omitempty"`
	Person    domain.ActorID   `json:"person,omitempty"`
	Due       domain.Date      `json:"due,omitzero"`
	Original  domain.Date      `json:"original_due,omitzero"`
	Moves     int              `json:"due_moves"`
	State     domain.ItemState `json:"state"`
	StateSaid Said             `json:"state_said"`
	Ratings   []RatingView     `json:"ratings"`
	Progress  *Statement       `json:"progress,omitempty"`
	Outcome   *OutcomeView     `json:"outcome,omitempty"`
	Evidence  []EvidenceView   `json:"evidence,omitempty"`

	Kind           domain.ItemKind   `json:"kind,omitempty"` // "" is an action
	Start          domain.Date       `json:"start,omitzero"`
	From           *domain.Origin    `json:"from,omitempty"`   // it was carried forward from another plan
	Source         *Words            `json:"source,omitempty"` // of a recommendation
	With           *Words            `json:"with,omitempty"`   // who is responsible with the owner
	Persons        []domain.ActorID  `json:"persons,omitempty"`
	Post           bool              `json:"post,omitempty"`
	Interim        bool              `json:"interim,omitempty"`
	StateReason    *Words            `json:"state_reason,omitempty"`
	StateAuthority *domain.Authority `json:"state_authority,omitempty"`
	Links          []LinkView        `json:"links,omitempty"`
	Asked          *DueAskedView     `json:"due_asked,omitempty"` // a move of its date that nobody has decided on
	Percent        *int              `json:"percent,omitempty"`
	Claimed        *Statement        `json:"claimed,omitempty"`
	Verified       *Statement        `json:"verified,omitempty"`
	Waived         *Statement        `json:"evidence_waived,omitempty"`
	Response       *ResponseView     `json:"response,omitempty"` // to a recommendation
	Measure        *MeasureView      `json:"measure,omitempty"`
}

// LinkView is what an item is to another.
type LinkView struct {
	Relation domain.Relation `json:"relation"`
	To       domain.ItemID   `json:"to"`
	Said     Said            `json:"said"`
}

// DueAskedView is a request to move a due date.
type DueAskedView struct {
	To domain.Date `json:"to"`
	Statement
}

// ResponseView is the answer to a recommendation.
type ResponseView struct {
	Response domain.Response `json:"response"`
	Statement
}

// MeasureView is a measure with its last reading. AtTarget is nil while there is nothing to compare.
type MeasureView struct {
	Unit       string           `json:"unit,omitempty"`
	Better     domain.Better    `json:"better"`
	Baseline   domain.Amount    `json:"baseline,omitempty"`
	Target     domain.Amount    `json:"target,omitempty"`
	Contextual bool             `json:"contextual,omitempty"`
	Defined    Said             `json:"defined"`
	Last       domain.Amount    `json:"last,omitempty"`
	LastOn     domain.Date      `json:"last_on,omitzero"`
	Before     domain.Amount    `json:"before,omitempty"`
	Direction  domain.Direction `json:"direction,omitempty"`
	AtTarget   *bool            `json:"at_target,omitempty"`
	Read       *Statement       `json:"read,omitempty"`
}

// RatingView is an item's rating in one dimension, with the reason in somebody's words.
type RatingView struct {
	Dimension string         `json:"dimension"`
	Scheme    string         `json:"scheme"`
	Value     string         `json:"value"`
	Label     string         `json:"label"`
	Colour    string         `json:"colour,omitempty"`
	Shape     string         `json:"shape,omitempty"`
	Meaning   domain.Meaning `json:"meaning"`
	Since     domain.Date    `json:"since"`
	Set       Said           `json:"set"`
	Reason    *Statement     `json:"reason,omitempty"`
	Owed      bool           `json:"owed"`
	SameAs    domain.ItemID  `json:"same_as,omitempty"`
}

// Statement is words and who said them.
type Statement struct {
	Words Words `json:"words"`
	Said  Said  `json:"said"`
}

// OutcomeView is what an action came to.
type OutcomeView struct {
	Result domain.Result `json:"result"`
	Statement
}

// RequestView is a members' request and its answer.
type RequestView struct {
	Request domain.RequestID `json:"request"`
	Item    domain.ItemID    `json:"item,omitempty"`
	Due     domain.Date      `json:"due,omitzero"`
	AskedBy *Words           `json:"asked_by,omitempty"`
	Statement
	Answer *Statement `json:"answer,omitempty"`

	Meeting    domain.MeetingID `json:"meeting,omitempty"` // by which the answer is wanted
	DueAs      string           `json:"due_as,omitempty"`  // or as printed
	Commitment bool             `json:"commitment,omitempty"`
	Challenge  bool             `json:"challenge,omitempty"` // of a rating: what of, the entry says
	Withdrawn  *Statement       `json:"withdrawn,omitempty"`
}

// ResolutionView is a resolution as printed.
type ResolutionView struct {
	Resolution domain.ResolutionID `json:"resolution"`
	Authority  *domain.Authority   `json:"authority,omitempty"`
	Statement
}

// Entry is one event on a timeline: who changed what, when, why and on whose authority.
type Entry struct {
	Said
	Plan      domain.PlanID     `json:"plan"`
	Item      domain.ItemID     `json:"item,omitempty"`
	Type      string            `json:"type"` // e.g. "rating-changed"
	Authority *domain.Authority `json:"authority,omitempty"`
	Command   domain.CommandID  `json:"command"`
	Data      json.RawMessage   `json:"data"`            // the event's data as stored, without texts
	Texts     map[string]Words  `json:"texts,omitempty"` // by name: justification, reason, ...
	Corrected []domain.EventID  `json:"corrected_by,omitempty"`
	Leaf      []byte            `json:"leaf"` // RFC 6962 leaf hash, base64 in JSON
	Corrects  domain.EventID    `json:"corrects,omitempty"`
	Summary   string            `json:"summary"` // one line in plain words: "delivery amber → green"
	ItemTitle string            `json:"item_title,omitempty"`
	Backdated int               `json:"backdated_days,omitempty"` // recorded so many days after it happened, where that is over 30
	Visible   domain.Position   `json:"visible"`                  // the position from which it counted: its command's last part
	Paper     *Words            `json:"paper,omitempty"`          // the name of the file that it was read from; the API adds it
}

// AnyPlan stands, in a query, for all plans without the reserved histories, as "" stands for all histories. No plan can
// have this id.
const AnyPlan domain.PlanID = "*"

// TimelineQuery filters entries; zero fields do not filter. Entries come oldest first unless Newest.
type TimelineQuery struct {
	Plan     domain.PlanID
	Item     domain.ItemID
	Actor    domain.ActorID
	Type     string
	Command  domain.CommandID
	From, To time.Time // of recording: From <= recorded < To
	After    string    // cursor of an earlier page
	Newest   bool      // newest first
	Limit    int       // 1 to 1000; 0 is 100
	At       At
}

// Page is one page of a list. Next is the cursor of the page that follows, "" at the end.
type Page[T any] struct {
	Entries []T             `json:"entries"`
	Next    string          `json:"next,omitempty"`
	Moment  domain.Position `json:"position"` // the read model's position when the page was read
}

// Span is one stretch of an item's history during which a value held.
type Span struct {
	Field     string         `json:"field"`            // title, owner, due, state, rating:<dimension>, progress, outcome, parent
	Value     string         `json:"value"`            // coded value, or the text
	Erased    bool           `json:"erased,omitempty"` // the text was erased
	From      Said           `json:"from"`
	Until     *Said          `json:"until,omitempty"` // nil: it still holds
	Reason    *Statement     `json:"reason,omitempty"`
	Meaning   domain.Meaning `json:"meaning,omitempty"`
	Corrected bool           `json:"corrected,omitempty"` // a later correction says this was recorded wrongly
}

// ItemHistory is everything about one item: what it is, the spans of each field, its entries and its requests.
type ItemHistory struct {
	PlanMoment Moment        `json:"moment"`
	Item       ItemView      `json:"item"`
	Spans      []Span        `json:"spans"`
	Entries    []Entry       `json:"entries"`
	Requests   []RequestView `json:"requests"`
}

// Amber is one row of the members' table: the aim, why it is amber, since when, and in whose words.
type Amber struct {
	Item    domain.ItemID `json:"item"`
	Ref     string        `json:"ref,omitempty"`
	Aim     Words         `json:"aim"`
	Rating  RatingView    `json:"rating"`
	Owner   *Words        `json:"owner,omitempty"`
	Due     domain.Date   `json:"due,omitzero"`
	SameAs  *Statement    `json:"same_as_reason,omitempty"` // the reason of the row it points to
	Request []RequestView `json:"requests,omitempty"`       // open requests about it
}

// AmberTable is the members' table at a moment.
type AmberTable struct {
	Moment
	Plan  domain.PlanID      `json:"plan"`
	Title Words              `json:"title"`
	Key   []domain.Dimension `json:"key"`
	Rows  []Amber            `json:"rows"`
}

// Hit is one search result; Snippet is plain text with the found words between « and ».
type Hit struct {
	Entry   Entry  `json:"entry"`
	Field   string `json:"field"`
	Snippet string `json:"snippet"`
}

// PersonView and TokenView are the register as it is shown; a token's secret is not stored anywhere.
type PersonView struct {
	Person domain.ActorID   `json:"person"`
	Kind   domain.ActorKind `json:"kind"`
	Name   Words            `json:"name"`
	Left   bool             `json:"left"`
	Since  Said             `json:"since"`
}

// TokenView is an issued token, without its secret.
type TokenView struct {
	Token   domain.TokenID  `json:"token"`
	Person  domain.ActorID  `json:"person"`
	Name    string          `json:"name"`
	Role    domain.Role     `json:"role"`
	Expires domain.Date     `json:"expires,omitzero"`
	Plans   []domain.PlanID `json:"plans,omitempty"` // the only ones that it opens; none: all
	Revoked bool            `json:"revoked"`
	Issued  Said            `json:"issued"`
}

// Status is how the read models stand to the journal. Stopped says why the projector stopped, "" while it runs.
type Status struct {
	Position   domain.Position `json:"position"`    // of the read models
	Tail       domain.Position `json:"tail"`        // of the journal, as last seen
	LagEvents  uint64          `json:"lag_events"`  // Tail - Position
	LagSeconds float64         `json:"lag_seconds"` // age of the oldest event not yet shown
	CaughtUp   bool            `json:"caught_up"`   // what the journal held when the projector was started is shown
	Stopped    string          `json:"stopped,omitempty"`
	Rebuilding bool            `json:"rebuilding"`
	Schema     int             `json:"schema"`
	Gaps       uint64          `json:"gaps"`     // times the projector found a gap
	Rebuilds   uint64          `json:"rebuilds"` // rebuilds finished since start
	Bytes      int64           `json:"bytes"`    // of the SQLite file and its write-ahead log
	Plans      int             `json:"plans"`
	Events     uint64          `json:"events"`
}
