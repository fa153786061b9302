package feeds

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/mail"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"plantrail/domain"
)

// Post sends a message to an address.
type Post interface {
	Send(ctx context.Context, to, subject, body, id string) error
}

// Security is how a connection to a mail server is kept private.
type Security string

// The ways. With none of them a password is sent in the clear: Plain is refused where there is a user.
const (
	StartTLS Security = "starttls" // the connection begins in the clear, and nothing is said before TLS is agreed
	Implicit Security = "implicit" // TLS from the first byte, as on port 465
	Plain    Security = "none"     // for a relay on a network that one trusts
)

// SMTP sends by a mail server.
type SMTP struct {
	Server         string   // host:port
	Security       Security // "" is Implicit on port 465, else StartTLS
	From           string   // "Plantrail <plans@council.example>"
	User, Password string
	TLS            *tls.Config // nil: the system's certificates
	Now            func() time.Time
}

const mailPeriod = 30 * time.Second

// Check says what is wrong with the settings, nil when nothing is.
func (s SMTP) Check() error {
	_, err := s.client(context.Background())
	if err == nil {
		_, err = s.message("a@b.example", "", "", "")
	}
	return err
}

// Send hands a message over to the server; after nil the server has it. The id is the same on each try, so that a server or
// reader can drop one that came twice. An error of kind Refused says that the server will not have it, whenever it is asked.
func (s SMTP) Send(ctx context.Context, to, subject, body, id string) error {
	ctx, cancel := context.WithTimeout(ctx, mailPeriod)
	defer cancel()
	c, err := s.client(ctx)
	if err != nil {
		return err
	}
	m, err := s.message(to, subject, body, id)
	if err != nil {
		return err
	}
	return s.outcome(c.DialAndSendWithContext(ctx, m))
}

func (s SMTP) client(ctx context.Context) (*gomail.Client, error) {
	host, port, err := net.SplitHostPort(s.Server)
	number, err2 := strconv.Atoi(port)
	if err != nil || err2 != nil || host == "" {
		return nil, domain.Errorf(domain.Invalid, "--mail-server", "this is no mail server").WithHint("write it as mail.council.example:587")
	}
	config := s.TLS.Clone()
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	config.ServerName = host
	implicit := s.Security == Implicit || s.Security == "" && port == "465"
	options := []gomail.Option{gomail.WithPort(number), gomail.WithTimeout(mailPeriod), gomail.WithTLSConfig(config), gomail.WithDialContextFunc(dialMail(ctx, implicit, config))}
	switch {
	case implicit:
		options = append(options, gomail.WithSSL())
	case s.Security == StartTLS, s.Security == "":
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case s.Security == Plain && s.User == "":
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	case s.Security == Plain:
		return nil, domain.Errorf(domain.Invalid, "--mail-tls", "a password is not sent without TLS").WithHint("give --mail-tls starttls or implicit, or no --mail-user")
	default:
		return nil, domain.Errorf(domain.Invalid, "--mail-tls", "there is no way %q", string(s.Security)).WithHint("use starttls, implicit or none")
	}
	if s.User != "" {
		options = append(options, gomail.WithUsername(s.User), gomail.WithPassword(s.Password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	c, err := gomail.NewClient(host, options...)
	if err != nil {
		return nil, domain.Errorf(domain.Invalid, "--mail-server", "this is no mail server").Because(err)
	}
	return c, nil
}

// dialMail connects for as long as ctx lives. The library bounds each step of a conversation, but not all of them together, and
// it does not hear a context's end: closing the connection ends it.
func dialMail(ctx context.Context, implicit bool, config *tls.Config) gomail.DialContextFunc {
	return func(step context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{Timeout: dialPeriod}).DialContext(step, network, address)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, func() { _ = conn.Close() })
		if !implicit {
			return conn, nil
		}
		private := tls.Client(conn, config)
		if err := private.HandshakeContext(step); err != nil {
			_ = conn.Close()
			return nil, err
		}
		return private, nil
	}
}

// message is plain text in UTF-8. Words of people get into the body only; what stands in a header is one line.
func (s SMTP) message(to, subject, body, id string) (*gomail.Msg, error) {
	from, err := mail.ParseAddress(s.From)
	if err != nil || strings.ContainsAny(s.From, "\r\n") {
		return nil, domain.Errorf(domain.Invalid, "--mail-from", "this is not an address").WithHint("write it as Plantrail <plans@council.example>")
	}
	at, err := mail.ParseAddress(to)
	if err != nil || strings.ContainsAny(to, "\r\n") {
		return nil, domain.Errorf(domain.Invalid, "target", "this is not an e-mail address")
	}
	_, host, _ := strings.Cut(from.Address, "@")
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.FromMailAddress(from)
	m.ToMailAddress(at)
	m.Subject(oneLine(subject))
	m.SetDateWithValue(s.Now().UTC())
	m.SetMessageIDWithValue(oneLine(id) + "@" + host)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's holiday answers it
	m.SetBodyString(gomail.TypeTextPlain, body)
	return m, nil
}

// outcome tells what can be tried again from what can't. It names neither the user nor a password: people see it.
func (s SMTP) outcome(err error) error {
	refused := new(gomail.SendError)
	network := net.Error(nil)
	unknown := new(tls.CertificateVerificationError)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unknown):
		return domain.Errorf(domain.Unavailable, "", "the mail server's certificate is not good for its name").Because(err)
	case errors.As(err, &refused) && refused.ErrorCode() >= 500:
		return domain.Errorf(domain.Refused, "target", "the mail server refused the message with %d", refused.ErrorCode()).Because(err)
	case errors.As(err, &refused) && refused.ErrorCode() >= 400:
		return domain.Errorf(domain.Unavailable, "", "the mail server takes nothing now: %d", refused.ErrorCode()).Because(err)
	case errors.As(err, &network), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.Is(err, io.EOF):
		return domain.Errorf(domain.Unavailable, "", "the mail server can't be reached").Because(err)
	}
	return domain.Errorf(domain.Unavailable, "", "the mail server does not let us send: it offers no TLS, or refuses the user").Because(err)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
