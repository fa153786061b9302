package backup

import (
	"context"
	"iter"
	"maps"
	"strconv"
	"time"

	"plantrail/evidence"
)

const (
	// maxEarly is how many texts are held that came before their events.
	maxEarly = 20_000
	// slack is how much earlier than its event a text may be stored, much more than any append takes. Ids of events begin
	// with their time (UUIDv7), which tells texts that can be of new events from those that can't.
	slack = 10 * time.Minute
)

// stream is the source's texts as they come, with those that came before their events.
type stream struct {
	next  func() (Stored, error, bool)
	over  bool
	floor int64 // milliseconds: texts of events before it are of no new ones
	until int64 // and those of events from it on may be of events that are yet to come
	early map[string][]string
	late  map[string]int64 // events that were passed over, and their leaves
	found map[int64][]string

	last, mark string // the mark after the last text, and that to go on from the next time
	held       bool   // the second is settled
}

// pull takes the next text. One of an event that was passed over is put aside for it.
func (s *stream) pull() (got Stored, err error) {
	got, err, ok := s.next()
	switch {
	case err != nil:
		return got, err
	case !ok || got.Mark == "":
		return got, fault("texts", "what the log gives of them breaks off")
	}
	made := idTime(got.Event)
	if !s.held && got.Event != "" && made >= s.until {
		s.mark, s.held = s.last, true
	}
	s.last = got.Mark
	s.over = got.Event == ""
	if leaf, ok := s.late[got.Event]; ok {
		s.found[leaf] = got.Disclosures
		return Stored{}, nil
	}
	if made < s.floor {
		return Stored{}, nil
	}
	return got, nil
}

// take finds the texts of an event.
func (s *stream) take(event string) ([]string, bool, error) {
	if got, ok := s.early[event]; ok {
		delete(s.early, event)
		return got, true, nil
	}
	for len(s.early) < maxEarly && !s.over {
		got, err := s.pull()
		if err != nil {
			return nil, false, err
		}
		if got.Event == event {
			return got.Disclosures, true, nil
		}
		if got.Event != "" {
			s.early[got.Event] = got.Disclosures
		}
	}
	return nil, false, nil
}

// idTime is the time in an event's id, in milliseconds; for ids of another kind the end of time.
func idTime(id string) int64 {
	if len(id) != 36 || id[14] != '7' {
		return 1 << 62
	}
	ms, err := strconv.ParseInt(id[:8]+id[9:13], 16, 64)
	if err != nil {
		return 1 << 62
	}
	return ms
}

// timeOf is the time in the id of the last of so many events.
func (u *update) timeOf(size int64) (int64, error) {
	if size == 0 {
		return 0, nil
	}
	e, err := u.r.event(size-1, u.now.Size)
	return idTime(e.ID) - slack.Milliseconds(), err
}

// texts reads the texts of the leaves from have on, in step with the leaves themselves, and writes them beside their tiles.
//
// Texts lie in the source in the order in which they were stored, which is nearly that of their events. One that comes
// before its event is held; an event whose text does not come, because it was erased or stored anew, is passed over once
// many are held, and noted: if its text comes later, be it in the next round, it is added then.
func (u *update) texts(ctx context.Context, have int64) error {
	records, err := u.src.Texts(ctx, u.m.Mark)
	if err != nil {
		return err
	}
	next, stop := iter.Pull2(records)
	defer stop()
	in := &stream{next: next, early: map[string][]string{}, late: u.late, found: map[int64][]string{}, last: u.m.Mark}
	if in.floor, err = u.timeOf(have); err != nil {
		return err
	}
	if in.until, err = u.timeOf(u.now.Size); err != nil {
		return err
	}
	drops := u.r.drops()
	for at := have - have%evidence.TileWidth; at < u.now.Size; at += evidence.TileWidth {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := u.tileTexts(in, tileAt(evidence.EntriesLevel, at, u.now.Size), have, drops); err != nil {
			return err
		}
	}
	for !in.over {
		clear(in.early) // what is left is of events that come after the checkpoint, or of none
		if _, _, err := in.take(""); err != nil {
			return err
		}
	}
	if u.m.Mark = in.mark; !in.held {
		u.m.Mark = in.last
	}
	return u.settle(in, drops)
}

// tileTexts joins the texts of one tile.
func (u *update) tileTexts(in *stream, t evidence.Tile, have int64, drops map[int64][]string) error {
	entries, err := u.d.entries(t)
	if err != nil {
		return err
	}
	texts := map[int64]line{}
	if t.First() < have && have < t.First()+int64(t.Width) {
		old, err := u.d.texts(tileAt(evidence.EntriesLevel, t.First(), have))
		if err != nil {
			return err
		}
		maps.Copy(texts, old)
	}
	for i, raw := range entries {
		leaf := t.First() + int64(i)
		if leaf < have {
			continue
		}
		e, err := parseEvent(raw)
		if err != nil {
			return inFile(err, t.Path(), leaf)
		}
		if len(e.digests) == 0 && !e.salted() {
			continue
		}
		got, found, err := in.take(e.ID)
		if err != nil {
			return err
		}
		if !found {
			u.late[e.ID] = leaf
		}
		texts[leaf] = line{leaf, e.ID, e.fitting(got)}.without(drops[leaf])
		if err := u.r.match(e, texts[leaf]); err != nil {
			return inFile(err, t.Path(), leaf)
		}
	}
	if t.First()+int64(t.Width) <= have {
		return nil
	}
	return u.d.writeTexts(t, texts)
}

// settle adds the texts that came late.
func (u *update) settle(in *stream, drops map[int64][]string) error {
	for leaf, got := range in.found {
		e, err := u.r.event(leaf, u.now.Size)
		if err != nil {
			return err
		}
		t := tileAt(evidence.EntriesLevel, leaf, u.now.Size)
		texts, err := u.d.texts(t)
		if err != nil {
			return err
		}
		if texts == nil {
			texts = map[int64]line{}
		}
		texts[leaf] = line{leaf, e.ID, e.fitting(got)}.without(drops[leaf])
		delete(u.r.gaps, e.ID)
		if err := u.r.match(e, texts[leaf]); err != nil {
			return inFile(err, textsName(t), leaf)
		}
		if err := u.d.writeTexts(t, texts); err != nil {
			return err
		}
	}
	return nil
}
