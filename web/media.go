package web

import (
	"mime"
	"net/http"
	"path"
	"strings"
	"unicode/utf8"
)

// opaque is the media type of what is only ever handed over as bytes.
const opaque = "application/octet-stream"

// sniffed are the media types that the first bytes of a file may show and that no reader runs as a program. A file of
// evidence that is anything else (a page, an SVG, a script, a program) is recorded and served as opaque.
var sniffed = map[string]bool{
	"application/pdf": true, "image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true, "image/bmp": true,
	"audio/mpeg": true, "audio/wave": true, "video/mp4": true, "video/webm": true, "text/plain": true,
}

// packed are the media types of the document formats that are zip archives: their first bytes only show the zip.
var packed = map[string]string{
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	".odt":  "application/vnd.oasis.opendocument.text",
	".ods":  "application/vnd.oasis.opendocument.spreadsheet",
	".zip":  "application/zip",
}

// written are the media types of plain text under a name that says more.
var written = map[string]string{".csv": "text/csv", ".txt": "text/plain", ".md": "text/plain", ".log": "text/plain"}

// mediaOf decides a file's media type from its first bytes, and from its name only where the bytes agree with it. What a
// caller declares counts for nothing.
func mediaOf(head []byte, name string) string {
	media, _, _ := mime.ParseMediaType(http.DetectContentType(head))
	ext := strings.ToLower(path.Ext(name))
	switch {
	case media == "application/zip" && packed[ext] != "":
		return packed[ext]
	case media == "text/plain" && written[ext] != "":
		return written[ext]
	case media == "text/plain" && ext != "" || !sniffed[media]:
		return opaque // text under another name may be a script
	}
	return media
}

// disposition is a Content-Disposition that no browser shows in place: RFC 6266, with a name that is safe everywhere and,
// where that differs, the true one in RFC 8187's form.
func disposition(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r) {
			return r
		}
		return '_'
	}, name)
	if plain = strings.TrimLeft(plain, "."); plain == "" {
		plain = "evidence"
	}
	header := `attachment; filename="` + plain + `"`
	if plain != name && utf8.ValidString(name) {
		header += "; filename*=UTF-8''" + percent(path.Base(name))
	}
	return header
}

// percent escapes every byte but letters and digits.
func percent(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', hex[c>>4], hex[c&15]})
	}
	return b.String()
}
