package eventstore

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"time"

	"plantrail/domain"
)

// writer writes JSON objects member by member, in the order given, without a detour through strings: a single writer waits
// for each microsecond of it.
type writer struct {
	buf []byte
	bad string // an attribute whose value is not printable ASCII
}

func (w *writer) begin() { w.buf = append(w.buf, '{') }
func (w *writer) end()   { w.buf = append(w.buf, '}') }

// name begins a member; its value comes next.
func (w *writer) name(name string) {
	if w.buf[len(w.buf)-1] != '{' {
		w.buf = append(w.buf, ',')
	}
	w.buf = append(append(append(w.buf, '"'), name...), '"', ':')
}

// attr writes a member whose value, given in parts, is printable ASCII, where Go's quoting is JSON's.
func (w *writer) attr(name string, value ...string) {
	w.name(name)
	w.buf = append(w.buf, '"')
	for _, part := range value {
		w.text(name, part)
	}
	w.buf = append(w.buf, '"')
}

func (w *writer) text(name, s string) {
	from := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c < 0x20 || c > 0x7e:
			w.bad = name
		case c == '"' || c == '\\':
			w.buf = append(append(w.buf, s[from:i]...), '\\')
			from = i
		}
	}
	w.buf = append(w.buf, s[from:]...)
}

// time writes a member that is an instant.
func (w *writer) time(name string, t time.Time, layout string) {
	w.name(name)
	w.buf = append(t.AppendFormat(append(w.buf, '"'), layout), '"')
}

// number writes a member that is a number as text, in so many digits at least.
func (w *writer) number(name string, n uint64, digits int) {
	var room [20]byte
	text := strconv.AppendUint(room[:0], n, 10)
	const zeros = "00000000000000000000"
	w.name(name)
	w.buf = append(append(w.buf, '"'), zeros[:max(0, digits-len(text))]...)
	w.buf = append(append(w.buf, text...), '"')
}

// hash writes a member that is a hash.
func (w *writer) hash(name string, h domain.Hash) {
	w.name(name)
	w.buf = append(base64.StdEncoding.AppendEncode(append(w.buf, '"'), h[:]), '"')
}

func plainASCII(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

func (w *writer) optional(name, value string) {
	if value != "" {
		w.attr(name, value)
	}
}

// value writes a member of any kind.
func (w *writer) value(name string, v any) error {
	raw, err := marshal(v)
	w.name(name)
	w.buf = append(w.buf, raw...)
	return err
}

// marshal is json.Marshal that leaves <, > and & as they are.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
