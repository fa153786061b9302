package backup

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"plantrail/evidence"
)

// event is what a backup must know of an entry of the log. The entries are signed: they are read for what they mean, not
// for what somebody could make of them.
type event struct {
	ID, Source, Type, Recorded string
	Command, CommandHash, Part string
	Data                       []byte   // JSON
	digests                    []string // of its texts
}

// parseEvent finds the few things wanted in an event's document, which is one line with the attributes in a fixed order and
// data at the end: a member's name with its quotes stands in no value, where quotes are escaped. Reading all of a large
// history with a JSON parser would take four times as long.
func parseEvent(leaf []byte) (e event, err error) {
	rest := leaf
	for _, a := range []struct {
		name string
		to   *string
	}{{`"id":"`, &e.ID}, {`"source":"`, &e.Source}, {`"type":"`, &e.Type}, {`"recordedtime":"`, &e.Recorded}, {`"commandid":"`, &e.Command},
		{`"commandhash":"`, &e.CommandHash}, {`"part":"`, &e.Part}} {
		at := bytes.Index(rest, []byte(a.name))
		if at < 0 {
			return e, errNotEvent
		}
		value, after, ok := bytes.Cut(rest[at+len(a.name):], []byte(`"`))
		if !ok || bytes.IndexByte(value, '\\') >= 0 {
			return e, errNotEvent
		}
		*a.to, rest = string(value), after
	}
	_, data, ok := bytes.Cut(rest, []byte(`"data":`))
	if !ok || len(data) < 3 {
		return e, errNotEvent
	}
	e.Data = data[:len(data)-1]
	if _, list, has := bytes.Cut(data, []byte(`"_sd":[`)); has {
		list, _, ok = bytes.Cut(list, []byte(`]`))
		if !ok {
			return e, errNotEvent
		}
		for one := range bytes.SplitSeq(list, []byte(`,`)) {
			e.digests = append(e.digests, strings.Trim(string(one), `"`))
		}
	}
	return e, nil
}

var errNotEvent = errors.New("is not an event")

// salted reports whether the event's command is known by a salted digest, whose disclosure then lies with the event's texts.
func (e event) salted() bool { return len(e.CommandHash) == 43 && e.Part == "1" }

// history is the last part of the source: the plan, or for a reserved history its name with an underscore.
func (e event) history() string {
	parts := strings.Split(e.Source, "/")
	name := parts[len(parts)-1]
	if !strings.Contains(e.Source, "/plans/") {
		name = "_" + name
	}
	return name
}

func (e event) sameCommand(o event) bool { return e.Source == o.Source && e.Command == o.Command }

// keeps reports whether an encoded disclosure belongs to the event.
func (e event) keeps(digest string) bool {
	return slices.Contains(e.digests, digest) || e.salted() && digest == e.CommandHash
}

// fitting are those of its texts that the event was recorded with. What a source has instead of one is no text of the event:
// the text is lost.
func (e event) fitting(disclosures []string) []string {
	return slices.DeleteFunc(slices.Clone(disclosures), func(enc string) bool { return !e.keeps(evidence.Digest(enc)) })
}

// Erasure is a text that was erased, as the log says. Positions count from 1; First is that of the first event of the same
// command, whose texts hold the digest of the whole command, which goes too.
type Erasure struct {
	Plan      string `json:"plan"`
	Event     string `json:"event"`
	Field     string `json:"field"`
	Asked     string `json:"asked"`
	Authority string `json:"authority,omitempty"`

	position, first int64
}

// File is a file of evidence, as its event describes it.
type File struct {
	Plan, ID, SHA256 string
	Size             int64
}

// name is the file's place in the backup.
func (f File) name() string { return "evidence/" + f.Plan + "/" + f.ID }

// learn takes from an event what matters beyond its texts.
func (r *reading) learn(e event) error {
	var d struct {
		Of, Field, Evidence, SHA256, Key string
		Entry, Size                      int64
		Authority                        struct{ Body string }
	}
	wanted := e.Type == "plantrail.erasure-requested.v1" || e.Type == "plantrail.evidence-attached.v1" || e.Type == "plantrail.key-adopted.v1"
	if !wanted {
		return nil
	}
	if err := json.Unmarshal(e.Data, &d); err != nil {
		return err
	}
	switch {
	case e.Type == "plantrail.erasure-requested.v1":
		r.erasures = append(r.erasures, Erasure{Plan: e.history(), Event: d.Of, Field: d.Field, Asked: e.Recorded, Authority: d.Authority.Body, position: d.Entry})
	case e.Type == "plantrail.evidence-attached.v1":
		f := File{e.history(), d.Evidence, d.SHA256, d.Size}
		if !plainName(f.Plan) || !plainName(f.ID) {
			return errors.New("names a file of evidence that can't be a file's name")
		}
		r.files = append(r.files, f)
	case strings.HasSuffix(e.Source, "/log") && e.history() == "_log":
		r.keys = append(r.keys, d.Key)
	}
	return nil
}

// plainName reports whether an id can be a file's name without leading anywhere else.
func plainName(s string) bool {
	return s != "" && len(s) <= 128 && s[0] != '.' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == ""
}

// ReadEvent finds in an entry of the log its event's id and, where it records that a text is to be erased, which.
func ReadEvent(leaf []byte) (id string, erased *Erasure, err error) {
	e, err := parseEvent(leaf)
	var r reading
	if err == nil {
		err = r.learn(e)
	}
	if len(r.erasures) > 0 {
		erased = &r.erasures[0]
	}
	return e.ID, erased, err
}

// Without is a list of disclosures less that of a field, and less that of the command's digest, as an erasing leaves it.
func Without(disclosures []string, field string) []string {
	return line{Disclosures: disclosures}.without([]string{field, commandText}).Disclosures
}
