package pages

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"plantrail/domain"
	"plantrail/projections"
)

func (s *Site) registerSubscriptions() {
	s.page("GET /subscriptions", (*visit).subscriptions)
	s.page("POST /subscriptions", (*visit).subscribe)
	s.page("GET /subscriptions/{subscription}", (*visit).subscription)
	for name, fields := range orders {
		s.page("POST /subscriptions/{subscription}/"+name, func(v *visit) error { return v.order(name, fields) })
	}
}

// orders are what can be asked of a subscription, each with the fields of its form.
var orders = map[string][]field{
	"rotate": {{Name: "hours", Kind: "number"}}, "pause": {{Name: "reason", Kind: "text"}}, "resume": nil, "ping": nil,
	"replay": {{Name: "from", Kind: "number"}, {Name: "dead", Kind: "tick"}, {Name: "now", Kind: "tick"}}, "end": {{Name: "reason", Kind: "text"}},
}

// subscribed is a subscription and how its deliveries are, as the API tells it.
type subscribed struct {
	Subscription domain.SubscriptionID
	Person       domain.ActorID
	Way          domain.Way
	Target       string
	Wanted       domain.Wanted
	State        string
	Generation   int
	Made, Behind domain.Position
	LastError    string `json:"last_error"`
	Delivery     struct {
		Position          domain.Position
		Failures          int
		Since, Next       time.Time
		Delivered, Failed uint64
		Dead              []struct {
			Position domain.Position
			Event    domain.EventID
			Status   int
			At       time.Time
		}
		Log []struct {
			At       time.Time
			Position domain.Position
			Event    domain.EventID
			Status   int
			Millis   int64 `json:"ms"`
			Error    string
		}
	}
}

// Covers says in words what of the history a subscription is told.
func (s subscribed) Covers() string {
	var parts []string
	add := func(what string, all []string) {
		if len(all) > 0 {
			parts = append(parts, what+" "+strings.Join(all, ", "))
		}
	}
	add("plans", plain(s.Wanted.Plans))
	add("kinds", s.Wanted.Types)
	add("items", plain(s.Wanted.Items))
	add("ratings that mean", plain(s.Wanted.Meanings))
	add("notices of", s.Wanted.Notices)
	said := "everything"
	if len(parts) > 0 {
		said = "only " + strings.Join(parts, "; ")
	}
	if s.Wanted.Texts {
		said += ", with what people wrote"
	}
	if s.Wanted.Digest {
		said += ", once a day"
	}
	return said
}

func plain[T ~string](all []T) (out []string) {
	for _, one := range all {
		out = append(out, string(one))
	}
	return out
}

// secrets are what a subscriber needs; they are shown once, in the answer to the form that made them.
type secrets struct {
	Subscription              domain.SubscriptionID
	Secret, Config            string
	PublicKey                 string `json:"public_key"`
	Position                  domain.Position
	Names                     map[domain.ActorID]string
	Rotated, Mailed, Recorded bool
}

// subscriptionsPage is the list, and the form for another.
type subscriptionsPage struct {
	*filling
	Subscriptions []subscribed
	Names         map[domain.ActorID]string
}

// subscribeForm is the form for a subscription, with those whose it may be and the plans there are.
func subscribeForm(people []projections.PersonView, plans []projections.PlanSummary) *form {
	persons := func(*filling) (all []choice) {
		for _, p := range people {
			if !p.Left {
				all = append(all, choice{string(p.Person), personName(p)})
			}
		}
		return all
	}
	covered := func(*filling) (all []choice) {
		for _, p := range plans {
			all = append(all, choice{string(p.Plan), words(p.Title)})
		}
		return all
	}
	means := func(*filling) (all []choice) {
		for _, m := range meanings {
			all = append(all, choice{string(m.Meaning), m.Words})
		}
		return all
	}
	return &form{Of: domain.Subscribe{}, Title: "Make a subscription", Button: "Make it", Bare: true, Fields: []field{
		{Name: "subscription", Label: "Short name", Hint: "1 to 64 of a-z, 0-9 and -. It stands in the history and in commands.", Kind: "text"},
		{Name: "person", Label: "Whose it is", Hint: "It ends when the person leaves.", Kind: "select", Choices: persons},
		{Name: "way", Label: "How they are told", Kind: "select", Choices: values("webhook", "each event, or notices, posted to a web address and signed", "mail", "notices by e-mail", "nats", "a consumer on the organisation's NATS")},
		{Name: "target", Label: "Web address or e-mail address", Hint: "An https address, or an e-mail address. For NATS leave it empty.", Kind: "text"},
		{Name: "label", Label: "What it is for", Kind: "text"},
		{Name: "wanted.plans", Label: "Only these plans (none ticked: all)", Kind: "boxes", Choices: covered},
		{Name: "wanted.meanings", Label: "Only ratings that mean (none ticked: every event)", Kind: "boxes", Choices: means},
		{Name: "wanted.notices", Label: "Notices", Hint: "By e-mail, none ticked is all. A web address gets those that are ticked, instead of each event.", Kind: "boxes", Choices: values("red", "something went off track", "asked", "a question for them", "deadline", "a paper's deadline is near")},
		{Name: "wanted.types", Label: "Only these kinds of event", Hint: "A line for each, for example rating-changed. Left empty: all.", Kind: "lines"},
		{Name: "wanted.texts", Label: "With what people wrote", Kind: "tick"}, {Name: "wanted.digest", Label: "Notices once a day, in one message", Kind: "tick"},
		{Name: "from", Label: "Begin after the event number (left empty: the beginning)", Kind: "number"}}}
}

func personName(p projections.PersonView) string {
	if name := words(p.Name); name != "" {
		return name
	}
	return string(p.Person)
}

func (v *visit) subscriptions() error {
	return v.showSubscriptions(url.Values{}, nil)
}

// showSubscriptions shows the list and the form as it was typed, with what is wrong with it.
func (v *visit) showSubscriptions(values url.Values, p *problem) error {
	var page subscriptionsPage
	if err := v.get("/subscriptions", nil, &page); err != nil {
		return err
	}
	var people struct{ Persons []projections.PersonView }
	if err := v.get("/persons", nil, &people); err != nil {
		return err
	}
	var all struct{ Plans []projections.PlanSummary }
	if err := v.get("/plans", nil, &all); err != nil {
		return err
	}
	page.Names = map[domain.ActorID]string{}
	for _, one := range people.Persons {
		page.Names[one.Person] = personName(one)
	}
	page.filling = &filling{form: subscribeForm(people.Persons, all.Plans), Values: values, Key: newKey(), Problem: p}
	status, title := http.StatusOK, "Subscriptions"
	if p != nil {
		page.Key, status, title = values.Get("key"), p.Status, "Error: "+title
	}
	return v.showStatus(status, "subscriptions", title, "subscriptions", page)
}

// subscribe makes a subscription and shows its secrets, this once: the page is kept nowhere.
func (v *visit) subscribe() error {
	if err := v.readForm(); err != nil {
		return err
	}
	values := v.r.PostForm
	if values.Get("key") == "" {
		values.Set("key", newKey())
	}
	body, err := json.Marshal(bodyOf(withWanted(subscribeForm(nil, nil).Fields), values))
	if err != nil {
		return err
	}
	a, err := v.call(http.MethodPost, "/subscriptions", nil, bytes.NewReader(body), http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {values.Get("key")}})
	if p, ok := err.(*problem); ok && p.Status != http.StatusForbidden && p.Status != http.StatusInternalServerError {
		return v.showSubscriptions(values, p)
	} else if err != nil {
		return err
	}
	var made secrets
	if err := json.Unmarshal(a.body.Bytes(), &made); err != nil {
		return err
	}
	return v.showSubscription(http.StatusCreated, made.Subscription, subscriptionPage{Secrets: &made})
}

// withWanted has the object of what is wanted sent in any case: empty, it stands for everything.
func withWanted(fields []field) []field { return append(fields, field{Name: "wanted", Kind: "object"}) }

// subscriptionPage is one subscription, and what came of what was just asked of it.
type subscriptionPage struct {
	subscribed
	Secrets *secrets
	Pong    *pong
	Ordered bool // events come again within seconds
	Problem *problem
}

// pong is what came of a test.
type pong struct {
	Status int
	Error  string
}

func (v *visit) subscription() error {
	return v.showSubscription(http.StatusOK, domain.SubscriptionID(v.r.PathValue("subscription")), subscriptionPage{})
}

func (v *visit) showSubscription(status int, id domain.SubscriptionID, page subscriptionPage) error {
	if err := v.get(path("subscriptions", string(id)), nil, &page.subscribed); err != nil {
		return err
	}
	return v.showStatus(status, "subscription", "Subscription "+string(id), "subscriptions", page)
}

// order asks something of a subscription.
func (v *visit) order(name string, fields []field) error {
	if err := v.readForm(); err != nil {
		return err
	}
	id := domain.SubscriptionID(v.r.PathValue("subscription"))
	body, err := json.Marshal(bodyOf(fields, v.r.PostForm))
	if err != nil {
		return err
	}
	header := http.Header{"Idempotency-Key": {v.r.PostFormValue("key")}}
	if len(fields) > 0 {
		header.Set("Content-Type", "application/json")
	} else {
		body = nil
	}
	a, err := v.call(http.MethodPost, path("subscriptions", string(id), name), nil, bytes.NewReader(body), header)
	if p, ok := err.(*problem); ok && p.Status != http.StatusForbidden && p.Status != http.StatusNotFound && p.Status != http.StatusInternalServerError {
		return v.showSubscription(p.Status, id, subscriptionPage{Problem: p})
	} else if err != nil {
		return err
	}
	page := subscriptionPage{Ordered: name == "replay"}
	switch name {
	case "rotate":
		page.Secrets = &secrets{Rotated: true}
		err = json.Unmarshal(a.body.Bytes(), page.Secrets)
	case "ping":
		page.Pong = &pong{}
		err = json.Unmarshal(a.body.Bytes(), page.Pong)
	case "pause", "resume", "end":
		http.Redirect(v.w, v.r, path("subscriptions", string(id))+"?done=recorded", http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	return v.showSubscription(http.StatusOK, id, page)
}

// Answered says what came back of a try.
func (p pong) Answered() string {
	if p.Error != "" {
		return p.Error
	}
	return "it answered " + strconv.Itoa(p.Status) + " " + http.StatusText(p.Status)
}

func init() {
	siteParts = append(siteParts, part{Key: "subscriptions", Name: "Subscriptions", Address: "/subscriptions", roles: []domain.Role{domain.Admin}})
}
