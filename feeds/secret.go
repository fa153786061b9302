package feeds

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"plantrail/domain"
)

// Keys makes the secrets with which webhooks are signed. All of them are derived from one key of 32 random bytes that lies in
// a file of the data directory which only its owner may read: so no secret of a subscription lies in the history, in the
// journal's shared state or in a log, and what one subscriber knows tells nothing of another's.
//
// Of one subscription and generation, with HMAC-SHA256 keyed by that file's bytes:
//
//	whsec_ base64( HMAC("plantrail webhook v1\n"  subscription "\n" generation) )          signs v1 (HMAC-SHA256)
//	seed           HMAC("plantrail webhook v1a\n" subscription "\n" generation)            of the Ed25519 key that signs v1a
//	whpk_  base64( its public key )
type Keys struct{ master []byte }

// MasterSize is how many random bytes the key file has.
const MasterSize = 32

// NewKeys takes the bytes of the key file.
func NewKeys(master []byte) (*Keys, error) {
	if len(master) != MasterSize {
		return nil, domain.Errorf(domain.Refused, "feeds key", "it has %d bytes, not %d", len(master), MasterSize).
			WithHint("copy the file keys/feeds.key of the process that made it")
	}
	return &Keys{master}, nil
}

// Name tells this key from another; it gives nothing of it away. It stands in each subscription that is signed with it.
func (k *Keys) Name() string { return hex.EncodeToString(k.derive("plantrail key name", "", 0)[:8]) }

func (k *Keys) derive(purpose string, id domain.SubscriptionID, generation int) []byte {
	h := hmac.New(sha256.New, k.master)
	fmt.Fprintf(h, "%s\n%s\n%d", purpose, id, generation)
	return h.Sum(nil)
}

func (k *Keys) secret(id domain.SubscriptionID, generation int) []byte {
	return k.derive("plantrail webhook v1", id, generation)
}

func (k *Keys) private(id domain.SubscriptionID, generation int) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(k.derive("plantrail webhook v1a", id, generation))
}

// Secret is what the subscriber needs to check v1 signatures, in the form of Standard Webhooks.
func (k *Keys) Secret(id domain.SubscriptionID, generation int) string {
	return "whsec_" + base64.StdEncoding.EncodeToString(k.secret(id, generation))
}

// Public is the public key that checks v1a signatures, in the form of Standard Webhooks.
func (k *Keys) Public(id domain.SubscriptionID, generation int) string {
	return "whpk_" + base64.StdEncoding.EncodeToString(k.private(id, generation).Public().(ed25519.PublicKey))
}

// Sign makes the value of webhook-signature: for each generation of secrets in force a v1 and a v1a signature over
// "id.timestamp.body", separated by spaces.
func (k *Keys) Sign(s domain.Subscription, now time.Time, id string, body []byte) (timestamp, signature string) {
	timestamp = strconv.FormatInt(now.Unix(), 10)
	signed := append([]byte(id+"."+timestamp+"."), body...)
	var all []string
	for _, generation := range inForce(s, now) {
		mac := hmac.New(sha256.New, k.secret(s.Subscription, generation))
		mac.Write(signed)
		all = append(all, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)),
			"v1a,"+base64.StdEncoding.EncodeToString(ed25519.Sign(k.private(s.Subscription, generation), signed)))
	}
	return timestamp, strings.Join(all, " ")
}

// sameTime is how far apart the clocks of the two sides may be, and how old a message may get on its way.
const sameTime = 5 * time.Minute

// CheckSignature checks a webhook as its subscriber does: by the secret (whsec_, a v1 signature) or by the public key (whpk_,
// v1a), and that it is of this time.
func CheckSignature(secret string, head http.Header, body []byte, now time.Time) error {
	id, timestamp := head.Get("webhook-id"), head.Get("webhook-timestamp")
	at, err := strconv.ParseInt(timestamp, 10, 64)
	if age := now.Sub(time.Unix(at, 0)).Abs(); err != nil || age > sameTime {
		return domain.Errorf(domain.Refused, "webhook-timestamp", "it was not signed just now")
	}
	signed := append([]byte(id+"."+timestamp+"."), body...)
	check, err := checker(secret)
	if err != nil {
		return err
	}
	for _, one := range strings.Fields(head.Get("webhook-signature")) {
		version, encoded, _ := strings.Cut(one, ",")
		if sig, err := base64.StdEncoding.Strict().DecodeString(encoded); err == nil && check(version, signed, sig) {
			return nil
		}
	}
	return domain.Errorf(domain.Refused, "webhook-signature", "none of its signatures is good")
}

// checker checks signatures by a secret or a public key.
func checker(secret string) (func(version string, signed, sig []byte) bool, error) {
	kind, encoded, _ := strings.Cut(secret, "_")
	key, err := base64.StdEncoding.DecodeString(encoded)
	switch {
	case err == nil && kind == "whsec" && len(key) > 0:
		return func(version string, signed, sig []byte) bool {
			mac := hmac.New(sha256.New, key)
			mac.Write(signed)
			return version == "v1" && hmac.Equal(sig, mac.Sum(nil))
		}, nil
	case err == nil && kind == "whpk" && len(key) == ed25519.PublicKeySize:
		return func(version string, signed, sig []byte) bool {
			return version == "v1a" && ed25519.Verify(key, signed, sig)
		}, nil
	}
	return nil, domain.Errorf(domain.Invalid, "secret", "this is neither a secret nor a public key of a webhook")
}

// inForce is the generations that sign now: the present one and, for the hours that its rotation names, the one before.
func inForce(s domain.Subscription, now time.Time) []int {
	rotated, ok := s.Rotated.Event.(*domain.SubscriptionRotated)
	if ok && now.Before(s.Rotated.RecordedAt.Add(time.Duration(rotated.Hours)*time.Hour)) {
		return []int{s.Generation, s.Generation - 1}
	}
	return []int{s.Generation}
}
