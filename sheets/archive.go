package sheets

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"

	"plantrail/domain"
)

// The limits of an Office file, which is a zip archive: a small file can hold a large one.
const (
	maxParts    = 2_000     // files in the archive
	maxPart     = 32 << 20  // bytes of one of them, unpacked
	maxUnpacked = 128 << 20 // bytes of all that are read, unpacked
	maxValued   = 250_000   // cells of a workbook that hold something: reading one costs some 15 µs
	maxDepth    = 200       // elements within each other
)

const resaveOffice = "open it in a spreadsheet or word processor and save it anew, or save its table as CSV (UTF-8)"

// archive is an Office file. What it says of its own sizes is not trusted: unpacking counts.
type archive struct {
	files  map[string]*zip.File
	left   int64 // bytes that may still be unpacked
	valued int   // cells of a workbook that hold something
}

func openArchive(file []byte) (*archive, error) {
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, domain.Errorf(domain.Invalid, "file", "the file begins like a zip archive, as XLSX and DOCX files are, and can't be opened: it is damaged or cut off").WithHint("get the file again").Because(err)
	}
	if len(z.File) > maxParts {
		return nil, domain.Errorf(domain.TooLarge, "file", "the archive has %d files in it, the limit is %d", len(z.File), maxParts).WithHint(resaveOffice)
	}
	a := &archive{files: map[string]*zip.File{}, left: maxUnpacked}
	var unpacked uint64
	for _, f := range z.File {
		name := strings.TrimPrefix(strings.ToLower(f.Name), "/")
		if a.files[name] != nil {
			return nil, domain.Errorf(domain.Invalid, "file", "the archive has two files of the name %s", quoted(f.Name)).WithHint(resaveOffice)
		}
		a.files[name] = f
		if unpacked += f.UncompressedSize64; f.UncompressedSize64 > maxUnpacked || unpacked > maxUnpacked {
			return nil, tooFat()
		}
	}
	return a, a.safe()
}

func tooFat() error {
	return domain.Errorf(domain.TooLarge, "file", "the archive unpacks to more than %d MB", maxUnpacked>>20).
		WithHint("delete pictures, empty rows and columns, and save it again")
}

// safe refuses what no paper needs: programs, and values that lie in other files.
func (a *archive) safe() error {
	for name := range a.files {
		switch {
		case strings.HasSuffix(name, "vbaproject.bin"), strings.Contains(name, "/macrosheets/"):
			return domain.Errorf(domain.Invalid, "file", "the file has macros: it is a program as well as a document").WithHint("save it as XLSX or DOCX, without macros")
		case strings.HasPrefix(name, "xl/externallinks/"):
			return domain.Errorf(domain.Invalid, "file", "the workbook takes values from other files, which can't be checked here").
				WithHint("break the links (Data, Edit links) so that the values are in the workbook, and save it")
		}
	}
	types, err := a.read("[content_types].xml")
	if err == nil && bytes.Contains(bytes.ToLower(types), []byte("macroenabled")) {
		return domain.Errorf(domain.Invalid, "file", "the file has macros: it is a program as well as a document").WithHint("save it as XLSX or DOCX, without macros")
	}
	return err
}

func (a *archive) has(name string) bool { return a.files[name] != nil }

// read unpacks a file of the archive; one that is absent is empty.
func (a *archive) read(name string) ([]byte, error) {
	f := a.files[strings.ToLower(name)]
	if f == nil {
		return nil, nil
	}
	in, err := f.Open()
	if err != nil {
		return nil, damaged(name, err)
	}
	defer in.Close()
	limit := min(a.left, maxPart)
	got, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err != nil {
		return nil, damaged(name, err)
	}
	if a.left -= int64(len(got)); int64(len(got)) > limit {
		return nil, tooFat()
	}
	return got, nil
}

func damaged(name string, err error) error {
	return domain.Errorf(domain.Invalid, "file", "the part %s of the file can't be read: it is damaged", quoted(name)).WithHint(resaveOffice).Because(err)
}

// tokens goes through the XML of a part. Document types are refused, so that no entity is ever declared, and none is
// looked up: the decoder knows those of XML only.
func (a *archive) tokens(name string, each func(t xml.Token, path []string) error) error {
	part, err := a.read(name)
	if err != nil || len(part) == 0 {
		return err
	}
	d := xml.NewDecoder(bytes.NewReader(part))
	var path []string
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return damaged(name, err)
		}
		switch t := t.(type) {
		case xml.Directive:
			return domain.Errorf(domain.Invalid, "file", "the part %s of the file declares a document type, which Office files never do", quoted(name)).WithHint(resaveOffice)
		case xml.StartElement:
			if path = append(path, t.Name.Local); len(path) > maxDepth {
				return damaged(name, errors.New("too deep"))
			}
			err = each(t, path)
		case xml.EndElement:
			err = each(t, path)
			path = path[:len(path)-1]
		case xml.CharData:
			err = each(t, path)
		}
		if err != nil {
			return err
		}
	}
}

func attr(e xml.StartElement, name string) string {
	i := slices.IndexFunc(e.Attr, func(a xml.Attr) bool { return a.Name.Local == name })
	if i < 0 {
		return ""
	}
	return e.Attr[i].Value
}

// readOffice reads a zip archive by what is in it, whatever it is called.
func readOffice(file []byte) (tables func(vocabulary) (grid, error), err error) {
	a, err := openArchive(file)
	if err != nil {
		return nil, err
	}
	switch {
	case a.has("xl/workbook.xml"):
		w, err := readWorkbook(file, a)
		if err != nil {
			return nil, err
		}
		return w.chosen, nil
	case a.has("word/document.xml"):
		g, err := readDocument(a)
		return g.copiedTogether, err
	}
	return nil, domain.Errorf(domain.Invalid, "file", "the file is a zip archive, and neither an XLSX workbook nor a DOCX document").WithHint("take the document out of the archive, or " + saveAsUTF8)
}
