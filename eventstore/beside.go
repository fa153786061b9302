package eventstore

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"

	"plantrail/domain"
)

// Decode reads the event out of a leaf's bytes.
func (s *Store) Decode(l Leaf) (domain.Recorded, error) {
	return s.decode(kept{Subject: s.names.subject(l.Plan), Seq: uint64(l.Position), Data: l.Body}, nil)
}

// TextRef names the texts of one event.
type TextRef struct {
	Plan  domain.PlanID
	Event domain.EventID
}

// mostRefs bounds one request for the texts of many events.
const mostRefs = 500

// Disclosures reads what discloses the texts of events, as it lies there now: nothing for those that were erased. The
// disclosure of the command's digest is left out: to whoever keeps it, it would confirm a guess of a text that is gone.
func (s *Store) Disclosures(ctx context.Context, refs []TextRef) (map[domain.EventID][]string, error) {
	found := make(map[domain.EventID][]string, len(refs))
	for len(refs) > 0 {
		some := refs[:min(len(refs), mostRefs)]
		refs = refs[len(some):]
		if err := s.disclosures(ctx, some, found); err != nil {
			return nil, err
		}
		// Any replica may answer for many at once, and one may lag: only the leader knows that a text is not there.
		for _, ref := range some {
			if _, has := found[ref.Event]; has {
				continue
			}
			t, err := s.textsOf(ctx, ref.Plan, ref.Event)
			if err != nil {
				return nil, err
			}
			found[ref.Event] = disclosing(t.Disclosures)
		}
	}
	return found, nil
}

// disclosures asks for the last message of each of many subjects at once.
func (s *Store) disclosures(ctx context.Context, refs []TextRef, into map[domain.EventID][]string) error {
	var ask struct {
		Subjects []string `json:"multi_last"`
		Batch    int      `json:"batch"`
	}
	for _, ref := range refs {
		ask.Subjects = append(ask.Subjects, s.names.textSubject(ref.Plan, ref.Event))
	}
	ask.Batch = len(refs)
	b, err := json.Marshal(ask)
	if err != nil {
		return err
	}
	sub, err := s.directAsk(s.names.texts(), b)
	if err != nil {
		return s.unavailable(err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	for {
		m, more, err := s.nextDirect(ctx, sub)
		if err != nil {
			return s.unavailable(err)
		}
		if !more {
			return nil
		}
		var body textBody
		if err := json.Unmarshal(m.Data, &body); err != nil || body.Version > 1 {
			return domain.Errorf(domain.Internal, fmt.Sprintf("text %d", m.Seq), "it can't be read").Because(err).WithHint("if a newer plantrail wrote it, upgrade")
		}
		into[domain.EventID(m.Subject[strings.LastIndexByte(m.Subject, '.')+1:])] = disclosing(body.Disclosures)
	}
}

// disclosing is what discloses texts, among all that lies beside an event.
func disclosing(all []string) []string {
	texts := make([]string, 0, len(all))
	for _, enc := range all {
		if d, err := decodeDisclosure(enc); err == nil && d.name != commandText {
			texts = append(texts, enc)
		}
	}
	return texts
}

// directAsk sends a direct get, whose answers come to the subscription.
func (s *Store) directAsk(stream string, request []byte) (*nats.Subscription, error) {
	inbox := s.nc.NewRespInbox()
	sub, err := s.nc.SubscribeSync(inbox)
	if err != nil {
		return nil, err
	}
	if err := s.nc.PublishRequest("$JS.API.DIRECT.GET."+stream, inbox, request); err != nil {
		_ = sub.Unsubscribe()
		return nil, err
	}
	return sub, nil
}
