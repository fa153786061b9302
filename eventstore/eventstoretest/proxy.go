package eventstoretest

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// Proxy stands between a client and one server and cuts their connection at a chosen moment.
type Proxy struct {
	target string
	ln     net.Listener

	mu      sync.Mutex
	conns   map[net.Conn]bool
	up      func([]byte) bool // whether what the client sends may pass
	down    func([]byte) bool // whether what the server sends may pass
	refused bool
}

// NewProxy listens for a server at host:port.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{target: target, ln: ln, conns: map[net.Conn]bool{}}
	go p.accept()
	t.Cleanup(func() {
		_ = ln.Close()
		p.cut()
	})
	return p
}

// URL is where clients connect.
func (p *Proxy) URL() string { return "nats://" + p.ln.Addr().String() }

// CutUp cuts all connections as soon as the client sends something that matches, before it reaches the server: lost.
func (p *Proxy) CutUp(match func([]byte) bool) { p.set(once(match), nil) }

// CutDown cuts all connections as soon as the server sends something that matches, before it reaches the client: done but
// reported failed.
func (p *Proxy) CutDown(match func([]byte) bool) { p.set(nil, once(match)) }

// Hold keeps back what the server sends, from what matches on, until release is called: a server that is slow to answer. What the
// client sends passes; sent counts what of it matches.
func (p *Proxy) Hold(answer, request func([]byte) bool) (sent func() int, release func()) {
	var count atomic.Int64
	until := make(chan struct{})
	p.set(func(b []byte) bool {
		if request(b) {
			count.Add(1)
		}
		return true
	}, func(b []byte) bool {
		if answer(b) {
			<-until
		}
		return true
	})
	return func() int { return int(count.Load()) }, sync.OnceFunc(func() { close(until) })
}

// Stop takes nothing more from the client until release is called: a server that stands still.
func (p *Proxy) Stop() (release func()) {
	until := make(chan struct{})
	p.set(func([]byte) bool {
		<-until
		return true
	}, nil)
	return sync.OnceFunc(func() { close(until) })
}

// Refuse makes the proxy drop its connections and take no more, until it is given false.
func (p *Proxy) Refuse(on bool) {
	p.mu.Lock()
	p.refused = on
	p.mu.Unlock()
	if on {
		p.cut()
	}
}

func once(match func([]byte) bool) func([]byte) bool {
	var done sync.Once
	return func(b []byte) bool {
		pass := true
		if match(b) {
			done.Do(func() { pass = false })
		}
		return pass
	}
}

func (p *Proxy) set(up, down func([]byte) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.up, p.down = up, down
}

func (p *Proxy) accept() {
	for {
		client, err := p.ln.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		refused := p.refused
		p.mu.Unlock()
		server, err := net.Dial("tcp", p.target)
		if err != nil || refused {
			_ = client.Close()
			if server != nil {
				_ = server.Close()
			}
			continue
		}
		p.mu.Lock()
		p.conns[client], p.conns[server] = true, true
		p.mu.Unlock()
		go p.pass(server, client, func() func([]byte) bool { return p.up })
		go p.pass(client, server, func() func([]byte) bool { return p.down })
	}
}

func (p *Proxy) pass(to, from net.Conn, gate func() func([]byte) bool) {
	defer from.Close()
	defer to.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		p.mu.Lock()
		may := gate()
		p.mu.Unlock()
		if n > 0 && may != nil && !may(buf[:n]) {
			p.cut()
			return
		}
		if _, werr := to.Write(buf[:n]); err != nil || werr != nil {
			return
		}
	}
}

func (p *Proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
		delete(p.conns, c)
	}
}
