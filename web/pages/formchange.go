package pages

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"plantrail/domain"
	"plantrail/domain/findings"
	"plantrail/projections"
)

// Forms that change what a plan is kept by: its levels, its key of ratings, its policy, a measure. They begin filled with what
// holds now.

var others = field{Name: "to", Label: "Plan in which it goes on", Kind: "select", Choices: func(n *filling) (all []choice) {
	for _, p := range n.Others {
		if p.Plan != n.Plan.Plan && !p.Closed {
			all = append(all, choice{string(p.Plan), words(p.Title)})
		}
	}
	return all
}}

// linked are the items to which this one is linked.
func linked(n *filling) (all []choice) {
	for _, c := range items(n) {
		if n.Item != nil && slices.ContainsFunc(n.Item.Links, func(l projections.LinkView) bool { return string(l.To) == c.Value }) {
			all = append(all, c)
		}
	}
	return all
}

var relations = values("addresses", "addresses", "contributes_to", "contributes to", "measured_by", "is measured by")

var changeForms = []*form{
	{Of: domain.UnlinkItems{}, Title: "Take a link back", Button: "Take it back", When: func(it *projections.ItemView) bool { return live(it) && len(it.Links) > 0 }, Fields: []field{item,
		{Name: "relation", Label: "It", Kind: "select", Choices: relations}, {Name: "to", Label: "Other item", Kind: "select", Choices: linked}, reason}},
	{Of: domain.DefineMeasure{}, Title: "Say what it measures", Button: "Record the measure", When: measured, Begin: beginMeasure, Fields: []field{item,
		{Name: "unit", Label: "Unit", Hint: "For example days, or % of invoices.", Kind: "text"},
		{Name: "better", Label: "It should become", Kind: "select", Choices: values("higher", "higher", "lower", "lower", "within", "stay within a range")},
		{Name: "baseline", Label: "Where it began", Hint: "17, ~17 or 20-22.", Kind: "text"}, {Name: "target", Label: "Target", Hint: "17, ~17 or 20-22.", Kind: "text"},
		{Name: "contextual", Label: "It informs; no action has to reach it", Kind: "tick"}, {Name: "reason", Label: "Reason", Hint: "Needed to change a measure.", Kind: "textarea"}}},
	{Of: domain.SupersedeItem{}, Title: "Replace it by other items", Text: "It ends here, and its work is done by the items that you tick.", Button: "Record that it is replaced", When: live, By: true,
		Fields: []field{item, {Name: "by", Label: "Items that do its work now", Kind: "boxes", Choices: items}, reason}},
	{Of: domain.CarryForward{}, Title: "Carry it forward into another plan", Button: "Carry it forward", When: live, By: true, Others: true,
		Text: "Adds it to the other plan with its words, owner, due date, age and count of moves, and ends it here. Ratings and evidence stay here, where they were given.",
		At: func(n *filling) string {
			return path("plans", string(n.Plan.Plan), "items", string(n.Item.Item), "carry")
		},
		Fields: []field{item, others, {Name: "as", Label: "Its id there (left empty: the same)", Kind: "text"}, {Name: "level", Label: "Its level there (left empty: the one of the same name)", Kind: "text"},
			{Name: "parent", Label: "Id of the item above it there (left empty: none)", Kind: "text"}, reason}},
	{Of: domain.SetLevels{}, Title: "Change the levels", Button: "Record the levels", Begin: beginLevels, Fields: []field{
		{Name: "levels", Label: "Levels, from the top", Hint: "A line for each: its key, = and what it is called, for example aim = Strategic aim. A level that has items can't be dropped.", Kind: "levels"}, reason}},
	{Of: domain.SetSchemes{}, Title: "Change the key of ratings", Button: "Record the key", Text: "Nothing is rated anew: earlier ratings keep the key under which they were given.", Begin: beginSchemes, Finish: finishSchemes, Fields: []field{
		{Name: "scheme", Label: "A key that is there already", Hint: "Or leave this empty and write the plan's own below.", Kind: "select", Choices: openForm.Fields[2].Choices},
		{Name: "dimensions", Label: "The plan's own key", Hint: "A key that changes needs another id, for example with .v2 at its end. Leave a rating's key empty to take the rating out.", Kind: "keys"}, reason}},
	{Of: domain.SetPolicy{}, Title: "Change the policy", Button: "Record the policy", Text: "Findings are judged by it from now on. What was found under the old one is still found as at then.", Begin: beginPolicy, Fields: policyFields()},
	{Of: domain.SetHold{}, Title: "Forbid erasing in this plan", Text: "A legal hold: until it is released no text of the plan can be erased.", Button: "Set the hold", By: true, Fields: []field{reason}},
	{Of: domain.ReleaseHold{}, Title: "Release a hold", Button: "Release it", By: true, Fields: []field{{Name: "hold", Label: "Hold", Kind: "select", Choices: holds}, reason}},
	{Of: domain.EraseText{}, Title: "Erase a text", Button: "Erase it for ever", By: true, Fields: []field{{Name: "entry", Label: "Number of the entry", Kind: "text"},
		{Name: "field", Label: "Which of its texts", Hint: "The entry's page names them: title, justification, progress and so on.", Kind: "text"}, reason},
		Text: "The text is destroyed, here and in the journal, and nobody can bring it back. The entry stays, says when and under whose authority it was erased, and every proof stays valid. Bundles that were taken before keep it."},
}

// holds are those that are not released.
func holds(n *filling) (all []choice) {
	for _, h := range n.Plan.Holds {
		if h.Released == nil {
			all = append(all, choice{string(h.Hold), string(h.Hold) + ": " + brief(words(h.Words))})
		}
	}
	return all
}

func beginMeasure(n *filling) {
	m := n.Item
	if m == nil || m.Measure == nil {
		return
	}
	n.begin("unit", m.Measure.Unit)
	n.begin("better", string(m.Measure.Better))
	n.begin("baseline", string(m.Measure.Baseline))
	n.begin("target", string(m.Measure.Target))
	n.beginTick("contextual", m.Measure.Contextual)
}

func beginLevels(n *filling) {
	lines := ""
	for _, l := range n.Plan.Levels {
		lines += l.Key + " = " + l.Label + "\n"
	}
	n.begin("levels", lines)
}

// levels reads lines of "key = label"; without a key the label makes one.
func levels(text string) []domain.Level {
	all := []domain.Level{}
	for line := range strings.Lines(text) {
		key, label, named := strings.Cut(strings.TrimSpace(line), "=")
		if !named {
			label, key = key, strings.Join(strings.Fields(strings.ToLower(key)), "-")
		}
		if key != "" || label != "" {
			all = append(all, domain.Level{Key: strings.TrimSpace(key), Label: strings.TrimSpace(label)})
		}
	}
	return all
}

func policyFields() []field {
	all := []field{{Name: "policy.id", Label: "Name of the new version", Hint: "A policy that changes is another version, for example acme.v2.", Kind: "text"},
		{Name: "policy.approving_bodies", Label: "Bodies that approve later due dates", Hint: "A line for each. None: no move needs approval.", Kind: "lines"},
		{Name: "policy.move_days", Label: "Days by which a due date may move later without them", Kind: "number"},
		{Name: "policy.verify_first", Label: "An item is closed only when somebody has verified it", Kind: "tick"},
		{Name: "policy.self_verify", Label: "Who claims completion, or owns the item, may verify it", Kind: "tick"}, reason}
	for _, f := range figures(domain.DefaultPolicy()) {
		kind, rule := "number", ""
		if _, share := f.Value.(float64); share {
			kind = "decimal"
		}
		if f.Rule != "" {
			rule = " (" + f.Rule + ")"
		}
		all = append(all, field{Name: "policy." + f.Name, Label: strings.ToUpper(f.Words[:1]) + f.Words[1:] + rule, Kind: kind})
	}
	return append(all, field{Name: "policy.weak_reasons", Label: "Words that alone are no reason (R07)", Hint: "A line for each.", Kind: "lines"},
		field{Name: "policy.off", Label: "Rules that are not applied", Kind: "boxes", Choices: func(*filling) (all []choice) {
			for _, r := range findings.Rules() {
				all = append(all, choice{r.ID, r.ID + " " + r.Title})
			}
			return all
		}})
}

func beginPolicy(n *filling) {
	p := n.Plan.Policy
	n.begin("policy.id", nextVersion(p.ID, string(n.Plan.Plan)))
	n.begin("policy.approving_bodies", strings.Join(p.ApprovingBodies, "\n"))
	n.begin("policy.weak_reasons", strings.Join(p.WeakReasons, "\n"))
	n.begin("policy.move_days", strconv.Itoa(p.MoveDays))
	n.beginTick("policy.verify_first", p.VerifyFirst)
	n.beginTick("policy.self_verify", p.SelfVerify)
	for _, f := range figures(p) {
		n.begin("policy."+f.Name, fmt.Sprint(f.Value))
	}
	if !n.Values.Has("policy.off") {
		n.Values["policy.off"] = p.Off
	}
}

// nextVersion is the id that may follow one: acme.v3 after acme.v2, and plan.v1 after one that is everybody's.
func nextVersion(id, plan string) string {
	name, number, ok := strings.Cut(id, ".v")
	v, err := strconv.Atoi(number)
	if _, preset := domain.Preset(id); !ok || err != nil || preset || name == "default" {
		return plan + ".v1"
	}
	return fmt.Sprintf("%s.v%d", name, v+1)
}

// begin fills a field in, unless the address says something else.
func (n *filling) begin(name, value string) {
	if !n.Values.Has(name) {
		n.Values.Set(name, value)
	}
}

func (n *filling) beginTick(name string, on bool) {
	if on {
		n.begin(name, "true")
	}
}

// keyTable is a dimension's key of ratings as a form has it; its fields are named after its place: d0.label, d0.v2.shape.
type keyTable struct {
	At, Key, Label, ID, Title string
	Rows                      []keyRow
}

type keyRow struct{ At, Key, Label, Colour, Shape, Meaning, Says string }

// Bounds of a key, and how many empty rows stand below what is there.
const (
	mostDimensions, mostRatings = 8, 32
	spareRows                   = 2
)

func beginSchemes(n *filling) {
	for i, d := range n.Plan.Dimensions {
		at := fmt.Sprintf("d%d", i)
		fill(n.Values, at, "key", d.Key, "label", d.Label, "id", d.Scheme.ID, "title", d.Scheme.Title)
		for j, v := range d.Scheme.Values {
			fill(n.Values, fmt.Sprintf("%s.v%d", at, j), "key", v.Key, "label", v.Label, "colour", v.Colour, "shape", v.Shape, "meaning", string(v.Meaning), "says", v.Says)
		}
	}
}

func fill(to url.Values, at string, pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		to.Set(at+"."+pairs[i], pairs[i+1])
	}
}

// Tables are the keys of the form, with an empty dimension after those that are there.
func (n *filling) Tables() (all []keyTable) {
	for i := range mostDimensions {
		at := fmt.Sprintf("d%d", i)
		get := func(name string) string { return strings.TrimSpace(n.Values.Get(at + "." + name)) }
		t := keyTable{At: at, Key: get("key"), Label: get("label"), ID: get("id"), Title: get("title")}
		last := -1
		for j := range mostRatings {
			row := n.keyRow(fmt.Sprintf("%s.v%d", at, j))
			if t.Rows = append(t.Rows, row); row.Key+row.Label != "" {
				last = j
			}
		}
		t.Rows = t.Rows[:min(last+1+spareRows, mostRatings)]
		all = append(all, t)
		if t.Key+t.Label+t.ID == "" {
			break
		}
	}
	return all
}

func (n *filling) keyRow(at string) keyRow {
	get := func(name string) string { return strings.TrimSpace(n.Values.Get(at + "." + name)) }
	return keyRow{at, get("key"), get("label"), get("colour"), get("shape"), get("meaning"), get("says")}
}

// Choices of a row of a key, in the order in which they are offered.
func (n *filling) Colours() []string {
	return []string{"red", "amber", "green", "blue", "grey", "black", "purple", "yellow", "white"}
}
func (n *filling) Marks() []string {
	return []string{"diamond", "triangle", "circle", "square", "ring", "star", "cross", "bar"}
}
func (n *filling) Meanings() []meaning { return meanings }

// finishSchemes puts the tables into the command, with the formulas of ratings that had one: the form does not show them.
func finishSchemes(n *filling, body map[string]any) {
	if body["scheme"] != nil {
		return
	}
	all := []domain.Dimension{}
	for _, t := range n.Tables() {
		if t.Key+t.Label+t.ID == "" {
			continue
		}
		d := domain.Dimension{Key: t.Key, Label: t.Label, Scheme: domain.Scheme{ID: t.ID, Title: t.Title, Values: []domain.Value{}}}
		for _, r := range t.Rows {
			if r.Key != "" {
				d.Scheme.Values = append(d.Scheme.Values, n.withFormula(t.Key, domain.Value{Key: r.Key, Label: r.Label, Colour: r.Colour, Shape: r.Shape, Meaning: domain.Meaning(r.Meaning), Says: r.Says}))
			}
		}
		all = append(all, d)
	}
	body["dimensions"] = all
}

func (n *filling) withFormula(dimension string, v domain.Value) domain.Value {
	for _, d := range n.Plan.Dimensions {
		if had, ok := d.Scheme.Value(v.Key); ok && d.Key == dimension {
			v.Rule, v.Or = had.Rule, had.Or
		}
	}
	return v
}
