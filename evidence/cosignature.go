package evidence

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// A cosignature is a witness's statement that at some time a checkpoint was the largest it had seen of the log, and
// consistent with all before (c2sp.org/tlog-cosignature, Ed25519). The signed bytes are
//
//	cosignature/v1
//	time 1679315147
//	<the checkpoint's text>
//
// and the signature is 8 bytes of time, big-endian, before the 64 of Ed25519.
const cosignatureSize = 8 + ed25519.SignatureSize

type cosigner struct {
	name   string
	hash   uint32
	public ed25519.PublicKey
	secret ed25519.PrivateKey // nil in a verifier
	clock  func() time.Time
}

// GenerateCosignerKey makes a witness's key pair. rand is nil for crypto/rand.
func GenerateCosignerKey(random io.Reader, name string) (skey, vkey string, err error) {
	if err := checkName(name); err != nil {
		return "", "", err
	}
	if random == nil {
		random = rand.Reader
	}
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(random, seed); err != nil {
		return "", "", err
	}
	public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	raw := append([]byte{algCosignature}, seed...)
	hash := keyHash(name, append([]byte{algCosignature}, public...))
	skey = fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", name, hash, base64.StdEncoding.EncodeToString(raw))
	return skey, formatKey(name, algCosignature, public), nil
}

// NewCosigner is a witness's signer. It takes a key of either kind (a note's own key may cosign under its cosigner's hash)
// and states the clock's time in each signature.
func NewCosigner(skey string, clock func() time.Time) (note.Signer, error) {
	name, seed, alg, err := parseSecret(skey)
	if err != nil {
		return nil, err
	}
	if alg != algEd25519 && alg != algCosignature {
		return nil, fmt.Errorf("private key of kind %d: only Ed25519 (1) and cosignature (4) are known", alg)
	}
	secret := ed25519.NewKeyFromSeed(seed)
	public := secret.Public().(ed25519.PublicKey)
	hash := keyHash(name, append([]byte{algCosignature}, public...))
	return &cosigner{name, hash, public, secret, clock}, nil
}

// CosignerKey gives the verifier key of a cosigner's private key.
func CosignerKey(skey string) (string, error) {
	name, seed, _, err := parseSecret(skey)
	if err != nil {
		return "", err
	}
	return formatKey(name, algCosignature, ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)), nil
}

// Cosign adds a witness's signature to a signed checkpoint, keeping those that it has. The witness has verified the log's
// signature and the consistency with what it saw before; this function can't know.
func Cosign(msg []byte, s note.Signer, known ...note.Verifier) ([]byte, error) {
	n, err := note.Open(msg, note.VerifierList(known...))
	if err != nil {
		return nil, err
	}
	return note.Sign(n, s)
}

// CosignatureTime is the time that a cosignature states; only after the note was opened with the witness's key is it true.
func CosignatureTime(sig note.Signature) (time.Time, error) {
	raw, ok := decode64(sig.Base64)
	if !ok || len(raw) < 4 {
		return time.Time{}, errNotCosignature
	}
	return cosignatureTime(raw[4:])
}

func cosignatureTime(sig []byte) (time.Time, error) {
	if len(sig) != cosignatureSize || sig[0] > 127 {
		return time.Time{}, errNotCosignature
	}
	return time.Unix(int64(binary.BigEndian.Uint64(sig)), 0).UTC(), nil
}

var errNotCosignature = errors.New("not a cosignature")

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }

func (c *cosigner) Sign(msg []byte) ([]byte, error) {
	if c.secret == nil {
		return nil, errors.New("a verifier can't sign")
	}
	t := c.clock().Unix()
	if t < 0 {
		return nil, errors.New("the clock stands before 1970")
	}
	sig := binary.BigEndian.AppendUint64(nil, uint64(t))
	return append(sig, ed25519.Sign(c.secret, cosigned(uint64(t), msg))...), nil
}

func (c *cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != cosignatureSize {
		return false
	}
	t := binary.BigEndian.Uint64(sig)
	return t <= math.MaxInt64 && ed25519.Verify(c.public, cosigned(t, msg), sig[8:])
}

func cosigned(t uint64, msg []byte) []byte {
	return append([]byte("cosignature/v1\ntime "+strconv.FormatUint(t, 10)+"\n"), msg...)
}
