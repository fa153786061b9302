package web

import (
	"bytes"
	"net/http"
	"strconv"
)

// response holds an answer back until the handler is done or flushes, so that a panic or a failed encoding half way can
// still become a clean problem: no byte of a broken answer leaves. A stream flushes first and is passed through from then on.
type response struct {
	http.ResponseWriter
	head   bool // the request is a HEAD: no body
	status int
	body   bytes.Buffer
	sent   bool
}

// Unwrap lets http.ResponseController reach the connection.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader notes the status; the first one holds.
func (w *response) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

// Write keeps the bytes or, once something was sent, passes them on.
func (w *response) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.sent && !w.head {
		return w.ResponseWriter.Write(b)
	}
	return w.body.Write(b)
}

// Flush sends what is there and passes on what follows.
func (w *response) Flush() {
	w.send()
	_ = http.NewResponseController(w.ResponseWriter).Flush() // a writer that can't flush sends it later
}

// reset forgets an answer of which nothing was sent, with the headers that describe it; it reports whether it could.
func (w *response) reset() bool {
	if w.sent {
		return false
	}
	w.status = 0
	w.body.Reset()
	for _, name := range []string{"Content-Type", "Content-Disposition", "ETag", "Link", "Plantrail-Position", "Location"} {
		w.Header().Del(name)
	}
	return true
}

// finish sends an answer that was held back.
func (w *response) finish() {
	w.WriteHeader(http.StatusOK)
	if !w.sent && w.status != http.StatusNotModified && w.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(w.body.Len()))
	}
	w.send()
}

func (w *response) send() {
	if w.sent {
		return
	}
	w.WriteHeader(http.StatusOK)
	w.sent = true
	w.ResponseWriter.WriteHeader(w.status)
	if !w.head {
		_, _ = w.ResponseWriter.Write(w.body.Bytes()) // the caller has gone: there is nobody to tell
	}
	w.body = bytes.Buffer{}
}
