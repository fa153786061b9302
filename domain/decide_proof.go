package domain

import (
	"encoding/base64"
	"slices"
	"strings"
)

// maxEvidence bounds one file of evidence in bytes.
const maxEvidence = 256 << 20

func (c AttachEvidence) decide(h against) ([]Event, error) {
	p, err := h.live()
	if err != nil {
		return nil, err
	}
	if c.Evidence == "" {
		c.Evidence = nextID(len(p.evidence)+1, "evidence-", func(id EvidenceID) bool { _, taken := p.evidence[id]; return taken })
	}
	_, err = p.find("item", c.Item)
	_, taken := p.evidence[c.Evidence]
	switch {
	case err != nil:
	case !isID(string(c.Evidence)):
		err = Errorf(Invalid, "evidence", "%s is not an id", quote(string(c.Evidence))).WithHint("use " + idRule)
	case taken:
		err = Errorf(Refused, "evidence", "the plan has evidence %s already", quote(string(c.Evidence)))
	case !isSHA256(c.SHA256):
		err = Errorf(Invalid, "sha256", "the file's digest is not 64 hexadecimal digits")
	case c.Size <= 0 || c.Size > maxEvidence:
		err = Errorf(TooLarge, "size", "a file of evidence has 1 to %d bytes, not %d", maxEvidence, c.Size)
	}
	return one(&EvidenceAttached{Evidence: c.Evidence, Item: c.Item, SHA256: c.SHA256, Size: c.Size, MediaType: c.MediaType,
		Dated: c.Dated, Title: c.Title, File: c.File}, first(err, checkASCII("media_type", c.MediaType),
		needText("title", c.Title, "say what the file shows"), checkLine("file", string(c.File), 255)))
}

func isSHA256(s string) bool { return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == "" }

func (c WithdrawEvidence) decide(h against) ([]Event, error) {
	p, err := h.live()
	if err != nil {
		return nil, err
	}
	item, ok := p.evidence[c.Evidence]
	if !ok {
		return nil, Errorf(NotFound, "evidence", "the plan has no evidence %s", quote(string(c.Evidence))).WithHint("look at the item's history")
	}
	for _, e := range p.items[item].Evidence {
		if e.ID == c.Evidence && e.Withdrawn != 0 {
			err = Errorf(Refused, "evidence", "%s is withdrawn already", quote(string(c.Evidence)))
		}
	}
	return one(&EvidenceWithdrawn{Evidence: c.Evidence, Item: item, Reason: c.Reason},
		first(err, needText("reason", c.Reason, "say why it is withdrawn")))
}

func (c WaiveEvidence) decide(h against) ([]Event, error) {
	_, it, err := h.item(c.Item)
	if err == nil && it.Waived != 0 {
		err = Errorf(Refused, "item", "the item %s needs no evidence already", quote(string(c.Item)))
	}
	return one(&EvidenceWaived{Item: c.Item, Reason: c.Reason}, first(err, needText("reason", c.Reason, "say why no evidence is needed")))
}

func (c EraseText) decide(h against) ([]Event, error) {
	target, ok := h.entry(c.Entry)
	if !ok {
		return nil, Errorf(NotFound, "entry", "there is no entry %s", quote(c.Entry)).WithHint("give the number or event id that the timeline shows")
	}
	for hold, inForce := range h.holds {
		if inForce {
			return nil, Errorf(Refused, "plan", "the legal hold %s forbids erasing", hold).WithHint("it must be released first")
		}
	}
	if _, asked := h.erasures[textRef{target.id, c.Field}]; asked {
		return nil, Errorf(Refused, "field", "the erasing of this text was asked for already")
	}
	found := false
	for name := range Texts(target.event) {
		found = found || name == c.Field
	}
	if !found {
		return nil, Errorf(Invalid, "field", "a %s entry has no text %s", target.event.Type(), quote(c.Field))
	}
	return one(&ErasureRequested{Of: target.id, Entry: target.position, Item: target.event.about(), Field: c.Field, Reason: c.Reason},
		c.ending("the text", c.Reason))
}

func (c CompleteErasure) decide(h against) ([]Event, error) {
	asked, ok := h.erasures[textRef{c.Of, c.Field}]
	if !ok || asked.Done {
		return nil, Errorf(Refused, "field", "no erasing of this text is under way")
	}
	target, _ := h.entry(string(c.Of))
	return one(&ErasureCompleted{Of: c.Of, Entry: asked.Entry, Item: target.event.about(), Field: c.Field, Request: asked.Request}, nil)
}

func (c SetHold) decide(h against) ([]Event, error) {
	if h.head.PlanSeq == 0 {
		return nil, Errorf(NotFound, "plan", "there is no plan %s", quote(string(h.ID)))
	}
	if c.Hold == "" {
		c.Hold = nextID(len(h.holds)+1, "hold-", func(id HoldID) bool { _, taken := h.holds[id]; return taken })
	}
	var err error
	if _, taken := h.holds[c.Hold]; taken {
		err = Errorf(Refused, "hold", "there is a hold %s already", quote(string(c.Hold)))
	}
	if !isID(string(c.Hold)) {
		err = Errorf(Invalid, "hold", "%s is not an id", quote(string(c.Hold))).WithHint("use " + idRule)
	}
	return one(&HoldSet{Hold: c.Hold, Reason: c.Reason}, first(err, needText("reason", c.Reason, "say why nothing may be erased")))
}

// holdsInForce names them, for whoever has named another.
func (h against) holdsInForce() string {
	var ids []string
	for id, inForce := range h.holds {
		if inForce {
			ids = append(ids, string(id))
		}
	}
	if len(ids) == 0 {
		return "there is none in this plan"
	}
	slices.Sort(ids)
	return "those in force are " + strings.Join(ids, ", ")
}

func (c ReleaseHold) decide(h against) ([]Event, error) {
	var err error
	if !h.holds[c.Hold] {
		err = Errorf(NotFound, "hold", "no hold %s is in force", quote(string(c.Hold))).WithHint(h.holdsInForce())
	}
	return one(&HoldReleased{Hold: c.Hold, Reason: c.Reason}, first(err, c.ending("the hold", c.Reason)))
}

func (c IssueBundle) decide(h against) ([]Event, error) {
	p := &h.plan
	if h.ID.Reserved() || p.Opened == 0 {
		return nil, Errorf(NotFound, "plan", "there is no plan %s", quote(string(h.ID))).WithHint("look at the list of plans")
	}
	taken := map[BundleID]bool{}
	for _, e := range h.entries {
		if b, ok := e.event.(*BundleIssued); ok {
			taken[b.Bundle] = true
		}
	}
	if c.Bundle == "" {
		c.Bundle = nextID(len(taken)+1, "bundle-", func(id BundleID) bool { return taken[id] })
	}
	var err error
	switch {
	case !isID(string(c.Bundle)) || taken[c.Bundle]:
		err = Errorf(Invalid, "bundle", "%s is not an id or is taken", quote(string(c.Bundle)))
	case c.Item != "":
		_, err = p.find("item", c.Item)
	}
	return one(&BundleIssued{Bundle: c.Bundle, Item: c.Item, AsAt: c.AsAt, HeadSeq: h.head.PlanSeq, HeadAt: h.head.Position,
		Head: base64.StdEncoding.EncodeToString(h.head.Leaf[:]), Contents: c.Contents,
		For: c.For, Reason: c.Reason}, first(err, checkASCII("contents", c.Contents), needText("reason", c.Reason, "say why the bundle is taken")))
}

func (c AdoptKey) decide(h against) ([]Event, error) {
	var err error
	switch {
	case h.ID != Log:
		err = Errorf(Refused, "plan", "keys are kept in %s", Log)
	case c.Key == "" || c.Key == h.key:
		err = Errorf(Refused, "key", "this key signs already, or is none")
	}
	return one(&KeyAdopted{Key: c.Key, Replaces: h.key}, first(err, checkLine("key", c.Key, 400), checkText("key", Text(c.Key))))
}

func (c RecordRepair) decide(h against) ([]Event, error) {
	repaired := c.HistoryRepaired
	var err error
	if h.ID != Log || repaired.First == 0 || repaired.Last < repaired.First {
		err = Errorf(Refused, "plan", "repairs are kept in %s and name what they put back", Log)
	}
	return one(&repaired, err)
}
