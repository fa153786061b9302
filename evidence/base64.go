package evidence

import (
	"encoding/base64"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

// MaxSize bounds tree sizes and indexes, so that arithmetic on them can't overflow.
const MaxSize = int64(1) << 60

// decode64 reads padded standard base64 and refuses every spelling but the one that encoding gives.
func decode64(s string) ([]byte, bool) {
	b, err := base64.StdEncoding.DecodeString(s)
	return b, err == nil && base64.StdEncoding.EncodeToString(b) == s
}

// decodeURL64 is decode64 for unpadded URL-safe base64.
func decodeURL64(s string) ([]byte, bool) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	return b, err == nil && base64.RawURLEncoding.EncodeToString(b) == s
}

func parseHash(s string) (h tlog.Hash, ok bool) {
	b, ok := decode64(s)
	if !ok || len(b) != tlog.HashSize {
		return h, false
	}
	return tlog.Hash(b), true
}

// parseSize reads a canonical decimal from 0 to [MaxSize].
func parseSize(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= 0 && n <= MaxSize && strconv.FormatInt(n, 10) == s
}
