package evidence

import (
	"encoding/json"
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

// Head is what the issuing event states of the plan's end. Its JSON is part of that event's data.
type Head struct {
	Seq      int64  `json:"head_seq"` // number of the plan's last event
	At       int64  `json:"head_at"`  // its position in the history: its index in the log, and one
	Leaf     string `json:"head"`     // its leaf hash, base64
	Contents string `json:"contents"` // what Seal gives for the bundle's files
}

// NewHead states a plan's end, for the event that issues its bundle. index is the last event's place in the log.
func NewHead(seq, index int64, leaf tlog.Hash, contents string) Head {
	return Head{seq, index + 1, leaf.String(), contents}
}

// ParseHead reads the statement out of the issuing event.
func ParseHead(e Event) (Head, error) {
	if e.Type != HeadType {
		return Head{}, errors.New("does not issue a bundle: it is an event of another type")
	}
	seq, _ := e.Data["head_seq"].(json.Number)
	at, _ := e.Data["head_at"].(json.Number)
	var h Head
	var ok [4]bool
	h.Seq, ok[0] = parseSize(string(seq))
	h.At, ok[1] = parseSize(string(at))
	h.Leaf, ok[2] = e.Data["head"].(string)
	h.Contents, ok[3] = e.Data["contents"].(string)
	if ok != [4]bool{true, true, true, true} {
		return Head{}, errors.New("does not state where the plan ends and what the bundle holds")
	}
	return h, nil
}

// CheckHead proves that no event is missing at the end: the issuing event is the plan's very next after the chain's last,
// and names that as the last.
func (c *Chain) CheckHead(e Event, h Head, index int64) error {
	switch {
	case e.Source != c.Source:
		return fmt.Errorf("is of %s, not of %s", printable(e.Source), c.Source)
	case h.Seq != c.seq:
		return fmt.Errorf("states that the plan ends with event %d, these end with event %d: events are missing at the end, or the statement is of another day", h.Seq, c.seq)
	case h.Leaf != c.head.String() || h.At != c.index+1:
		return fmt.Errorf("states another last event than event %d", c.seq)
	case e.Seq() != c.seq+1 || e.Prev == nil || *e.Prev != c.head:
		return fmt.Errorf("does not follow event %d", c.seq)
	case index <= c.index:
		return fmt.Errorf("lies before event %d in the log", c.seq)
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
