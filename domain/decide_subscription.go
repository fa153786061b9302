package domain

import "slices"

// The notices that a person can be sent.
var notices = []string{"red", "asked", "deadline"}

// maxOverlap is how long, in hours, old secrets of a subscription may go on signing.
const maxOverlap = 30 * 24

func (c Subscribe) decide(h against) ([]Event, error) {
	err := h.person(c.Person)
	_, taken := h.people.subscriptions[c.Subscription]
	switch {
	case err != nil:
	case !isID(string(c.Subscription)) || taken:
		err = Errorf(Invalid, "subscription", "%s is not an id or is taken", quote(string(c.Subscription))).WithHint("use " + idRule)
	case c.Way != ByWebhook && c.Way != ByNATS && c.Way != ByMail:
		err = Errorf(Invalid, "way", "%s is no way to tell a subscriber", quote(string(c.Way))).WithHint("one of webhook, nats, mail")
	case c.Way != ByNATS && c.Target == "":
		err = Errorf(Invalid, "target", "a subscription by %s needs a URL or an address", c.Way)
	case c.Way == ByNATS && len(c.Wanted.Plans) == 0:
		err = Errorf(Invalid, "plans", "a subscription over NATS names its plans").WithHint("everything else of the organisation lies in the same stream")
	case c.Way == ByNATS && len(c.Wanted.Types)+len(c.Wanted.Items)+len(c.Wanted.Meanings) > 0:
		err = Errorf(Invalid, "wanted", "NATS can tell plans apart, not types, items or meanings").WithHint("grant whole plans, or use a webhook")
	case c.Way == ByNATS && (len(c.Wanted.Notices) > 0 || c.Wanted.Digest):
		err = Errorf(Invalid, "notices", "notices go out by mail or webhook")
	case c.Way == ByWebhook && c.Wanted.Digest && len(c.Wanted.Notices) == 0:
		err = Errorf(Invalid, "digest", "a digest is of notices, and a webhook gets each event").WithHint("say which notices: " + oneOf(notices))
	}
	made := SubscriptionMade{Subscription: c.Subscription, Person: c.Person, Way: c.Way, Wanted: c.Wanted, From: c.From, Key: c.Key, Target: c.Target, Label: c.Label}
	return one(&made, first(err, c.Wanted.check(), checkText("target", c.Target), checkText("label", c.Label), checkASCII("key", c.Key)))
}

func (w Wanted) check() error {
	for _, id := range w.Plans {
		if _, err := ParsePlanID(string(id)); err != nil {
			return err
		}
	}
	for _, id := range w.Items {
		if _, err := ParseItemID(string(id)); err != nil {
			return err
		}
	}
	for _, name := range w.Types {
		if NewEvent(name) == nil {
			return Errorf(Invalid, "types", "there is no type of event %s", quote(name))
		}
	}
	for _, name := range w.Notices {
		if !slices.Contains(notices, name) {
			return Errorf(Invalid, "notices", "there is no notice %s", quote(name)).WithHint("use " + oneOf(notices))
		}
	}
	for _, m := range w.Meanings {
		if !slices.Contains(meanings, m) {
			return Errorf(Invalid, "meanings", "there is no meaning %s", quote(string(m)))
		}
	}
	if len(w.Plans) > 64 || len(w.Types) > 100 || len(w.Items) > 200 || len(w.Meanings) > 16 {
		return Errorf(TooLarge, "wanted", "a list is too long")
	}
	return nil
}

// subscription finds one that has not ended.
func (h *History) subscription(id SubscriptionID) (Subscription, error) {
	s, ok := h.people.subscriptions[id]
	switch {
	case h.ID != People || !ok:
		return s, Errorf(NotFound, "subscription", "there is no subscription %s", quote(string(id))).WithHint("list the subscriptions")
	case s.Ended:
		return s, Errorf(Refused, "subscription", "the subscription %s has ended", quote(string(id))).WithHint("make another")
	}
	return s, nil
}

func (c PauseSubscription) decide(h against) ([]Event, error) {
	s, err := h.subscription(c.Subscription)
	if err == nil && s.Paused {
		err = Errorf(Refused, "subscription", "%s is paused already", quote(string(c.Subscription)))
	}
	return one(&SubscriptionPaused{Subscription: c.Subscription, Reason: c.Reason}, first(err, needText("reason", c.Reason, "say why it is paused")))
}

func (c ResumeSubscription) decide(h against) ([]Event, error) {
	s, err := h.subscription(c.Subscription)
	if err == nil && !s.Paused {
		err = Errorf(Refused, "subscription", "%s is not paused", quote(string(c.Subscription)))
	}
	return one(&SubscriptionResumed{Subscription: c.Subscription}, err)
}

func (c RotateSubscription) decide(h against) ([]Event, error) {
	s, err := h.subscription(c.Subscription)
	switch {
	case err != nil:
	case s.Way != ByWebhook:
		err = Errorf(Refused, "subscription", "only webhooks are signed")
	case c.Hours < 0 || c.Hours > maxOverlap:
		err = Errorf(Invalid, "hours", "the old secrets can go on signing for 0 to %d hours", maxOverlap)
	}
	return one(&SubscriptionRotated{Subscription: c.Subscription, Generation: s.Generation + 1, Hours: c.Hours}, err)
}

func (c Unsubscribe) decide(h against) ([]Event, error) {
	_, err := h.subscription(c.Subscription)
	return one(&SubscriptionEnded{Subscription: c.Subscription, Reason: c.Reason}, first(err, needText("reason", c.Reason, "say why it ends")))
}
