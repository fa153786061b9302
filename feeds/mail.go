package feeds

import (
	"context"
	"crypto/tls"
	"fmt"
	"mime"
	"net"
	"net/mail"
	"net/smtp"
	"strings"
	"time"

	"plantrail/domain"
)

// Post sends a message to an address.
type Post interface {
	Send(ctx context.Context, to, subject, body, id string) error
}

// SMTP sends by a mail server. With a user it needs TLS; without, it is for a relay on a network that one trusts.
type SMTP struct {
	Server         string // host:port; port 465 is TLS from the first byte, any other begins it when the server offers it
	From           string // "Plantrail <plans@council.example>"
	User, Password string
	Roots          *tls.Config // nil: the system's certificates
	Now            func() time.Time
}

const mailPeriod = 30 * time.Second

// Send hands a message over to the server; after nil the server has it. The id is the same on each try, so that a server or
// reader can drop one that came twice.
func (s SMTP) Send(ctx context.Context, to, subject, body, id string) error {
	from, err := mail.ParseAddress(s.From)
	if err != nil {
		return domain.Errorf(domain.Invalid, "--mail-from", "this is not an address").Because(err)
	}
	at, err := mail.ParseAddress(to)
	if err != nil || strings.ContainsAny(to, "\r\n") {
		return domain.Errorf(domain.Invalid, "target", "this is not an e-mail address").Because(err)
	}
	c, err := s.dial(ctx)
	if err != nil {
		return domain.Errorf(domain.Unavailable, "", "the mail server can't be reached").Because(err)
	}
	defer c.Close()
	if s.User != "" {
		host, _, _ := net.SplitHostPort(s.Server)
		if err := c.Auth(smtp.PlainAuth("", s.User, s.Password, host)); err != nil {
			return domain.Errorf(domain.Unavailable, "", "the mail server refuses to be logged in to").Because(err)
		}
	}
	if err := c.Mail(from.Address); err != nil {
		return err
	}
	if err := c.Rcpt(at.Address); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(s.message(from, at, subject, body, id)); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return c.Quit()
}

func (s SMTP) dial(ctx context.Context) (*smtp.Client, error) {
	host, port, err := net.SplitHostPort(s.Server)
	if err != nil {
		return nil, err
	}
	config := s.Roots.Clone()
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	config.ServerName = host
	dialer := &net.Dialer{Timeout: dialPeriod}
	conn, err := dialer.DialContext(ctx, "tcp", s.Server)
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(mailPeriod))
	if port == "465" {
		conn = tls.Client(conn, config)
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	if offers, _ := c.Extension("STARTTLS"); offers && port != "465" {
		if err := c.StartTLS(config); err != nil {
			_ = c.Close()
			return nil, err
		}
	}
	return c, nil
}

// message is RFC 5322: plain text, UTF-8. Words of people get into the body only, where no header can begin.
func (s SMTP) message(from, to *mail.Address, subject, body, id string) []byte {
	_, domainName, _ := strings.Cut(from.Address, "@")
	var b strings.Builder
	for _, line := range []string{
		"From: " + from.String(), "To: " + to.String(), "Subject: " + mime.QEncoding.Encode("utf-8", oneLine(subject)),
		"Date: " + s.Now().UTC().Format(time.RFC1123Z), fmt.Sprintf("Message-ID: <%s@%s>", id, domainName),
		"MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "Auto-Submitted: auto-generated", "",
	} {
		b.WriteString(line + "\r\n")
	}
	b.WriteString(strings.ReplaceAll(strings.ReplaceAll(body, "\r", ""), "\n", "\r\n"))
	return []byte(b.String())
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
