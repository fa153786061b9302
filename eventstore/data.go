package eventstore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"plantrail/domain"
)

// writeData writes the "data" member: the stated date, the event's own fields less its texts, the authority, the digests.
func writeData(w *writer, r *domain.Recorded, digests []string) error {
	w.begin()
	w.attr("stated", r.Stated.String())
	event := reflect.ValueOf(r.Event).Elem()
	for _, f := range fieldsOf(event.Type()).order {
		if err := f.write(w, event.Field(f.index)); err != nil {
			return err
		}
	}
	if r.Authority != nil {
		if err := w.value("authority", r.Authority); err != nil {
			return err
		}
	}
	if len(digests) > 0 {
		w.attr("_sd_alg", "sha-256")
		if err := w.value("_sd", digests); err != nil {
			return err
		}
	}
	w.end()
	return nil
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
		if f, ok := fields.byName[string(key)]; ok {
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

// field is one field of an event: reading and writing the data by this table is several times quicker than encoding/json.
// Replay is bound by the one, a single writer waits for the other.
type field struct {
	index     int
	name      string
	kind      reflect.Kind
	text      bool // a domain.Text: it must not be here
	date      bool
	omitEmpty bool
	omitZero  bool
}

type fields struct {
	order  []field
	byName map[string]field
}

var (
	fieldCache sync.Map // reflect.Type → fields
	typeOfText = reflect.TypeFor[domain.Text]()
	typeOfDate = reflect.TypeFor[domain.Date]()
)

func fieldsOf(t reflect.Type) fields {
	if known, ok := fieldCache.Load(t); ok {
		return known.(fields)
	}
	all := fields{byName: map[string]field{}}
	for i := range t.NumField() {
		of := t.Field(i)
		name, options, _ := strings.Cut(of.Tag.Get("json"), ",")
		f := field{index: i, name: name, kind: of.Type.Kind(), text: of.Type == typeOfText, date: of.Type == typeOfDate,
			omitEmpty: options == "omitempty", omitZero: options == "omitzero"}
		all.order, all.byName[name] = append(all.order, f), f
	}
	fieldCache.Store(t, all)
	return all
}

// write writes the field as encoding/json would, but leaves a text out.
func (f field) write(w *writer, v reflect.Value) error {
	switch {
	case f.text, f.omitZero && v.IsZero(), f.omitEmpty && empty(v):
		return nil
	case f.date:
		w.attr(f.name, v.Addr().Interface().(*domain.Date).String())
		return nil
	case f.kind == reflect.String && plainASCII(v.String()):
		w.attr(f.name, v.String())
		return nil
	case f.kind == reflect.Bool:
		w.name(f.name)
		w.buf = strconv.AppendBool(w.buf, v.Bool())
		return nil
	}
	return w.value(f.name, v.Interface())
}

// empty is what "omitempty" means.
func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
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
