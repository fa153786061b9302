package eventstoretest

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"plantrail/domain/domaintest"
	"plantrail/eventstore"
)

// Nodes are the servers of one cluster in this process: real ones, with routes between them and monitoring ports.
type Nodes struct {
	t       testing.TB
	options []*server.Options
	Servers []*server.Server
}

// Cluster starts n nats-servers that sync each write before they acknowledge it.
func Cluster(t testing.TB, n int) *Nodes { return ClusterWith(t, n, func(*server.Options) {}) }

// ClusterWith is Cluster with changed options.
func ClusterWith(t testing.TB, n int, change func(*server.Options)) *Nodes {
	t.Helper()
	c := &Nodes{t: t}
	ports := domaintest.Ports(t, 3*n)
	var routes []*url.URL
	for i := range n {
		routes = append(routes, &url.URL{Scheme: "nats", Host: fmt.Sprintf("127.0.0.1:%d", ports[3*i])})
	}
	for i := range n {
		o := &server.Options{
			ServerName: fmt.Sprintf("n%d", i+1), Host: "127.0.0.1", Port: ports[3*i+1], HTTPHost: "127.0.0.1", HTTPPort: ports[3*i+2],
			NoSigs: true, NoLog: true, JetStream: true, StoreDir: t.TempDir(), SyncAlways: true, Routes: routes,
			Cluster: server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: ports[3*i]},
		}
		if n == 1 { // a server of its own is no cluster
			o.Routes, o.Cluster = nil, server.ClusterOpts{}
		}
		change(o)
		c.options, c.Servers = append(c.options, o), append(c.Servers, start(t, o))
	}
	t.Cleanup(func() {
		for i := range c.Servers {
			c.Stop(i)
		}
	})
	Until(t, 2*time.Minute, "the cluster has a leader", func() bool { return c.ready(n) })
	return c
}

func start(t testing.TB, o *server.Options) *server.Server {
	t.Helper()
	s, err := server.NewServer(o.Clone())
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	return s
}

func (c *Nodes) ready(n int) bool {
	leaders := 0
	for _, s := range c.Servers {
		if !s.ReadyForConnections(100 * time.Millisecond) {
			return false
		}
		if n == 1 && s.JetStreamEnabled() || s.JetStreamIsLeader() && len(s.JetStreamClusterPeers()) == n {
			leaders++
		}
	}
	return leaders == 1
}

// Stop ends a server; Start starts it again on its store and ports.
func (c *Nodes) Stop(i int) {
	c.Servers[i].Shutdown()
	c.Servers[i].WaitForShutdown()
}

// Start starts a stopped server again.
func (c *Nodes) Start(i int) {
	c.Servers[i] = start(c.t, c.options[i])
	Until(c.t, 2*time.Minute, "the server is back", func() bool { return c.Servers[i].ReadyForConnections(100 * time.Millisecond) })
}

// URL names all servers.
func (c *Nodes) URL() string {
	var urls []string
	for _, o := range c.options {
		urls = append(urls, fmt.Sprintf("nats://127.0.0.1:%d", o.Port))
	}
	return strings.Join(urls, ",")
}

// Addr is the host and port of one server's clients.
func (c *Nodes) Addr(i int) string { return fmt.Sprintf("127.0.0.1:%d", c.options[i].Port) }

// MonitorURLs are those of all servers.
func (c *Nodes) MonitorURLs() []string {
	var urls []string
	for _, o := range c.options {
		urls = append(urls, fmt.Sprintf("http://127.0.0.1:%d", o.HTTPPort))
	}
	return urls
}

// Config is that of a journal in the cluster, to be changed and opened.
func (c *Nodes) Config(dir string) eventstore.Config {
	cfg := Config(dir)
	cfg.URL, cfg.MonitorURLs, cfg.Replicas = c.URL(), c.MonitorURLs(), len(c.Servers)
	return cfg
}

// Open begins a journal in the cluster, for an organisation of its own.
func (c *Nodes) Open(t testing.TB, org string) *eventstore.Store {
	t.Helper()
	cfg := c.Config(t.TempDir())
	cfg.Init = true
	if err := setOrg(&cfg, org); err != nil {
		t.Fatal(err)
	}
	return OpenWith(t, cfg)
}

// Leader is the index of the server that leads a stream.
func (c *Nodes) Leader(t testing.TB, stream string) int {
	t.Helper()
	nc, err := nats.Connect(c.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	leader := -1
	Until(t, 2*time.Minute, stream+" has a leader", func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		s, err := js.Stream(ctx, stream)
		if err != nil {
			return false
		}
		for i, o := range c.options {
			if cluster := s.CachedInfo().Cluster; cluster != nil && cluster.Leader == o.ServerName {
				leader = i
			}
		}
		return leader >= 0
	})
	return leader
}

// Dirs are the servers' store directories.
func (c *Nodes) Dirs() (dirs []string) {
	for _, o := range c.options {
		dirs = append(dirs, o.StoreDir)
	}
	return dirs
}
