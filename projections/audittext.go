package projections

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"plantrail/domain"
	"plantrail/evidence"
)

// muchWaiting is how many events may wait for their texts before the events wait too, so that memory stays flat.
const muchWaiting = 20_000

// behind reports whether the texts are far behind the events.
func (a *audit) behind() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.waiting) > muchWaiting
}

// Texts implements [Source]: each text is held against its event, whichever of the two is read first.
func (a *audit) Texts(ctx context.Context, after, until uint64) iter.Seq2[TextRecord, error] {
	return func(yield func(TextRecord, error) bool) {
		a.readingTexts.Lock()
		defer a.readingTexts.Unlock()
		defer context.AfterFunc(ctx, func() {
			a.mu.Lock() // or the one about to wait would miss it
			defer a.mu.Unlock()
			a.room.Broadcast()
		})()
		for t, err := range a.src.Texts(ctx, after, until) {
			if err == nil {
				a.notTooEarly(ctx)
				err = a.text(ctx, t)
			}
			if !yield(t, err) || err != nil {
				return
			}
		}
	}
}

// notTooEarly holds the texts up while very many are ahead of their events. Not while very many events wait for texts:
// the projector, which moves the events on, then waits for texts too.
func (a *audit) notTooEarly(ctx context.Context) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.early) > muchWaiting && len(a.waiting) <= muchWaiting && !a.allRead && ctx.Err() == nil {
		a.room.Wait()
	}
}

func (a *audit) text(ctx context.Context, t TextRecord) error {
	if len(t.Disclosures) < len(t.Texts) {
		return domain.Errorf(domain.Internal, "", "the texts come without their disclosures and can't be checked")
	}
	a.mu.Lock()
	want, here := a.waiting[t.Event]
	_, twice := a.early[t.Event]
	switch {
	case here:
		delete(a.waiting, t.Event)
	case twice:
		a.extra = append(a.extra, t)
	default:
		a.early[t.Event] = t.Disclosures
	}
	a.mu.Unlock()
	if !here {
		return nil
	}
	return a.match(ctx, t.Event, want, t.Disclosures)
}

// unseen says what of the erased texts can't be found out from here.
func (a *audit) unseen(erased int) string {
	if erased == 0 || !a.o.Far {
		return ""
	}
	return " (in the files of the journal's servers, which can't be read from here, a text stays until they have compacted their logs, a few minutes; " +
		"and on a server that was killed in the midst of an erasure, until plantrail repair --replace SERVER makes its copy anew)"
}

// match holds the disclosures of an event against its digests.
func (a *audit) match(ctx context.Context, event domain.EventID, want wantedTexts, disclosures []string) error {
	var present []string
	for _, enc := range disclosures {
		digest := evidence.Digest(enc)
		if digest == want.command {
			continue // of the whole command
		}
		d, err := evidence.ParseDisclosure(enc)
		if err != nil || !slices.Contains(want.digests, digest) {
			bad := a.db.badEvent(ctx, want.position, nil)
			bad.Differs = "comes with a text that it was not recorded with: no digest in the event fits it"
			return a.found(checkTexts, "a text is not the one that was recorded", &bad)
		}
		present = append(present, d.Name)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.done.Texts += len(present)
	if gone := len(want.digests) - len(present); gone > 0 {
		a.missing[event] = missingText{want.position, gone, present}
	} else {
		delete(a.missing, event)
	}
	return nil
}

// leftTexts settles what is left when everything was read: texts stored anew after an erasure, texts without an event,
// which are harmless, and events without texts.
func (a *audit) leftTexts(ctx context.Context, p *projector) error {
	again := a.extra
	for event, disclosures := range a.early {
		again = append(again, TextRecord{Event: event, Disclosures: disclosures})
	}
	where, err := recordedWith(ctx, p, again)
	if err != nil {
		return err
	}
	for _, t := range again {
		e, recorded := where[t.Event]
		if !recorded {
			continue
		}
		leaf, err := readLeaf(ctx, func(ctx context.Context, after domain.Position) iter.Seq2[Leaf, error] {
			return a.src.Leaves(ctx, after, false)
		}, e.position)
		if err != nil {
			return err
		}
		r, err := a.src.Event(ctx, e.position)
		if err != nil {
			return err
		}
		digests, err := digestsOf(leaf.Body, e.texts)
		if err != nil {
			return err
		}
		if err := a.match(ctx, t.Event, wantedTexts{e.position, digests, r.CommandHash}, t.Disclosures); err != nil {
			return err
		}
	}
	for event, want := range a.waiting {
		a.missing[event] = missingText{position: want.position, count: len(want.digests)}
	}
	return a.lostTexts(ctx)
}

// textedEvent is where an event stands, and how many texts it has.
type textedEvent struct {
	position domain.Position
	texts    int
}

// recordedWith finds the events of some texts, all by one pass: the file has no index of event ids yet, and an import that was
// killed leaves thousands of texts without events.
func recordedWith(ctx context.Context, p *projector, texts []TextRecord) (map[domain.EventID]textedEvent, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	ids := make([]domain.EventID, len(texts))
	for i, t := range texts {
		ids[i] = t.Event
	}
	rows, err := p.conn.QueryContext(ctx, "SELECT event, position, texts FROM timeline WHERE event IN (SELECT value FROM json_each(?))", jsonList(ids))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := map[domain.EventID]textedEvent{}
	for rows.Next() {
		var id domain.EventID
		var e textedEvent
		if err := rows.Scan(&id, &e.position, &e.texts); err != nil {
			return nil, err
		}
		found[id] = e
	}
	return found, rows.Err()
}

// lostTexts tells the texts that somebody had erased from those that are lost.
func (a *audit) lostTexts(ctx context.Context) error {
	var first missingText
	for event, m := range a.missing {
		erased := 0
		for name := range a.erased[event] {
			if !slices.Contains(m.present, name) {
				erased++
			}
		}
		erased = min(erased, m.count)
		a.done.Erased += erased
		if lost := m.count - erased; lost > 0 {
			a.done.Lost += lost
			if first.position == 0 || m.position < first.position {
				first = m
			}
		}
	}
	if a.done.Lost == 0 {
		return nil
	}
	bad := a.db.badEvent(ctx, first.position, nil)
	bad.Differs = "has lost a text: it is not there, and nobody had it erased"
	a.fail(checkTexts, fmt.Sprintf("%d texts are lost: they are not there, and nobody had them erased", a.done.Lost), &bad)
	return nil
}

// verdict says what came of each check.
func (a *audit) verdict() Verdict {
	v := a.done
	v.Size, v.Root, v.OK = a.own.Size(), a.own.Root().String(), true
	words := [checks]string{
		fmt.Sprintf("all %d are there, and each is, to the byte, what was hashed", v.Size),
		fmt.Sprintf("%d checkpoints fit", v.Checkpoints),
		fmt.Sprintf("the %d histories are numbered without a gap, and each event names the one before it", len(a.chains)),
		fmt.Sprintf("%d are those that were recorded, %d were erased", v.Texts, v.Erased) + a.unseen(v.Erased),
		fmt.Sprintf("%d files are those that were recorded", v.Files),
		"they are, row for row, what follows from the journal",
	}
	past := false
	for i := range v.Checks {
		c := &v.Checks[i]
		switch {
		case c.State == CheckFailed:
			v.OK, past = false, a.ended
		case past:
			c.Words = "not looked at to the end: what comes before it is wrong"
		case a.ended:
			c.State, c.Words = CheckOK, fmt.Sprintf("nothing wrong up to position %d, where the reading ended", v.Size)
		default:
			c.State, c.Words = CheckOK, words[i]
		}
	}
	return v
}
