package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestTheBarFitsItsLine(t *testing.T) {
	for _, width := range []int{20, 60, 80, 200} {
		b := bar{what: "Reading events", width: width}
		for _, done := range []uint64{0, 1, 499_999, 1_000_000, 2_000_000} {
			line := b.line(done, 1_000_000, 10*time.Second)
			if width >= leastWidth && len(line) > width || strings.Contains(line, "\n") {
				t.Errorf("%d columns: %q", width, line)
			}
		}
	}
	b := bar{what: "Reading events", width: 80}
	if line := b.line(500, 1000, 10*time.Second); line != "Reading events [################.................]  50%  500 of 1000, 11 s left" {
		t.Errorf("%q", line)
	}
	var out bytes.Buffer
	quiet := newBar(&out, "Reading events") // no terminal
	quiet.show(1, 2)
	quiet.clear()
	if out.Len() > 0 {
		t.Errorf("%q", out.String())
	}
}
