package eventstore

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"
)

// single makes one attempt to store an entry: a plain publish when it is one message, else an atomic batch of its own.
func (s *Store) single(ctx context.Context, e *entry) (uint64, error) {
	if e.long() {
		b := s.newBatch()
		b.send(e)
		return b.commit(ctx, e.limit())
	}
	return s.request(ctx, natsMsg(e.msgs[0]), 1, e.limit())
}

func (s *Store) newBatch() batch {
	return &atomicBatch{store: s, id: []string{nuid.Next()}, msg: nats.Msg{Header: nats.Header{}}}
}

// atomicBatch speaks NATS ADR-50: numbered messages without a reply, then an end-of-batch message that is not stored, and
// whose answer is that of the batch. A message that the server refuses shows as an incomplete batch at the commit, and
// nothing of the batch is stored; one that is never committed the server drops after ten seconds.
type atomicBatch struct {
	store *Store
	id    []string
	n     int
	msg   nats.Msg // the last that was sent: the client has written it out when it returns
	err   error    // the first of sending
}

func (b *atomicBatch) send(e *entry) {
	for _, m := range e.msgs {
		if b.err != nil {
			return
		}
		b.n++
		clear(b.msg.Header)
		m.write(&b.msg)
		b.number(&b.msg, b.n)
		b.err = b.store.nc.PublishMsg(&b.msg)
	}
}

func (b *atomicBatch) commit(ctx context.Context, limit time.Duration) (uint64, error) {
	if b.err != nil {
		return 0, b.err
	}
	msg := &nats.Msg{Subject: b.msg.Subject, Header: nats.Header{"Nats-Batch-Commit": []string{"eob"}}}
	b.number(msg, b.n+1)
	return b.store.request(ctx, msg, b.n, limit)
}

func (b *atomicBatch) number(msg *nats.Msg, n int) {
	msg.Header["Nats-Batch-Id"] = b.id
	msg.Header["Nats-Batch-Sequence"] = []string{strconv.Itoa(n)}
}

var (
	cloudEventsContent = []string{contentType}
	textsContent       = []string{"application/json"}
	checkpointContent  = []string{"text/plain; charset=utf-8"}
)

func natsMsg(m message) *nats.Msg {
	msg := &nats.Msg{Header: nats.Header{}}
	m.write(msg)
	return msg
}

// write adds the headers: what the body is, for events also their type, and the condition.
func (m message) write(msg *nats.Msg) {
	msg.Subject, msg.Data = m.subject, m.body
	msg.Header["Content-Type"] = m.content
	if m.typ != "" {
		msg.Header["ce-type"] = []string{m.typ}
	}
	if m.rollup {
		msg.Header["Nats-Rollup"] = []string{"sub"}
	}
	if m.guard {
		msg.Header["Nats-Expected-Last-Subject-Sequence"] = []string{strconv.FormatUint(m.after, 10)}
	}
}

// request publishes the message that is answered, and checks that the answer speaks of n messages.
func (s *Store) request(ctx context.Context, msg *nats.Msg, n int, limit time.Duration) (uint64, error) {
	reply, err := s.exchange(ctx, msg, limit)
	if err != nil {
		return 0, err
	}
	ack, err := parseAck(reply.Data)
	switch {
	case err != nil:
		return 0, err
	case ack.err != nil:
		return 0, ack.err
	case ack.seq < uint64(n) || n > 1 && ack.count != uint64(n):
		return 0, errors.New("JetStream's acknowledgement makes no sense: " + string(reply.Data))
	}
	return ack.seq - uint64(n) + 1, nil
}

// ack is the answer to a publish: {"stream":"…","seq":7,"batch":"…","count":3}, or {"error":{…}}.
type ack struct {
	seq, count uint64
	err        *apiError
}

// parseAck reads it without encoding/json, whose ten microseconds would be felt by a single writer.
func parseAck(b []byte) (a ack, err error) {
	err = eachMember(b, func(key, raw []byte) (err error) {
		switch string(key) {
		case "seq":
			a.seq, err = strconv.ParseUint(string(raw), 10, 64)
		case "count":
			a.count, err = strconv.ParseUint(string(raw), 10, 64)
		case "error":
			err = json.Unmarshal(raw, &a.err)
		}
		return err
	})
	return a, err
}
