package eventstoretest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"plantrail/eventstore"
)

// Granted begins a journal on a server that knows plantrail's own user and that of a grant, as the printed lines configure
// it. At url the granted user is let in, with the seed of its key.
func Granted(t testing.TB, g eventstore.Grant) (s *eventstore.Store, url string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "nats.conf")
	printed := Open(t).NATSUser(g)
	if err := os.WriteFile(file, []byte(`host: 127.0.0.1
port: -1
http: "127.0.0.1:-1"
jetstream { store_dir: "`+dir+`", sync_interval: always }
accounts { ACME { jetstream: enabled, users: [ { user: app, password: app }
`+printed+`] } }
`), 0o600); err != nil {
		t.Fatal(err)
	}
	opts, err := server.ProcessConfigFile(file)
	if err != nil {
		t.Fatalf("the printed lines are no configuration: %v\n%s", err, printed)
	}
	opts.NoSigs, opts.NoLog = true, true
	srv := start(t, opts)
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	if !srv.ReadyForConnections(time.Minute) {
		t.Fatal("the server is not ready")
	}
	cfg := Config(t.TempDir())
	cfg.URL = strings.Replace(srv.ClientURL(), "nats://", "nats://app:app@", 1)
	cfg.MonitorURLs, cfg.Replicas, cfg.Init = []string{"http://" + srv.MonitorAddr().String()}, 1, true
	return OpenWith(t, cfg), srv.ClientURL()
}
