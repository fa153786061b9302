package judges

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"plantrail/domain"
	"plantrail/feeds"
)

// office is a mail server that keeps what it is given: by the library that others run theirs on.
type office struct {
	mu    sync.Mutex
	mails []given
	tries int
}

type given struct{ from, to, user, data string }

type conversation struct {
	*office
	given
}

func (o *office) NewSession(*smtp.Conn) (smtp.Session, error) { return &conversation{office: o}, nil }

func (c *conversation) AuthMechanisms() []string { return []string{sasl.Plain} }

func (c *conversation) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "plans" || password != "s3cret" {
			return errors.New("who is that")
		}
		c.user = user
		return nil
	}), nil
}

func (c *conversation) Mail(from string, _ *smtp.MailOptions) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tries++
	c.from = from
	return nil
}

func (c *conversation) Rcpt(to string, _ *smtp.RcptOptions) error {
	switch {
	case strings.HasPrefix(to, "nobody@"):
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	case strings.HasPrefix(to, "later@"):
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "greylisted"}
	}
	c.to += to + ";"
	return nil
}

func (c *conversation) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.data = string(b)
	c.mails = append(c.mails, c.given)
	return err
}

func (c *conversation) Reset() { c.given = given{user: c.user} }

func (c *conversation) Logout() error { return nil }

func (o *office) last() given {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.mails) == 0 {
		return given{}
	}
	return o.mails[len(o.mails)-1]
}

// open starts the server: "starttls", "implicit" or "none".
func (o *office) open(t *testing.T, security feeds.Security, trusted *tls.Config) string {
	t.Helper()
	srv := smtp.NewServer(o)
	srv.Domain, srv.AllowInsecureAuth = "mail.example", true
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	switch security {
	case feeds.StartTLS:
		srv.TLSConfig = trusted
	case feeds.Implicit:
		ln = tls.NewListener(ln, trusted)
	}
	go func() { _ = srv.Serve(ln) }()
	t.Cleanup(func() { _ = srv.Close() })
	return ln.Addr().String()
}

// certificate is one for 127.0.0.1, and the settings of those who trust it.
func certificate(t *testing.T) (serves, trusts *tls.Config) {
	t.Helper()
	web := httptest.NewTLSServer(nil)
	t.Cleanup(web.Close)
	pool := x509.NewCertPool()
	pool.AddCert(web.Certificate())
	return &tls.Config{Certificates: web.TLS.Certificates}, &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

func sender(server string, security feeds.Security, trusts *tls.Config) feeds.SMTP {
	s := feeds.SMTP{Server: server, Security: security, From: "Pläne <plans@council.example>", TLS: trusts, Now: time.Now}
	if security != feeds.Plain {
		s.User, s.Password = "plans", "s3cret"
	}
	return s
}

// With TLS from the first byte or begun by STARTTLS, with a user or none, a message arrives as it was meant.
func TestMailArrivesAsItWasMeant(t *testing.T) {
	serves, trusts := certificate(t)
	for _, security := range []feeds.Security{feeds.StartTLS, feeds.Implicit, feeds.Plain} {
		o := &office{}
		s := sender(o.open(t, security, serves), security, trusts)
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		words := "Ärger — rot\n.\nBcc: all@council.example\n" + strings.Repeat("lang ", 400) + "\n"
		if err := s.Send(t.Context(), "Ann <ann@council.example>", "Rot: Ärger\r\nBcc: all@council.example\r\n\r\nBody", words, "n-1"); err != nil {
			t.Fatalf("%s: %v", security, err)
		}
		got := o.last()
		if got.from != "plans@council.example" || got.to != "ann@council.example;" || got.user != s.User {
			t.Errorf("%s: %+v", security, got)
		}
		m, err := mail.ReadMessage(strings.NewReader(got.data))
		if err != nil {
			t.Fatal(err)
		}
		subject, _ := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if subject != "Rot: Ärger Bcc: all@council.example Body" || m.Header.Get("Bcc") != "" || m.Header.Get("Message-Id") != "<n-1@council.example>" || m.Header.Get("Auto-Submitted") != "auto-generated" {
			t.Errorf("%s: %v", security, m.Header)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
		if err != nil || strings.ReplaceAll(string(body), "\r\n", "\n") != words {
			t.Errorf("%s: the body is %q, %v", security, body, err)
		}
		for line := range strings.Lines(got.data) {
			if len(line) > 998 {
				t.Errorf("%s: a line of %d bytes", security, len(line))
			}
		}
	}
}

// What is refused for good, what later may be taken, and what must not be said to a server that nobody vouches for.
func TestMailThatIsRefused(t *testing.T) {
	serves, trusts := certificate(t)
	o := &office{}
	tlsServer, plainServer := o.open(t, feeds.StartTLS, serves), o.open(t, feeds.Plain, nil)
	wrong := sender(tlsServer, feeds.StartTLS, trusts)
	wrong.Password = "wr0ng-password"
	anonymous := sender(plainServer, feeds.StartTLS, trusts)
	anonymous.User, anonymous.Password = "", ""
	for name, c := range map[string]struct {
		s    feeds.SMTP
		to   string
		want domain.Kind
	}{
		"no such user":            {sender(tlsServer, feeds.StartTLS, trusts), "nobody@council.example", domain.Refused},
		"greylisted":              {sender(tlsServer, feeds.StartTLS, trusts), "later@council.example", domain.Unavailable},
		"a wrong password":        {wrong, "ann@council.example", domain.Unavailable},
		"TLS was taken away":      {sender(plainServer, feeds.StartTLS, trusts), "ann@council.example", domain.Unavailable},
		"TLS was taken away, too": {anonymous, "ann@council.example", domain.Unavailable},
		"an unknown certificate":  {sender(tlsServer, feeds.StartTLS, nil), "ann@council.example", domain.Unavailable},
		"not a TLS server":        {sender(plainServer, feeds.Implicit, trusts), "ann@council.example", domain.Unavailable},
		"nobody there":            {sender("127.0.0.1:1", feeds.StartTLS, trusts), "ann@council.example", domain.Unavailable},
		"a second command":        {sender(tlsServer, feeds.StartTLS, trusts), "ann@council.example>\r\nRCPT TO:<x@y.example", domain.Invalid},
		"a second recipient":      {sender(tlsServer, feeds.StartTLS, trusts), "ann@council.example, x@y.example", domain.Invalid},
	} {
		err := c.s.Send(t.Context(), c.to, "s", "b", "i")
		if err == nil || domain.KindOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), c.s.Password) && c.s.Password != "" {
			t.Errorf("%s: the error tells the password: %v", name, err)
		}
	}
	if len(o.mails) > 0 {
		t.Errorf("something was sent: %+v", o.mails)
	}
	bad := sender(plainServer, feeds.Plain, nil)
	bad.User = "plans"
	if err := bad.Check(); domain.KindOf(err) != domain.Invalid || err == nil {
		t.Errorf("a password would be sent in the clear: %v", err)
	}
}

// A server that says nothing holds nobody longer than the context does.
func TestMailToASilentServer(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	for _, security := range []feeds.Security{feeds.StartTLS, feeds.Implicit, feeds.Plain} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		done := make(chan error, 1)
		go func() {
			done <- sender(ln.Addr().String(), security, nil).Send(ctx, "ann@council.example", "s", "b", "i")
		}()
		select {
		case err := <-done:
			if domain.KindOf(err) != domain.Unavailable || err == nil {
				t.Errorf("%s: %v", security, err)
			}
		case <-time.After(time.Minute):
			t.Errorf("%s: it waits on", security)
		}
		cancel()
	}
}
