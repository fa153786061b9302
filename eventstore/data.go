package eventstore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"plantrail/domain"
)

// encodeData writes the "data" member: the stated date, the event's own fields less its texts, the authority, the digests.
func encodeData(r domain.Recorded, digests []string) ([]byte, error) {
	w := &writer{}
	w.attr("stated", r.Stated.String())
	own, err := marshal(withoutTexts(r.Event))
	if err != nil {
		return nil, err
	}
	if inner := bytes.TrimSpace(own[1 : len(own)-1]); len(inner) > 0 {
		w.buf = append(append(w.buf, ','), inner...)
	}
	if r.Authority != nil {
		b, err := marshal(r.Authority)
		if err != nil {
			return nil, err
		}
		w.member("authority", b)
	}
	if len(digests) > 0 {
		b, err := marshal(digests)
		if err != nil {
			return nil, err
		}
		w.attr("_sd_alg", "sha-256")
		w.member("_sd", b)
	}
	return append(w.buf, '}'), nil
}

// withoutTexts is a copy of the event whose texts are empty.
func withoutTexts(e domain.Event) any {
	from := reflect.ValueOf(e).Elem()
	to := reflect.New(from.Type())
	to.Elem().Set(from)
	for _, text := range domain.Texts(to.Interface()) {
		*text = ""
	}
	return to.Interface()
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

// upcast turns the data of an older version of an event into that of the version that this binary's domain knows. Every
// version ever stored has its case here for ever; its golden file in testdata proves that it can still be read.
func upcast(typ string, data []byte) (name string, now []byte, err error) {
	rest, ok := strings.CutPrefix(typ, typePrefix)
	name, version, cut := strings.Cut(rest, ".")
	if !ok || !cut || version != "v1" {
		return "", nil, fmt.Errorf("event type %q is not known to this version of plantrail", typ)
	}
	return name, data, nil
}

// decodeData reads the "data" member into r.
func decodeData(r *domain.Recorded, typ string, data []byte) error {
	name, data, err := upcast(typ, data)
	if err != nil {
		return err
	}
	if r.Event = domain.NewEvent(name); r.Event == nil {
		return fmt.Errorf("event type %q is not known to this version of plantrail", typ)
	}
	into := reflect.ValueOf(r.Event).Elem()
	fields := fieldsOf(into.Type())
	err = eachMember(data, func(key, raw []byte) error {
		switch string(key) {
		case "stated":
			return r.Stated.UnmarshalText(bytes.Trim(raw, `"`))
		case "authority":
			r.Authority = &domain.Authority{}
			return json.Unmarshal(raw, r.Authority)
		case "_sd_alg":
			if string(raw) != `"sha-256"` {
				return fmt.Errorf("digests of kind %s", raw)
			}
			return nil
		case "_sd":
			return eachElement(raw, func([]byte) error { r.Texts++; return nil })
		}
		if f, ok := fields[string(key)]; ok {
			return f.set(into, raw)
		}
		return nil // a field that a newer binary added
	})
	if err == nil && r.Stated.IsZero() {
		err = errors.New("no stated date")
	}
	if err != nil {
		return fmt.Errorf("data of %s: %w", typ, err)
	}
	return nil
}

// field is one field of an event: reading the data by this table is several times quicker than encoding/json, and replay
// is bound by it.
type field struct {
	index int
	kind  reflect.Kind
	text  bool // a domain.Text: it must not be here
	date  bool
}

var (
	fieldCache sync.Map // reflect.Type → map[string]field
	typeOfText = reflect.TypeFor[domain.Text]()
	typeOfDate = reflect.TypeFor[domain.Date]()
)

func fieldsOf(t reflect.Type) map[string]field {
	if known, ok := fieldCache.Load(t); ok {
		return known.(map[string]field)
	}
	fields := map[string]field{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		fields[name] = field{i, f.Type.Kind(), f.Type == typeOfText, f.Type == typeOfDate}
	}
	fieldCache.Store(t, fields)
	return fields
}

func (f field) set(into reflect.Value, raw []byte) error {
	v := into.Field(f.index)
	switch {
	case f.text:
		return errors.New("a text lies in the history")
	case f.date:
		s, err := unquote(raw)
		if err != nil {
			return err
		}
		return v.Addr().Interface().(*domain.Date).UnmarshalText([]byte(s))
	case f.kind == reflect.String:
		s, err := unquote(raw)
		v.SetString(s)
		return err
	case f.kind == reflect.Bool && (string(raw) == "true" || string(raw) == "false"):
		v.SetBool(raw[0] == 't')
		return nil
	}
	return json.Unmarshal(raw, v.Addr().Interface())
}
