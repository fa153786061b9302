package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// bar says on one line of a terminal how far something is. On anything else it says nothing.
type bar struct {
	to    io.Writer // nil: nowhere
	what  string
	width int
	begun time.Time
	shown bool
}

func newBar(to io.Writer, what string) *bar {
	s := screenOf(to)
	if !s.terminal {
		to = nil
	}
	return &bar{to: to, what: what, width: s.width, begun: time.Now()}
}

// show draws the line anew.
func (b *bar) show(done, total uint64) {
	if b.to == nil || total == 0 {
		return
	}
	b.shown = true
	fmt.Fprint(b.to, "\r\x1b[K"+b.line(done, total, time.Since(b.begun)))
}

// line is the bar as text, no wider than the terminal.
func (b *bar) line(done, total uint64, took time.Duration) string {
	done = min(done, total)
	share := float64(done) / float64(total)
	words := fmt.Sprintf(" %3.0f%%  %d of %d", 100*share, done, total)
	if left := time.Duration(float64(took) * (1/max(share, 0.01) - 1)); took > time.Second && share > 0.05 && done < total {
		words += fmt.Sprintf(", %d s left", int(left.Seconds())+1)
	}
	room := min(40, b.width-len(b.what)-len(words)-4)
	if room < 10 {
		return b.what + words
	}
	full := int(share * float64(room))
	return b.what + " [" + strings.Repeat("#", full) + strings.Repeat(".", room-full) + "]" + words
}

// clear takes the line away again.
func (b *bar) clear() {
	if b.shown {
		fmt.Fprint(b.to, "\r\x1b[K")
	}
}
