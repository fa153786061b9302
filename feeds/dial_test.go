package feeds_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"plantrail/domain"
	"plantrail/feeds"
)

// attempts are ways in which a subscriber might try to reach what lies behind plantrail.
var attempts = []string{
	"http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f.0.0.1/", "http://0177.0.0.1/", "http://0/", "http://0.0.0.0/",
	"http://localhost/", "http://localhost./", "http://LOCALHOST/", "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
	"http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b:1::a00:1]/", "http://[2002:7f00:1::]/", "http://[2001:0:7f00:1::]/", "http://10.0.0.1/", "http://172.16.0.1/",
	"http://172.31.255.255/", "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data/", "http://[fe80::1]/", "http://[fd00:ec2::254]/", "http://[fc00::1]/",
	"http://[fec0::1]/", "http://100.64.0.1/", "http://100.100.100.200/", "http://192.0.0.192/", "http://198.18.0.1/", "http://224.0.0.1/", "http://[ff02::1]/", "http://255.255.255.255/",
	"http://240.0.0.1/", "http://0.1.2.3/", "http://192.0.2.1/", "http://203.0.113.1/", "http://[2001:db8::1]/",
	"http://user:secret@example.org/", "http://example.org/#x", "ftp://example.org/", "file:///etc/passwd", "gopher://127.0.0.1:25/", "javascript:alert(1)", "//example.org/", "http:/example.org", "", "http://", "http://[::1",
	"http://%31%32%37.0.0.1/", "http://127.0.0.1%00.example.org/", "http://①②⑦.0.0.1/",
}

// Every attempt ends before a connection is made, whether the name is looked at when the subscription is made or when it is
// dialled.
func TestPrivateAddressesAreNotReached(t *testing.T) {
	g := &feeds.Guard{Plain: true}
	client := g.Client()
	early, late := 0, 0
	for _, url := range attempts {
		if _, err := g.ParseTarget(url); err != nil {
			early++
			continue
		}
		resp, err := client.Post(url, "application/json", strings.NewReader("{}"))
		if err == nil {
			_ = resp.Body.Close()
			t.Errorf("%s was reached", url)
			continue
		}
		refused, unresolved := (*domain.Error)(nil), (*net.DNSError)(nil)
		if !errors.As(err, &refused) && !errors.As(err, &unresolved) {
			t.Errorf("%s failed otherwise than by the guard: %v", url, err)
		}
		late++
	}
	t.Logf("%d attempts: %d refused when the subscription is made, %d when it is dialled (%d by the address)", len(attempts), early, late, g.Refused())
	if _, err := (&feeds.Guard{}).ParseTarget("http://example.org/"); err == nil {
		t.Error("http is allowed without being configured")
	}
	if _, err := (&feeds.Guard{}).ParseTarget("https://example.org:8443/hook?x=y"); err != nil {
		t.Errorf("a public https URL is refused: %v", err)
	}
}

// A redirect is not followed, and an endless answer is not read.
func TestAnswersAreBounded(t *testing.T) {
	reached := false
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer inside.Close()
	outside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, inside.URL, http.StatusFound) }))
	defer outside.Close()
	o := newOffice(t)
	o.subscribe("bi", outside.URL, domain.Wanted{})
	c, _ := o.courier("one")
	eventually(t, "the subscription", func() bool { _, ok := o.register.Find("bi"); return ok })
	sub, _ := o.register.Find("bi")
	if status, err := c.Ping(context.Background(), sub); status != http.StatusFound || err == nil || reached {
		t.Errorf("status %d, %v; followed: %v", status, err, reached)
	}
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	}))
	defer endless.Close()
	o.subscribe("endless", endless.URL, domain.Wanted{})
	eventually(t, "the subscription", func() bool { _, ok := o.register.Find("endless"); return ok })
	sub, _ = o.register.Find("endless")
	if status, err := c.Ping(context.Background(), sub); status != 200 || err != nil {
		t.Errorf("an endless answer: %d %v", status, err)
	}
}
