package witness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"plantrail/evidence"
)

// Client shows a log's checkpoints to one witness.
type Client struct {
	URL      string        // the witness's submission prefix: add-checkpoint is below it
	Verifier note.Verifier // of the witness's key, as evidence.NewVerifier makes it
	HTTP     *http.Client  // nil for one that gives up after ten seconds and follows no redirects
}

// Prove gives the proof that the tree of old entries is the beginning of that of new ones, 0 < old < new:
// evidence.ProveConsistency over the log's stored hashes.
type Prove func(old, new int64) (tlog.TreeProof, error)

// Cosigned is a witness's statement, verified: at that time the checkpoint was the largest it had seen of the log, and
// consistent with all it had seen before.
type Cosigned struct {
	Witness string    // its name
	Size    int64     // of the checkpoint
	Since   int64     // the size it had seen before; less than a size it has cosigned earlier: it has lost its memory
	At      time.Time // by the witness's clock, to the second
	Line    string    // the signature line, with its newline: appended to the checkpoint it is a witnessed one
}

// attempts bounds how often one Add asks: other processes of the same log may move the witness on in between.
const attempts = 4

// Add shows the witness a signed checkpoint and returns its cosignature. old is the size that the witness is believed to
// have seen last; 0 is always allowed and costs one more question. A witness that has seen another size is asked again
// with a proof from there.
//
// A [*Refused] says what the witness holds against the checkpoint; look at its Forked and Ahead. Any other error says that
// the witness was not reached or answered nonsense: whether it has cosigned is then unknown, and harmless. Ask again.
func (c *Client) Add(ctx context.Context, old int64, checkpoint []byte, prove Prove) (Cosigned, error) {
	text, ok := noteText(checkpoint)
	if !ok {
		return Cosigned{}, errors.New("the checkpoint is not a signed note")
	}
	cp, err := evidence.ParseCheckpoint(text)
	if err != nil {
		return Cosigned{}, err
	}
	if old < 0 || old > cp.Size {
		old = 0
	}
	for range attempts {
		line, err := c.post(ctx, old, checkpoint, cp, prove)
		var no *Refused
		if errors.As(err, &no) && no.Size >= 0 && no.Size <= cp.Size && no.Size != old {
			old = no.Size
			continue
		}
		if err != nil {
			return Cosigned{}, err
		}
		return c.read(text, cp.Size, old, line)
	}
	return Cosigned{}, fmt.Errorf("the witness named another size each time, %d times", attempts)
}

// post asks once.
func (c *Client) post(ctx context.Context, old int64, checkpoint []byte, cp evidence.Checkpoint, prove Prove) ([]byte, error) {
	req := request{old: old, checkpoint: checkpoint}
	if old > 0 && old < cp.Size {
		var err error
		if req.proof, err = prove(old, cp.Size); err != nil {
			return nil, err
		}
	}
	url := strings.TrimRight(c.URL, "/") + "/add-checkpoint"
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(req.format()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "text/plain; charset=utf-8")
	answer, err := c.http().Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		return nil, refused(answer, body, cp.Size)
	}
	return body, nil
}

var patient = &http.Client{
	Timeout:       10 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (c *Client) http() *http.Client {
	if c.HTTP != nil {
		return c.HTTP
	}
	return patient
}

// read verifies an answer. Lines by other keys are passed over, as the protocol wants it.
func (c *Client) read(text string, size, since int64, lines []byte) (Cosigned, error) {
	n, err := note.Open([]byte(text+"\n"+string(lines)), note.VerifierList(c.Verifier))
	if err != nil {
		return Cosigned{}, fmt.Errorf("the witness answered with what is not its cosignature: %w", err)
	}
	sig := n.Sigs[0]
	at, err := evidence.CosignatureTime(sig)
	if err != nil {
		return Cosigned{}, err
	}
	return Cosigned{sig.Name, size, since, at, "— " + sig.Name + " " + sig.Base64 + "\n"}, nil
}

// noteText is the signed part of a note, with its last newline.
func noteText(msg []byte) (string, bool) {
	at := bytes.LastIndex(msg, []byte("\n\n"))
	if at < 0 {
		return "", false
	}
	return string(msg[:at+1]), true
}

// Refused is a witness's answer that is no cosignature.
type Refused struct {
	Status int    // of HTTP
	Size   int64  // the size that the witness has seen last, where it says so; else -1
	Asked  int64  // the size of the checkpoint
	Said   string // the witness's own words, not to be trusted
}

// Error implements error.
func (r *Refused) Error() string {
	switch {
	case r.Ahead():
		return fmt.Sprintf("the witness has seen %d entries, more than the %d of this checkpoint", r.Size, r.Asked)
	case r.Forked():
		return fmt.Sprintf("the witness has seen another history than the %d entries of this checkpoint: %s", r.Asked, r.Said)
	case r.Status == http.StatusNotFound:
		return "the witness does not watch this log"
	case r.Status == http.StatusForbidden:
		return "the witness does not know the key that signed this checkpoint"
	}
	return fmt.Sprintf("the witness answered with status %d: %s", r.Status, r.Said)
}

// Forked reports that the witness has seen a history which this checkpoint does not continue. It is never harmless, unless
// the log's own proof is wrong. A 409 without a size is how version 1.0.0 of the protocol says so.
func (r *Refused) Forked() bool {
	return r.Status == http.StatusUnprocessableEntity || r.Status == http.StatusConflict && r.Size < 0
}

// Ahead reports that the witness has seen a larger tree. That is harmless when another process of the log has shown it one
// in the meantime; else this history was cut.
func (r *Refused) Ahead() bool { return r.Status == http.StatusConflict && r.Size > r.Asked }

func refused(answer *http.Response, body []byte, asked int64) error {
	r := &Refused{answer.StatusCode, -1, asked, firstLine(body)}
	if r.Status == http.StatusConflict && answer.Header.Get("Content-Type") == sizeType {
		var ok bool
		if r.Size, ok = parseSize(r.Said); !ok {
			return fmt.Errorf("the witness named a size that is no number: %q", r.Said)
		}
	}
	return r
}

func firstLine(b []byte) string {
	line, _, _ := strings.Cut(string(b[:min(len(b), 300)]), "\n")
	return strings.ToValidUTF8(strings.Map(func(c rune) rune {
		if c < 0x20 || c == 0x7f {
			return ' '
		}
		return c
	}, line), "")
}
