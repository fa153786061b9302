package evidence

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const proofHeader = "c2sp.org/tlog-proof@v1"

// maxPath is the longest inclusion proof: one hash a level.
const maxPath = 63

// Proof is all that shows one event to be in the log, in one file (c2sp.org/tlog-proof@v1): where it is, the hashes
// beside its way to the root, and the signed checkpoint with that root.
type Proof struct {
	Extra      []byte // not authenticated by anything; nil for none
	Index      int64
	Path       tlog.RecordProof
	Checkpoint []byte // the signed note, verbatim
}

var errNotProof = errors.New("not a " + proofHeader)

// Format writes the proof:
//
//	c2sp.org/tlog-proof@v1
//	extra <base64>
//	index 17
//	<base64 hash, from the leaf's sibling up>
//
//	<checkpoint>
func (p Proof) Format() []byte {
	var b strings.Builder
	b.WriteString(proofHeader + "\n")
	if p.Extra != nil {
		b.WriteString("extra " + base64.StdEncoding.EncodeToString(p.Extra) + "\n")
	}
	b.WriteString("index " + strconv.FormatInt(p.Index, 10) + "\n")
	for _, h := range p.Path {
		b.WriteString(h.String() + "\n")
	}
	b.WriteString("\n")
	b.Write(p.Checkpoint)
	return []byte(b.String())
}

// ParseProof reads a proof. It accepts what Format writes and nothing else; the checkpoint within is only opened by Check.
func ParseProof(data []byte) (Proof, error) {
	head, checkpoint, ok := strings.Cut(string(data), "\n\n")
	lines := strings.Split(head, "\n")
	if !ok || lines[0] != proofHeader || checkpoint == "" {
		return Proof{}, errNotProof
	}
	p := Proof{Checkpoint: []byte(checkpoint)}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		if p.Extra, ok = decode64(lines[0][len("extra "):]); !ok {
			return Proof{}, fmt.Errorf("%w: its extra data is not base64", errNotProof)
		}
		lines = lines[1:]
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return Proof{}, fmt.Errorf("%w: it has no index", errNotProof)
	}
	if p.Index, ok = parseSize(lines[0][len("index "):]); !ok {
		return Proof{}, fmt.Errorf("%w: its index is not a plain decimal number", errNotProof)
	}
	if len(lines)-1 > maxPath {
		return Proof{}, fmt.Errorf("%w: it has %d hashes, no tree is that high", errNotProof, len(lines)-1)
	}
	for _, line := range lines[1:] {
		h, ok := parseHash(line)
		if !ok {
			return Proof{}, fmt.Errorf("%w: one of its hashes is not the base64 of 32 bytes", errNotProof)
		}
		p.Path = append(p.Path, h)
	}
	return p, nil
}

// Check proves that the leaf is in the log named origin, in this order: the checkpoint's signature, its root, the leaf's
// way to it. It returns the checkpoint for further questions (how large, cosigned by whom).
func (p Proof) Check(leaf []byte, origin string, verifiers ...note.Verifier) (Checkpoint, error) {
	c, _, err := OpenCheckpoint(p.Checkpoint, origin, verifiers...)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("signature: %w", err)
	}
	if err := CheckInclusion(c, p.Index, LeafHash(leaf), p.Path); err != nil {
		return Checkpoint{}, fmt.Errorf("inclusion: %w", err)
	}
	return c, nil
}
