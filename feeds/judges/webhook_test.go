package judges

import (
	"crypto/ed25519"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"plantrail/domain"
	"plantrail/feeds"
)

// The library of Standard Webhooks checks v1, the standard library's ed25519 v1a, with the present and, while they overlap,
// the earlier secrets; a changed body, id or time is refused by both.
func TestSignaturesAreGoodToOthers(t *testing.T) {
	keys, err := feeds.NewKeys([]byte(strings.Repeat("k", feeds.MasterSize)))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	body := []byte(`{"position":1,"event":{"id":"é"}}`)
	sub := domain.Subscription{SubscriptionMade: domain.SubscriptionMade{Subscription: "bi"}, Generation: 2,
		Rotated: domain.Recorded{RecordedAt: now.Add(-time.Hour), Event: &domain.SubscriptionRotated{Generation: 2, Hours: 24}}}
	other := sub
	other.Subscription = "other"
	timestamp, signature := keys.Sign(sub, now, "msg-1", body)
	head := http.Header{}
	head.Set("webhook-id", "msg-1")
	head.Set("webhook-timestamp", timestamp)
	head.Set("webhook-signature", signature)
	for generation := 1; generation <= 3; generation++ {
		hook, err := standardwebhooks.NewWebhook(keys.Secret("bi", generation))
		if err != nil {
			t.Fatal(err)
		}
		good := generation < 3
		if err := hook.Verify(body, head); (err == nil) != good || (feeds.CheckSignature(keys.Secret("bi", generation), head, body, now) == nil) != good {
			t.Errorf("v1 with the secret of generation %d: %v", generation, err)
		}
		if ours := feeds.CheckSignature(keys.Public("bi", generation), head, body, now) == nil; ours != good || v1a(t, keys.Public("bi", generation), "msg-1", timestamp, body, signature) != good {
			t.Errorf("v1a with the key of generation %d: want %v", generation, good)
		}
		if hook.Verify(append([]byte(" "), body...), head) == nil || v1a(t, keys.Public("bi", generation), "msg-2", timestamp, body, signature) {
			t.Errorf("generation %d: another body or id is good, too", generation)
		}
	}
	if hook, _ := standardwebhooks.NewWebhook(keys.Secret("other", 2)); hook.Verify(body, head) == nil {
		t.Error("another subscription's secret checks it")
	}
	if _, later := keys.Sign(sub, now.Add(24*time.Hour), "msg-1", body); len(strings.Fields(later)) != 2 {
		t.Errorf("after the overlap there are still %d signatures", len(strings.Fields(later)))
	}
}

// Whatever byte of a signed message is another, our check of it says what that of Standard Webhooks says.
func TestOurCheckOfSignaturesIsTheirs(t *testing.T) {
	keys, err := feeds.NewKeys([]byte(strings.Repeat("k", feeds.MasterSize)))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	sub := domain.Subscription{SubscriptionMade: domain.SubscriptionMade{Subscription: "bi"}, Generation: 1}
	timestamp, signature := keys.Sign(sub, now, "msg-1", []byte("body"))
	secret := keys.Secret("bi", 1)
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	v1, _, _ := strings.Cut(signature, " ")
	good := []string{"msg-1", timestamp, v1, "body"}
	taken := 0
	try := func(said []string) {
		head := http.Header{}
		for i, name := range []string{"webhook-id", "webhook-timestamp", "webhook-signature"} {
			head.Set(name, said[i])
		}
		theirs, ours := hook.Verify([]byte(said[3]), head), feeds.CheckSignature(secret, head, []byte(said[3]), now)
		if (theirs == nil) != (ours == nil) {
			t.Errorf("%q: they say %v, we say %v", said, theirs, ours)
		}
		if ours == nil {
			taken++
		}
	}
	try(good)
	for _, more := range []string{"v1,AAAA " + v1, v1 + " v1,", "  " + v1, "v2," + v1, "v1, " + v1, "v1", "", signature} {
		try([]string{"msg-1", timestamp, more, "body"})
	}
	was := taken
	for i, part := range good {
		for at := range part {
			for _, other := range []string{"", " ", "A", "B", "0", "1", "=", ",", string(rune(part[at] + 1)), part[at:at+1] + "x"} {
				changed := append([]string{}, good...)
				if changed[i] = part[:at] + other + part[at+1:]; changed[i] != part {
					try(changed)
				}
			}
		}
	}
	if was != 6 || taken != was {
		t.Errorf("%d ways to write the signature are taken, want 6, and %d changed messages, want none", was, taken-was)
	}
}

func v1a(t *testing.T, public, id, timestamp string, body []byte, signatures string) bool {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(public, "whpk_"))
	if err != nil || len(key) != ed25519.PublicKeySize {
		t.Fatalf("%s is no public key: %v", public, err)
	}
	for _, s := range strings.Fields(signatures) {
		encoded, is := strings.CutPrefix(s, "v1a,")
		sig, err := base64.StdEncoding.DecodeString(encoded)
		if is && err == nil && ed25519.Verify(key, append([]byte(id+"."+timestamp+"."), body...), sig) {
			return true
		}
	}
	return false
}
