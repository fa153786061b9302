package eventstore

import "testing"

func TestTheCopyThatSaysSomethingElseIsTheOneThatDiffers(t *testing.T) {
	said := func(subject, data string) *kept { return &kept{Subject: subject, Data: []byte(data)} }
	for name, c := range map[string]struct {
		heads []*kept
		want  int
	}{
		"all the same":             {[]*kept{said("a", "1"), said("a", "1"), said("a", "1")}, 0},
		"the first is altered":     {[]*kept{said("a", "2"), said("a", "1"), said("a", "1")}, 1},
		"another is altered":       {[]*kept{said("a", "1"), said("a", "2"), said("a", "1")}, 0},
		"moved to another plan":    {[]*kept{said("b", "1"), said("a", "1"), said("a", "1")}, 1},
		"one has it":               {[]*kept{nil, said("a", "1"), nil}, 1},
		"two say different things": {[]*kept{nil, said("a", "1"), said("a", "2")}, 1},
	} {
		if got := commonest(c.heads); got != c.heads[c.want] {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
