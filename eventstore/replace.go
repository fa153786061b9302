package eventstore

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"plantrail/domain"
)

// ReplaceCopy has a server make its copy of a stream anew from the others', of which those named are whole. It needs an
// administrator's rights, which the application has not. Whoever calls it has read the whole ones to their end.
//
// The server's copy is taken out of the group, and comes back empty. In a cluster with more servers than copies another one
// takes its place. A cluster that has no other one gives up a copy only for a smaller group: so the group shrinks by one,
// which leaves at least one whole copy whichever it gives up, and grows again. A crash in between leaves the smaller group,
// which Open refuses, naming the setting; called again it goes on.
func (s *Store) ReplaceCopy(ctx context.Context, stream, server string, whole []string) error {
	if len(whole) == 0 || slices.Contains(whole, server) || s.cfg.Replicas < 3 {
		return refuse("stream "+stream, "there must be three copies, and one of those that are kept must be whole")
	}
	if err := s.leadBy(ctx, stream, whole); err != nil {
		return err
	}
	gone, err := s.removePeer(ctx, stream, server)
	if err != nil {
		return err
	}
	if !gone {
		if err := s.resize(ctx, stream, s.cfg.Replicas-1); err != nil {
			return err
		}
		if err := s.leadBy(ctx, stream, whole); err != nil {
			return err
		}
		// It may have been another copy that was given up: then the server's goes now, and the other one comes back.
		if _, err := s.removePeer(ctx, stream, server); err != nil {
			return err
		}
	}
	return s.resize(ctx, stream, s.cfg.Replicas)
}

// Regrow gives a stream as many copies as it must have, where a replacing was cut short; else it does nothing.
func (s *Store) Regrow(ctx context.Context, stream string) error {
	info, err := s.streamInfo(ctx, stream)
	if err != nil || info == nil || s.cfg.Replicas < 3 {
		return err
	}
	// The servers are counted too: they follow what is set a moment later.
	if string(info.Config["num_replicas"]) == strconv.Itoa(s.cfg.Replicas) && len(info.Cluster.Replicas) == s.cfg.Replicas-1 {
		return nil
	}
	return s.resize(ctx, stream, s.cfg.Replicas)
}

// settling is how long the servers of a group may take to agree on something, and to fetch what they lack.
const (
	settling  = 60 * time.Second
	filling   = time.Hour
	nextTry   = 8 * time.Second // an election takes up to nine seconds: who asks too often begins it anew each time
	codeRemap = 10075           // no server is left to take the place of the one removed
	codeNoMem = 10040           // the server is no member of the group
)

// leadBy has one of some servers lead a stream.
func (s *Store) leadBy(ctx context.Context, stream string, servers []string) error {
	asked := time.Time{}
	return s.settled(ctx, settling, func() (bool, error) {
		info, err := s.streamInfo(ctx, stream)
		if err != nil || info == nil || info.Cluster.Leader == "" {
			return false, err
		}
		if slices.Contains(servers, info.Cluster.Leader) {
			return true, nil
		}
		if time.Since(asked) > nextTry {
			asked = time.Now()
			var res struct{ Error *apiError }
			req := fmt.Appendf(nil, `{"placement":{"preferred":%q}}`, servers[0])
			if err := s.ask(ctx, "$JS.API.STREAM.LEADER.STEPDOWN."+stream, req, &res); err != nil || res.Error != nil {
				return false, s.forAdministrators(stream, err, res.Error)
			}
		}
		return false, nil
	})
}

// removePeer takes a server out of a stream's group. gone is false where the group can't do without it.
func (s *Store) removePeer(ctx context.Context, stream, server string) (gone bool, err error) {
	req, err := json.Marshal(map[string]string{"peer": server})
	if err != nil {
		return false, err
	}
	var res struct{ Error *apiError }
	err = s.ask(ctx, "$JS.API.STREAM.PEER.REMOVE."+stream, req, &res)
	switch {
	case err == nil && (res.Error == nil || res.Error.Code == codeNoMem):
		return true, s.settled(ctx, settling, func() (bool, error) {
			servers, err := s.copiesOf(ctx, stream)
			return err == nil && !slices.Contains(servers, server), nil
		})
	case err == nil && res.Error.Code == codeRemap:
		return false, nil
	}
	return false, s.forAdministrators(stream, err, res.Error)
}

// resize gives a stream so many copies, and waits until each has all.
func (s *Store) resize(ctx context.Context, stream string, copies int) error {
	var set struct {
		Config map[string]json.RawMessage `json:"config"`
		Error  *apiError                  `json:"error"`
	}
	if err := s.ask(ctx, "$JS.API.STREAM.INFO."+stream, nil, &set); err != nil || set.Error != nil {
		return s.forAdministrators(stream, err, set.Error)
	}
	set.Config["num_replicas"] = fmt.Append(nil, copies)
	req, err := json.Marshal(set.Config)
	if err != nil {
		return err
	}
	var res struct{ Error *apiError }
	if err := s.ask(ctx, "$JS.API.STREAM.UPDATE."+stream, req, &res); err != nil || res.Error != nil {
		return s.forAdministrators(stream, err, res.Error)
	}
	return s.settled(ctx, filling, func() (bool, error) {
		info, err := s.streamInfo(ctx, stream)
		if err != nil || info == nil || info.Cluster.Leader == "" || len(info.Cluster.Replicas) != copies-1 {
			return false, nil // an election may be under way
		}
		return !slices.ContainsFunc(info.Cluster.Replicas, func(m member) bool { return !m.Current || m.Offline || m.Lag > 0 }), nil
	})
}

// settled asks again and again until something is true.
func (s *Store) settled(ctx context.Context, limit time.Duration, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		if ok, err := done(); ok || err != nil && domain.KindOf(err) != domain.Unavailable {
			return err
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return domain.Errorf(domain.Unavailable, "journal", "the servers have not settled").
				WithHint("see that all of them run, and run plantrail repair again").Because(err)
		}
	}
}

// forAdministrators says of a request that was refused which rights it takes.
func (s *Store) forAdministrators(stream string, err error, api *apiError) error {
	if api != nil {
		err = api
	}
	return domain.Errorf(domain.Refused, "stream "+stream, "the servers did not do it: %v", s.because(err)).
		WithHint("an administrator of the account may: give such a user in PLANTRAIL_NATS or with --nats-credentials")
}
