package web

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"plantrail/domain"
	"plantrail/feeds"
)

// Subscribers is what keeps subscriptions and delivers to them.
type Subscribers struct {
	Register *feeds.Register
	Courier  *feeds.Courier
	State    feeds.State
	Keys     *feeds.Keys // nil: this process signs no webhooks
	Guard    *feeds.Guard
	// Grants makes and ends the consumers of those who read by NATS; nil where the journal's NATS can't be reached from outside.
	Grants interface {
		NewUser() (public, seed string, err error)
		Grant(ctx context.Context, s domain.Subscription) (config string, err error)
		End(ctx context.Context, s domain.Subscription) error
	}
}

// NewSubscription asks for a subscription.
type NewSubscription struct {
	Subscription domain.SubscriptionID `json:"subscription" doc:"an id for it: it stands in the history, in headers and in commands"`
	Person       domain.ActorID        `json:"person" doc:"whose it is: it ends when the person leaves"`
	Way          domain.Way            `json:"way" enum:"webhook,nats,mail"`
	Target       domain.Text           `json:"target,omitempty" doc:"an https URL, or an e-mail address" maxLength:"2000"`
	Wanted       domain.Wanted         `json:"wanted"`
	From         domain.Position       `json:"from,omitempty" doc:"begin after this position; left out: the beginning"`
	Label        domain.Text           `json:"label,omitempty" maxLength:"200"`
}

// Secrets are what a subscriber needs to check signatures or to connect.
type Secrets struct {
	Subscription domain.SubscriptionID `json:"subscription"`
	Position     domain.Position       `json:"position"`
	Secret       string                `json:"secret,omitempty" doc:"of webhooks: checks v1 signatures; of NATS: the seed of the user's nkey, in this answer only"`
	PublicKey    string                `json:"public_key,omitempty" doc:"of webhooks: checks v1a signatures"`
	Config       string                `json:"config,omitempty" doc:"of NATS: the user for the servers' configuration"`
}

// SubscriptionView is a subscription and how its deliveries are.
type SubscriptionView struct {
	Subscription domain.SubscriptionID `json:"subscription"`
	Person       domain.ActorID        `json:"person"`
	Way          domain.Way            `json:"way"`
	Target       string                `json:"target,omitempty" doc:"scheme and host alone: the rest may be a secret of the subscriber's"`
	Wanted       domain.Wanted         `json:"wanted"`
	State        string                `json:"state" doc:"works, paused, failing or ended"`
	Generation   int                   `json:"generation" doc:"of its secrets"`
	Made         domain.Position       `json:"made"`
	Behind       domain.Position       `json:"behind" doc:"events of the history that were not looked at yet"`
	Delivery     feeds.Delivery        `json:"delivery" doc:"of webhooks: place, latest tries, dead letters; of notices: place, and how many messages were handed over"`
	LastError    string                `json:"last_error,omitempty"`
}

type subscriptionsAnswer struct {
	Subscriptions []SubscriptionView `json:"subscriptions"`
}

type subscriptionPath struct {
	Keyed
	Subscription string `path:"subscription" doc:"the subscription's id" example:"bi"`
}

type subscriptionInput struct {
	Reading
	Subscription string `path:"subscription" doc:"the subscription's id" example:"bi"`
}

// Rotation asks for new secrets.
type Rotation struct {
	Hours int `json:"hours" doc:"for how many hours the old ones sign, too" minimum:"0" maximum:"720"`
}

// Why is the reason for something.
type Why struct {
	Reason domain.Text `json:"reason" maxLength:"65536"`
}

// Replay asks for events once more.
type Replay struct {
	From *domain.Position `json:"from,omitempty" doc:"deliver again all after this position"`
	Dead bool             `json:"dead,omitempty" doc:"deliver the dead letters again"`
	Drop bool             `json:"drop,omitempty" doc:"forget the dead letters instead: they stay in the history, where the subscriber can read them"`
	Now  bool             `json:"now,omitempty" doc:"don't wait for the next try"`
}

// Pong is what came of a test.
type Pong struct {
	Status int    `json:"status" doc:"what the target answered; 0: nothing"`
	Error  string `json:"error,omitempty"`
}

func (s *Server) registerSubscriptions() {
	query(s, "/v1/subscriptions", about{id: "list-subscriptions", tag: "feeds", summary: "The subscriptions and how their deliveries are"}, s.subscriptions)
	query(s, "/v1/subscriptions/{subscription}", about{id: "get-subscription", tag: "feeds", summary: "One subscription: its latest deliveries and dead letters", errors: []int{404}},
		func(ctx context.Context, in *subscriptionInput) (SubscriptionView, error) {
			sub, err := s.subscription(ctx, in.Subscription)
			if err != nil {
				return SubscriptionView{}, err
			}
			return s.subscriptionView(ctx, sub)
		})
	s.registerSubscribe()
	s.registerOrders()
	personal(s, "/v1/subscriptions/{subscription}/pause", about{id: "pause-subscription", summary: "Pause a subscription; it keeps its place"}, Why{"They move house."},
		func(in *subscriptionPath, body Why) (domain.Command, error) {
			return domain.PauseSubscription{Subscription: domain.SubscriptionID(in.Subscription), Reason: body.Reason}, nil
		})
	personal(s, "/v1/subscriptions/{subscription}/resume", about{id: "resume-subscription", summary: "Let a paused subscription go on"}, struct{}{},
		func(in *subscriptionPath, _ struct{}) (domain.Command, error) {
			return domain.ResumeSubscription{Subscription: domain.SubscriptionID(in.Subscription)}, nil
		})
	personal(s, "/v1/subscriptions/{subscription}/end", about{id: "unsubscribe", summary: "End a subscription"}, Why{"The system was replaced."},
		func(in *subscriptionPath, body Why) (domain.Command, error) {
			return domain.Unsubscribe{Subscription: domain.SubscriptionID(in.Subscription), Reason: body.Reason}, nil
		})
}

func (s *Server) subscribers() (*Subscribers, error) {
	if s.deps.Subscribers == nil {
		return nil, domain.Errorf(domain.Unavailable, "", "no subscriptions are kept here")
	}
	return s.deps.Subscribers, nil
}

// subscription finds one as the journal has it now.
func (s *Server) subscription(ctx context.Context, id string) (domain.Subscription, error) {
	p, err := s.subscribers()
	if err != nil {
		return domain.Subscription{}, err
	}
	if err := p.Register.Look(ctx); err != nil {
		return domain.Subscription{}, err
	}
	sub, ok := p.Register.Find(domain.SubscriptionID(id))
	if !ok {
		return sub, domain.Errorf(domain.NotFound, "subscription", "there is no such subscription").WithHint("plantrail subscribe list shows them")
	}
	return sub, nil
}

// webhook finds a subscription to which something is posted.
func (s *Server) webhook(ctx context.Context, id string) (domain.Subscription, error) {
	sub, err := s.subscription(ctx, id)
	if err == nil && (sub.Way != domain.ByWebhook || sub.Ended) {
		err = domain.Errorf(domain.Refused, "subscription", "this is not a webhook, or has ended: nothing is posted").
			WithHint("plantrail subscribe list shows the ways and states")
	}
	return sub, err
}

type subscriptionsInput struct{ Reading }

func (s *Server) subscriptions(ctx context.Context, _ *subscriptionsInput) (subscriptionsAnswer, error) {
	answer := subscriptionsAnswer{Subscriptions: []SubscriptionView{}}
	p, err := s.subscribers()
	if err == nil {
		err = p.Register.Look(ctx)
	}
	if err != nil {
		return answer, err
	}
	all, _ := p.Register.All()
	for _, sub := range all {
		v, err := s.subscriptionView(ctx, sub)
		if err != nil {
			return answer, err
		}
		v.Delivery.Log = nil
		answer.Subscriptions = append(answer.Subscriptions, v)
	}
	return answer, nil
}

func (s *Server) subscriptionView(ctx context.Context, sub domain.Subscription) (v SubscriptionView, err error) {
	p := s.deps.Subscribers
	v = SubscriptionView{Subscription: sub.Subscription, Person: sub.Person, Way: sub.Way, Wanted: sub.Wanted, Generation: sub.Generation, Made: sub.Made}
	target, err := p.Register.Target(ctx, sub)
	if err != nil {
		return v, err
	}
	v.Target = withoutPath(sub.Way, target)
	if v.Delivery, v.LastError, err = p.deliveryOf(ctx, sub); err != nil {
		return v, err
	}
	v.Delivery.Owner = ""
	end, err := s.deps.Feed.Journal().End(ctx)
	v.Behind = end - min(end, v.Delivery.Position)
	if v.State = stateOf(sub, v.Delivery); sub.Ended {
		v.Behind = 0
	}
	return v, err
}

// withoutPath leaves out of a target what may be a secret: some services take a token in the path.
func withoutPath(way domain.Way, target string) string {
	if way != domain.ByWebhook || target == "" {
		return target
	}
	u, err := url.Parse(target)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

type secretsAnswer struct {
	Position uint64 `header:"Plantrail-Position" doc:"the position of what was recorded"`
	Body     Secrets
}

func (s *Server) registerSubscribe() {
	op := s.operation(http.MethodPost, "/v1/subscriptions", about{id: "subscribe", tag: "feeds", summary: "Make a subscription", errors: commandErrors,
		text: "Grants a person's system a feed. What it covers can't be widened later: make another. Secrets are in this answer."}, jsonRoute())
	op.DefaultStatus = http.StatusCreated
	s.takesJSON(&op, NewSubscription{Subscription: "bi", Person: "p-7f3a9c2e", Way: domain.ByWebhook, Target: "https://bi.example.org/plantrail",
		Wanted: domain.Wanted{Plans: []domain.PlanID{"sdp-2019-20"}, Texts: true}}, true)
	huma.Register(s.api, op, func(ctx context.Context, in *Keyed) (*secretsAnswer, error) {
		var want NewSubscription
		if err := decodeBody(callOf(ctx).body, &want); err != nil {
			return nil, err
		}
		id, err := in.command()
		if err != nil {
			return nil, err
		}
		got, err := s.subscribe(ctx, id, want)
		if err != nil {
			return nil, commanded{err, id}
		}
		return &secretsAnswer{uint64(got.Position), got}, nil
	})
	op.Responses["201"].Description = "The subscription, with its secrets."
	rotate := s.operation(http.MethodPost, "/v1/subscriptions/{subscription}/rotate", about{id: "rotate-subscription", tag: "feeds", summary: "Give a webhook new secrets", errors: commandErrors}, jsonRoute())
	rotate.DefaultStatus = http.StatusCreated
	s.takesJSON(&rotate, Rotation{24}, true)
	huma.Register(s.api, rotate, func(ctx context.Context, in *subscriptionPath) (*secretsAnswer, error) {
		var want Rotation
		if err := decodeBody(callOf(ctx).body, &want); err != nil {
			return nil, err
		}
		id, err := in.command()
		if err != nil {
			return nil, err
		}
		done, err := s.onPeople(ctx, id, domain.RotateSubscription{Subscription: domain.SubscriptionID(in.Subscription), Hours: want.Hours})
		if err != nil {
			return nil, commanded{err, id}
		}
		sub, err := s.subscription(ctx, in.Subscription)
		if err != nil {
			return nil, err
		}
		got := s.secretsOf(sub)
		got.Position = done.Position
		return &secretsAnswer{uint64(done.Position), got}, nil
	})
	rotate.Responses["201"].Description = "The new secrets."
}

// secretsOf is what a webhook's subscriber needs.
func (s *Server) secretsOf(sub domain.Subscription) Secrets {
	got := Secrets{Subscription: sub.Subscription}
	if keys := s.deps.Subscribers.Keys; sub.Way == domain.ByWebhook && keys != nil && keys.Name() == sub.Key {
		got.Secret, got.PublicKey = keys.Secret(sub.Subscription, sub.Generation), keys.Public(sub.Subscription, sub.Generation)
	}
	return got
}

func (s *Server) subscribe(ctx context.Context, id domain.CommandID, want NewSubscription) (Secrets, error) {
	p, err := s.subscribers()
	if err != nil {
		return Secrets{}, err
	}
	do := domain.Subscribe{Subscription: want.Subscription, Person: want.Person, Way: want.Way, Wanted: want.Wanted, From: want.From, Target: want.Target, Label: want.Label}
	seed := ""
	switch {
	case want.Way == domain.ByWebhook && p.Keys == nil:
		return Secrets{}, domain.Errorf(domain.Unavailable, "", "this process has no key to sign webhooks with").WithHint("copy keys/feeds.key from the process that made it")
	case want.Way == domain.ByWebhook:
		do.Key = p.Keys.Name()
		_, err = p.Guard.ParseTarget(string(want.Target))
	case want.Way == domain.ByNATS && p.Grants == nil:
		return Secrets{}, domain.Errorf(domain.Refused, "way", "the journal's NATS is within this process: nobody outside can connect to it").
			WithHint("use a webhook or the stream, or run plantrail on a NATS cluster")
	case want.Way == domain.ByNATS:
		do.Key, seed, err = p.Grants.NewUser()
	}
	if err != nil {
		return Secrets{}, err
	}
	done, err := s.onPeople(ctx, id, do)
	if err != nil {
		return Secrets{}, err
	}
	sub, err := s.subscription(ctx, string(want.Subscription))
	if err != nil {
		return Secrets{}, err
	}
	got := s.secretsOf(sub)
	got.Position = done.Position
	if want.Way == domain.ByNATS {
		got.Secret = seed
		got.Config, err = p.Grants.Grant(ctx, sub)
	}
	return got, err
}

type pongAnswer struct{ Body Pong }

type orderAnswer struct{ Body struct{} }

// registerOrders registers what is asked of deliveries and is no part of the history.
func (s *Server) registerOrders() {
	replay := s.operation(http.MethodPost, "/v1/subscriptions/{subscription}/replay", about{id: "replay-subscription", tag: "feeds", summary: "Deliver events once more, or at once", errors: commandErrors,
		text: "Events come again with the ids that they had. Whoever works on the subscription does it within seconds."}, jsonRoute())
	replay.DefaultStatus = http.StatusAccepted
	s.takesJSON(&replay, Replay{Dead: true}, true)
	huma.Register(s.api, replay, func(ctx context.Context, in *subscriptionPath) (*orderAnswer, error) {
		var want Replay
		if err := decodeBody(callOf(ctx).body, &want); err != nil {
			return nil, err
		}
		if want.From == nil && !want.Dead && !want.Drop && !want.Now {
			return nil, domain.Errorf(domain.Invalid, "from", "nothing is asked for").WithHint("give from, dead, drop or now")
		}
		if want.Dead && want.Drop {
			return nil, domain.Errorf(domain.Invalid, "drop", "they can't be both delivered and forgotten").WithHint("give dead or drop")
		}
		if want.From != nil {
			if end, err := s.deps.Feed.Journal().End(ctx); err != nil || *want.From > end {
				return nil, first(err, domain.Errorf(domain.Invalid, "from", "the history ends at %d", end))
			}
		}
		sub, err := s.webhook(ctx, in.Subscription)
		if err != nil {
			return nil, err
		}
		if sub.Noticed() {
			return nil, domain.Errorf(domain.Refused, "subscription", "it is of notices: what was told is not told again")
		}
		return &orderAnswer{}, feeds.Tell(ctx, s.deps.Subscribers.State, sub.Subscription, feeds.Order{Replay: want.From, Dead: want.Dead, Drop: want.Drop, Now: want.Now})
	})
	replay.Responses["202"].Description = "It will be done."
	ping := s.operation(http.MethodPost, "/v1/subscriptions/{subscription}/ping", about{id: "ping-subscription", tag: "feeds", summary: "Send a test event to a webhook", errors: []int{404, 409}}, route{})
	huma.Register(s.api, ping, func(ctx context.Context, in *subscriptionPath) (*pongAnswer, error) {
		sub, err := s.webhook(ctx, in.Subscription)
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		status, err := s.deps.Subscribers.Courier.Ping(ctx, sub)
		if domain.KindOf(err) == domain.Unavailable && err != nil {
			return nil, err
		}
		got := &pongAnswer{Pong{Status: status}}
		if err != nil {
			got.Body.Error = err.Error()
		}
		return got, nil
	})
	ping.Responses["200"].Description = "What came back."
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
