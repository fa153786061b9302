package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"plantrail/domain"
	"plantrail/projections"
)

func TestWhatAFileIsComesFromItsBytes(t *testing.T) {
	for _, one := range []struct{ head, name, want string }{
		{"%PDF-1.7 ...", "a.pdf", "application/pdf"},
		{"%PDF-1.7 ...", "a.html", "application/pdf"},
		{"<html><script>", "a.pdf", opaque},
		{"<svg xmlns='http://www.w3.org/2000/svg'>", "a.png", opaque},
		{"<?xml version='1.0'?><svg>", "a.svg", opaque},
		{"\x89PNG\x0d\x0a\x1a\x0a", "a", "image/png"},
		{"MZ\x90\x00\x03", "a.txt", opaque},
		{"\x7fELF\x02\x01", "a", opaque},
		{"PK\x03\x04....", "a.docx", packed[".docx"]},
		{"PK\x03\x04....", "a.jar", opaque},
		{"plain words", "a.txt", "text/plain"},
		{"a,b\n1,2", "a.csv", "text/csv"},
		{"alert(1)", "a.js", opaque},
		{"plain words", "", "text/plain"},
	} {
		if got := mediaOf([]byte(one.head), one.name); got != one.want {
			t.Errorf("%.10q named %q is %s, want %s", one.head, one.name, got, one.want)
		}
	}
}

func TestNamesInAHeaderAreSafe(t *testing.T) {
	for name, want := range map[string]string{
		"letter.pdf":   `attachment; filename="letter.pdf"`,
		"Äpfel.pdf":    `attachment; filename="_pfel.pdf"; filename*=UTF-8''%C3%84pfel.pdf`,
		"../etc":       `attachment; filename="_etc"; filename*=UTF-8''etc`,
		"a\"b\r\nX: y": `attachment; filename="a_b__X__y"; filename*=UTF-8''a%22b%0D%0AX%3A%20y`,
		"..":           `attachment; filename="evidence"; filename*=UTF-8''..`,
	} {
		if got := disposition(name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}

// altered is a vault whose file is not the one that was recorded.
type altered struct{ file string }

func (altered) PutEvidence(context.Context, domain.PlanID, domain.EvidenceID, io.Reader, int64) (string, int64, error) {
	panic("not asked for")
}

func (a altered) Evidence(context.Context, domain.PlanID, domain.EvidenceID) (io.ReadCloser, int64, error) {
	return io.NopCloser(strings.NewReader(a.file)), int64(len(a.file)), nil
}

type oneFile struct {
	*fakeReads
	data domain.EvidenceAttached
}

func (r *oneFile) Timeline(_ context.Context, q projections.TimelineQuery) (p projections.Page[projections.Entry], err error) {
	if q.Type == r.data.Type() {
		b, err := json.Marshal(&r.data)
		return projections.Page[projections.Entry]{Entries: []projections.Entry{{Data: b}}}, err
	}
	return p, nil
}

func TestAnAlteredFileNeverArrivesWhole(t *testing.T) {
	recorded := strings.Repeat("what was handed in; ", 20_000)
	sum := sha256.Sum256([]byte(recorded))
	for name, stored := range map[string]string{"as recorded": recorded, "one byte changed": "W" + recorded[1:],
		"the last byte changed": recorded[:len(recorded)-1] + "!", "cut short": recorded[:len(recorded)-1]} {
		h := newHouse(t)
		h.deps.Vault = altered{stored}
		h.deps.Reads = &oneFile{h.reads, domain.EvidenceAttached{Evidence: "e-1", Size: int64(len(recorded)), SHA256: hex.EncodeToString(sum[:]), MediaType: "text/html"}}
		client := &http.Client{Transport: Transport(h)}
		req, err := http.NewRequest("GET", "http://plantrail.test/v1/plans/sdp/evidence/e-1", nil)
		if err != nil {
			t.Fatal(err)
		}
		_, token, _ := strings.Cut(as(domain.Reader), ": ")
		req.Header.Set("Authorization", token)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		whole := err == nil && resp.StatusCode == 200
		if whole != (stored == recorded) || whole && string(got) != recorded {
			t.Errorf("%s: status %d, %d bytes, %v", name, resp.StatusCode, len(got), err)
		}
		if bad := h.metrics.badEvidence.Load(); (bad == 1) == whole {
			t.Errorf("%s: counted %d", name, bad)
		}
		if resp.StatusCode == 200 && (resp.Header.Get("Content-Type") != opaque || resp.Header.Get("X-Content-Type-Options") != "nosniff") {
			t.Errorf("served as %v", resp.Header)
		}
	}
}
