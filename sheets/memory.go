package sheets

import (
	"maps"
	"slices"

	"plantrail/domain"
)

// A plan may have several papers, a tracker and one of its measures say, in which columns of one name mean different things.
// So what was remembered of a paper is used for those files alone whose header is like that paper's: half of their names are
// the same, the one over the items' words among them.
const (
	likeHeader    = 0.5
	maxRemembered = 6 // headers that are tried, the latest first
)

// paper is a file as it was read.
type paper struct {
	table
	v              vocabulary
	text, encoding string
	strange        bool // its header is like none that the plan remembers
}

// paper reads a file with what was remembered of the paper that it is most like, else with nothing.
func (o Options) paper(file *File, scheme domain.Scheme) (best paper, err error) {
	most := 0.0
	remembered := o.remembered()
	for _, columns := range remembered {
		got, err := o.readAs(file, scheme, columns)
		if err != nil && domain.KindOf(err) != domain.Invalid {
			return got, err // it is too large, or no paper at all
		}
		if err != nil {
			continue
		}
		if like := headersAlike(columns, got.columns); like > most {
			best, most = got, like
		}
		if most == 1 {
			break
		}
	}
	if most >= likeHeader {
		return best, nil
	}
	best, err = o.readAs(file, scheme, nil)
	best.strange = len(remembered) > 0
	return best, err
}

func (o Options) readAs(file *File, scheme domain.Scheme, columns map[string]string) (p paper, err error) {
	p.v = newVocabulary(scheme, o.columns(columns))
	g, text, encoding, err := file.grid(o.Name, p.v)
	if err != nil {
		return p, err
	}
	p.text, p.encoding = text, encoding
	p.table, err = tabulate(g, p.v)
	if err != nil && domain.KindOf(err) == domain.Invalid {
		p.table, err = otherwise(text, g, p.v, err)
	}
	return p, err
}

// remembered are the headers of the plan's papers with what their columns were read as, each as it was read last.
func (o Options) remembered() (all []map[string]string) {
	if o.Known == nil {
		return nil
	}
	for _, columns := range slices.Backward(o.Known.Columns) {
		same := func(had map[string]string) bool {
			return maps.EqualFunc(had, columns, func(string, string) bool { return true })
		}
		if len(all) < maxRemembered && len(columns) > 0 && !slices.ContainsFunc(all, same) {
			all = append(all, columns)
		}
	}
	return all
}

// headersAlike is the share of the names of two headers that both have; 0 where the column of the items' words is none of them.
func headersAlike(had map[string]string, columns []Column) float64 {
	names, both, titled := map[string]bool{}, 0, false
	for _, c := range columns {
		key := columnKey(c.Name)
		if field, is := had[key]; is && key != "" && !names[key] {
			both++
			titled = titled || Field(field) == FieldTitle || Field(field) == FieldMeasure
		}
		names[key] = true
	}
	delete(names, "")
	if !titled {
		return 0
	}
	return float64(both) / float64(len(had)+len(names)-both)
}
