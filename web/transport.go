package web

import (
	"context"
	"io"
	"net/http"
	"sync"
)

// Transport calls a handler within the process as an HTTP client would over the network: the answer's body streams, the
// request's context ends the call, and values in it, such as that of [AsActor], reach the handler.
func Transport(h http.Handler) http.RoundTripper { return &transport{h} }

type transport struct{ handler http.Handler }

func (t *transport) RoundTrip(out *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(out.Context())
	in := out.Clone(ctx)
	in.RequestURI = out.URL.RequestURI()
	in.RemoteAddr = "in-process"
	if in.Host == "" {
		in.Host = out.URL.Host
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	reader, writer := io.Pipe()
	w := &pipeWriter{header: http.Header{}, body: writer, begun: make(chan struct{})}
	go w.serve(t.handler, in)
	select {
	case <-w.begun:
	case <-ctx.Done():
		cancel()
		reader.CloseWithError(ctx.Err())
		return nil, out.Context().Err()
	}
	if w.failed {
		cancel()
		return nil, io.ErrUnexpectedEOF
	}
	return &http.Response{Status: http.StatusText(w.status), StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, ContentLength: -1, Request: out, Body: &pipeBody{reader, cancel}}, nil
}

// pipeBody ends the call when the caller has read enough.
type pipeBody struct {
	*io.PipeReader
	cancel context.CancelFunc
}

func (b *pipeBody) Close() error {
	b.cancel()
	return b.PipeReader.Close()
}

// pipeWriter is the ResponseWriter of a call within the process.
type pipeWriter struct {
	header http.Header
	body   *io.PipeWriter

	once   sync.Once
	begun  chan struct{} // closed when status and headers are there, or the handler gave up
	status int
	sent   http.Header
	failed bool
}

func (w *pipeWriter) Header() http.Header { return w.header }

func (w *pipeWriter) WriteHeader(status int) {
	w.once.Do(func() {
		w.status, w.sent = status, w.header.Clone()
		close(w.begun)
	})
}

func (w *pipeWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

// Flush has nothing to do: a pipe holds nothing back.
func (w *pipeWriter) Flush() { w.WriteHeader(http.StatusOK) }

// serve runs the handler. A handler that gives up leaves a broken answer, as over the network.
func (w *pipeWriter) serve(h http.Handler, r *http.Request) {
	defer r.Body.Close()
	defer func() {
		if recover() == nil {
			w.WriteHeader(http.StatusOK)
			w.body.Close()
			return
		}
		w.once.Do(func() { w.failed = true; close(w.begun) })
		w.body.CloseWithError(io.ErrUnexpectedEOF)
	}()
	h.ServeHTTP(w, r)
}
