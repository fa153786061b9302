package evidence

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is what a log signs: at this size, its tree has this root (c2sp.org/tlog-checkpoint).
type Checkpoint struct {
	Origin     string // names the log, and its key: no spaces, no "+"
	Size       int64
	Root       tlog.Hash
	Extensions []string // further lines, signed but not interpreted; normally none
}

var errNotCheckpoint = errors.New("not a checkpoint: want the lines origin, size and root")

// String is the text that is signed, ending in a newline.
func (c Checkpoint) String() string {
	var b strings.Builder
	b.WriteString(c.Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + c.Root.String() + "\n")
	for _, line := range c.Extensions {
		b.WriteString(line + "\n")
	}
	return b.String()
}

// ParseCheckpoint reads the text of a checkpoint, without its signatures. It accepts what String writes and nothing else.
func ParseCheckpoint(text string) (Checkpoint, error) {
	body, ok := strings.CutSuffix(text, "\n")
	lines := strings.Split(body, "\n")
	if !ok || len(lines) < 3 || !cleanText(text) {
		return Checkpoint{}, errNotCheckpoint
	}
	c := Checkpoint{Origin: lines[0]}
	if err := checkName(c.Origin); err != nil {
		return Checkpoint{}, err
	}
	if c.Size, ok = parseSize(lines[1]); !ok {
		return Checkpoint{}, errors.New("not a checkpoint: the size is not a plain decimal number")
	}
	if c.Root, ok = parseHash(lines[2]); !ok {
		return Checkpoint{}, errors.New("not a checkpoint: the root is not the base64 of 32 bytes")
	}
	for _, line := range lines[3:] {
		if line == "" {
			return Checkpoint{}, errors.New("not a checkpoint: it has an empty line")
		}
		c.Extensions = append(c.Extensions, line)
	}
	return c, nil
}

// Sign makes the signed note of a checkpoint. One of the signers must bear the origin as its name: that is the log's.
// Whoever calls this for a log has first stored what it is about to sign, and proved it consistent with what was signed before.
func (c Checkpoint) Sign(signers ...note.Signer) ([]byte, error) {
	if _, err := ParseCheckpoint(c.String()); err != nil {
		return nil, err
	}
	named := false
	for _, s := range signers {
		named = named || s.Name() == c.Origin
	}
	if !named {
		return nil, fmt.Errorf("no signer is named %s as the log is", c.Origin)
	}
	return note.Sign(&note.Note{Text: c.String()}, signers...)
}

// OpenCheckpoint reads a signed checkpoint of the log named origin ("" for whichever the verifiers know). Signatures by
// unknown keys are passed over; a wrong one by a known key is an error, and so is the absence of one by the log itself:
// a witness's word does not stand for it. Each line has exactly one spelling: every byte of msg counts.
func OpenCheckpoint(msg []byte, origin string, verifiers ...note.Verifier) (Checkpoint, *note.Note, error) {
	if _, _, ok := splitNote(msg); !ok {
		return Checkpoint{}, nil, errors.New("this is no signed checkpoint in its one right spelling")
	}
	n, err := note.Open(msg, note.VerifierList(verifiers...))
	if err != nil {
		return Checkpoint{}, nil, err
	}
	c, err := ParseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, nil, err
	}
	if origin != "" && c.Origin != origin {
		return Checkpoint{}, nil, fmt.Errorf("the checkpoint is of log %s, not of %s", c.Origin, origin)
	}
	for _, sig := range n.Sigs {
		if sig.Name == c.Origin {
			return c, n, nil
		}
	}
	return Checkpoint{}, nil, fmt.Errorf("the checkpoint is not signed by its log %s", c.Origin)
}

// CheckConsistent proves that the tree of new begins with the whole tree of old: nothing that old saw was altered or
// dropped. The proof is empty when the sizes are equal or old is empty.
func CheckConsistent(old, new Checkpoint, proof tlog.TreeProof) error {
	switch {
	case old.Origin != new.Origin:
		return fmt.Errorf("the checkpoints are of two logs, %s and %s", old.Origin, new.Origin)
	case old.Size > new.Size:
		return fmt.Errorf("the history is shorter than it was: %d events, %d before", new.Size, old.Size)
	case old.Size == new.Size && old.Root != new.Root:
		return fmt.Errorf("two different histories of %d events: root %v, before %v", new.Size, new.Root, old.Root)
	case old.Size == 0 && old.Root != emptyRoot:
		return fmt.Errorf("the earlier checkpoint has no events and yet the root %v", old.Root)
	case old.Size == 0 || old.Size == new.Size:
		if len(proof) != 0 {
			return errors.New("a proof where none is needed")
		}
		return nil
	}
	if err := tlog.CheckTree(proof, new.Size, new.Root, old.Size, old.Root); err != nil {
		return fmt.Errorf("the first %d of %d events are not those of the earlier checkpoint: %w", old.Size, new.Size, err)
	}
	return nil
}

// signature is one line of a signed note, not yet verified.
type signature struct {
	name string
	hash uint32
	sig  []byte
}

// splitNote divides a signed note into text and signatures, more strictly than note.Open: nothing is passed over, and
// each line has exactly one spelling.
func splitNote(msg []byte) (text string, sigs []signature, ok bool) {
	s := string(msg)
	at := strings.LastIndex(s, "\n\n")
	if at < 0 || !cleanText(s) || !strings.HasSuffix(s, "\n") || len(s) == at+2 {
		return "", nil, false
	}
	for _, line := range strings.Split(s[at+2:len(s)-1], "\n") {
		rest, dash := strings.CutPrefix(line, "— ")
		name, b64, space := strings.Cut(rest, " ")
		raw, canonical := decode64(b64)
		if !dash || !space || !canonical || len(raw) < 5 || checkName(name) != nil {
			return "", nil, false
		}
		sigs = append(sigs, signature{name, beUint32(raw), raw[4:]})
	}
	return s[:at+1], sigs, len(sigs) <= maxSignatures
}

const maxSignatures = 100

// cleanText reports whether s is UTF-8 without control characters but newlines.
func cleanText(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return r < 0x20 && r != '\n' }) < 0
}
