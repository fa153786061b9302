package eventstore

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"plantrail/domain"
)

// The attributes of an event, as indexes of an envelope.
const (
	fSpecversion = iota
	fID
	fSource
	fType
	fSubject
	fTime
	fRecordedtime
	fDatacontenttype
	fDataschema
	fPlanseq
	fPrev
	fAuthid
	fAuthtype
	fAuthrole
	fAuthbehalf
	fCommandid
	fCommandhash
	fPart
	fParts
	fCorrelationid
	fCausationid
	fData
	fCount
)

var attrNames = [fCount]string{"specversion", "id", "source", "type", "subject", "time", "recordedtime", "datacontenttype",
	"dataschema", "planseq", "prev", "authid", "authtype", "authrole", "authbehalf", "commandid", "commandhash", "part",
	"parts", "correlationid", "causationid", "data"}

// envelope is the raw JSON of each attribute that is there.
type envelope [fCount][]byte

// scan finds the members of a stored event in one pass. They lie in a known order, so a name is looked for first where the
// last one was found.
func (e *envelope) scan(body []byte) error {
	next := 0
	return eachMember(body, func(key, raw []byte) error {
		i := next
		for i < fCount && attrNames[i] != string(key) {
			i++
		}
		if i < fCount {
			next = i
		} else if i = slices.Index(attrNames[:next], string(key)); i < 0 {
			return nil // an extension that a newer binary added
		}
		if e[i] != nil {
			return fmt.Errorf("%s stands twice", key)
		}
		e[i] = raw
		return nil
	})
}

// attrs reads attributes and keeps the first error.
type attrs struct {
	env *envelope
	err error
}

func (a *attrs) fail(f int, what string) {
	if a.err == nil {
		a.err = fmt.Errorf("attribute %s %s", attrNames[f], what)
	}
}

func (a *attrs) text(f int) string {
	raw := a.env[f]
	if raw == nil {
		return ""
	}
	s, err := unquote(raw)
	if err != nil {
		a.fail(f, err.Error())
	}
	return s
}

func (a *attrs) need(f int) string {
	s := a.text(f)
	if s == "" {
		a.fail(f, "is missing")
	}
	return s
}

func (a *attrs) time(f int) time.Time {
	t, err := time.Parse(time.RFC3339Nano, a.need(f))
	if err != nil {
		a.fail(f, "is not a time")
	}
	return t.UTC()
}

func (a *attrs) sequence(f int) uint64 {
	s := a.need(f)
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n == 0 || len(s) != 20 {
		a.fail(f, "is not a sequence of 20 digits")
	}
	return n
}

func (a *attrs) count(f int) int {
	n, err := strconv.ParseInt(a.need(f), 10, 32)
	if err != nil || n < 1 {
		a.fail(f, "is not a count")
	}
	return int(n)
}

func (a *attrs) hash(f int) (h domain.Hash) {
	s := a.text(f)
	if s == "" {
		return h
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(b) != len(h) {
		a.fail(f, "is not a hash")
		return h
	}
	return domain.Hash(b)
}

// unquote reads a JSON string.
func unquote(raw []byte) (string, error) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", errors.New("is not a string")
	}
	inner := raw[1 : len(raw)-1]
	for _, c := range inner {
		if c == '\\' || c >= utf8.RuneSelf {
			var s string
			err := json.Unmarshal(raw, &s)
			return s, err
		}
	}
	return string(inner), nil
}

var errJSON = errors.New("is not valid JSON")

// eachMember calls f with the name and the raw value of each member of a JSON object. Names with escapes in them are given
// as they stand; plantrail writes none.
func eachMember(b []byte, f func(key, raw []byte) error) error {
	return each(b, '{', '}', func(b []byte, i int) (int, error) {
		key, i := span(b, i)
		if i < 0 || key[0] != '"' {
			return 0, errJSON
		}
		if i = space(b, i); i == len(b) || b[i] != ':' {
			return 0, errJSON
		}
		raw, i := span(b, space(b, i+1))
		if i < 0 {
			return 0, errJSON
		}
		return i, f(key[1:len(key)-1], raw)
	})
}

// eachElement calls f with the raw value of each element of a JSON array.
func eachElement(b []byte, f func(raw []byte) error) error {
	return each(b, '[', ']', func(b []byte, i int) (int, error) {
		raw, i := span(b, i)
		if i < 0 {
			return 0, errJSON
		}
		return i, f(raw)
	})
}

// each walks the comma-separated parts of one JSON object or array that fills b. part reads one and returns where it ends.
func each(b []byte, open, end byte, part func(b []byte, i int) (int, error)) error {
	i := space(b, 0)
	if i == len(b) || b[i] != open {
		return errJSON
	}
	i = space(b, i+1)
	if i < len(b) && b[i] == end {
		return closed(b, i)
	}
	for {
		var err error
		if i, err = part(b, i); err != nil {
			return err
		}
		i = space(b, i)
		switch {
		case i < len(b) && b[i] == ',':
			i = space(b, i+1)
		case i < len(b) && b[i] == end:
			return closed(b, i)
		default:
			return errJSON
		}
	}
}

func closed(b []byte, i int) error {
	if space(b, i+1) != len(b) {
		return errJSON
	}
	return nil
}

func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// span is the JSON value that begins at i, and where it ends; -1 when there is none. Strings are delimited exactly; nested
// values and numbers are checked by encoding/json, which reads them in any case.
func span(b []byte, i int) (raw []byte, end int) {
	if i >= len(b) {
		return nil, -1
	}
	switch b[i] {
	case '"':
		end = stringEnd(b, i)
	case '{', '[':
		end = nestedEnd(b, i)
	default:
		for end = i; end < len(b) && b[end] > ' ' && b[end] != ',' && b[end] != '}' && b[end] != ']'; end++ {
		}
		if !json.Valid(b[i:end]) {
			return nil, -1
		}
	}
	if end < 0 {
		return nil, -1
	}
	return b[i:end], end
}

func stringEnd(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch {
		case b[i] == '\\':
			i++
		case b[i] == '"':
			return i + 1
		case b[i] < 0x20:
			return -1
		}
	}
	return -1
}

func nestedEnd(b []byte, i int) int {
	depth := 0
	for ; i >= 0 && i < len(b); i++ {
		switch b[i] {
		case '"':
			if i = stringEnd(b, i) - 1; i < 0 {
				return -1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}
