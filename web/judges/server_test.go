package judges

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// server is the program itself, built from here and serving over TLS on a data directory of its own.
type server struct {
	*testing.T
	address string
	work    string // where commands run; the data directory is below it
}

// program is plantrail, built once.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "plantrail-judges")
	if err != nil {
		return "", err
	}
	closers = append(closers, func() { _ = os.RemoveAll(dir) })
	name := filepath.Join(dir, "plantrail")
	out, err := exec.Command("go", "-C", "../..", "build", "-o", name, "./cmd/plantrail").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("plantrail can't be built: %w\n%s", err, out)
	}
	return name, nil
})

// serve starts a server and waits until it says where it is.
func serve(t *testing.T) *server {
	t.Helper()
	binary, err := program()
	if err != nil {
		t.Fatal(err)
	}
	s := &server{T: t, work: t.TempDir()}
	certificate(t, s.work)
	data := filepath.Join(s.work, "data")
	var said bytes.Buffer
	cmd := exec.Command(binary, "--data", data, "serve", "--listen", "127.0.0.1:0", "--tls-cert", filepath.Join(s.work, "cert.pem"), "--tls-key", filepath.Join(s.work, "key.pem"))
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := <-ended; err != nil || t.Failed() {
			t.Logf("the server ended with %v and said:\n%s", err, &said)
		}
	})
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(time.Minute); ; {
		var at struct{ Address string }
		if b, err := os.ReadFile(filepath.Join(data, "server.json")); err == nil && json.Unmarshal(b, &at) == nil {
			s.address = at.Address
			return s
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("the server ended: %v", err)
		case <-late:
			t.Fatal("the server does not start")
		case <-tick.C:
		}
	}
}

// sh runs a script beside the server, in which plantrail is a command, and answers what it printed.
func (s *server) sh(script string) (string, error) {
	binary, err := program()
	if err != nil {
		return "", err
	}
	cmd := exec.Command("sh", "-c", script)
	cmd.Dir = s.work
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(binary)+string(os.PathListSeparator)+os.Getenv("PATH"), "PLANTRAIL_DATA="+filepath.Join(s.work, "data"))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (s *server) must(script string) string {
	s.Helper()
	out, err := s.sh(script)
	if err != nil {
		s.Fatalf("$ %s\n%v\n%s", script, err, out)
	}
	return out
}

// token makes a token for somebody.
func (s *server) token(who, role string, more ...string) string {
	s.Helper()
	var made struct{ Secret string }
	out := s.must(fmt.Sprintf("plantrail -o json token create %s --role %s %s", who, role, strings.Join(more, " ")))
	if err := json.Unmarshal([]byte(out), &made); err != nil || made.Secret == "" {
		s.Fatalf("%v: %s", err, out)
	}
	return made.Secret
}

// comes is somebody who sits down and signs in.
func (s *server) comes(t *testing.T, token string) *person {
	t.Helper()
	p := sit(t, s.address)
	p.signIn(token)
	return p
}

func certificate(t *testing.T, dir string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	as := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "judges"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, as, as, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
