package pages

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"strings"
	"sync"
)

// asset is a file of the site's own. Its address carries its digest, so that a browser may keep it for ever and yet has
// the new one after an upgrade.
type asset struct {
	plain, gzipped []byte
	media, address string
}

var assets = sync.OnceValue(func() map[string]asset {
	all := map[string]asset{}
	names, _ := fs.Glob(files, "assets/*")
	for _, name := range names {
		b, err := files.ReadFile(name)
		if err != nil {
			continue // a folder
		}
		sum := sha256.Sum256(b)
		base := strings.TrimPrefix(name, "assets/")
		all[base] = asset{b, gzipped(b), mime.TypeByExtension(base[strings.LastIndex(base, "."):]), "/assets/" + base + "?v=" + hex.EncodeToString(sum[:6])}
	}
	return all
})

func serveAsset(w http.ResponseWriter, r *http.Request) {
	a, ok := assets()[r.PathValue("name")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.media)
	h.Set("Cache-Control", "public, max-age=86400")
	if r.URL.Query().Has("v") {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	h.Set("Vary", "Accept-Encoding")
	body := a.plain
	if takesGzip(r) {
		h.Set("Content-Encoding", "gzip")
		body = a.gzipped
	}
	_, _ = w.Write(body) // the reader is gone if this fails
}

func takesGzip(r *http.Request) bool {
	for _, one := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(one), ";")
		if strings.TrimSpace(name) == "gzip" {
			return strings.Trim(strings.TrimPrefix(strings.TrimSpace(weight), "q="), "0.") != "" || weight == ""
		}
	}
	return false
}

// smaller compresses a page for a browser that takes it. Pages reflect what was searched for, and hold no secret whose length
// could be told from their size: forms are guarded by where they come from, not by a token.
func smaller(w http.ResponseWriter, r *http.Request, page []byte) []byte {
	w.Header().Add("Vary", "Accept-Encoding")
	if len(page) < 1000 || !takesGzip(r) {
		return page
	}
	w.Header().Set("Content-Encoding", "gzip")
	return gzipped(page)
}

// gzipped compresses quickly: pages of tables shrink to a tenth at any level.
func gzipped(b []byte) []byte {
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, 2) // a level that there is
	_, _ = z.Write(b)                    // into memory
	_ = z.Close()
	return out.Bytes()
}
