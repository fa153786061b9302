package feeds

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strconv"

	"plantrail/domain"
)

// The line form, in which an event travels on every way but NATS: one JSON object on one line.
//
//	{"position":42,"cursor":"AQAA…","disclosures":["WyJf…"],"event":{"specversion":"1.0",…}}
//
// event is the stored CloudEvent, byte for byte, and always the last member: its bytes are those after the first `"event":`
// up to the line's last brace, and their RFC 6962 leaf hash is leaf position-1 of the log. disclosures (RFC 9901) disclose
// those of its texts that the reader may have and that were not erased; withheld, in their place, is how many texts the
// event has or had which this reader may not have. The cursor is that of the place just after the event. Of an event that
// the query leaves out there is nothing or, where the reader asked for hashes, its leaf hash:
//
//	{"position":43,"hash":"q0Zc2nV0…="}
//
// or, where they asked for a proof, one hash for many of them: the root of the complete subtree of the log that ends at the
// position and has so many leaves, always a power of two (RFC 6962):
//
//	{"position":64,"leaves":16,"hash":"mC0aX1s…="}
//
// Members may be added before event; a reader ignores those it does not know.

// AppendLine writes an item for a subscriber, without a line end.
func (f *Feed) AppendLine(dst []byte, it Item, subscriber string) []byte {
	dst = append(dst, `{"position":`...)
	dst = strconv.AppendUint(dst, uint64(it.Position), 10)
	if it.LeftOut {
		dst = append(dst, `,"hash":"`...)
		dst = base64.StdEncoding.AppendEncode(dst, it.Leaf[:])
		return append(dst, `"}`...)
	}
	dst = append(f.appendCursor(append(dst, `,"cursor":"`...), it.mark, subscriber), '"')
	return appendEvent(dst, it)
}

func appendEvent(dst []byte, it Item) []byte {
	switch {
	case len(it.Disclosures) > 0:
		dst = append(dst, `,"disclosures":[`...)
		for i, enc := range it.Disclosures {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(append(append(dst, '"'), enc...), '"')
		}
		dst = append(dst, ']')
	case it.Withheld:
		dst = strconv.AppendInt(append(dst, `,"withheld":`...), int64(it.Texts), 10)
	}
	dst = append(dst, `,"event":`...)
	return append(append(dst, it.Body...), '}')
}

// AppendLeftOut writes the hash of so many leaves, the last of them at a position.
func AppendLeftOut(dst []byte, at domain.Position, leaves int64, root domain.Hash) []byte {
	dst = strconv.AppendUint(append(dst, `{"position":`...), uint64(at), 10)
	if leaves > 1 {
		dst = strconv.AppendInt(append(dst, `,"leaves":`...), leaves, 10)
	}
	return append(base64.StdEncoding.AppendEncode(append(dst, `,"hash":"`...), root[:]), `"}`...)
}

// AppendEnd writes the last line of a complete answer: what has none was cut short. With a checkpoint, a signed note of the
// log up to the position, the lines before prove themselves.
//
//	{"position":99,"cursor":"AQAA…","end":true,"checkpoint":"acme.example/log\n99\n…"}
func (r *Reader) AppendEnd(dst []byte, subscriber string, checkpoint []byte) []byte {
	dst = strconv.AppendUint(append(dst, `{"position":`...), uint64(r.mark.at), 10)
	dst = append(append(dst, `,"cursor":"`...), r.Cursor(subscriber)...)
	dst = append(dst, `","end":true`...)
	if note, err := json.Marshal(string(checkpoint)); err == nil && len(checkpoint) > 0 {
		dst = append(append(dst, `,"checkpoint":`...), note...)
	}
	return append(dst, '}')
}

// Line is a line as it was read.
type Line struct {
	Position    domain.Position `json:"position"`
	Cursor      string          `json:"cursor,omitempty"`
	Disclosures []string        `json:"disclosures,omitempty"`
	Withheld    int             `json:"withheld,omitempty"`
	Hash        []byte          `json:"hash,omitempty"`
	Leaves      int64           `json:"leaves,omitempty"` // that the hash stands for; 0 is 1
	End         bool            `json:"end,omitempty"`
	Checkpoint  string          `json:"checkpoint,omitempty"`
	Reset       bool            `json:"reset,omitempty"` // what you have after the position is no part of the history any more
	Event       json.RawMessage `json:"event,omitempty"` // the leaf's bytes
}

var eventMember = []byte(`"event":`)

// ParseLine reads a line; Event is the exact bytes.
func ParseLine(b []byte) (l Line, err error) {
	b = bytes.TrimSpace(b)
	if err := json.Unmarshal(b, &l); err != nil {
		return l, domain.Errorf(domain.Invalid, "line", "this is no line of a feed").Because(err)
	}
	if len(l.Event) == 0 {
		return l, nil
	}
	_, rest, ok := bytes.Cut(b, eventMember)
	if !ok || !bytes.HasSuffix(rest, []byte("}}")) || !bytes.Equal(rest[:len(rest)-1], l.Event) {
		return l, domain.Errorf(domain.Invalid, "line", "event is not its last member")
	}
	return l, nil
}

// Leaf is the leaf hash of the line's event, told or computed.
func (l Line) Leaf() (domain.Hash, error) {
	switch {
	case len(l.Event) > 0:
		return leafHash(l.Event), nil
	case len(l.Hash) == len(domain.Hash{}):
		return domain.Hash(l.Hash), nil
	}
	return domain.Hash{}, domain.Errorf(domain.Invalid, "line", "it has neither an event nor a leaf hash")
}

// AppendBatch writes the stored CloudEvents alone as a batch of CloudEvents' JSON format, each on a line of its own: so the
// exact bytes are those of the line less a comma at its end.
func AppendBatch(dst []byte, items []Item) []byte {
	dst = append(dst, '[')
	sep := "\n"
	for _, it := range items {
		if !it.LeftOut {
			dst = append(append(dst, sep...), it.Body...)
			sep = ",\n"
		}
	}
	return append(dst, "\n]\n"...)
}

// AppendSSE writes an item as a message of server-sent events: the data is the line, the id its cursor. It has no event
// name: a browser would hand a named one only to whoever knows the name. The id comes last, because some clients take what
// was cut off for a whole message: such a one then asks again for the event that it got half, instead of for the next.
func (f *Feed) AppendSSE(dst []byte, it Item, subscriber string) []byte {
	dst = f.AppendLine(append(dst, "data: "...), it, subscriber)
	return append(f.appendCursor(append(dst, "\nid: "...), it.mark, subscriber), "\n\n"...)
}
