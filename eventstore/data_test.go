package eventstore_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"plantrail/domain"
	"plantrail/eventstore"
)

// The data of an event are written by a table of its own, and for ever: whatever the event, these must be the bytes that
// encoding/json writes of it without its texts.
func TestDataIsWrittenAsJSONWould(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := rapid.SampledFrom(domain.Events()).Draw(t, "event")
		drawInto(t, reflect.ValueOf(e).Elem())
		r, _ := sample(e)
		r.Authority = nil
		body, err := eventstore.Encode("acme", r, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range domain.Texts(e) {
			*text = ""
		}
		want := `"data":{"stated":"2020-02-03"`
		if own := plain(t, e); own != "{}" {
			want += "," + own[1:len(own)-1]
		}
		if want += "}}"; !bytes.HasSuffix(body, []byte(want)) {
			t.Fatalf("%s\ndoes not end in\n%s", body, want)
		}
	})
}

// plain is the JSON of a value with <, > and & as they are.
func plain(t *rapid.T, v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSpace(b.Bytes()))
}

// drawInto draws a value for each field, all zero values among them.
func drawInto(t *rapid.T, v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[domain.Date]():
		v.Set(reflect.ValueOf(rapid.SampledFrom([]domain.Date{{}, domain.Unstated, domain.Month(2020, 1), domain.Day(2199, 12, 31)}).Draw(t, "date")))
	case v.Type() == reflect.TypeFor[domain.ItemID](): // it also stands in the envelope, where only ids are taken
		v.SetString(rapid.SampledFrom([]string{"", "item-01"}).Draw(t, "item"))
	case v.Kind() == reflect.String:
		v.SetString(rapid.OneOf(rapid.String(), rapid.StringMatching(`["\\a-z<&>]{0,9}`)).Draw(t, "string"))
	case v.Kind() == reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case v.CanInt():
		v.SetInt(rapid.Int64Range(-100, 100).Draw(t, "int"))
	case v.CanUint():
		v.SetUint(rapid.Uint64Range(0, 200).Draw(t, "uint"))
	case v.Kind() == reflect.Pointer && rapid.Bool().Draw(t, "there"):
		v.Set(reflect.New(v.Type().Elem()))
		drawInto(t, v.Elem())
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), rapid.IntRange(0, 2).Draw(t, "len"), 2))
		for i := range v.Len() {
			drawInto(t, v.Index(i))
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			drawInto(t, v.Field(i))
		}
	}
}
