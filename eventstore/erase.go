package eventstore

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"plantrail/domain"
)

// EraseText destroys one text of an event: its disclosure in the event's text message, and in the text message of the
// command's first event the digest of the whole command, which would let anybody confirm a guess. The event itself, its
// digests and every hash stay as they are; nothing can be said any more about what the digest was of.
//
// It goes in two steps for each message: the message is published anew without the disclosure, then what lay there before
// is overwritten on disk. Called again it finishes what a crash left, and on a text that is gone it does nothing. After
// nil no file of an embedded store holds the text; in a cluster the servers' Raft logs hold it until they are compacted,
// which DESIGN.md says when.
func (s *Store) EraseText(ctx context.Context, plan domain.PlanID, event, first domain.EventID, field string) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	if !token(string(event)) || !token(string(first)) || !token(strings.TrimPrefix(string(plan), "_")) || field == "" || field == commandText {
		return domain.Errorf(domain.Invalid, "text", "%s of event %s is not the name of a text", field, event)
	}
	if event == first {
		return s.strip(ctx, plan, event, field, commandText)
	}
	// The command's digest goes first: as long as the text is there, the caller knows that the erasing is not finished.
	if err := s.strip(ctx, plan, first, commandText); err != nil {
		return err
	}
	return s.strip(ctx, plan, event, field)
}

// token reports whether s can be one part of a subject.
func token(s string) bool {
	return s != "" && len(s) <= 128 && strings.IndexFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-'
	}) < 0
}

// strip leaves one text message of an event, without the named disclosures, and nothing of those before it.
func (s *Store) strip(ctx context.Context, plan domain.PlanID, event domain.EventID, drop ...string) error {
	subject := s.names.textSubject(plan, event)
	for {
		old, err := s.allOf(ctx, subject)
		if err != nil || len(old) == 0 {
			return err
		}
		last := old[len(old)-1]
		body, changed, err := without(last.Data, drop)
		if err != nil {
			return domain.Errorf(domain.Internal, "text", "the texts of event %s can't be read", event).Because(err)
		}
		if !changed {
			// What lies before the last is left from an erasing that was cut short.
			return s.destroy(ctx, old[:len(old)-1])
		}
		// An event that keeps no text keeps an empty message: it stands in the way of a first try to store the texts that
		// was delayed on its way, for that one expects to be the subject's first.
		e := newEntry(s.patient(), []message{{subject: subject, guard: true, after: last.Seq, content: textsContent, body: body}})
		s.texts.put(e)
		if e.last != stored && e.last != conflict {
			return domain.Errorf(domain.Unavailable, "journal", "the text of event %s is not erased yet", event).
				WithHint("it goes on at the next try or start").Because(s.because(e.err))
		}
		// A crash here leaves two messages, the old one with the text. Whoever erases next finds them as this loop does now;
		// so it does after a conflict, which was with another eraser or our own lost first try.
	}
}

// allOf reads every message of a subject from the stream's leader, oldest first.
func (s *Store) allOf(ctx context.Context, subject string) (all []kept, err error) {
	for next := uint64(1); ; {
		m, err := s.get(ctx, s.names.texts(), getRequest{Seq: next, Next: subject})
		if err != nil || m == nil {
			return all, err
		}
		all, next = append(all, *m), m.Seq+1
	}
}

// without is a text message less the disclosures of some names.
func without(body []byte, names []string) (less []byte, changed bool, err error) {
	if _, _, err := decodeTexts(body); err != nil {
		return nil, false, err
	}
	var m textBody
	if err := json.Unmarshal(body, &m); err != nil {
		return nil, false, err
	}
	left := slices.DeleteFunc(slices.Clone(m.Disclosures), func(enc string) bool {
		d, err := decodeDisclosure(enc)
		return err == nil && slices.Contains(names, d.name)
	})
	if len(left) == len(m.Disclosures) {
		return nil, false, nil
	}
	if m.Disclosures = left; left == nil {
		m.Disclosures = []string{}
	}
	less, err = marshal(m)
	return less, true, err
}

// destroy overwrites messages of the text stream on disk. One that is gone already is no error.
func (s *Store) destroy(ctx context.Context, msgs []kept) error {
	for _, m := range msgs {
		req, err := json.Marshal(map[string]uint64{"seq": m.Seq}) // without "no_erase": its bytes are overwritten
		if err != nil {
			return err
		}
		var res struct {
			Error   *apiError `json:"error"`
			Success bool      `json:"success"`
		}
		if err := s.ask(ctx, "$JS.API.STREAM.MSG.DELETE."+s.names.texts(), req, &res); err != nil {
			return err
		}
		if res.Error != nil {
			// Some versions answer that it is not found, some that it can't be deleted: what counts is whether it is there.
			left, err := s.get(ctx, s.names.texts(), getRequest{Seq: m.Seq})
			if err != nil {
				return err
			}
			if left != nil {
				return domain.Errorf(domain.Unavailable, "journal", "text %d can't be erased", m.Seq).
					WithHint("see that plantrail's user may delete messages of stream " + s.names.texts()).Because(s.because(res.Error))
			}
		}
		s.stats.erased.Add(1)
	}
	return nil
}
