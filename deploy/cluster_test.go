package deploy

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"plantrail/domain/domaintest"
)

// The three nodes below are real servers that read nats/node.conf as it is. Only ports and directories are the test's.

const secret = "s-of-the-test"

type cluster struct{ nodes []*server.Server }

func startCluster(t *testing.T) *cluster {
	t.Helper()
	ports := domaintest.Ports(t, 3)
	for _, who := range []string{"APP", "ADMIN", "SYS", "ROUTE"} {
		t.Setenv("NATS_"+who+"_PASSWORD", secret+"-"+strings.ToLower(who))
	}
	for i, port := range ports {
		t.Setenv(fmt.Sprintf("NATS_ROUTE_N%d", i+1), fmt.Sprintf("nats://route:%s-route@127.0.0.1:%d", secret, port))
	}
	c := &cluster{}
	for i, port := range ports {
		opts := nodeOptions(t, fmt.Sprintf("n%d", i+1))
		opts.Cluster.Host, opts.Cluster.Port = "127.0.0.1", port
		c.nodes = append(c.nodes, startNode(t, opts))
	}
	// Two nodes that find each other first begin without the third, which then comes in.
	until(t, "the three nodes form one cluster with a leader", func() error {
		for _, n := range c.nodes {
			js, err := n.Jsz(nil)
			if err != nil {
				return err
			}
			if js.Meta == nil || js.Meta.Leader == "" || js.Meta.Size != len(ports) || !n.JetStreamIsCurrent() {
				return fmt.Errorf("%s sees %+v", n.Name(), js.Meta)
			}
		}
		return nil
	})
	return c
}

func nodeOptions(t *testing.T, name string) *server.Options {
	t.Helper()
	opts, err := server.ProcessConfigFile("nats/node.conf")
	if err != nil {
		t.Fatal(err)
	}
	opts.ServerName, opts.StoreDir = name, filepath.Join(t.TempDir(), name)
	opts.Host, opts.Port = "127.0.0.1", server.RANDOM_PORT
	opts.HTTPHost, opts.HTTPPort = "127.0.0.1", server.RANDOM_PORT
	opts.NoLog, opts.NoSigs = true, true
	return opts
}

func startNode(t *testing.T, opts *server.Options) *server.Server {
	t.Helper()
	srv, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	if !srv.ReadyForConnections(time.Minute) {
		t.Fatalf("%s takes no connections", opts.ServerName)
	}
	return srv
}

// until polls a condition for as long as a cluster may take on a busy machine.
func until(t *testing.T, what string, try func() error) {
	t.Helper()
	deadline, tick := time.Now().Add(2*time.Minute), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", what, err)
		}
		<-tick.C
	}
}

func (c *cluster) url(user, password string) string {
	var urls []string
	for _, n := range c.nodes {
		urls = append(urls, fmt.Sprintf("nats://%s:%s@%s", user, password, n.Addr()))
	}
	return strings.Join(urls, ",")
}

func (c *cluster) monitors() (urls []string) {
	for _, n := range c.nodes {
		urls = append(urls, "http://"+n.MonitorAddr().String())
	}
	return urls
}

// client is a connection that remembers what it was refused.
type client struct {
	*nats.Conn
	js      jetstream.JetStream
	mu      sync.Mutex
	refused []string
}

func (c *cluster) connect(t *testing.T, user string) *client {
	t.Helper()
	cl := &client{}
	var err error
	cl.Conn, err = nats.Connect(c.url(user, secret+"-"+map[string]string{"plantrail": "app", "admin": "admin"}[user]),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			cl.mu.Lock()
			defer cl.mu.Unlock()
			cl.refused = append(cl.refused, err.Error())
		}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	if cl.js, err = jetstream.New(cl.Conn); err != nil {
		t.Fatal(err)
	}
	return cl
}

// wasRefused reports whether the server refused a publish to the subject. What certainly is refused is sent after it: refusals
// come in order, so when that one is known, all are.
func (c *client) wasRefused(t *testing.T, subject string) bool {
	t.Helper()
	last := "not.ours." + nats.NewInbox()
	for _, s := range []string{subject, last} {
		if err := c.Publish(s, nil); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "what nobody may publish is refused", func() error {
		if !c.said(last) {
			return errors.New("not refused")
		}
		return nil
	})
	return c.said(subject)
}

// said reports whether a refusal that names the subject has come.
func (c *client) said(subject string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.refused, func(r string) bool {
		return strings.Contains(strings.ToLower(r), "permissions violation") && strings.Contains(r, `"`+subject+`"`)
	})
}

func TestCluster(t *testing.T) {
	domaintest.Long(t)
	c := startCluster(t)
	t.Run("every node syncs before it answers", c.testSync)
	t.Run("nobody gets in without a password", c.testStrangers)
	t.Run("the commands of docker-compose.yml begin a journal and serve it", c.testProgram)
	t.Run("a further process joins, appends and reads with the application's user", c.testStore)
	t.Run("the application's user can't alter the history", c.testApplication)
	t.Run("the administrator can, but for what the stream itself denies", c.testAdmin)
}

func (c *cluster) testSync(t *testing.T) {
	for _, url := range c.monitors() {
		var js struct {
			Config struct {
				SyncAlways bool `json:"sync_always"`
			} `json:"config"`
			Meta struct {
				Size int `json:"cluster_size"`
			} `json:"meta_cluster"`
		}
		res, err := http.Get(url + "/jsz")
		if err != nil {
			t.Fatal(err)
		}
		err = json.NewDecoder(res.Body).Decode(&js)
		_ = res.Body.Close()
		if err != nil || !js.Config.SyncAlways || js.Meta.Size != 3 {
			t.Errorf("%s/jsz: %+v (%v), want sync_always in a cluster of 3", url, js, err)
		}
	}
}

func (c *cluster) testStrangers(t *testing.T) {
	for name, url := range map[string]string{
		"no password":        "nats://" + c.nodes[0].Addr().String(),
		"wrong password":     c.url("plantrail", "guess"),
		"empty password":     c.url("plantrail", ""),
		"the route's secret": c.url("route", secret+"-route"),
	} {
		if nc, err := nats.Connect(url); err == nil {
			nc.Close()
			t.Errorf("%s: let in", name)
		} else if !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("%s: %v, want an authorization violation", name, err)
		}
	}
	// A fourth server with a wrong route password does not join.
	t.Setenv("NATS_ROUTE_PASSWORD", "guess")
	for i := 1; i <= 3; i++ {
		t.Setenv(fmt.Sprintf("NATS_ROUTE_N%d", i), "nats://route:guess@"+c.nodes[0].ClusterAddr().String())
	}
	opts := nodeOptions(t, "stranger")
	opts.Cluster.Host, opts.Cluster.Port = "127.0.0.1", server.RANDOM_PORT
	rejected := make(chan struct{}, 64)
	stranger, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	opts.NoLog = false
	stranger.SetLoggerV2(watchLog{"Authorization Violation", rejected}, false, false, false)
	stranger.Start()
	defer func() { stranger.Shutdown(); stranger.WaitForShutdown() }()
	select {
	case <-rejected:
	case <-time.After(2 * time.Minute):
		t.Error("the stranger was never told that it may not join")
	}
	// The stranger itself counts a route from the first word on, so it is the members who are asked.
	for _, n := range c.nodes {
		routes, err := n.Routez(nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range routes.Routes {
			if r.RemoteName == opts.ServerName {
				t.Errorf("%s has a route to the stranger", n.Name())
			}
		}
	}
}

// watchLog tells when the server says a certain thing.
type watchLog struct {
	words string
	said  chan struct{}
}

func (l watchLog) see(f string, v []any) {
	if strings.Contains(fmt.Sprintf(f, v...), l.words) {
		select {
		case l.said <- struct{}{}:
		default:
		}
	}
}
func (l watchLog) Noticef(f string, v ...any) { l.see(f, v) }
func (l watchLog) Warnf(f string, v ...any)   { l.see(f, v) }
func (l watchLog) Fatalf(f string, v ...any)  { l.see(f, v) }
func (l watchLog) Errorf(f string, v ...any)  { l.see(f, v) }
func (l watchLog) Debugf(f string, v ...any)  { l.see(f, v) }
func (l watchLog) Tracef(f string, v ...any)  { l.see(f, v) }
