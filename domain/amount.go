package domain

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Amount is a figure as councils state it: exact, about, or a range. Its text form is "17", "59.1", "~17" or "20-22";
// the unit stands beside the measure. The zero Amount is none.
type Amount string

var amountForm = regexp.MustCompile(`^~?-?[0-9]{1,15}(\.[0-9]{1,9})?(-[0-9]{1,15}(\.[0-9]{1,9})?)?$`)

// ParseAmount reads a figure as people type it: "17", "around 17", "c. 17", "20-22", "20 to 22", "59.1%", "1,250", "£3.50".
// Signs of a unit are dropped.
func ParseAmount(s string) (Amount, error) {
	clean := strings.ToLower(strings.Join(strings.Fields(s), " "))
	about := ""
	for _, word := range []string{"approximately ", "approx. ", "approx ", "around ", "about ", "circa ", "c. ", "c.", "~"} {
		if rest, is := strings.CutPrefix(clean, word); is {
			clean, about = rest, "~"
			break
		}
	}
	clean = strings.NewReplacer(",", "", "%", "", "£", "", "–", "-", " to ", "-", " - ", "-").Replace(clean)
	a := Amount(about + strings.TrimSpace(clean))
	if !amountForm.MatchString(string(a)) {
		return "", Errorf(Invalid, "amount", "%s is not a figure", quote(s)).WithHint(`write it as 17, 59.1, "around 17" or 20-22`)
	}
	if low, high := a.Range(); low > high {
		return "", Errorf(Invalid, "amount", "%s is a range that ends before it begins", quote(s))
	}
	return a, nil
}

// Range is the figure as its least and greatest value; both are NaN for none.
func (a Amount) Range() (low, high float64) {
	s := strings.TrimPrefix(string(a), "~")
	to := s
	if i := strings.LastIndex(s, "-"); i > 0 {
		s, to = s[:i], s[i+1:]
	}
	low, errLow := strconv.ParseFloat(s, 64)
	high, errHigh := strconv.ParseFloat(to, 64)
	if errLow != nil || errHigh != nil {
		return math.NaN(), math.NaN()
	}
	return low, high
}

func (a Amount) middle() float64 {
	low, high := a.Range()
	return (low + high) / 2
}

// About reports whether the figure was stated as approximate.
func (a Amount) About() bool { return strings.HasPrefix(string(a), "~") }

// Words is the form that is printed: "around 17", "20 to 22".
func (a Amount) Words() string {
	s := strings.TrimPrefix(string(a), "~")
	if i := strings.LastIndex(s, "-"); i > 0 {
		s = s[:i] + " to " + s[i+1:]
	}
	if a.About() {
		return "around " + s
	}
	return s
}

// UnmarshalText reads what [ParseAmount] reads.
func (a *Amount) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*a = ""
		return nil
	}
	*a, err = ParseAmount(string(b))
	return err
}

// Better says which way a measure should go; "" while nobody has said.
type Better string

// The ways.
const (
	Higher Better = "higher"
	Lower  Better = "lower"
	Within Better = "within" // the range of its target
)

// Direction is the direction of travel of a measure: its last reading against the one before, or against the baseline.
type Direction string

// The directions. None stands for a measure with nothing to compare.
const (
	Improving Direction = "improving"
	Worsening Direction = "worsening"
	Steady    Direction = "steady"
)

// Measure is the state of a measure. Only the last two readings are in it; all are on the timeline.
type Measure struct {
	Unit       string   `json:"unit,omitempty"`
	Better     Better   `json:"better"`
	Baseline   Amount   `json:"baseline,omitempty"`
	Target     Amount   `json:"target,omitempty"`
	Contextual bool     `json:"contextual,omitempty"`
	Defined    Position `json:"defined"`
	Last       Amount   `json:"last,omitempty"`
	LastOn     Date     `json:"last_on,omitzero"`
	LastAt     Position `json:"last_at,omitempty"`
	Before     Amount   `json:"before,omitempty"`
	BeforeAt   Position `json:"before_at,omitempty"`
}

// distance is how far a figure is from where it should be; smaller is better.
func (m Measure) distance(a Amount) float64 {
	switch m.Better {
	case Lower:
		return a.middle()
	case Higher:
		return -a.middle()
	case Within:
		low, high := m.Target.Range()
		return max(low-a.middle(), a.middle()-high, 0)
	}
	return math.NaN()
}

// Direction compares the last reading with the one before it, or the baseline; "" when there is nothing to compare.
func (m Measure) Direction() Direction {
	before := m.Before
	if before == "" {
		before = m.Baseline
	}
	if m.Last == "" || before == "" {
		return ""
	}
	switch now, then := m.distance(m.Last), m.distance(before); {
	case now < then:
		return Improving
	case now > then:
		return Worsening
	case now == then:
		return Steady
	}
	return ""
}

// AtTarget reports whether the last reading reaches the target, and whether both are there to say so.
func (m Measure) AtTarget() (reached, known bool) {
	if m.Last == "" || m.Target == "" || m.Better == "" {
		return false, false
	}
	low, high := m.Target.Range()
	switch m.Better {
	case Lower:
		return m.Last.middle() <= high, true
	case Within:
		return m.distance(m.Last) == 0, true
	}
	return m.Last.middle() >= low, true
}

func (m Measure) after(r Recorded) *Measure {
	switch e := r.Event.(type) {
	case *MeasureDefined:
		m.Unit, m.Better, m.Baseline, m.Target, m.Contextual, m.Defined = e.Unit, e.Better, e.Baseline, e.Target, e.Contextual, r.Position
	case *MeasureRead:
		m.Before, m.BeforeAt = m.Last, m.LastAt
		m.Last, m.LastOn, m.LastAt = e.Value, r.Stated, r.Position
	case *EntryCorrected:
		if e.Field == "stated" && m.LastAt == e.Entry {
			m.LastOn, _ = parseISO(e.Value)
		}
		if e.Field == "value" && m.LastAt == e.Entry {
			m.Last = Amount(e.Value)
		}
		if e.Field == "value" && m.BeforeAt == e.Entry {
			m.Before = Amount(e.Value)
		}
	}
	return &m
}
