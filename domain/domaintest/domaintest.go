// Package domaintest is what every test of plantrail asks for in the same words: time, the real papers beside the tree, and
// what a machine may lack. Here alone a test ends without a verdict, and it says why in a way that .ci/tools/testreport knows.
package domaintest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Long keeps a test of seconds out of the short run (go test -short), which CI never makes.
func Long(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes seconds: run without -short")
	}
}

// Need ends a test that needs what no installation brings to this machine; err says how it was looked for, nil that it is
// there. Where a test can bring it itself, it does, and what fails then is err.
func Need(t testing.TB, what string, err error) {
	t.Helper()
	if err != nil {
		t.Skipf("not on this machine: %s: %.500s", what, err)
	}
}

// SmallDisk mounts a file system of a size, "8m", that a test can fill.
func SmallDisk(t testing.TB, size string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	Need(t, "a tmpfs to fill, which root may mount", syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size))
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

// Paper reads a file of the folder shared beside the tree: real public documents, which may not be copied into it.
func Paper(t testing.TB, name string) []byte {
	t.Helper()
	file, err := os.ReadFile(PaperPath(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// PaperPath is where such a file lies.
func PaperPath(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		path := filepath.Join(dir, "shared", filepath.FromSlash(name))
		if _, err := os.Stat(path); err == nil {
			return path
		} else if above := filepath.Dir(dir); above != dir {
			dir = above
			continue
		}
		Need(t, "../shared/"+name, os.ErrNotExist)
	}
}

// Ports finds n ports of 127.0.0.1 for servers that must know them before they start, and keeps them for the test: none of
// them is one that the system gives to a connection by itself, and each is taken as a port of UDP, too, which others who ask
// here see.
func Ports(t testing.TB, n int) (ports []int) {
	t.Helper()
	for range 10_000 {
		if len(ports) == n {
			return ports
		}
		port := 10_000 + rand.IntN(20_000)
		claim, err := net.ListenPacket("udp4", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		free, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			_ = claim.Close()
			continue
		}
		_ = free.Close()
		t.Cleanup(func() { _ = claim.Close() })
		ports = append(ports, port)
	}
	t.Fatal("no ports are free")
	return nil
}
