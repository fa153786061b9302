package evidence

import (
	"errors"
	"fmt"
	"regexp"

	"golang.org/x/mod/sumdb/tlog"
)

// HeadType is the type of the event that issues a bundle, and thereby states where the plan's history ends.
const HeadType = "plantrail.bundle-issued.v1"

// Chain checks that the events of one plan are all there, as they are given to it in order: numbered densely from 1, each
// naming the leaf hash of the one before. It needs the memory of one hash, however long the plan is.
//
// The errors of Add and CheckHead are predicates about the event given ("does not follow event 2: ..."), to be put after
// its name.
type Chain struct {
	Source string // the plan, as the CloudEvents source of all its events; "" takes the first event's
	seq    int64
	index  int64
	head   tlog.Hash
}

// Seq is the number of events so far.
func (c *Chain) Seq() int64 { return c.seq }

// Head is the leaf hash of the last event so far.
func (c *Chain) Head() tlog.Hash { return c.head }

// Add checks the plan's next event: e is the leaf's document, index its place in the log. After an error the chain stands
// where it was.
func (c *Chain) Add(e Event, leaf tlog.Hash, index int64) error {
	next := c.seq + 1
	switch {
	case c.Source != "" && e.Source != c.Source:
		return fmt.Errorf("is of %s, not of %s", printable(e.Source), c.Source)
	case e.Seq() != next:
		return fmt.Errorf("says that it is number %s of its plan, not %d: an event before it is missing, or the order was changed", plainSeq(e), next)
	case next == 1 && e.Prev != nil:
		return errors.New("is number 1 and yet names an event before it")
	case next > 1 && (e.Prev == nil || *e.Prev != c.head):
		return fmt.Errorf("does not follow event %d: it was recorded after another one, so an event was altered, replaced or left out here", c.seq)
	case next > 1 && index <= c.index:
		return fmt.Errorf("lies before event %d in the log", c.seq)
	}
	c.Source, c.seq, c.head, c.index = e.Source, next, leaf, index
	return nil
}

// Head is what the issuing event states of the plan: data.head of an event of type [HeadType].
type Head struct {
	Source   string `json:"source"`   // the plan
	PlanSeq  string `json:"planseq"`  // its last event, 20 digits
	Leaf     string `json:"leaf"`     // that event's leaf hash, base64
	Contents string `json:"contents"` // what Seal gives for the bundle's files
}

// NewHead states a plan's end, for the event that issues its bundle.
func NewHead(source string, seq int64, leaf tlog.Hash, contents string) Head {
	return Head{source, formatSeq(seq), leaf.String(), contents}
}

// ParseHead reads the statement out of the issuing event.
func ParseHead(e Event) (Head, error) {
	if e.Type != HeadType {
		return Head{}, errors.New("does not issue a bundle: it is an event of another type")
	}
	var h Head
	data, _ := e.Data["head"].(map[string]any)
	for name, to := range map[string]*string{"source": &h.Source, "planseq": &h.PlanSeq, "leaf": &h.Leaf, "contents": &h.Contents} {
		var ok bool
		if *to, ok = data[name].(string); !ok {
			return Head{}, errors.New("does not state where the plan ends")
		}
	}
	return h, nil
}

// CheckHead proves that no event is missing at the end: the issuing event, itself in the log at index, names the chain's
// last event as the plan's last. When it lies in the plan's own history, as it best does, it must also be the very next there.
func (c *Chain) CheckHead(e Event, h Head, index int64) error {
	stated := Event{PlanSeq: h.PlanSeq}
	switch {
	case h.Source != c.Source:
		return fmt.Errorf("states the end of %s, not of %s", printable(h.Source), c.Source)
	case stated.Seq() != c.seq:
		return fmt.Errorf("states that the plan ends with event %s, these end with event %d: events are missing at the end, or the statement is of another day", plainSeq(stated), c.seq)
	case h.Leaf != c.head.String():
		return fmt.Errorf("states another last event than event %d", c.seq)
	case index <= c.index:
		return fmt.Errorf("lies before event %d in the log", c.seq)
	case e.Source == c.Source && (e.Seq() != c.seq+1 || e.Prev == nil || *e.Prev != c.head):
		return fmt.Errorf("does not follow event %d", c.seq)
	}
	return nil
}

var sourceForm = regexp.MustCompile(`^/[a-z0-9/_-]{1,300}$`)

// printable shows a source that may be forged: verdicts are read on terminals.
func printable(source string) string {
	if sourceForm.MatchString(source) {
		return source
	}
	return "another source"
}

func plainSeq(e Event) string {
	if n := e.Seq(); n > 0 {
		return fmt.Sprint(n)
	}
	return "?"
}
