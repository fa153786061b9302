package sheets

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"plantrail/domain"
)

const saveAsUTF8 = "save it as CSV (UTF-8) or plain text (UTF-8) and import that"

// decode makes text of a file's bytes, with "\n" at line ends, and names the encoding it found.
//
// A byte order mark decides; else it is UTF-8 if it is valid, else Windows-1252, in which five bytes have no meaning:
// a file with one of them is refused, for no other reading is more than a guess.
func decode(file []byte) (text, encoding string, err error) {
	switch {
	case bytes.HasPrefix(file, []byte("\xff\xfe")), bytes.HasPrefix(file, []byte("\xfe\xff")):
		encoding = "utf-16"
		file, err = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(file)
	default:
		file = bytes.TrimPrefix(file, []byte("\xef\xbb\xbf"))
		encoding = "utf-8"
		if bad := bytes.IndexByte(file, 0); bad >= 0 {
			return "", "", domain.Errorf(domain.Invalid, placeOf(file, bad), "the file has a NUL byte: it is not text").WithHint(saveAsUTF8)
		}
		if !utf8.Valid(file) {
			encoding = "windows-1252"
			file, err = fromWindows(file)
		}
	}
	if err != nil {
		return "", "", err
	}
	text = strings.ReplaceAll(strings.ReplaceAll(string(file), "\r\n", "\n"), "\r", "\n")
	text = strings.ReplaceAll(text, "\n\f", "\n") // page breaks, as PDF tools leave them at the head of a line
	return text, encoding, checkCharacters(text)
}

func sized(file []byte) error {
	switch {
	case len(file) > MaxFile:
		return domain.Errorf(domain.TooLarge, "file", "the file has %d bytes, the limit is %d", len(file), MaxFile).
			WithHint("split it into several plans")
	case len(bytes.TrimSpace(bytes.TrimPrefix(file, []byte("\xef\xbb\xbf")))) == 0:
		return domain.Errorf(domain.Invalid, "file", "the file is empty").WithHint("look whether the right file was given")
	case bytes.HasPrefix(file, []byte("%PDF-")):
		return domain.Errorf(domain.Invalid, "file", "the file is a PDF and not text").WithHint("copy its table into a spreadsheet and save that as CSV (UTF-8)")
	case bytes.HasPrefix(file, []byte("\xd0\xcf\x11\xe0")):
		return domain.Errorf(domain.Invalid, "file", "the file is an old Office document (DOC, XLS) or one with a password, and not text").WithHint(saveAsUTF8)
	}
	return nil
}

func fromWindows(file []byte) ([]byte, error) {
	for i, b := range file {
		switch b {
		case 0x81, 0x8d, 0x8f, 0x90, 0x9d:
			return nil, domain.Errorf(domain.Invalid, placeOf(file, i), "the file is neither UTF-8 nor Windows-1252: byte %#x", b).
				WithHint(saveAsUTF8)
		}
	}
	return charmap.Windows1252.NewDecoder().Bytes(file)
}

// checkCharacters refuses what no page, table or terminal can show, naming the first place.
func checkCharacters(text string) error {
	for i, r := range text {
		if r == utf8.RuneError || r != '\n' && r != '\t' && (r < ' ' || r >= 0x7f && r < 0xa0) {
			return domain.Errorf(domain.Invalid, placeOf(text, i), "the text has the character %U, which cannot be shown", r).
				WithHint("remove it, or " + saveAsUTF8)
		}
	}
	return nil
}

// placeOf is the line of a byte.
func placeOf[T ~string | ~[]byte](text T, at int) string {
	line := 1
	for i := range at {
		if text[i] == '\n' || text[i] == '\r' && (i+1 == len(text) || text[i+1] != '\n') {
			line++
		}
	}
	return place(line)
}
