package pages

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"plantrail/domain"
	"plantrail/sheets"
)

// maxPaper is a paper with the form around it. The API's own limit for the file is below it.
const maxPaper = 33 << 20

// importOptions are the parameters of the API that the form gives.
var importOptions = []string{"plan", "title", "scheme", "ratings", "meeting_date", "as_at", "body", "columns", "name"}

// importPage is the form for a paper and, once one is there, what it says.
type importPage struct {
	Values   url.Values
	SHA256   string
	Proposal *sheets.Proposal
	Problem  *problem
	Waiting  []shelved // the person's papers that were looked at and not recorded
}

// FaultyID is where the error summary leads to.
func (p importPage) FaultyID() string {
	if p.Problem != nil && slices.Contains(importOptions, p.Problem.Field) {
		return fieldID(p.Problem.Field)
	}
	return fieldID("file")
}

// Needs are what is still needed, in the words of the form instead of the command line's.
func (p importPage) Needs() (all []string) {
	for _, need := range p.Proposal.Needs {
		all = append(all, optionNames.ReplaceAllString(need, ""))
	}
	return all
}

var optionNames = regexp.MustCompile(`--[a-z-]+( [a-z-]+)?: `)

// Ready says whether the paper can be recorded.
func (p importPage) Ready() bool {
	return p.Proposal != nil && !p.Proposal.Fatal() && len(p.Proposal.Needs) == 0
}

// Options are the fields of the form.
func (p importPage) Options() (all []shown) {
	for _, f := range []field{
		{Name: "meeting_date", Label: "Date of the meeting that received it", Hint: "For example 3 February 2020. It is never taken from the paper.", Kind: "date"},
		{Name: "as_at", Label: "Or, for no meeting: the day as at which it speaks", Kind: "date"}, {Name: "body", Label: "Body that met", Kind: "text"},
		{Name: "plan", Label: "Plan's short name (left empty: made of the title)", Hint: "The name of a plan that is there already: the paper is a newer copy of it.", Kind: "text"},
		{Name: "title", Label: "Plan's title (left empty: the document's)", Kind: "text"}, {Name: "scheme", Label: "Rating scheme (left empty: rag.v1)", Kind: "select", Choices: openForm.Fields[2].Choices},
		{Name: "ratings", Label: "Or what the paper's own rating words mean", Hint: "A line for each: WORD=MEANING, for example Slipping=at_risk. Meanings: not_started, on_track, at_risk, off_track, complete_claimed, complete_verified, suspended, cancelled, no_data.", Kind: "textarea"},
		{Name: "columns", Label: "What columns mean whose names don't say it", Hint: "A line for each: NAME=FIELD, for example Lead=owner.", Kind: "textarea"}} {
		s := shown{field: f, ID: fieldID(f.Name), Value: p.Values.Get(f.Name)}
		if f.Choices != nil {
			s.Options = f.Choices(nil) // the presets, whatever the plan
		}
		if p.Problem != nil && p.Problem.Field == f.Name {
			s.Error = p.Problem.Detail
		}
		all = append(all, s)
	}
	return all
}

func (v *visit) showImport(page importPage, p *problem) error {
	status, title := http.StatusOK, "Import a paper"
	if p != nil {
		page.Problem, status, title = p, p.Status, "Error: "+title
	} else if !v.Actor.Role.Covers(domain.Editor) {
		return &problem{Status: http.StatusForbidden, Detail: "Your role, " + string(v.Actor.Role) + ", does not import papers"}
	}
	page.Waiting = slices.DeleteFunc(v.papers.of(v.Actor.ID), func(p shelved) bool { return p.SHA256 == page.SHA256 })
	return v.showStatus(status, "import", title, "import", page)
}

// importPaper takes a paper and says what it would record; sent again with its confirmation, it records it.
func (v *visit) importPaper() error {
	if !v.Actor.Role.Covers(domain.Editor) { // the API says it too, but the file need not be read for it
		return &problem{Status: http.StatusForbidden, Detail: "Your role, " + string(v.Actor.Role) + ", does not import papers"}
	}
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxPaper)
	deadline(v.w, v.deps.Now().Add(filePeriod))
	if err := v.r.ParseMultipartForm(maxPaper); err != nil && err != http.ErrNotMultipart {
		return v.showImport(importPage{}, &problem{Status: tooLarge(err), Field: "file", Detail: "The file is too large, or broke off", Hint: "a paper has at most 32 MiB: save it without its pictures, or as text"})
	}
	deadline(v.w, time.Time{})
	page := importPage{Values: v.r.PostForm}
	file, p := v.paper(&page)
	if p != nil {
		return v.showImport(page, p)
	}
	q := url.Values{"accept": {strings.Join(page.Values["accept"], ",")}, "apply": {"false"}}
	for _, name := range importOptions {
		if value := strings.TrimSpace(page.Values.Get(name)); value != "" {
			if name == "meeting_date" || name == "as_at" {
				value = plainDate(value)
			}
			q.Set(name, strings.ReplaceAll(value, "\r\n", "\n"))
		}
	}
	if page.Values.Has("record") {
		q.Set("apply", "true")
	}
	if q.Get("accept") == "" {
		q.Del("accept")
	}
	j, p := v.works.begin(v.Actor.ID, v.deps.Now(), paperWork{page.Values.Get("name"), len(file), page.Values.Has("record")}, func(ctx context.Context, j *work) {
		v.beside(ctx).read(j, page, q, file)
	})
	if p != nil {
		return v.showImport(page, p)
	}
	if !j.soon(v.r.Context(), v.soon) {
		http.Redirect(v.w, v.r, path("import", j.ID), http.StatusSeeOther)
		return nil
	}
	return v.finished(j)
}

// read has the API read a paper, and record it when that is asked for.
func (v *visit) read(j *work, page importPage, q url.Values, file []byte) {
	a, err := v.call(http.MethodPost, "/import", q, bytes.NewReader(file), http.Header{"Content-Type": {"application/octet-stream"}})
	var got struct {
		Proposal *sheets.Proposal
		Receipt  *domain.Receipt
	}
	if err == nil {
		err = json.Unmarshal(a.body.Bytes(), &got)
	}
	page.Proposal = got.Proposal
	p, refused := err.(*problem)
	j.set(func() {
		if j.page, j.receipt, j.problem = page, got.Receipt, p; !refused {
			j.err = err
		}
	})
	if got.Receipt != nil {
		v.papers.recorded(v.Actor.ID, page.SHA256)
		_ = v.shown(*got.Receipt) // the page to which it leads says what is not shown yet
	}
}

// paper is the file that came with the form, or the one that lies on the shelf.
func (v *visit) paper(page *importPage) ([]byte, *problem) {
	if v.r.MultipartForm != nil && len(v.r.MultipartForm.File["file"]) > 0 {
		head := v.r.MultipartForm.File["file"][0]
		f, err := head.Open()
		if err != nil {
			return nil, &problem{Status: http.StatusBadRequest, Detail: "The file can't be read"}
		}
		defer f.Close()
		file, err := io.ReadAll(f)
		if err != nil || len(file) == 0 {
			return nil, &problem{Status: http.StatusBadRequest, Detail: "The file is empty"}
		}
		page.Values.Set("name", head.Filename)
		if page.SHA256, err = v.papers.put(v.Actor.ID, head.Filename, file); err != nil {
			v.deps.Log.Warn("a paper could not be kept between looking and recording", "error", err) // it must be chosen again, and can be
		}
		return file, nil
	}
	page.SHA256 = page.Values.Get("sha256")
	name, file, there := v.papers.take(v.Actor.ID, page.SHA256)
	if !there {
		page.SHA256 = ""
		return nil, &problem{Status: http.StatusBadRequest, Field: "file", Detail: "Choose a file", Hint: "a file is kept for a day between looking and recording, your last five of them"}
	}
	page.Values.Set("name", name)
	return file, nil
}

func (v *visit) imported(got domain.Receipt) error {
	flash := "imported"
	if got.Repeat {
		flash = "nothing"
	}
	http.Redirect(v.w, v.r, path("plans", string(got.Plan))+"?"+encode("done", flash), http.StatusSeeOther)
	return nil
}

// tooLarge is the status of a body that could not be read.
func tooLarge(err error) int {
	var large *http.MaxBytesError
	if errors.As(err, &large) || errors.Is(err, multipart.ErrMessageTooLarge) {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusBadRequest
}
