package domain

import (
	"iter"
	"reflect"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Text is prose typed by people: a title, a justification, a name. It may hold personal data, so it never lies in the
// history itself: the journal stores it apart, erasable, and puts only its salted digest into the event.
//
// A Text field of an [Event] is named by its JSON name. It is "" when it was not given, is not loaded or was erased.
type Text string

// MaxText is the largest text in bytes.
const MaxText = 64 << 10

var textType = reflect.TypeFor[Text]()

// Texts yields the name and place of each Text field of an event, which must be given as a pointer to its struct.
func Texts(e any) iter.Seq2[string, *Text] {
	// Small enough to be inlined: then nothing of a loop over it is allocated.
	return func(yield func(string, *Text) bool) { eachText(e, yield) }
}

func eachText(e any, yield func(string, *Text) bool) {
	v := reflect.ValueOf(e).Elem()
	for _, f := range textFields(v.Type()) {
		if !yield(f.name, v.Field(f.index).Addr().Interface().(*Text)) {
			return
		}
	}
}

type textField struct {
	index int
	name  string
}

var textFieldCache sync.Map // reflect.Type → []textField

func textFields(t reflect.Type) []textField {
	if known, ok := textFieldCache.Load(t); ok {
		return known.([]textField)
	}
	var fields []textField
	for i := range t.NumField() {
		if f := t.Field(i); f.Type == textType {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			fields = append(fields, textField{i, name})
		}
	}
	textFieldCache.Store(t, fields)
	return fields
}

// checkText bounds one text: its size, and no bytes that a page, a table or a terminal can't show.
func checkText(field string, t Text) error {
	if len(t) > MaxText {
		return Errorf(TooLarge, field, "the text has %d bytes, the limit is %d", len(t), MaxText).
			WithHint("shorten it, or attach it as a document")
	}
	if !utf8.ValidString(string(t)) {
		return Errorf(Invalid, field, "the text is not valid UTF-8").WithHint("save the source as UTF-8")
	}
	for i, r := range t {
		if r == utf8.RuneError || unicode.IsControl(r) && r != '\n' && r != '\t' {
			return Errorf(Invalid, field, "the text has the control character %U at byte %d", r, i).WithHint("remove it")
		}
	}
	return nil
}

// checkLine bounds a coded value that is printed on one line: a level's label, a reference, a body.
func checkLine(field, s string, most int) error {
	if len(s) > most {
		return Errorf(TooLarge, field, "%s has %d bytes, the limit is %d", quote(s), len(s), most)
	}
	if strings.ContainsAny(s, "\n\t") {
		return Errorf(Invalid, field, "%s goes over more than one line", quote(s))
	}
	return checkText(field, Text(s))
}

// needText is checkText for a text that must be there, saying why.
func needText(field string, t Text, why string) error {
	if strings.TrimSpace(string(t)) == "" {
		return Errorf(Invalid, field, "%s", why)
	}
	return checkText(field, t)
}

func oneOf[T ~string](all []T) string {
	words := make([]string, len(all))
	for i, w := range all {
		words[i] = string(w)
	}
	return strings.Join(words, ", ")
}

func isSchemeID(s string) bool {
	return isID(strings.ReplaceAll(s, ".", "-"))
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
