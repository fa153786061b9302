package eventstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"plantrail/domain"
)

// apiError is an error as JetStream states it. The numbers are its contract, the words are not.
type apiError struct {
	Status int    `json:"code"`
	Code   int    `json:"err_code"`
	Text   string `json:"description"`
}

func (e *apiError) Error() string { return fmt.Sprintf("JetStream error %d: %s", e.Code, e.Text) }

// The codes that plantrail knows.
const (
	codeNoPeers         = 10005 // fewer servers are there than a stream wants copies
	codeNoMessage       = 10037
	codeStorage         = 10047
	codeMaxPayload      = 10054
	codeStreamNotFound  = 10059
	codeWrongLast       = 10071 // the plan moved on
	codeStoreFailed     = 10077
	codeInProcess       = 10158 // our earlier try is being stored
	codeNotReady        = 10163 // the expected sequence can't be checked just now
	codeWrongLastFlight = 10164 // the plan is moving on at this moment, on a replicated stream or within a batch
	codeIncomplete      = 10176 // a message of the batch was refused or lost: nothing of it is stored
	codeTooManyBatches  = 10210 // nor of this one
)

// verdict is what one attempt to publish came to.
type verdict int

const (
	stored   verdict = iota
	conflict         // certainly not stored by this attempt: the subject's last sequence is another
	racing           // certainly not stored: another message for the subject is in flight, and may yet fail
	again            // certainly not stored: try again
	unknown          // may have been stored
	never            // certainly not stored, and trying again can't help
)

// judge reads the outcome of an attempt: the one place that knows what JetStream's and the client's errors mean.
func judge(err error) verdict {
	if err == nil {
		return stored
	}
	var api *apiError
	switch {
	case errors.As(err, &api):
		return judgeCode(api)
	case errors.Is(err, nats.ErrNoResponders), errors.Is(err, nats.ErrReconnectBufExceeded),
		errors.Is(err, nats.ErrConnectionReconnecting):
		return again // nobody took it
	case errors.Is(err, nats.ErrMaxPayload), errors.Is(err, nats.ErrBadSubject), errors.Is(err, nats.ErrConnectionClosed):
		return never
	}
	return unknown // time-outs, a connection cut half way, answers that can't be read
}

func judgeCode(e *apiError) verdict {
	switch e.Code {
	case codeWrongLast:
		return conflict
	case codeWrongLastFlight:
		return racing
	case codeNotReady, codeIncomplete, codeTooManyBatches:
		return again
	case codeInProcess, codeStoreFailed:
		return unknown // stored half way, as far as can be told
	}
	if e.Status == 503 || e.Status == 429 {
		return unknown
	}
	return never
}

// outcome is the error that the domain gets for an append that did not come to a good end. maybe says that an attempt may
// have been stored.
func (s *Store) outcome(err error, v verdict, maybe bool, c domain.CommandID) error {
	switch {
	case v == conflict:
		return domain.Errorf(domain.Conflict, "plan", "the plan has moved on").WithHint("look again and decide again").Because(err)
	case maybe:
		s.stats.unknowns.Add(1)
		return domain.Errorf(domain.Unknown, "", "it is not known whether command %s was recorded", c).
			WithHint(fmt.Sprintf("ask again with the same command id, %s: it can't be recorded twice", c)).Because(s.because(err))
	case v == never && overLimit(err):
		return domain.Errorf(domain.TooLarge, "", "the journal does not take a message of this size").Because(err)
	}
	return s.unavailable(err)
}

func overLimit(err error) bool {
	var api *apiError
	return errors.Is(err, nats.ErrMaxPayload) || errors.As(err, &api) && api.Code == codeMaxPayload
}

// unavailable is the error of a journal that did not do what it was asked, and certainly recorded nothing.
func (s *Store) unavailable(err error) error {
	return domain.Errorf(domain.Unavailable, "journal", "the journal does not answer, nothing was recorded").
		WithHint("try again in a moment; the log and /healthz say what is wrong").Because(s.because(err))
}

// because adds the reason that only reached the connection's error handler: a refused permission comes to the caller as a
// time-out.
func (s *Store) because(err error) error {
	if said := s.asyncErr.Load(); said != nil && time.Since(said.at) < 2*s.cfg.Patience && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout)) {
		return fmt.Errorf("%w (the server said: %w)", err, said.err)
	}
	return err
}
