package web_test

import "testing"

// BenchmarkReal is a request over a small real journal and real read models: what the face and a query cost together.
func BenchmarkReal(b *testing.B) {
	s := newReal(b)
	s.must(b, 201, "POST", "/v1/plans/sdp/open-plan", `{"title":"Service plan"}`)
	s.must(b, 201, "POST", "/v1/plans/sdp/add-item", `{"item":"a","title":"Answer calls"}`)
	position := s.must(b, 201, "POST", "/v1/plans/sdp/rate", `{"item":"a","to":"amber","justification":"Two posts are vacant."}`).Header().Get("Plantrail-Position")
	s.must(b, 200, "GET", "/v1/plans?min_position="+position, "")
	for name, path := range map[string]string{"whoami": "/v1/whoami", "plan": "/v1/plans/sdp", "timeline": "/v1/timeline", "ambers": "/v1/plans/sdp/ambers"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s.must(b, 200, "GET", path, "")
			}
		})
	}
	b.Run("status", func(b *testing.B) {
		for b.Loop() {
			s.reads.Status(b.Context())
		}
	})
}
