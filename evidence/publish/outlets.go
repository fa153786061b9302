package publish

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"plantrail/evidence"
	"plantrail/evidence/witness"
)

// Witness is an outlet that signs what it is shown (c2sp.org/tlog-witness). It is shown a checkpoint at most once a second.
// The last one that it signed is kept in a file, so that it is known after a restart what was seen when.
//
// When it says that it has seen a history which this one does not continue, or one that is longer than anything the log's
// storage knows of, the log is told: that is the alarm a witness is there for.
func Witness(address string, key note.Verifier, kept string) Outlet {
	client := &witness.Client{URL: address, Verifier: key}
	w := witnessed{client: client, kept: kept}
	return Outlet{Kind: "witness", Name: key.Name(), Every: time.Second, show: w.show, known: w.known, signs: true}
}

type witnessed struct {
	client *witness.Client
	kept   string
}

func (w witnessed) show(ctx context.Context, log Log, signed []byte, since Receipt) (Receipt, error) {
	got, err := w.client.Add(ctx, since.Size, signed, func(old, new int64) (tlog.TreeProof, error) { return log.Prove(ctx, old, new) })
	if no := (*witness.Refused)(nil); errors.As(err, &no) {
		return Receipt{}, w.refused(ctx, log, no)
	}
	if err != nil {
		return Receipt{}, plainly(err)
	}
	r := Receipt{Size: got.Size, At: got.At, Note: append(bytes.Clone(signed), got.Line...)}
	// A crash before this is on disk: the next start asks with an older size, and is told the right one.
	if err := replace(w.kept, r.Note); err != nil {
		return r, fmt.Errorf("the witness has signed, and that can't be kept: %w", err)
	}
	return r, nil
}

// refused tells what a log must hear from what a witness merely does not like.
func (w witnessed) refused(ctx context.Context, log Log, no *witness.Refused) error {
	name := w.client.Verifier.Name()
	switch {
	case no.Forked():
		log.Alarm(fmt.Sprintf("the witness %s has seen another history than this one of %d events (%s)", name, no.Asked, no.Said))
	case no.Ahead():
		// Another process of this log may have shown it more; then that one's checkpoint is stored already.
		stored, err := log.Stored(ctx)
		if err != nil {
			return err
		}
		if stored < no.Size {
			log.Alarm(fmt.Sprintf("the witness %s has seen %d events, the newest checkpoint here states %d: events and checkpoints were taken back", name, no.Size, stored))
		}
	}
	return no
}

// known reads what the witness signed last. It was verified when it came; a file that can't be read is as good as none.
func (w witnessed) known() Receipt {
	msg, err := os.ReadFile(w.kept)
	if err != nil {
		return Receipt{}
	}
	n, err := note.Open(msg, note.VerifierList(w.client.Verifier))
	if err != nil {
		return Receipt{}
	}
	at, err := evidence.CosignatureTime(n.Sigs[0])
	if err != nil {
		return Receipt{}
	}
	return Receipt{Size: sizeOf(msg), At: at, Note: msg}
}

const (
	slowly       = time.Minute // between two checkpoints to a webhook or a file
	postLimit    = 10 * time.Second
	answerLimit  = 64 << 10
	noteType     = "text/plain; charset=utf-8"
	webhookAgent = "plantrail"
)

// Webhook is an outlet that a checkpoint is posted to, as the signed note that it is, at most once a minute. Any answer of
// 200 to 299 takes it. No redirect is followed and no proxy used.
//
// The address must be https and, when it is dialled, lie in the public internet: not in this machine, a private network, or
// a network's own neighbourhood. With inside it may be http, and lie anywhere.
func Webhook(address string, inside bool) (Outlet, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return Outlet{}, errors.New("it is not an address: want https://host/path")
	case u.Scheme == "http" && !inside:
		return Outlet{}, errors.New("it is not https")
	}
	w := webhook{address: address, http: &http.Client{Timeout: postLimit,
		Transport:     &http.Transport{DialContext: (&net.Dialer{Timeout: postLimit / 2, Control: guard(inside)}).DialContext, ForceAttemptHTTP2: true, IdleConnTimeout: 2 * slowly},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	// A path or a query may be what lets one in: neither is ever shown.
	return Outlet{Kind: "webhook", Name: u.Scheme + "://" + u.Host, Every: slowly, show: w.show}, nil
}

type webhook struct {
	address string
	http    *http.Client
}

func (w webhook) show(ctx context.Context, _ Log, signed []byte, _ Receipt) (Receipt, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.address, bytes.NewReader(signed))
	if err != nil {
		return Receipt{}, plainly(err)
	}
	r.Header.Set("Content-Type", noteType)
	r.Header.Set("User-Agent", webhookAgent)
	answer, err := w.http.Do(r)
	if err != nil {
		return Receipt{}, plainly(err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, answerLimit)) // so that the connection can be used again
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return Receipt{}, fmt.Errorf("it answered with status %d", answer.StatusCode)
	}
	return Receipt{Size: sizeOf(signed), At: time.Now(), Note: signed}, nil
}

// plainly leaves the address out of an error of the HTTP client: what is in it may be secret.
func plainly(err error) error {
	if u := (*url.Error)(nil); errors.As(err, &u) {
		if u.Timeout() {
			return errors.New("it did not answer in time")
		}
		return u.Err
	}
	return err
}

// shared is what a provider uses within its own network (RFC 6598).
var shared = netip.MustParsePrefix("100.64.0.0/10")

// guard looks at the address that a name has led to, just before it is dialled.
func guard(inside bool) func(network, address string, c syscall.RawConn) error {
	if inside {
		return nil
	}
	return func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		ip := at.Addr().Unmap()
		if !ip.IsGlobalUnicast() || ip.IsPrivate() || shared.Contains(ip) {
			return errors.New("its address is not one of the public internet")
		}
		return nil
	}
}

// File is an outlet that is a file, best on another machine's disk: written whole or not at all, at most once a minute.
//
// What it holds is not overwritten before it was seen that the log begins with it: a log that was put back to an older state,
// or made again, meets there what it once signed. Nor is what is no checkpoint of the log.
func File(path string) Outlet {
	f := file(path)
	return Outlet{Kind: "file", Name: path, Every: slowly, show: f.show, known: f.known}
}

type file string

func (f file) show(ctx context.Context, log Log, signed []byte, _ Receipt) (Receipt, error) {
	there, err := os.ReadFile(string(f))
	if err == nil {
		err = log.Extends(ctx, there)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Receipt{}, err
	}
	if err := replace(string(f), signed); err != nil {
		return Receipt{}, err
	}
	return Receipt{Size: sizeOf(signed), At: time.Now(), Note: signed}, nil
}

func (f file) known() Receipt {
	msg, err := os.ReadFile(string(f))
	if err != nil {
		return Receipt{}
	}
	info, err := os.Stat(string(f))
	if err != nil {
		return Receipt{}
	}
	return Receipt{Size: sizeOf(msg), At: info.ModTime(), Note: msg}
}

// replace writes a file beside the one that is meant and renames it: a crash leaves the old one or the new one.
func replace(path string, b []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(b)
	err = errors.Join(err, tmp.Chmod(0o644), tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
	}
	return err
}
