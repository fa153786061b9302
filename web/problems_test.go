package web

import (
	"encoding/json"
	"testing"

	"plantrail/domain"
)

// Whoever has a problem, let in or not, finds at its type what it means and what to do; and every type has that.
func TestAProblemsTypeSaysWhatToDo(t *testing.T) {
	h := newHouse(t)
	types := []string{resetType}
	for kind := domain.Internal; kind <= domain.Unknown; kind++ {
		types = append(types, "/problems/"+kind.String())
	}
	for _, name := range types {
		w := h.send("GET", name, "")
		wantStatus(t, w, 200)
		var p ProblemType
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Type != name || p.Title == "" || p.ToDo == "" || p.Status < 400 {
			t.Errorf("%s: %v %s", name, err, w.Body)
		}
	}
	if len(toDo) != len(types) {
		t.Errorf("%d types, of %d it is said what to do", len(types), len(toDo))
	}
	wantProblem(t, h.send("GET", "/problems/x", ""), 404, domain.NotFound)
}
