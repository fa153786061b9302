package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// maxDepth is how deep a leaf's JSON may be nested.
const maxDepth = 32

var errNotObject = errors.New("is not one JSON object in UTF-8, nested at most 32 deep, without a name given twice")

// parseObject reads one JSON object strictly. Numbers stay as written (json.Number).
//
// It is not json.Unmarshal because that lets a name stand twice, takes the last, and mends broken UTF-8: two readers could
// see two events in the same leaf.
func parseObject(b []byte) (map[string]any, error) {
	if !utf8.Valid(b) || depth(b) > maxDepth || !json.Valid(b) {
		return nil, errNotObject
	}
	p := jsonParser{rest: b}
	object, ok := p.value().(map[string]any)
	if !ok || p.twice {
		return nil, errNotObject
	}
	return object, nil
}

// jsonParser walks over JSON that is known to be valid, and so asks no questions but one.
type jsonParser struct {
	rest  []byte
	twice bool // a name stood twice in an object
}

func (p *jsonParser) value() any {
	switch p.peek() {
	case '{':
		return p.object()
	case '[':
		return p.list()
	case '"':
		return p.text()
	}
	n := bytes.IndexAny(p.rest, " \t\r\n,]}")
	if n < 0 {
		n = len(p.rest)
	}
	word := string(p.rest[:n])
	p.rest = p.rest[n:]
	switch word {
	case "null":
		return nil
	case "true", "false":
		return word == "true"
	}
	return json.Number(word)
}

func (p *jsonParser) object() any {
	object := map[string]any{}
	for p.next(); p.peek() != '}'; {
		if p.peek() == ',' {
			p.next()
			p.peek()
		}
		name := p.text()
		_, there := object[name]
		p.twice = p.twice || there
		p.peek() // the colon
		p.next()
		object[name] = p.value()
	}
	p.next()
	return object
}

func (p *jsonParser) list() any {
	list := []any{}
	for p.next(); p.peek() != ']'; {
		if p.peek() == ',' {
			p.next()
		}
		list = append(list, p.value())
	}
	p.next()
	return list
}

func (p *jsonParser) text() string {
	end, escaped := 1, false
	for ; p.rest[end] != '"'; end++ {
		if p.rest[end] == '\\' {
			escaped = true
			end++
		}
	}
	quoted := p.rest[:end+1]
	p.rest = p.rest[end+1:]
	if !escaped {
		return string(quoted[1:end])
	}
	var s string
	_ = json.Unmarshal(quoted, &s) // valid, as all of it
	return s
}

// peek skips white space and gives the byte behind it.
func (p *jsonParser) peek() byte {
	for {
		switch c := p.rest[0]; c {
		case ' ', '\t', '\r', '\n':
			p.rest = p.rest[1:]
		default:
			return c
		}
	}
}

func (p *jsonParser) next() { p.rest = p.rest[1:] }

// depth is how deep brackets are nested, outside of strings; of bytes that are no JSON it is any number.
func depth(b []byte) int {
	most, now, quoted := 0, 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			now++
			most = max(most, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return most
}
