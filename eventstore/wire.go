package eventstore

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"time"

	"plantrail/domain"
)

// The stored form of an event: one CloudEvents 1.0 JSON document in structured mode, on one line, fields in this order,
// ids and attribute values in plain ASCII:
//
//	{"specversion":"1.0","id":"019ab3f2-…","source":"/orgs/acme/plans/sdp","type":"plantrail.rating-changed.v1",
//	 "subject":"item-07","time":"2020-02-03T00:00:00Z","recordedtime":"2026-11-22T09:30:12.123456Z",
//	 "datacontenttype":"application/json","dataschema":"plantrail:/schemas/rating-changed.v1.json",
//	 "planseq":"00000000000000000042","prev":"<base64>","authid":"p-7f3a","authtype":"user","authrole":"editor",
//	 "commandid":"c-01","commandhash":"<hex, or base64url when salted>","part":"1","parts":"1",
//	 "data":{"stated":"2020-02-03",<the event's own fields>,"authority":{…},"_sd_alg":"sha-256","_sd":["…"]}}
//
// These exact bytes are the leaf of the Merkle log: they are never written again in another form. subject is the item and
// is left out when the event concerns none; time is the start of the stated date in UTC and is left out when that is not
// known; prev is left out on the first event of a history; authbehalf, correlationid and causationid are left out when
// empty. dataschema has a scheme because CloudEvents wants an absolute URI and no host is for ever: its path is where any
// plantrail serves the schema. data grows by added fields; a change of meaning is type "….v2" beside v1, and upcast turns the old one into it.
const (
	specVersion = "1.0"
	typePrefix  = "plantrail."
	contentType = "application/cloudevents+json"
	timeLayout  = "2006-01-02T15:04:05.000000Z"
)

// LeafHash is the RFC 6962 leaf hash of an event's stored bytes.
func LeafHash(body []byte) domain.Hash {
	h := sha256.New()
	h.Write([]byte{0})
	h.Write(body)
	var leaf domain.Hash
	h.Sum(leaf[:0])
	return leaf
}

// encode writes the stored form. The texts of r.Event do not get into it: digests stand for them.
func encode(org domain.OrgID, r *domain.Recorded, digests []string) ([]byte, error) {
	if err := checkAttributes(r); err != nil {
		return nil, err
	}
	w := writer{buf: make([]byte, 0, 1024)}
	w.begin()
	w.attr("specversion", specVersion)
	w.attr("id", string(r.ID))
	w.attr("source", source(org, r.Plan))
	w.attr("type", typePrefix, r.Event.Type(), ".v1")
	w.optional("subject", string(r.Item()))
	if r.Stated.Known() {
		w.time("time", r.Stated.Start(), time.RFC3339)
	}
	w.time("recordedtime", r.RecordedAt.UTC(), timeLayout)
	w.attr("datacontenttype", "application/json")
	w.attr("dataschema", "plantrail:/schemas/", r.Event.Type(), ".v1.json")
	w.number("planseq", r.PlanSeq, 20)
	if r.Prev != (domain.Hash{}) {
		w.hash("prev", r.Prev)
	}
	w.attr("authid", string(r.Actor.ID))
	w.attr("authtype", string(r.Actor.Kind))
	w.attr("authrole", string(r.Actor.Role))
	w.optional("authbehalf", escapeAttr(r.Actor.OnBehalfOf))
	w.attr("commandid", string(r.Command))
	w.attr("commandhash", r.CommandHash)
	w.number("part", uint64(r.Part), 1)
	w.number("parts", uint64(r.Parts), 1)
	w.optional("correlationid", r.Correlation)
	w.optional("causationid", r.Causation)
	w.name("data")
	if err := writeData(&w, r, digests); err != nil {
		return nil, err
	}
	w.end()
	body := w.buf
	if w.bad != "" {
		return nil, domain.Errorf(domain.Internal, w.bad, "its value is not plain ASCII")
	}
	if len(body) > maxBody {
		return nil, domain.Errorf(domain.TooLarge, "", "the event has %d bytes without its texts, the limit is %d", len(body), maxBody).
			WithHint("shorten labels and references, or divide it")
	}
	return body, nil
}

// checkAttributes bounds what callers put into attributes unchecked. Ids come through the domain's one gate.
func checkAttributes(r *domain.Recorded) error {
	for _, a := range [...]struct{ field, value string }{{"correlation", r.Correlation}, {"causation", r.Causation}} {
		if len(a.value) > 128 || !plainASCII(a.value) {
			return domain.Errorf(domain.Invalid, a.field, "it is not a plain identifier").WithHint("use at most 128 ASCII characters")
		}
	}
	if len(r.Actor.OnBehalfOf) > 200 {
		return domain.Errorf(domain.TooLarge, "on_behalf_of", "it has %d bytes, the limit is 200", len(r.Actor.OnBehalfOf))
	}
	if r.Actor.ID == "" || r.Actor.Kind == "" || r.Command == "" {
		return domain.Errorf(domain.Internal, "", "an event without an actor or a command can't be recorded")
	}
	return nil
}

func source(org domain.OrgID, plan domain.PlanID) string {
	if plan.Reserved() {
		return "/orgs/" + string(org) + "/" + string(plan[1:])
	}
	return "/orgs/" + string(org) + "/plans/" + string(plan)
}

func planOf(org domain.OrgID, source string) (domain.PlanID, bool) {
	rest, ok := strings.CutPrefix(source, "/orgs/"+string(org)+"/")
	if plan, is := strings.CutPrefix(rest, "plans/"); ok && is {
		id, err := domain.ParsePlanID(plan)
		return id, err == nil
	}
	if _, err := domain.ParsePlanID(rest); !ok || err != nil {
		return "", false
	}
	return domain.PlanID("_" + rest), true
}

// escapeAttr percent-encodes what is not printable ASCII, as the CloudEvents HTTP binding does; unescapeAttr undoes it.
func escapeAttr(s string) string {
	if plainASCII(s) && !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c > 0x7e || c == '%' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func unescapeAttr(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// decode reads the stored form. It never panics, whatever the bytes; an event of a type or version that this binary does
// not know is an error, for to pass over it would be to tell another history.
func decode(org domain.OrgID, at domain.Position, body []byte) (domain.Recorded, error) {
	r, err := decodeBody(org, body)
	if err != nil {
		return domain.Recorded{}, domain.Errorf(domain.Internal, fmt.Sprintf("position %d", at), "%v", err).
			WithHint("if a newer plantrail wrote it, upgrade; otherwise " + mend)
	}
	r.Position, r.Leaf = at, LeafHash(body)
	return r, nil
}

func decodeBody(org domain.OrgID, body []byte) (r domain.Recorded, err error) {
	var env envelope
	if err := env.scan(body); err != nil {
		return r, err
	}
	a := attrs{env: &env}
	if v := a.need(fSpecversion); v != specVersion && a.err == nil {
		return r, fmt.Errorf("specversion is %q", v)
	}
	r.ID = domain.EventID(a.need(fID))
	src := a.need(fSource)
	plan, ok := planOf(org, src)
	if !ok && a.err == nil {
		return r, fmt.Errorf("source %q is not of organisation %s", src, org)
	}
	r.Plan = plan
	r.RecordedAt = a.time(fRecordedtime)
	r.PlanSeq = a.sequence(fPlanseq)
	r.Prev = a.hash(fPrev)
	r.Actor = domain.Actor{ID: domain.ActorID(a.need(fAuthid)), Kind: domain.ActorKind(a.need(fAuthtype)),
		Role: domain.Role(a.text(fAuthrole)), OnBehalfOf: unescapeAttr(a.text(fAuthbehalf))}
	r.Command = domain.CommandID(a.need(fCommandid))
	r.CommandHash = a.need(fCommandhash)
	r.Part, r.Parts = a.count(fPart), a.count(fParts)
	r.Correlation, r.Causation = a.text(fCorrelationid), a.text(fCausationid)
	typ := a.need(fType)
	if a.err != nil {
		return r, a.err
	}
	if r.Part > r.Parts {
		return r, fmt.Errorf("part %d of %d", r.Part, r.Parts)
	}
	return r, decodeData(&r, typ, env[fData])
}
