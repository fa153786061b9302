package web

import (
	"io"
	"log/slog"
	"testing"

	"plantrail/domain"
)

// BenchmarkOverhead is what the face costs by itself: the gate, decoding, encoding, the line in the log.
func BenchmarkOverhead(b *testing.B) {
	h := newHouse(b)
	h.Server.deps.Log = slog.New(slog.NewJSONHandler(io.Discard, nil))
	b.Run("question", func(b *testing.B) {
		for b.Loop() {
			h.send("GET", "/v1/plans/sdp", "", as(domain.Reader))
		}
	})
	b.Run("command", func(b *testing.B) {
		for b.Loop() {
			h.send("POST", "/v1/plans/sdp/rate", green, as(domain.Editor))
		}
	})
}
