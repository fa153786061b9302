package pages

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"plantrail/projections"
	"plantrail/sheets"
)

// other says where the same data as a page's is, if not at the API's address of the same name: the question, the part of its
// answer, and what is asked for when the address does not say.
type other struct {
	At    string
	Only  []string
	Asked url.Values
	Fixed func(url.Values)
	First string                           // is asked before, by whom may see it
	Needs string                           // a parameter without which nothing is asked yet
	Made  func(v *visit, asCSV bool) error // of several answers, as the page is
	Said  bool                             // the page asks the API nothing: its data is what it says
}

// otherData are the pages whose data is elsewhere, or is asked for with something that their address does not say.
var otherData = map[string]other{
	"GET /plans":                 {Made: (*visit).plansData},
	"GET /plans/{plan}/meetings": {At: "/plans/{plan}", Only: []string{"plan", "title", "version", "position", "meetings", "requests", "resolutions"}},
	"GET /plans/{plan}/policy":   {At: "/plans/{plan}", Only: []string{"plan", "title", "version", "position", "levels", "dimensions", "retired_schemes", "policy", "plan_version", "adopted"}},
	"GET /plans/{plan}/reports":  {First: "/plans/{plan}", At: "/reports", Fixed: func(q url.Values) { clear(q) }}, // which there are does not hang on the moment
	"GET /plans/{plan}/timeline": {Asked: url.Values{"newest": {"true"}, "limit": {"50"}}},
	"GET /search":                {Asked: url.Values{"limit": {"50"}}, Needs: "q"},
	"GET /help":                  {Said: true},
	"GET /accessibility":         {Said: true},
	"GET /import":                {Said: true},
	"GET /import/{work}":         {Said: true},
	"GET /new-plan":              {Said: true},
	"GET /plans/{plan}/bundle":   {Said: true},

	"GET /plans/{plan}/attach-evidence": {Said: true},
	"GET /plans/{plan}/compare": {Needs: "from", Fixed: func(q url.Values) {
		for _, name := range []string{"from", "to"} {
			if q.Has(name) {
				q.Set(name, momentArg(q.Get(name)))
			}
		}
	}},
}

func init() {
	for _, f := range planForms {
		otherData["GET /plans/{plan}/"+f.verb()] = other{Said: true}
	}
}

// otherForm answers the page's question as JSON or CSV, if that is what is asked for. What the API has as a list it gives as
// CSV itself; of other answers the table names each value by its place.
func (v *visit) otherForm(pattern string, show func(*visit) error) bool {
	q := v.r.URL.Query()
	format, accept := q.Get("format"), v.r.Header.Get("Accept")
	asksPage := accept == "" || strings.Contains(accept, "text/html") || strings.Contains(accept, "*/*")
	if format == "" && strings.HasPrefix(strings.TrimSpace(accept), "text/csv") {
		format, asksPage = "csv", false
	}
	if format != "json" && format != "csv" && asksPage || pattern == "GET /plans/{plan}/evidence/{evidence}" { // a file is what it is
		return false
	}
	from := otherData[pattern]
	if from.At == "" {
		from.At = strings.TrimPrefix(pattern, "GET ")
	}
	answer := v.answerOther
	if from.Made != nil {
		answer = func(other, url.Values, bool) error { return from.Made(v, format == "csv") }
	}
	if from.Said || from.Needs != "" && strings.TrimSpace(q.Get(from.Needs)) == "" {
		answer = func(other, url.Values, bool) error { return v.answerSaid(show, format == "csv") }
	}
	if err := answer(from, q, format == "csv"); err != nil {
		v.failOther(err)
	}
	return true
}

// answerSaid gives what a page says, line by line: the data of a page that is a form or a text.
func (v *visit) answerSaid(show func(*visit) error, asCSV bool) error {
	a, aside := &answer{header: http.Header{}}, *v
	aside.w, aside.r = a, v.r.Clone(v.r.Context())
	aside.r.Header.Del("Accept-Encoding")
	if err := show(&aside); err != nil || a.status != http.StatusOK {
		return v.give(a, err)
	}
	_, main, _ := strings.Cut(a.body.String(), `<main`)
	_, main, _ = strings.Cut(main, ">")
	main, _, _ = strings.Cut(main, "</main>")
	said := []string{}
	for line := range strings.Lines(html.UnescapeString(tags.ReplaceAllString(blockEnds.ReplaceAllString(unseen.ReplaceAllString(main, ""), "\n"), ""))) {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			said = append(said, line)
		}
	}
	b, err := json.Marshal(map[string]any{"page": v.r.URL.Path, "says": said})
	a.header, a.body = http.Header{"Content-Type": {"application/json"}}, *bytes.NewBuffer(b)
	if err == nil && asCSV {
		err = a.flatten()
	}
	return v.give(a, err)
}

// What a page is made of, for its words alone.
var (
	unseen    = regexp.MustCompile(`(?s)<(script|svg|textarea)[ >].*?</(script|svg|textarea)>`)
	blockEnds = regexp.MustCompile(`\s*\n\s*|<br>|</(p|h[1-6]|li|dt|dd|label|legend|option|summary|th|td|button|div)>`)
	tags      = regexp.MustCompile(`<[^>]*>`)
)

func (v *visit) answerOther(from other, q url.Values, asCSV bool) error {
	for _, name := range []string{"done", "format", "e"} {
		q.Del(name)
	}
	maps.DeleteFunc(q, func(_ string, values []string) bool { return strings.Join(values, "") == "" })
	for name, values := range from.Asked {
		if !q.Has(name) {
			q[name] = values
		}
	}
	if from.Fixed != nil {
		from.Fixed(q)
	}
	if from.First != "" {
		if _, err := v.call(http.MethodGet, v.fill(from.First), nil, nil, nil); err != nil {
			return err
		}
	}
	at := v.fill(from.At)
	if asCSV && len(from.Only) == 0 {
		if a, err := v.call(http.MethodGet, at, q, nil, http.Header{"Accept": {"text/csv"}}); err != nil || strings.HasPrefix(a.header.Get("Content-Type"), "text/csv") {
			return v.give(a, err)
		}
	}
	a, err := v.call(http.MethodGet, at, q, nil, http.Header{"Accept": {"application/json"}})
	if err == nil && len(from.Only) > 0 {
		err = a.cut(from.Only)
	}
	if err == nil && asCSV {
		err = a.flatten()
	}
	return v.give(a, err)
}

// fill puts what the page's address names into a question's.
func (v *visit) fill(pattern string) string {
	parts := strings.Split(pattern, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, "{") {
			parts[i] = url.PathEscape(v.r.PathValue(strings.Trim(part, "{}")))
		}
	}
	return strings.Join(parts, "/")
}

// give sends an answer of the API's on, with its headers.
func (v *visit) give(a *answer, err error) error {
	if err != nil {
		return err
	}
	maps.Copy(v.w.Header(), a.header)
	v.w.WriteHeader(a.status)
	_, _ = v.w.Write(a.body.Bytes()) // the reader is gone if this fails
	return nil
}

// failOther tells an error as the API does.
func (v *visit) failOther(err error) {
	p, ok := err.(*problem)
	if !ok {
		v.deps.Log.Error("page failed", "path", v.r.URL.Path, "error", err)
		p = &problem{Status: http.StatusInternalServerError, Title: "Something went wrong", Detail: "The data could not be put together"}
	}
	v.w.Header().Set("Content-Type", "application/problem+json")
	v.w.WriteHeader(p.Status)
	_ = json.NewEncoder(v.w).Encode(p) // the reader is gone if this fails
}

// cut keeps some members of an answer.
func (a *answer) cut(members []string) error {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(a.body.Bytes(), &all); err != nil {
		return err
	}
	maps.DeleteFunc(all, func(name string, _ json.RawMessage) bool { return !slices.Contains(members, name) })
	b, err := json.Marshal(all)
	a.body.Reset()
	a.body.Write(b)
	a.header.Del("Content-Length")
	return err
}

// flatten makes an answer in JSON a table of places and values: "requests[0].words.text". No spreadsheet runs a value.
func (a *answer) flatten() error {
	d := json.NewDecoder(bytes.NewReader(a.body.Bytes()))
	d.UseNumber()
	var whole any
	if err := d.Decode(&whole); err != nil {
		return err
	}
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	out.UseCRLF = true
	_ = out.Write([]string{"place", "value"}) // into memory, as all that follow
	flat(out, "", whole)
	out.Flush()
	a.body = b
	a.header.Set("Content-Type", "text/csv; charset=utf-8; header=present")
	a.header.Del("Content-Length")
	return nil
}

func flat(out *csv.Writer, place string, value any) {
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			flat(out, strings.TrimPrefix(place+"."+name, "."), value[name])
		}
	case []any:
		for i, one := range value {
			flat(out, place+"["+strconv.Itoa(i)+"]", one)
		}
	default:
		_ = out.Write([]string{place, sheets.Defuse(fmt.Sprint(value))})
	}
}

// pin makes the page's stable address: that of the moment which it shows. One that names a moment already is its own.
func (v *visit) pin(m projections.Moment) {
	q := v.r.URL.Query()
	if q.Get("position")+q.Get("recorded_at")+q.Get("as_reported") != "" {
		v.stable = setQuery(v.r.URL.RequestURI(), "position", q.Get("position"))
		return
	}
	v.stable = setQuery(v.r.URL.RequestURI(), "position", positionOf(m.Position))
}
