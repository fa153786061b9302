package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"plantrail/domain"
)

const inOpenAPI = "/openapi.json says what it may be"

// decodeBody reads a request's JSON into a struct, strictly: a member that is not known, is spelt in another case, stands
// twice or is null is refused with its place. encoding/json alone would let the last three pass, and so record less or
// other than the caller believes.
func decodeBody(body []byte, into any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return domain.Errorf(domain.Invalid, "body", "the request has no body").WithHint("send a JSON object")
	}
	if !utf8.Valid(body) {
		return domain.Errorf(domain.Invalid, "body", "the request's body is not valid UTF-8").WithHint("save the source as UTF-8")
	}
	if err := syntax(body); err != nil {
		return err
	}
	if err := checkJSON(body, reflect.TypeOf(into).Elem(), ""); err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return valueError(err, "body")
	}
	return nil
}

func syntax(body []byte) error {
	var all json.RawMessage
	err := json.Unmarshal(body, &all)
	if bad := (*json.SyntaxError)(nil); errors.As(err, &bad) {
		return domain.Errorf(domain.Invalid, "body", "the request's body is not JSON: it goes wrong at byte %d", bad.Offset).
			WithHint("send one JSON object")
	}
	return err
}

// checkJSON holds valid JSON against a type. Place is the path to it, "" at the top.
func checkJSON(raw json.RawMessage, t reflect.Type, place string) error {
	raw = bytes.TrimSpace(raw)
	if string(raw) == "null" {
		return domain.Errorf(domain.Invalid, orBody(place), "null is not a value here").WithHint("leave it out")
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()), isText(t):
	case t.Kind() == reflect.Struct:
		return checkObject(raw, t, place)
	case t.Kind() == reflect.Slice:
		return checkArray(raw, t.Elem(), place)
	}
	return valueError(json.Unmarshal(raw, reflect.New(t).Interface()), orBody(place))
}

func checkArray(raw json.RawMessage, elem reflect.Type, place string) error {
	var all []json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return valueError(err, orBody(place))
	}
	for i, one := range all {
		if err := checkJSON(one, elem, fmt.Sprintf("%s[%d]", place, i)); err != nil {
			return err
		}
	}
	return nil
}

func checkObject(raw json.RawMessage, t reflect.Type, place string) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return domain.Errorf(domain.Invalid, orBody(place), "this is not a JSON object").WithHint("write { ... }")
	}
	known, seen := members(t), map[string]bool{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		key := name.(string)
		at := strings.TrimPrefix(place+"."+key, ".")
		member, ok := known[key]
		if !ok {
			return domain.Errorf(domain.Invalid, shorten(at), "there is no such field").WithHint("known are " + names(known))
		}
		if seen[key] {
			return domain.Errorf(domain.Invalid, at, "the field stands twice").WithHint("give it once")
		}
		seen[key] = true
		if err := checkJSON(value, member, at); err != nil {
			return err
		}
	}
	return nil
}

// members are the JSON members of a struct by name, those of embedded structs among them.
func members(t reflect.Type) map[string]reflect.Type {
	all := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			all[name] = f.Type
		}
	}
	return all
}

func names(known map[string]reflect.Type) string {
	var all []string
	for name := range known {
		all = append(all, name)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// valueError gives an error of encoding/json its place and keeps the value out of it; a domain error keeps its words.
func valueError(err error, place string) error {
	wrong := (*json.UnmarshalTypeError)(nil)
	own := (*domain.Error)(nil)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &own):
		return domain.Errorf(own.Kind, place, "%s", own.Message).WithHint(own.Hint)
	case errors.As(err, &wrong):
		return domain.Errorf(domain.Invalid, place, "%s is expected here, not %s", jsonName(wrong.Type), article(wrong.Value)).WithHint(inOpenAPI)
	}
	return domain.Errorf(domain.Invalid, place, "the value can't be read").WithHint(inOpenAPI)
}

func jsonName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String, reflect.Struct:
		return "a string"
	case reflect.Slice:
		return "an array"
	}
	return "a number"
}

func article(value string) string {
	kind, _, _ := strings.Cut(value, " ")
	switch kind {
	case "array", "object":
		return "an " + kind
	case "bool":
		return "a boolean"
	}
	return "a " + kind
}

func isText(t reflect.Type) bool {
	_, text := reflect.New(t).Interface().(interface{ UnmarshalText([]byte) error })
	return text
}

func orBody(place string) string {
	if place == "" {
		return "body"
	}
	return place
}

// encodeJSON writes JSON as this API does: without the escapes of < > & that only matter inside HTML, and a newline at the end.
func encodeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
