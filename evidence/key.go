package evidence

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Signer and Verifier are a private and a public key as golang.org/x/mod/sumdb/note knows them.
type (
	Signer   = note.Signer
	Verifier = note.Verifier
)

// The kinds of key that a verifier key states in its first byte.
const (
	algEd25519     = 1 // signs the note's text itself: a log
	algCosignature = 4 // signs the text with a time before it: a witness
)

var keyName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}$`)

// checkName narrows what the formats allow to plain ASCII without spaces and "+", so that a name looks like itself.
func checkName(name string) error {
	if !keyName.MatchString(name) {
		return errors.New("a log or key name has 1 to 200 characters of A-Z, a-z, 0-9 and . _ : / - and begins with a letter or digit")
	}
	return nil
}

// GenerateKey makes a log's Ed25519 key pair in the text forms of signed notes: "PRIVATE+KEY+name+hash+base64" and
// "name+hash+base64". The name is the log's origin. rand is nil for crypto/rand.
func GenerateKey(rand io.Reader, name string) (skey, vkey string, err error) {
	if err := checkName(name); err != nil {
		return "", "", err
	}
	return note.GenerateKey(rand, name)
}

// NewSigner reads a log's private key.
func NewSigner(skey string) (note.Signer, error) { return note.NewSigner(skey) }

// NewVerifier reads a public key, of a log or of a witness.
func NewVerifier(vkey string) (note.Verifier, error) {
	k, err := parseKey(vkey)
	if err != nil {
		return nil, err
	}
	if k.alg == algCosignature {
		return &cosigner{name: k.name, hash: k.hash, public: k.public}, nil
	}
	return note.NewVerifier(vkey)
}

// VerifierKey gives the public form of a private key.
func VerifierKey(skey string) (string, error) {
	name, seed, _, err := parseSecret(skey)
	if err != nil {
		return "", err
	}
	return formatKey(name, algEd25519, ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)), nil
}

// key is a parsed verifier key: name+hash+base64(algorithm byte, 32 key bytes).
type key struct {
	name   string
	hash   uint32
	alg    byte
	public ed25519.PublicKey
}

func (k key) id() string { return fmt.Sprintf("%s+%08x", k.name, k.hash) }

func parseKey(vkey string) (key, error) {
	bad := errors.New("not a verifier key: want name+hash+base64")
	parts := strings.SplitN(vkey, "+", 3) // base64 has "+" too
	if len(parts) != 3 {
		return key{}, bad
	}
	raw, ok := decode64(parts[2])
	if !ok || len(raw) != 1+ed25519.PublicKeySize || checkName(parts[0]) != nil {
		return key{}, bad
	}
	if raw[0] != algEd25519 && raw[0] != algCosignature {
		return key{}, fmt.Errorf("verifier key of kind %d: only Ed25519 (1) and cosignature (4) are known", raw[0])
	}
	k := key{parts[0], keyHash(parts[0], raw), raw[0], raw[1:]}
	if parts[1] != fmt.Sprintf("%08x", k.hash) {
		return key{}, errors.New("verifier key whose hash does not fit its name and bytes: it was mistyped or changed")
	}
	return k, nil
}

func formatKey(name string, alg byte, public ed25519.PublicKey) string {
	raw := append([]byte{alg}, public...)
	return fmt.Sprintf("%s+%08x+%s", name, keyHash(name, raw), base64.StdEncoding.EncodeToString(raw))
}

// parseSecret reads PRIVATE+KEY+name+hash+base64(algorithm byte, 32 seed bytes).
func parseSecret(skey string) (name string, seed []byte, alg byte, err error) {
	bad := errors.New("not a private key: want PRIVATE+KEY+name+hash+base64")
	rest, ok := strings.CutPrefix(skey, "PRIVATE+KEY+")
	parts := strings.SplitN(rest, "+", 3)
	if !ok || len(parts) != 3 {
		return "", nil, 0, bad
	}
	raw, ok := decode64(parts[2])
	if !ok || len(raw) != 1+ed25519.SeedSize || checkName(parts[0]) != nil {
		return "", nil, 0, bad
	}
	public := ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey)
	want := keyHash(parts[0], append([]byte{raw[0]}, public...))
	if h, err := strconv.ParseUint(parts[1], 16, 32); err != nil || uint32(h) != want {
		return "", nil, 0, errors.New("private key whose hash does not fit its name and bytes")
	}
	return parts[0], raw[1:], raw[0], nil
}

// keyHash is the first four bytes of SHA-256(name, newline, algorithm byte, key bytes).
func keyHash(name string, raw []byte) uint32 {
	h := sha256.New()
	h.Write([]byte(name + "\n"))
	h.Write(raw)
	return beUint32(h.Sum(nil))
}

func beUint32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }
