package witness

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"plantrail/evidence"
)

// The protocol's numbers and names (c2sp.org/tlog-witness).
const (
	maxProof   = 63
	maxRequest = 64 << 10 // a checkpoint with a hundred signatures fits
	maxAnswer  = 16 << 10
	sizeType   = "text/x.tlog.size" // of a 409 that states the size seen last
)

// request is the body of add-checkpoint:
//
//	old 20852014
//	PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=   (each hash of the proof that the first 20852014 entries are the same)
//
//	example.com/log
//	20852163
//	CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//
//	— example.com/log Az3grlgtz...
//
// The protocol has no version of its own: another one would be posted to another path.
type request struct {
	old        int64
	proof      tlog.TreeProof
	checkpoint []byte // a signed note, not yet opened
}

func (r request) format() []byte {
	b := []byte("old " + strconv.FormatInt(r.old, 10) + "\n")
	for _, h := range r.proof {
		b = append(b, h.String()+"\n"...)
	}
	return append(append(b, '\n'), r.checkpoint...)
}

// parseRequest accepts what format writes and nothing else; the checkpoint is looked at later.
func parseRequest(body []byte) (request, error) {
	head, checkpoint, ok := bytes.Cut(body, []byte("\n\n"))
	if !ok || !bytes.Contains(checkpoint, []byte("\n\n")) {
		return request{}, errors.New("want an old size line, proof lines, an empty line and a signed checkpoint")
	}
	first, rest, more := strings.Cut(string(head), "\n")
	size, ok := strings.CutPrefix(first, "old ")
	r := request{checkpoint: checkpoint}
	if ok {
		r.old, ok = parseSize(size)
	}
	if !ok {
		return request{}, errors.New("the first line is not the old size: want \"old\", a space and a plain decimal number")
	}
	if !more {
		return r, nil
	}
	lines := strings.Split(rest, "\n")
	if len(lines) > maxProof {
		return request{}, errors.New("more than 63 lines of proof")
	}
	for _, line := range lines {
		h, ok := parseHash(line)
		if !ok {
			return request{}, errors.New("a line of proof is not the base64 of 32 bytes")
		}
		r.proof = append(r.proof, h)
	}
	return r, nil
}

func parseSize(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= 0 && n <= evidence.MaxSize && strconv.FormatInt(n, 10) == s
}

func parseHash(s string) (h tlog.Hash, ok bool) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(b) != tlog.HashSize || base64.StdEncoding.EncodeToString(b) != s {
		return h, false
	}
	return tlog.Hash(b), true
}

// refusal is an answer that is no cosignature, as the witness gives it.
type refusal struct {
	status int
	size   int64 // what was seen last, in a 409 that says so; else -1
	reason string
	origin string // of the log, where the log itself signed what is refused
}

func refuse(status int, reason string) *refusal {
	return &refusal{status: status, size: -1, reason: reason}
}

// Error implements error.
func (r *refusal) Error() string { return r.reason }
