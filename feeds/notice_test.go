package feeds_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/feeds"
)

// postbox keeps what it is given, and fails as often as it is told.
type postbox struct {
	mu    sync.Mutex
	mails []string
	fails int
}

func (p *postbox) Send(_ context.Context, to, subject, body, _ string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fails > 0 {
		p.fails--
		return domain.Errorf(domain.Unavailable, "", "no mail server")
	}
	p.mails = append(p.mails, to+": "+subject+"\n"+body)
	return nil
}

func (p *postbox) all() []string { p.mu.Lock(); defer p.mu.Unlock(); return slices.Clone(p.mails) }

func TestNoticesTellOwnersWhatTheyAskedFor(t *testing.T) {
	o := newOffice(t)
	o.Plan("sdp")
	o.Do("sdp", domain.AddItem{Item: "mine", Ref: "1.2", Level: "action", Title: "Ann's", Person: "p-ann", Owner: "Ann Smith"})
	var mu sync.Mutex
	ahead := time.Duration(0)
	post := &postbox{fails: 1}
	n := &feeds.Notices{Feed: o.Feed, Register: o.register, State: o.Store.Shared(), Post: post, Process: "one", Log: slog.New(slog.DiscardHandler),
		Pauses: func(int) time.Duration { return 0 }, Every: 10 * time.Millisecond,
		Now: func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return time.Date(2030, 1, 10, 9, 0, 0, 0, time.UTC).Add(ahead)
		}}
	for _, s := range []domain.Subscribe{
		{Subscription: "ann", Person: "p-ann", Way: domain.ByMail, Target: "ann@council.example"},
		{Subscription: "digest", Person: "p-ann", Way: domain.ByMail, Target: "digest@council.example", Wanted: domain.Wanted{Digest: true, Notices: []string{"red"}}},
	} {
		o.Do(domain.People, s)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); n.Run(ctx) }()
	defer func() { stop(); <-done }()
	o.Do("sdp", domain.Rate{Item: "item-01", To: "red", Justification: "Not Ann's."})
	o.Do("sdp", domain.Rate{Item: "mine", To: "red", Justification: "Mrs Miggins is ill."})
	o.Do("sdp", domain.MakeRequest{Item: "mine", Words: "Why?", AskedBy: "Members", Due: domain.Day(2030, 1, 16)})
	count := func(words string) int { return strings.Count(strings.Join(post.all(), "\n"), "\n"+words) } // in bodies, where each line is new
	eventually(t, "the notices of today", func() bool {
		return count("sdp/mine (1.2) is rated red") == 2 && count("Members asked about sdp/mine (1.2)") == 1
	})
	mu.Lock()
	ahead = 24 * time.Hour // five days before the answer is due
	mu.Unlock()
	eventually(t, "the deadline", func() bool {
		return strings.Contains(strings.Join(post.all(), "\n"), "On 16 January 2030 an answer about sdp/mine (1.2)")
	})
	got := strings.Join(post.all(), "\n---\n")
	if strings.Contains(got, "item-01") || strings.Contains(got, "Miggins") || strings.Contains(got, "Smith") {
		t.Errorf("a mail tells what it should not:\n%s", got)
	}
	if count("sdp/mine (1.2) is rated red") != 2 || count("Members asked") != 1 || strings.Count(got, "digest@council.example") != 1 {
		t.Errorf("told too often, or not:\n%s", got)
	}
}

// A real conversation with a mail server: what arrives is one message, and no word of it can begin a header or another.
func TestMailIsHandedOver(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	heard := make(chan string, 1)
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		in, all, data := bufio.NewScanner(conn), "", false
		fmt.Fprint(conn, "220 test\r\n")
		for in.Scan() {
			line := in.Text()
			all += line + "\n"
			switch {
			case data && line == ".":
				data = false
				fmt.Fprint(conn, "250 ok\r\n")
			case data:
			case strings.HasPrefix(line, "EHLO"):
				fmt.Fprint(conn, "250-test\r\n250 8BITMIME\r\n")
			case line == "DATA":
				data = true
				fmt.Fprint(conn, "354 go on\r\n")
			case line == "QUIT":
				fmt.Fprint(conn, "221 bye\r\n")
				heard <- all
				return
			default:
				fmt.Fprint(conn, "250 ok\r\n")
			}
		}
	}()
	s := feeds.SMTP{Server: ln.Addr().String(), Security: feeds.Plain, From: "Plans <plans@council.example>", Now: func() time.Time { return time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC) }}
	if err := s.Send(t.Context(), "ann@council.example", "Red\r\nBcc: all@council.example", "One line\n.\nBcc: no\n", "n-1"); err != nil {
		t.Fatal(err)
	}
	got := <-heard
	head, _, _ := strings.Cut(got, "\n\n")
	if strings.Count(head, "\nBcc:") != 0 || !strings.Contains(got, "Message-ID: <n-1@council.example>") || !strings.Contains(got, "\n..\n") || strings.Count(got, "RCPT TO") != 1 {
		t.Errorf("the server heard:\n%s", got)
	}
	for _, bad := range []string{"", "ann", "ann@council.example\r\nRCPT TO:<x@y.z>", "a@b.c, d@e.f"} {
		if err := s.Send(t.Context(), bad, "s", "b", "i"); err == nil || domain.KindOf(err) != domain.Invalid {
			t.Errorf("%q is taken for an address: %v", bad, err)
		}
	}
}
