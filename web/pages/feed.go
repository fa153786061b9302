package pages

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"plantrail/domain"
)

func init() {
	siteParts = append(siteParts, part{Key: "feed", Name: "Events, for programs", Address: "/events"})
}

// printed is the paper that members received, made again from the history: the same to the byte, as long as nothing in it was
// erased.
func (v *visit) printed() error {
	q, _ := url.ParseQuery(encode("number", v.r.URL.Query().Get("number"), "format", "html")) // it was just encoded
	return v.pass(http.MethodGet, path("plans", v.r.PathValue("plan"), "meetings", v.r.PathValue("meeting"), "paper"), q, nil, nil)
}

// fed is an event as the feed gives it to programs.
type fed struct {
	Position    domain.Position
	Disclosures []string
	Event       struct {
		Type, Source, Subject string
		Recorded              time.Time `json:"recordedtime"`
	}
}

// Kind is the event's type as its schema is named, Plan the plan in whose history it stands; "" for none.
func (f fed) Kind() string {
	return strings.TrimSuffix(strings.TrimPrefix(f.Event.Type, "plantrail."), ".v1")
}

func (f fed) Plan() string {
	_, plan, _ := strings.Cut(f.Event.Source, "/plans/")
	return plan
}

// feed shows people what programs are given: the events in their order, each once, after a position or cursor.
func (v *visit) feed() error {
	q := v.r.URL.Query()
	page := struct {
		Asked  url.Values
		Events []fed
		Kinds  []string
		Next   string
		More   bool
		Self   string // the question, as programs ask it
	}{Kinds: entryKinds()}
	from := q.Get("from")
	if from == "" && q.Get("after") == "" {
		from = "0"
	}
	page.Asked, _ = url.ParseQuery(encode("after", q.Get("after"), "from", from, "plan", q.Get("plan"), "type", q.Get("type"), "limit", "100")) // it was just encoded
	if page.Asked.Has("after") {
		page.Asked.Del("from")
	}
	page.Self = "/events?" + page.Asked.Encode()
	a, err := v.call(http.MethodGet, "/events", page.Asked, nil, http.Header{"Accept": {"application/json"}})
	if err != nil {
		return err
	}
	if err := json.Unmarshal(a.body.Bytes(), &page); err != nil {
		return err
	}
	return v.show("feed", "Events in order", "feed", page)
}
