package pages

import (
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"plantrail/domain"
	"plantrail/projections"
)

func minPosition(p domain.Position) url.Values {
	return url.Values{"min_position": {strconv.FormatUint(uint64(p), 10)}}
}

// attachPage is the form for a file of evidence.
type attachPage struct {
	Plan    domain.PlanID
	Item    projections.ItemView
	Values  url.Values
	Key     string
	Problem *problem
}

var attachFields = []field{{Name: "title", Label: "What the file shows", Kind: "text"}, {Name: "dated", Label: "Date of the document itself", Kind: "date"}, basis[0]}

// Shown are the fields before the file, in the order in which a browser sends them.
func (p attachPage) Shown() (all []shown) {
	for _, f := range attachFields {
		s := shown{field: f, ID: fieldID(f.Name), Value: p.Values.Get(f.Name)}
		if p.Problem != nil && p.Problem.Field == f.Name {
			s.Error = p.Problem.Detail
		}
		all = append(all, s)
	}
	return all
}

// FaultyID is where the error summary leads to.
func (p attachPage) FaultyID() string {
	for _, f := range attachFields {
		if p.Problem != nil && p.Problem.Field == f.Name {
			return fieldID(f.Name)
		}
	}
	return fieldID("file")
}

func (v *visit) attachPage(values url.Values) (p attachPage, err error) {
	p = attachPage{Plan: domain.PlanID(v.r.PathValue("plan")), Values: values, Key: values.Get("key")}
	if p.Key == "" {
		p.Key = uuid.NewString()
	}
	var h projections.ItemHistory
	err = v.get(path("plans", string(p.Plan), "items", values.Get("item")), nil, &h)
	p.Item = h.Item
	return p, err
}

func (v *visit) showAttach() error {
	if !v.Actor.Role.Covers(domain.Editor) {
		return &problem{Status: http.StatusForbidden, Detail: "Your role, " + string(v.Actor.Role) + ", does not attach files"}
	}
	p, err := v.attachPage(v.r.URL.Query())
	if err != nil {
		return err
	}
	return v.show("attach", "Attach a file of evidence", "plans", p)
}

// attach passes a file on to the API while it comes: it is never whole in memory here. The other fields stand before it.
func (v *visit) attach() error {
	deadline(v.w, v.deps.Now().Add(filePeriod))
	form, err := v.r.MultipartReader()
	if err != nil {
		return &problem{Status: http.StatusBadRequest, Detail: "This is not the form for a file"}
	}
	values := url.Values{}
	file, p := untilFile(form, values)
	if p == nil {
		p = v.sendFile(values, file)
	}
	if p == nil {
		return nil
	}
	page, err := v.attachPage(values)
	if err != nil {
		return err
	}
	page.Problem = p
	return v.showStatus(p.Status, "attach", "Error: Attach a file of evidence", "plans", page)
}

// untilFile reads the fields of the form up to the file.
func untilFile(form *multipart.Reader, values url.Values) (*multipart.Part, *problem) {
	for range 16 {
		part, err := form.NextPart()
		if err != nil {
			break
		}
		if part.FormName() == "file" {
			if part.FileName() == "" {
				break
			}
			return part, nil
		}
		text, err := io.ReadAll(io.LimitReader(part, 16<<10))
		if err != nil {
			break
		}
		values.Set(part.FormName(), strings.TrimSpace(string(text)))
	}
	return nil, &problem{Status: http.StatusBadRequest, Field: "file", Detail: "Choose a file"}
}

// sendFile gives the file to the API and leads to the item. Nil: it is recorded.
func (v *visit) sendFile(values url.Values, file *multipart.Part) *problem {
	plan, item := v.r.PathValue("plan"), values.Get("item")
	q, _ := url.ParseQuery(encode("item", item, "title", values.Get("title"), "file", file.FileName(), "dated", plainDate(values.Get("dated")), "stated", plainDate(values.Get("stated")))) // it was just encoded
	if values.Get("title") == "" {
		return &problem{Status: http.StatusBadRequest, Field: "title", Detail: "Say what the file shows"}
	}
	a, err := v.call(http.MethodPost, path("plans", plan, "evidence"), q, file, http.Header{"Content-Type": {"application/octet-stream"}, "Idempotency-Key": {values.Get("key")}})
	if p, ok := err.(*problem); ok {
		return p
	}
	var got domain.Receipt
	var seen json.RawMessage
	if err == nil {
		err = json.Unmarshal(a.body.Bytes(), &got)
	}
	if err == nil {
		err = v.get(path("plans", plan), minPosition(got.Position), &seen)
	}
	if err != nil {
		return &problem{Status: http.StatusServiceUnavailable, Detail: "The file was sent, but what became of it is not known", Hint: "look at the item before you send it again"}
	}
	v.done(got, path("plans", plan, "items", item))
	return nil
}
