package eventstore_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/domain/journaltest"
	"plantrail/eventstore/eventstoretest"
)

// user makes servers know one user, who may not publish to some subjects.
func user(deny ...string) func(*server.Options) {
	return func(o *server.Options) {
		o.Users = []*server.User{{Username: "app", Password: "x",
			Permissions: &server.Permissions{Publish: &server.SubjectPermission{Deny: deny}}}}
	}
}

// The application needs none of the rights by which history could be changed.
func TestRightsThatAreNotNeeded(t *testing.T) {
	nodes := eventstoretest.ClusterWith(t, 1, user("$JS.API.STREAM.UPDATE.>", "$JS.API.STREAM.DELETE.>", "$JS.API.STREAM.PURGE.>",
		"$JS.API.STREAM.RESTORE.>", "$JS.API.STREAM.MSG.DELETE.HISTORY_acme"))
	cfg := nodes.Config(t.TempDir())
	cfg.Init, cfg.URL = true, "nats://app:x@"+nodes.Addr(0)
	s := eventstoretest.OpenWith(t, cfg)
	if _, err := s.Append(context.Background(), domain.Head{}, journaltest.Change("sdp", "c-1", 3, "words")); err != nil {
		t.Fatal(err)
	}
	reverify(t, s, 3)
	eventstoretest.Close(t, s)
	cfg.Init = false
	reverify(t, eventstoretest.OpenWith(t, cfg), 3)
}

// A missing right comes to the caller as a time-out; the reason stands in the error's cause all the same, and no password.
func TestMissingRightIsNamed(t *testing.T) {
	domaintest.Long(t)
	t.Parallel()
	nodes := eventstoretest.ClusterWith(t, 1, user("history.>"))
	cfg := nodes.Config(t.TempDir())
	cfg.Init, cfg.URL, cfg.Patience = true, "nats://app:x@"+nodes.Addr(0), 0 // as long as in earnest
	s := eventstoretest.OpenWith(t, cfg)
	_, err := s.Append(context.Background(), domain.Head{}, journaltest.Change("sdp", "c-1", 1, ""))
	if kind := domain.KindOf(err); kind != domain.Unknown && kind != domain.Unavailable {
		t.Errorf("got %v", err)
	}
	if cause := errors.Unwrap(err); cause == nil || !strings.Contains(strings.ToLower(cause.Error()), "permissions violation") {
		t.Errorf("the cause is %v", cause)
	}
	cfg.URL = "nats://app:secret@" + nodes.Addr(0)
	if said := refused(t, cfg); strings.Contains(said, "secret") {
		t.Errorf("the error shows the password: %s", said)
	}
}
