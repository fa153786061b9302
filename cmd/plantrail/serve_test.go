package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A server with a certificate of its own, on every address: commands on its machine trust exactly that certificate, and
// nobody reaches it without TLS.
func TestServeWithTLS(t *testing.T) {
	work := t.TempDir()
	dir, cert, key := filepath.Join(work, "data"), filepath.Join(work, "cert.pem"), filepath.Join(work, "key.pem")
	writeCertificate(t, cert, key)
	s := startServer(t, dir, "--listen", "0.0.0.0:0", "--tls-cert", cert, "--tls-key", key)
	if !strings.HasPrefix(s.at.Address, "https://127.0.0.1:") {
		t.Fatalf("it says it is at %s", s.at.Address)
	}
	out, err := exec.Command("plantrail", "--data", dir, "-o", "table", "plan", "open", "p1", "--title", "Over TLS").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Recorded as entry 1") {
		t.Fatalf("%v: %s", err, out)
	}
	open := strings.Replace(s.at.Address, "https", "http", 1)
	for _, address := range []string{open, s.at.Address} { // without TLS, and with TLS that this machine has no reason to trust
		out, err := exec.Command("plantrail", "--server", address, "--token", s.at.Token, "whoami").CombinedOutput()
		if err == nil {
			t.Errorf("%s was spoken to: %s", address, out)
		}
	}
	s.interrupt(t)
}

func writeCertificate(t *testing.T, cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "plans"}, DNSNames: []string{"plans.example.org"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSettingsKeepNoPasswords(t *testing.T) {
	for given, want := range map[string]string{
		"":                                "",
		"nats://a:4222":                   "nats://a:4222",
		"nats://u:p@ss@a:4222,tls://x@b":  "nats://a:4222,tls://b",
		"nats://plantrail:secret@n1:4222": "nats://n1:4222",
	} {
		if got := withoutUsers(given); got != want {
			t.Errorf("withoutUsers(%q) = %q, want %q", given, got, want)
		}
	}
	dir := dataDir(t.TempDir())
	if err := dir.begin(settings{Org: "acme", NATS: "nats://plantrail:secret@n1:4222"}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(dir.file("plantrail.json"))
	if err != nil || strings.Contains(string(b), "secret") {
		t.Errorf("%v: %s", err, b)
	}
}
