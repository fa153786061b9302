package backup

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// event is what a backup must know of an entry of the log. The entries are signed: they are read for what they mean, not
// for what somebody could make of them.
type event struct {
	ID          string          `json:"id"`
	Source      string          `json:"source"`
	Type        string          `json:"type"`
	Recorded    string          `json:"recordedtime"`
	Command     string          `json:"commandid"`
	CommandHash string          `json:"commandhash"`
	Part        string          `json:"part"`
	Data        json.RawMessage `json:"data"`

	digests []string // of its texts
}

func parseEvent(leaf []byte) (e event, err error) {
	if err := json.Unmarshal(leaf, &e); err != nil || e.ID == "" || e.Source == "" {
		return e, errors.New("is not an event")
	}
	if bytes.Contains(e.Data, []byte(`"_sd"`)) {
		var d struct {
			Digests []string `json:"_sd"`
		}
		err = json.Unmarshal(e.Data, &d)
		e.digests = d.Digests
	}
	return e, err
}

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
