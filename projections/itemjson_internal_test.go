package projections

import (
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"plantrail/domain"
)

// Whatever one field of an item has, or of its ratings, alone or beside others, its state is what encoding/json makes of it.
func TestItemStateIsThatOfEncodingJSON(t *testing.T) {
	same := func(t interface{ Errorf(string, ...any) }, it *domain.Item) {
		want, err := json.Marshal(it)
		got, err2 := itemState(it)
		if err != nil || err2 != nil || got != string(want) {
			t.Errorf("%v %v\n%s\n%s", err, err2, got, want)
		}
	}
	same(t, &domain.Item{})
	fields := reflect.TypeFor[domain.Item]().NumField()
	some := func(t *rapid.T, v reflect.Value) {
		if d, ok := v.Addr().Interface().(*domain.Date); ok {
			*d = rapid.SampledFrom([]domain.Date{{}, domain.Day(2020, 2, 3), domain.Month(2020, 3)}).Draw(t, "date")
			return
		}
		switch v.Kind() {
		case reflect.String:
			v.SetString(rapid.SampledFrom([]string{"", "item-01", "Gŵyr", `"<&>\`, "\x00\u2028", "\xff", "~ "}).Draw(t, "text"))
		case reflect.Int:
			v.SetInt(rapid.Int64Range(0, 1<<40).Draw(t, "int"))
		case reflect.Uint64:
			v.SetUint(rapid.Uint64().Draw(t, "uint"))
		case reflect.Bool:
			v.SetBool(rapid.Bool().Draw(t, "bool"))
		case reflect.Pointer:
			v.Set(reflect.New(v.Type().Elem()))
		case reflect.Slice:
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		default:
			panic(v.Type())
		}
	}
	for field := range fields {
		rapid.Check(t, func(rt *rapid.T) {
			it := &domain.Item{ID: "item-01", State: domain.ItemOpen}
			some(rt, reflect.ValueOf(it).Elem().Field(field))
			for i := range it.Ratings {
				r := reflect.ValueOf(&it.Ratings[i]).Elem()
				for f := range r.NumField() {
					some(rt, r.Field(f))
				}
			}
			same(rt, it)
		})
	}
	rapid.Check(t, func(rt *rapid.T) {
		it := &domain.Item{}
		for field := range fields {
			if rapid.IntRange(0, 9).Draw(rt, "has") > 7 {
				some(rt, reflect.ValueOf(it).Elem().Field(field))
			}
		}
		same(rt, it)
	})
}

func BenchmarkItemState(b *testing.B) {
	it := &domain.Item{ID: "item-01", Level: "action", Added: 1000, Title: 1000, Owner: 1000, Due: domain.Day(2020, 2, 3), Original: domain.Day(2020, 2, 3), DueAt: 1000, State: domain.ItemOpen, StateAt: 1000,
		Ratings: []domain.Rating{{Dimension: "delivery", Scheme: "rag.v1", Value: "amber", Meaning: "at_risk", Since: domain.Day(2020, 2, 3), Set: 2000, Held: 2000, Owed: true}}}
	for _, of := range []struct {
		name string
		make func()
	}{{"encoding/json", func() { _, _ = json.Marshal(it) }}, {"here", func() { _, _ = itemState(it) }}} {
		b.Run(of.name, func(b *testing.B) {
			for b.Loop() {
				of.make()
			}
		})
	}
}
