package projections

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"plantrail/domain"
)

// BadEvent names an event that is not as it was recorded, and says in plain words what differs.
type BadEvent struct {
	Position   domain.Position `json:"position"`
	Plan       domain.PlanID   `json:"plan,omitempty"`
	Entry      uint64          `json:"entry,omitempty"` // its number in the plan
	Event      domain.EventID  `json:"event,omitempty"`
	Type       string          `json:"type,omitempty"`
	RecordedAt time.Time       `json:"recorded_at,omitzero"`
	Differs    string          `json:"differs"`
}

// momentForm is how a time of recording is written.
const momentForm = "2 January 2006 15:04:05 UTC"

// String names the event on one line.
func (b BadEvent) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "the event at position %d", b.Position)
	if b.Plan != "" {
		fmt.Fprintf(&s, " (number %d of %s, %s, recorded %s)", b.Entry, b.Plan, spaced(b.Type), b.RecordedAt.Format(momentForm))
	}
	return s.String() + " " + b.Differs
}

// badEvent names the event at a position by what the read models know of it, or else by what its bytes say, and compares
// the two. Without bytes it is missing.
func (db *DB) badEvent(ctx context.Context, at domain.Position, body []byte) BadEvent {
	b := BadEvent{Position: at}
	var data []byte
	var recorded int64
	var was map[string]any
	err := db.view(ctx, func(s *snapshot) error {
		return s.row("SELECT plan, planseq, event, type, recorded, data FROM timeline WHERE position = ?", int64(at)).
			Scan(&b.Plan, &b.Entry, &b.Event, &b.Type, &recorded, &data)
	})
	if err == nil {
		b.RecordedAt = micros(recorded)
		err = json.Unmarshal(data, &was)
	}
	known := err == nil
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		db.opts.Log.Warn("the bad event is named without the read models", "error", err)
	}
	now, readable := parseStored(body)
	if !known && readable {
		b.Plan, b.Entry, b.Event, b.Type, b.RecordedAt = now.plan(), now.number(), now.ID, now.kind(), now.Recordedtime
	}
	switch {
	case len(body) == 0:
		b.Differs = "is missing"
	case !readable:
		b.Differs = "can't be read any more: its bytes are damaged"
	case !known:
		b.Differs = "is not the one that was hashed when it was recorded"
	default:
		b.Differs = now.differs(b, was)
	}
	return b
}

// storedEvent is what is read out of an event's bytes to say what differs in it. It proves nothing.
type storedEvent struct {
	ID           domain.EventID
	Source       string
	Type         string
	Recordedtime time.Time
	Planseq      string
	Data         map[string]any
}

func parseStored(body []byte) (s storedEvent, ok bool) {
	return s, json.Unmarshal(body, &s) == nil && s.ID != "" && s.Data != nil
}

func (s storedEvent) plan() domain.PlanID {
	if _, plan, ok := strings.Cut(s.Source, "/plans/"); ok {
		return domain.PlanID(plan)
	}
	return domain.PlanID("_" + s.Source[strings.LastIndex(s.Source, "/")+1:])
}

func (s storedEvent) number() (n uint64) {
	_, _ = fmt.Sscanf(s.Planseq, "%d", &n)
	return n
}

func (s storedEvent) kind() string {
	return strings.TrimSuffix(strings.TrimPrefix(s.Type, "plantrail."), ".v1")
}

// differs compares an event's bytes as they are with what was read from them when they were projected.
func (s storedEvent) differs(was BadEvent, data map[string]any) string {
	if s.ID != was.Event {
		return fmt.Sprintf("was replaced by another: %s, number %d of %s, recorded %s", spaced(s.kind()), s.number(), s.plan(),
			s.Recordedtime.UTC().Format(momentForm))
	}
	var all []string
	tell := func(what string, now, before any) {
		if !reflect.DeepEqual(now, before) {
			all = append(all, fmt.Sprintf("its %s is %s, it was %s", what, short(now), short(before)))
		}
	}
	tell("type", s.kind(), was.Type)
	tell("plan", string(s.plan()), string(was.Plan))
	tell("number", s.number(), was.Entry)
	tell("time of recording", s.Recordedtime.UnixMicro(), was.RecordedAt.UnixMicro())
	names := map[string]bool{}
	for name := range s.Data {
		names[name] = name != "stated" && name != "authority" && name != "_sd" && name != "_sd_alg"
	}
	for name := range data {
		names[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if names[name] {
			tell(name, s.Data[name], data[name])
		}
	}
	if len(all) == 0 {
		return "was altered: its bytes are not those that were recorded (what it says of date, person, authority, or the digests of its texts)"
	}
	return "was altered: " + strings.Join(all, "; ")
}

func short(v any) string {
	b, _ := json.Marshal(v) // read from JSON
	if s := strings.ToValidUTF8(string(b), ""); len(s) <= 80 {
		return s
	}
	return strings.ToValidUTF8(string(b[:80]), "") + "…"
}
