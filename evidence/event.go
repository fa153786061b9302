package evidence

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

// Event is what a proof needs to know of an event's document; all else in it is none of our business.
type Event struct {
	Source  string // the CloudEvents source: the organisation and the plan
	Type    string
	PlanSeq string     // 20 digits; Seq gives the number
	Prev    *tlog.Hash // leaf hash of the plan's previous event, nil on the first
	Digests []string   // data._sd: of its texts
	Data    map[string]any
}

// ParseEvent reads an event's document from its exact bytes. It is strict where two readers could see two things in the same
// bytes: UTF-8 only, no name twice, nothing after the end, nested at most 32 deep.
func ParseEvent(leaf []byte) (Event, error) {
	doc, err := parseObject(leaf)
	if err != nil {
		return Event{}, err
	}
	var e Event
	var ok [3]bool
	e.Source, ok[0] = doc["source"].(string)
	e.Type, ok[1] = doc["type"].(string)
	e.PlanSeq, ok[2] = doc["planseq"].(string)
	e.Data, _ = doc["data"].(map[string]any)
	if !ok[0] || !ok[1] || !ok[2] || e.Data == nil {
		return Event{}, errors.New("is not an event: its source, type, planseq or data is not there")
	}
	if prev, there := doc["prev"]; there {
		text, _ := prev.(string)
		h, ok := parseHash(text)
		if !ok {
			return Event{}, errors.New("is not an event: its prev is not a hash")
		}
		e.Prev = &h
	}
	e.Digests, err = digests(e.Data)
	return e, err
}

// Seq is the event's number in its plan, from 1; 0 when planseq is not 20 digits.
func (e Event) Seq() int64 {
	n, err := strconv.ParseInt(e.PlanSeq, 10, 64)
	if err != nil || e.PlanSeq != formatSeq(n) {
		return 0
	}
	return n
}

func formatSeq(n int64) string { return fmt.Sprintf("%020d", n) }

var digestForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

func digests(data map[string]any) ([]string, error) {
	list, there := data["_sd"]
	if !there {
		return nil, nil
	}
	bad := errors.New("has digests of texts that can't be checked")
	all, ok := list.([]any)
	if alg, _ := data["_sd_alg"].(string); !ok || alg != "sha-256" {
		return nil, bad
	}
	var out []string
	for _, d := range all {
		text, _ := d.(string)
		if !digestForm.MatchString(text) || slices.Contains(out, text) {
			return nil, bad
		}
		out = append(out, text)
	}
	return out, nil
}

var recordedTime = regexp.MustCompile(`"recordedtime":"([0-9TZ:.-]{1,40})"`)

// when finds the recorded time in an event's bytes even if they are damaged, to name the event by. It proves nothing.
func when(leaf []byte) string {
	if m := recordedTime.FindSubmatch(leaf); m != nil {
		return ", recorded " + string(m[1]) + ","
	}
	return ""
}
