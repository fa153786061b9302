package evidence

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

// minSalt is the shortest salt, in characters of base64: 128 bits.
const minSalt = 22

// Disclosure is a text that lies beside its event and not in it (RFC 9901): the event holds only its digest. Whoever has
// the disclosure can show that the event was recorded with this text; without it the digest tells nothing.
type Disclosure struct {
	Salt, Name, Value string
	Encoded           string // base64url of the JSON array [salt, name, value], exactly as it was made
}

var errNotDisclosure = errors.New("is not a disclosure: want the base64url of a JSON array of salt, name and value")

// NewDisclosure makes a disclosure with a random salt.
func NewDisclosure(name, value string) (Disclosure, error) {
	var salt [16]byte
	_, _ = rand.Read(salt[:]) // never fails: crypto/rand ends the process instead
	d := Disclosure{Salt: base64.RawURLEncoding.EncodeToString(salt[:]), Name: name, Value: value}
	if !utf8.ValidString(name) || !utf8.ValidString(value) {
		return d, errors.New("a text that is not UTF-8 can't be disclosed")
	}
	b, err := json.Marshal([]string{d.Salt, name, value})
	d.Encoded = base64.RawURLEncoding.EncodeToString(b)
	return d, err
}

// ParseDisclosure reads the encoded form. The JSON within may be spaced as its maker liked: the digest is over the
// encoded form, which is kept, and never over JSON written anew.
func ParseDisclosure(encoded string) (Disclosure, error) {
	b, ok := decodeURL64(encoded)
	if !ok || !utf8.Valid(b) || depth(b) > 1 {
		return Disclosure{}, errNotDisclosure
	}
	var parts []any
	if err := json.Unmarshal(b, &parts); err != nil || len(parts) != 3 {
		return Disclosure{}, errNotDisclosure
	}
	d := Disclosure{Encoded: encoded}
	for i, to := range []*string{&d.Salt, &d.Name, &d.Value} {
		if *to, ok = parts[i].(string); !ok {
			return Disclosure{}, errNotDisclosure
		}
	}
	if len(d.Salt) < minSalt {
		return Disclosure{}, errors.New("is a disclosure with a salt of less than 128 bits: it could be guessed")
	}
	return d, nil
}

// Digest is how an event refers to a disclosure: base64url of SHA-256 over the encoded form's ASCII.
func Digest(encoded string) string {
	sum := sha256.Sum256([]byte(encoded))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// CheckDisclosures reads an event's disclosures and proves that the event was recorded with each of them. Texts that are
// not disclosed are no fault: they were erased, or are not for these eyes.
func CheckDisclosures(e Event, encoded []string) ([]Disclosure, error) {
	seen := map[string]bool{}
	var out []Disclosure
	for _, enc := range encoded {
		d, err := ParseDisclosure(enc)
		if err != nil {
			return nil, errors.New("comes with a text that " + err.Error())
		}
		if !slices.Contains(e.Digests, Digest(enc)) {
			return nil, errors.New("comes with a text that it was not recorded with: no digest in the event fits it")
		}
		if _, clash := e.Data[d.Name]; clash || seen[d.Name] || strings.HasPrefix(d.Name, "_sd") || d.Name == "..." {
			return nil, errors.New("comes with a text whose name is already taken")
		}
		seen[d.Name] = true
		out = append(out, d)
	}
	return out, nil
}
