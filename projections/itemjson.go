package projections

import (
	"encoding/json"
	"strconv"

	"plantrail/domain"
)

// itemState is an item's JSON. Each event about an item leaves one, so what most items have is written without reflection,
// which took a tenth of a replay; the bytes are those of encoding/json.
func itemState(it *domain.Item) (string, error) {
	b := stateJSON{append(make([]byte, 0, 512), '{'), true}
	b.text("id", string(it.ID))
	b.some("ref", it.Ref)
	b.text("level", it.Level)
	b.some("parent", string(it.Parent))
	b.number("added", it.Added)
	b.number("title", it.Title)
	b.above("owner", it.Owner)
	b.some("person", string(it.Person))
	b.some("due", it.Due.String())
	b.above("due_at", it.DueAt)
	b.some("original", it.Original.String())
	b.above("moves", domain.Position(it.Moves))
	b.text("state", string(it.State))
	b.number("state_at", it.StateAt)
	for i, r := range it.Ratings {
		if i == 0 {
			b.name("ratings")
		}
		b.bytes = append(b.bytes, "[,"[min(i, 1)], '{')
		b.text("dimension", r.Dimension)
		b.text("scheme", r.Scheme)
		b.text("value", r.Value)
		b.text("meaning", string(r.Meaning))
		b.text("since", r.Since.String())
		b.number("set", r.Set)
		b.number("held", r.Held)
		b.above("reason", r.Reason)
		if r.Owed {
			b.name("owed")
			b.bytes = append(b.bytes, "true"...)
		}
		b.some("same_as", string(r.SameAs))
		b.bytes = append(b.bytes, '}')
	}
	if len(it.Ratings) > 0 {
		b.bytes = append(b.bytes, ']')
	}
	b.above("progress", it.Progress)
	b.some("result", string(it.Result))
	b.above("outcome", it.Outcome)
	if b.plain && usual(it) {
		return string(append(b.bytes, '}')), nil
	}
	state, err := json.Marshal(it)
	return string(state), err
}

// usual reports whether an item has nothing that itemState leaves to encoding/json.
func usual(it *domain.Item) bool {
	return len(it.Evidence) == 0 && it.Kind == "" && it.Start.IsZero() && it.From == nil && len(it.Links) == 0 && len(it.Persons) == 0 &&
		!it.Post && !it.Interim && it.Asked == nil && it.Percent == nil && it.Claimed == 0 && it.Claimer == "" && it.Checked == 0 &&
		it.Checker == "" && it.Waived == 0 && it.Answer == "" && it.Replied == 0 && it.Measure == nil
}

// stateJSON writes members of an object. It is not plain any more when a text has something to be escaped.
type stateJSON struct {
	bytes []byte
	plain bool
}

func (b *stateJSON) name(n string) {
	if b.bytes[len(b.bytes)-1] != '{' {
		b.bytes = append(b.bytes, ',')
	}
	b.bytes = append(append(append(b.bytes, '"'), n...), `":`...)
}

func (b *stateJSON) text(name, s string) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			b.plain = false
		}
	}
	b.name(name)
	b.bytes = append(append(append(b.bytes, '"'), s...), '"')
}

func (b *stateJSON) some(name, s string) {
	if s != "" {
		b.text(name, s)
	}
}

func (b *stateJSON) number(name string, n domain.Position) {
	b.name(name)
	b.bytes = strconv.AppendUint(b.bytes, uint64(n), 10)
}

func (b *stateJSON) above(name string, n domain.Position) {
	if n > 0 {
		b.number(name, n)
	}
}
