package eventstore

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"
)

// publish makes one attempt to store a group of entries: a plain publish when it is one message, else an atomic batch. It
// returns the sequence of the first message.
func (s *Store) publish(ctx context.Context, group []*entry) (uint64, error) {
	if len(group) == 1 && len(group[0].msgs) == 1 {
		return s.request(ctx, natsMsg(group[0].msgs[0]), 1)
	}
	return s.publishBatch(ctx, group)
}

// publishBatch sends an atomic batch (NATS ADR-50): all but the last message without a reply, the last commits. A message
// that the server refuses shows as an incomplete batch at the commit, and nothing of the batch is stored.
func (s *Store) publishBatch(ctx context.Context, group []*entry) (uint64, error) {
	id, n, left := nuid.Next(), 0, countMessages(group)
	for _, e := range group {
		for _, m := range e.msgs {
			n++
			msg := natsMsg(m)
			msg.Header["Nats-Batch-Id"] = []string{id}
			msg.Header["Nats-Batch-Sequence"] = []string{strconv.Itoa(n)}
			if n == left {
				msg.Header["Nats-Batch-Commit"] = []string{"1"}
				return s.request(ctx, msg, left)
			}
			if err := s.nc.PublishMsg(msg); err != nil {
				return 0, err // the server drops a batch that is not committed
			}
		}
	}
	return 0, errors.New("an empty batch")
}

func natsMsg(m message) *nats.Msg {
	msg := &nats.Msg{Subject: m.subject, Data: m.body, Header: nats.Header{"Content-Type": []string{contentType}}}
	if m.typ != "" {
		msg.Header["ce-type"] = []string{m.typ}
	} else {
		msg.Header["Content-Type"] = []string{"application/json"}
	}
	if m.guard {
		msg.Header["Nats-Expected-Last-Subject-Sequence"] = []string{strconv.FormatUint(m.after, 10)}
	}
	return msg
}

// request publishes the message that is answered, and checks that the answer speaks of n messages.
func (s *Store) request(ctx context.Context, msg *nats.Msg, n int) (uint64, error) {
	reply, err := s.nc.RequestMsgWithContext(ctx, msg)
	if err != nil {
		return 0, err
	}
	var ack struct {
		Error  *apiError `json:"error"`
		Stream string    `json:"stream"`
		Seq    uint64    `json:"seq"`
		Count  int       `json:"count"`
	}
	if err := json.Unmarshal(reply.Data, &ack); err != nil {
		return 0, err
	}
	switch {
	case ack.Error != nil:
		return 0, ack.Error
	case ack.Stream == "" || ack.Seq < uint64(n) || n > 1 && ack.Count != n:
		return 0, errors.New("JetStream's acknowledgement makes no sense: " + string(reply.Data))
	}
	return ack.Seq - uint64(n) + 1, nil
}
