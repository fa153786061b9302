package eventstore

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"plantrail/domain"
)

// A disclosure is how a text lies beside its event (RFC 9901): the base64url form of the JSON array [salt, name, value].
// The event holds the base64url SHA-256 of that form, as ASCII. Without the disclosure the digest tells nothing: the salt
// has 128 random bits, so that not even a guessed text can be confirmed once the disclosure is erased.
//
// A text message of TEXTS_<org> is one JSON document:
//
//	{"disclosures":["WyJfMjZi…","WyJ…"]}
//
// The one named "command" belongs to no field: it is the salted digest of the whole command that the event's commandhash
// refers to, since an unsalted one would let anybody confirm a guessed text after its erasure. A second version would
// carry "version":2; a reader refuses what it does not know.
type disclosure struct {
	salt, name, value string
}

const commandText = "command"

var b64 = base64.RawURLEncoding

func newDisclosure(name, value string) disclosure {
	var salt [16]byte
	_, _ = rand.Read(salt[:]) // never fails: crypto/rand ends the process instead
	return disclosure{b64.EncodeToString(salt[:]), name, value}
}

func (d disclosure) encode() (string, error) {
	b, err := marshal([]string{d.salt, d.name, d.value})
	return b64.EncodeToString(b), err
}

func decodeDisclosure(encoded string) (disclosure, error) {
	b, err := b64.DecodeString(encoded)
	if err != nil {
		return disclosure{}, fmt.Errorf("disclosure: %w", err)
	}
	var parts []string
	if err := eachElement(b, func(raw []byte) error {
		part, err := unquote(raw)
		parts = append(parts, part)
		return err
	}); err != nil || len(parts) != 3 {
		return disclosure{}, errors.New("disclosure: not an array of salt, name and value")
	}
	return disclosure{parts[0], parts[1], parts[2]}, nil
}

// Digest is the digest of an encoded disclosure, as it stands in an event's "_sd".
func Digest(encoded string) string {
	sum := sha256.Sum256([]byte(encoded))
	return b64.EncodeToString(sum[:])
}

// textBody is the stored form of a text message.
type textBody struct {
	Version     int      `json:"version,omitempty"`
	Disclosures []string `json:"disclosures"`
}

// disclosed is what becomes of the texts of an event.
type disclosed struct {
	body    []byte   // of the text message; nil without texts
	digests []string // for the event's "_sd", sorted so that their order tells nothing
	command string   // digest of the command's digest, for the commandhash
}

// disclose makes the disclosures of an event's texts, and of the command's digest if one is given.
func disclose(e domain.Event, command string) (d disclosed, err error) {
	var all []string
	for name, text := range domain.Texts(e) {
		if *text == "" {
			continue
		}
		enc, err := newDisclosure(name, string(*text)).encode()
		if err != nil {
			return d, err
		}
		all, d.digests = append(all, enc), append(d.digests, Digest(enc))
	}
	if command != "" {
		enc, err := newDisclosure(commandText, command).encode()
		if err != nil {
			return d, err
		}
		all, d.command = append(all, enc), Digest(enc)
	}
	if len(all) == 0 {
		return d, nil
	}
	slices.Sort(d.digests)
	d.body, err = marshal(textBody{Disclosures: all})
	return d, err
}

// decodeTexts reads a text message: the texts by name, without the command's disclosure.
func decodeTexts(body []byte) (texts map[string]string, disclosures []string, err error) {
	m, err := readTextBody(body)
	if err != nil {
		return nil, nil, fmt.Errorf("text message: %w", err)
	}
	if m.Version > 1 {
		return nil, nil, fmt.Errorf("text message of version %d is not known to this version of plantrail", m.Version)
	}
	texts = map[string]string{}
	for _, enc := range m.Disclosures {
		d, err := decodeDisclosure(enc)
		if err != nil {
			return nil, nil, err
		}
		if d.name != commandText {
			texts[d.name] = d.value
		}
	}
	return texts, m.Disclosures, nil
}

// readTextBody reads what marshal wrote of a textBody. Like the events it is not read by encoding/json: replay is bound by it.
func readTextBody(body []byte) (m textBody, err error) {
	err = eachMember(body, func(key, raw []byte) error {
		switch string(key) {
		case "version":
			m.Version, err = strconv.Atoi(string(raw))
			return err
		case "disclosures":
			if string(raw) == "null" {
				return nil // all that was left of the event's texts was erased
			}
			return eachElement(raw, func(raw []byte) error {
				enc, err := unquote(raw)
				m.Disclosures = append(m.Disclosures, enc)
				return err
			})
		}
		return nil
	})
	return m, err
}

func hasText(facts []domain.Fact) bool {
	return slices.ContainsFunc(facts, func(f domain.Fact) bool {
		for _, text := range domain.Texts(f.Event) {
			if *text != "" {
				return true
			}
		}
		return false
	})
}

// sameCommand compares a command's digest with what its first event remembers of it. The two forms of a commandhash differ
// in length: 64 hex digits are the digest itself, 43 of base64url the digest of a disclosure among the event's texts.
func sameCommand(hash string, digest domain.Hash, disclosures []string) bool {
	if len(hash) == 2*len(digest) {
		return hash == hex.EncodeToString(digest[:])
	}
	for _, enc := range disclosures {
		if Digest(enc) == hash {
			d, err := decodeDisclosure(enc)
			return err == nil && d.name == commandText && d.value == hex.EncodeToString(digest[:])
		}
	}
	return true // erased, alone or with the texts: nothing can be compared
}
