package pages

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"plantrail/evidence/publish"
	"plantrail/projections"
)

// proofState is how the proof stands, as the API tells it.
type proofState struct {
	projections.KeeperStatus
	Keys       []string
	Checkpoint string
	Against    string
	Outlets    []publish.OutletStatus
}

// Words of a state of the proof, by which a page chooses how loud it is.
const (
	proofGood    = "good"
	proofYoung   = "young"   // nothing is signed or checked yet
	proofBehind  = "behind"  // it was good, and lately nothing was signed
	proofFailed  = "failed"  // what is read is not what was signed
	proofUnknown = "unknown" // no proof is kept here
)

// behindAfter is how long what is recorded may wait for its signature before people are told.
const behindAfter = time.Minute

// State is the proof's state in a word.
func (p proofState) State() string {
	switch {
	case p.Alarm != "" || p.Bad != nil:
		return proofFailed
	case p.Origin == "":
		return proofUnknown
	case p.Size == 0 || p.LastCheck.IsZero():
		return proofYoung
	case p.LagSeconds > behindAfter.Seconds():
		return proofBehind
	}
	return proofGood
}

// Sentence says it to somebody who has never heard of a hash.
func (p proofState) Sentence() string {
	entries := count(int(p.Size), "entry", "entries")
	switch p.State() {
	case proofFailed:
		return "The record is not as it was signed. Something that was recorded has been changed, or is missing. Do not rely on these pages until it is known why."
	case proofUnknown:
		return "No proof is kept on this server, so these pages can't say whether the record is whole."
	case proofYoung:
		return "The record has not been signed and checked for the first time yet. That takes a few seconds after the first change."
	case proofBehind:
		return fmt.Sprintf("The first %s are as they were signed. %s since then are recorded and not yet signed.", entries, count(int(p.LagEvents), "entry", "entries"))
	}
	return fmt.Sprintf("Nothing that was recorded here has been changed, left out or put in another order: every one of the %s was read again and is as it was signed. That was on %s.", entries, moment(p.LastCheck))
}

// Witnesses are those outside this server who have signed what it showed them.
func (p proofState) Witnesses() (n int) {
	for _, o := range p.Outlets {
		if o.Kind == "witness" && o.Size > 0 {
			n++
		}
	}
	return n
}

// proof asks how the proof stands. Where none is kept the answer says so, and is no error.
func (v *visit) proof(q url.Values) (p proofState, _ error) {
	err := v.get("/verify", q, &p)
	if failed, ok := err.(*problem); ok && failed.Status == http.StatusServiceUnavailable {
		return proofState{}, nil
	}
	return p, err
}

type verifyPage struct {
	proofState
	Size, Root string // of a paper, as somebody typed them
	Problem    *problem
	Verdict    *projections.Verdict
}

// verify shows the state of the proof and, asked with the size and root that a paper prints, whether today's history begins
// with that one.
func (v *visit) verify() error {
	page := verifyPage{Size: v.r.URL.Query().Get("size"), Root: v.r.URL.Query().Get("root")}
	status := http.StatusOK
	if page.Size != "" || page.Root != "" {
		q, _ := url.ParseQuery(encode("size", page.Size, "root", page.Root)) // it was just encoded
		err := v.get("/verify", q, &page.proofState)
		if p, ok := err.(*problem); ok && p.Status < http.StatusInternalServerError {
			page.Problem, status = p, p.Status
		} else if err != nil {
			return err
		}
	}
	if page.Origin == "" {
		var err error
		if page.proofState, err = v.proof(nil); err != nil {
			return err
		}
	}
	return v.showStatus(status, "verify", "Is the record whole?", "verify", page)
}

// verifyAll has everything read again. It takes as long as the history is.
func (v *visit) verifyAll() error {
	_ = http.NewResponseController(v.w).SetWriteDeadline(time.Time{}) // one that has none is as good
	a, err := v.call(http.MethodPost, "/verify", nil, nil, nil)
	if err != nil {
		return err
	}
	page := verifyPage{Verdict: &projections.Verdict{}}
	if err := json.Unmarshal(a.body.Bytes(), page.Verdict); err != nil {
		return err
	}
	if page.proofState, err = v.proof(nil); err != nil {
		return err
	}
	return v.show("verify", "Everything was read again", "verify", page)
}

// entryPage is an entry with what proves it.
type entryPage struct {
	projections.Entry
	Proof proofState
}

// Sealed reports whether the entry is under a signature.
func (p entryPage) Sealed() bool {
	return p.Proof.Size > 0 && uint64(p.Position) <= uint64(p.Proof.Size)
}

func (v *visit) entry() error {
	var page entryPage
	if err := v.get(path("plans", v.r.PathValue("plan"), "entries", v.r.PathValue("entry")), nil, &page.Entry); err != nil {
		return err
	}
	var err error
	if page.Proof, err = v.proof(nil); err != nil {
		return err
	}
	return v.show("entry", fmt.Sprintf("Entry %d of %s", page.Entry.Entry, page.Plan), "plans", page)
}
