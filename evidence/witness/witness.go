// Package witness is the second pair of eyes on a log: a program run by somebody else, an auditor, that a log shows each of
// its checkpoints, and that signs only what continues what it saw before (c2sp.org/tlog-witness, c2sp.org/tlog-cosignature).
//
// A log can show two histories to two readers, or a shorter one than yesterday, and sign each of them faultlessly. It can't
// get both cosigned by one witness. So whoever asks for the witness's line under a checkpoint knows that everybody else who
// asks for it has been shown the same history.
//
// The promise hangs on what the witness remembers. What it is about to sign is durable in its [Store] before the signature
// leaves; it keeps nothing else in memory, so a killed witness is as good as a running one. A witness whose state was lost
// must be started with a new key, under a new name: with the old one it would sign what it once refused.
//
// [Witness] is the server and [Client] is what a log calls it with. They speak the protocol as it stood in July 2026, where a
// second history of one size is answered with 422; version 1.0.0 had 409 for it, which the client understands as well.
package witness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"plantrail/evidence"
)

// Store remembers, for each log by its origin, the last checkpoint that was cosigned: a signed note that bears the witness's
// own signature. A witness calls it for one log at a time, and for several logs at once.
type Store interface {
	// Last gives what was last Put, or nil when nothing ever was. An error means that it can't be told.
	Last(origin string) ([]byte, error)
	// Put replaces what Last gives. After nil it is durable: no crash brings the old one back. After an error either may be
	// there, never a mixture.
	Put(origin string, msg []byte) error
	// Fork gives the checkpoint that PutFork kept, or nil.
	Fork(origin string) ([]byte, error)
	// PutFork keeps a checkpoint that the log signed although it contradicts the last: proof against the log. The first one
	// stays; later ones are dropped.
	PutFork(origin string, msg []byte) error
}

// Config is what a witness is made of.
type Config struct {
	Key   string           // the witness's private key, as evidence.GenerateCosignerKey makes it
	Logs  []note.Verifier  // the logs it watches; several keys of one name are keys of one log
	Store Store            // what it remembers
	Clock func() time.Time // nil for the machine's
	Log   *slog.Logger     // nil for none; refusals are told here
}

// Witness is an http.Handler with these routes and no others:
//
//	POST /add-checkpoint  c2sp.org/tlog-witness
//	GET /                 what it has seen, for people
//	GET /healthz          200 while all that it remembers can be read, else 503
type Witness struct {
	name   string
	vkey   string
	signer note.Signer
	own    note.Verifier
	logs   map[string]*watched
	store  Store
	log    *slog.Logger
	mux    *http.ServeMux
}

// watched is one log. Its lock is held from reading what was seen until the next is durable: two checkpoints checked
// against the same past must not both be signed.
type watched struct {
	origin string
	keys   []note.Verifier
	sync.Mutex
}

// Seen is what a witness knows of one log.
type Seen struct {
	evidence.Checkpoint           // Size 0 while nothing was seen
	At                  time.Time // when it was cosigned last; zero while nothing was seen
	Fork                bool      // the log has signed two histories of one size, and the proof is kept
}

// New makes a witness. It reads all that the store remembers of the logs, and refuses to begin with what it can't read or
// has not signed itself.
func New(c Config) (*Witness, error) {
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	w := &Witness{logs: map[string]*watched{}, store: c.Store, log: c.Log, mux: http.NewServeMux()}
	if err := w.take(c.Key, c.Clock); err != nil {
		return nil, err
	}
	for _, v := range c.Logs {
		if err := w.watch(v); err != nil {
			return nil, err
		}
	}
	if len(w.logs) == 0 {
		return nil, errors.New("a witness needs a log to watch")
	}
	if _, err := w.Seen(); err != nil {
		return nil, err
	}
	w.mux.HandleFunc("POST /add-checkpoint", w.serveAdd)
	w.mux.HandleFunc("GET /{$}", w.serveStatus)
	w.mux.HandleFunc("GET /healthz", w.serveHealth)
	return w, nil
}

// watch adds a log, or a further key of one.
func (w *Witness) watch(v note.Verifier) error {
	if v.Name() == w.name {
		// Whoever looks for a signature in the log's name would take the witness's for it.
		return fmt.Errorf("the witness has the name of a log, %s", w.name)
	}
	l := w.logs[v.Name()]
	if l == nil {
		l = &watched{origin: v.Name()}
		w.logs[l.origin] = l
	}
	for _, known := range l.keys {
		if known.KeyHash() == v.KeyHash() {
			return nil // given twice; of two verifiers for one signature note.Open would take neither
		}
	}
	l.keys = append(l.keys, v)
	return nil
}

func (w *Witness) take(skey string, clock func() time.Time) (err error) {
	if w.vkey, err = evidence.CosignerKey(skey); err != nil {
		return err
	}
	if w.own, err = evidence.NewVerifier(w.vkey); err != nil {
		return err
	}
	w.signer, err = evidence.NewCosigner(skey, clock)
	w.name = w.own.Name()
	return err
}

// VerifierKey is the witness's public key, which those who rely on it are given.
func (w *Witness) VerifierKey() string { return w.vkey }

// ServeHTTP implements http.Handler.
func (w *Witness) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	rw.Header().Set("X-Content-Type-Options", "nosniff")
	w.mux.ServeHTTP(rw, r)
}

// Seen lists what is known of each log, by origin.
func (w *Witness) Seen() ([]Seen, error) {
	var all []Seen
	for _, l := range w.logs {
		seen, err := w.last(l)
		if err != nil {
			return nil, err
		}
		fork, err := w.store.Fork(l.origin)
		if err != nil {
			return nil, err
		}
		seen.Fork = fork != nil
		all = append(all, seen)
	}
	slices.SortFunc(all, func(a, b Seen) int { return strings.Compare(a.Origin, b.Origin) })
	return all, nil
}

// last reads what was seen of a log. The log's own keys are not asked: they may have been changed since. The witness's
// signature vouches for it.
func (w *Witness) last(l *watched) (Seen, error) {
	msg, err := w.store.Last(l.origin)
	if err != nil {
		return Seen{}, err
	}
	if msg == nil {
		var none evidence.Tree
		return Seen{Checkpoint: none.Checkpoint(l.origin)}, nil
	}
	n, err := note.Open(msg, note.VerifierList(w.own))
	if err != nil {
		return Seen{}, fmt.Errorf("what is stored of log %s was not signed by this witness: %w", l.origin, err)
	}
	c, err := evidence.ParseCheckpoint(n.Text)
	if err != nil {
		return Seen{}, err
	}
	if c.Origin != l.origin {
		return Seen{}, fmt.Errorf("what is stored of log %s is of log %s", l.origin, c.Origin)
	}
	at, err := evidence.CosignatureTime(n.Sigs[0])
	return Seen{Checkpoint: c, At: at}, err
}

// add is the whole of witnessing. The order of checks is the protocol's.
func (w *Witness) add(body []byte) (line []byte, err error) {
	req, err := parseRequest(body)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, err.Error())
	}
	origin, _, _ := strings.Cut(string(req.checkpoint), "\n")
	l := w.logs[origin]
	if l == nil {
		return nil, refuse(http.StatusNotFound, "this log is not watched here")
	}
	c, n, err := evidence.OpenCheckpoint(req.checkpoint, origin, l.keys...)
	switch {
	case errors.As(err, new(*note.UnverifiedNoteError)), errors.As(err, new(*note.InvalidSignatureError)):
		return nil, refuse(http.StatusForbidden, "no signature by a known key of the log")
	case err != nil:
		return nil, refuse(http.StatusBadRequest, err.Error())
	case req.old > c.Size:
		return nil, refuse(http.StatusBadRequest, "the old size is above the checkpoint's")
	}
	l.Lock()
	defer l.Unlock()
	last, err := w.last(l)
	if err != nil {
		return nil, err
	}
	if err := w.compare(last, c, req); err != nil {
		if no := (*refusal)(nil); errors.As(err, &no) {
			no.origin = origin
		}
		return nil, err
	}
	return w.cosign(l, n)
}

// compare refuses what does not continue what was seen. What comes here is signed by the log.
func (w *Witness) compare(last Seen, c evidence.Checkpoint, req request) error {
	if c.Size == last.Size && c.Root != last.Root && c.Size > 0 {
		if err := w.store.PutFork(c.Origin, req.checkpoint); err != nil {
			return err
		}
	}
	if req.old != last.Size {
		return &refusal{status: http.StatusConflict, size: last.Size, reason: "the old size is not what was seen last"}
	}
	if err := evidence.CheckConsistent(last.Checkpoint, c, req.proof); err != nil {
		return refuse(http.StatusUnprocessableEntity, err.Error())
	}
	return nil
}

// cosign signs, remembers, and only then gives the signature away. Signatures by others, which the log added, are not kept.
func (w *Witness) cosign(l *watched, n *note.Note) ([]byte, error) {
	msg, err := note.Sign(&note.Note{Text: n.Text, Sigs: n.Sigs}, w.signer)
	if err != nil {
		return nil, err
	}
	if err := w.store.Put(l.origin, msg); err != nil {
		return nil, err
	}
	// A crash here loses the answer, not the memory: the log asks again with its old size, is told the new one, and gets a
	// cosignature on the same tree.
	at := strings.LastIndexByte(string(msg[:len(msg)-1]), '\n')
	return msg[at+1:], nil
}

func (w *Witness) serveAdd(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxRequest))
	if err != nil {
		w.refuse(rw, unread(err))
		return
	}
	line, err := w.add(body)
	if err != nil {
		w.refuse(rw, err)
		return
	}
	plain(rw, http.StatusOK, string(line))
}

func unread(err error) error {
	if errors.As(err, new(*http.MaxBytesError)) {
		return refuse(http.StatusRequestEntityTooLarge, "the body is too large")
	}
	return refuse(http.StatusBadRequest, "the body can't be read")
}

func (w *Witness) refuse(rw http.ResponseWriter, err error) {
	var no *refusal
	if !errors.As(err, &no) {
		w.log.Error("a checkpoint was not judged", "err", err)
		plain(rw, http.StatusInternalServerError, "what was seen of this log can't be read or written; nothing was signed\n")
		return
	}
	level := slog.LevelInfo // strangers, and logs that ask for the size
	if no.status == http.StatusUnprocessableEntity {
		level = slog.LevelWarn // the log itself signed what does not continue what was seen
	}
	w.log.Log(context.Background(), level, "refused a checkpoint", "log", no.origin, "status", no.status, "reason", no.reason)
	if no.size >= 0 {
		rw.Header().Set("Content-Type", sizeType)
		rw.WriteHeader(no.status)
		io.WriteString(rw, strconv.FormatInt(no.size, 10)+"\n")
		return
	}
	plain(rw, no.status, no.reason+"\n")
}

func (w *Witness) serveHealth(rw http.ResponseWriter, _ *http.Request) {
	if _, err := w.Seen(); err != nil {
		w.log.Error("not healthy", "err", err)
		plain(rw, http.StatusServiceUnavailable, "what was seen can't be read\n")
		return
	}
	plain(rw, http.StatusOK, "ok\n")
}

func (w *Witness) serveStatus(rw http.ResponseWriter, _ *http.Request) {
	all, err := w.Seen()
	if err != nil {
		w.log.Error("no status", "err", err)
		plain(rw, http.StatusInternalServerError, "what was seen can't be read\n")
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "witness %s\nkey %s\n", w.name, w.vkey)
	for _, s := range all {
		b.WriteString("\n" + s.String())
	}
	plain(rw, http.StatusOK, b.String())
}

// String is what the status page says of a log.
func (s Seen) String() string {
	text := "log " + s.Origin + "\n"
	if s.At.IsZero() {
		text += "nothing seen yet\n"
	} else {
		text += fmt.Sprintf("size %d\nroot %v\nseen %s\n", s.Size, s.Root, s.At.Format(time.RFC3339))
	}
	if s.Fork {
		text += "FORK: this log has signed two different histories of one size; the other checkpoint is kept as proof\n"
	}
	return text
}

func plain(rw http.ResponseWriter, status int, text string) {
	rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
	rw.WriteHeader(status)
	io.WriteString(rw, text)
}
