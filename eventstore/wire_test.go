package eventstore_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plantrail/domain"
	"plantrail/eventstore"
)

var update = flag.Bool("update", false, "write the golden files anew: only for events that were never released")

// sample is a recorded event with each attribute set, and digests for its texts.
func sample(e domain.Event) (domain.Recorded, []string) {
	var digests []string
	for name, text := range domain.Texts(e) {
		if *text != "" {
			digests = append(digests, eventstore.Digest(name))
		}
	}
	return domain.Recorded{PlanSeq: 42, Prev: domain.Hash{1, 2, 3}, ID: "019ab3f2-7c11-7e55-9a0b-3f1d5a7c9e21", Plan: "sdp-2019-20",
		Basis: domain.Basis{Stated: domain.Day(2020, 2, 3),
			Authority: &domain.Authority{Body: "Sub-Committee", Meeting: domain.Month(2020, 2), Resolution: "7"}},
		RecordedAt: time.Date(2026, 11, 22, 9, 30, 12, 123456000, time.UTC),
		Actor:      domain.Actor{ID: "p-7f3a", Kind: domain.User, Role: domain.Editor, OnBehalfOf: "Pennaeth Gŵyr, 100%"},
		Command:    "c-01", CommandHash: strings.Repeat("ef", 32), Part: 2, Parts: 3, Correlation: "c-01", Causation: "because",
		Texts: len(digests), Event: e}, digests
}

// The golden files are the promise to the future: an event stored by any released version is read for ever, and is written
// in the same bytes by all binaries of that version. Existing files never change.
func TestGoldenEvents(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range samples() {
		name := e.Type() + ".v1.json"
		for n := 2; seen[name]; n++ {
			name = fmt.Sprintf("%s.v1.%d.json", e.Type(), n)
		}
		seen[name] = true
		t.Run(name, func(t *testing.T) {
			r, digests := sample(e)
			body, err := eventstore.Encode("acme", r, digests)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(path, body, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			golden, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(golden), string(body)); diff != "" {
				t.Errorf("the stored form changed:\n%s", diff)
			}
			checkDecoded(t, r, golden)
		})
	}
	files, _ := filepath.Glob("testdata/*.json")
	for _, f := range files {
		if !seen[filepath.Base(f)] {
			t.Errorf("%s: no sample of this event", f)
		}
	}
}

func checkDecoded(t *testing.T, want domain.Recorded, body []byte) {
	t.Helper()
	got, err := eventstore.Decode("acme", 7, body)
	if err != nil {
		t.Fatal(err)
	}
	want.Position, want.Leaf = 7, eventstore.LeafHash(body)
	for _, text := range domain.Texts(want.Event) {
		*text = ""
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(domain.Date{})); diff != "" {
		t.Errorf("read back differently:\n%s", diff)
	}
}

// Every event that the domain has is a sample, every field of it is set, and none is named as the journal's own members.
func TestSamplesAreComplete(t *testing.T) {
	latest := map[string]domain.Event{}
	for _, e := range samples() {
		latest[e.Type()] = e
	}
	for _, empty := range domain.Events() {
		e := latest[empty.Type()]
		if e == nil {
			t.Errorf("there is no sample of %s", empty.Type())
			continue
		}
		v := reflect.ValueOf(e).Elem()
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			if v.Field(i).IsZero() {
				t.Errorf("%s: %s is not set", e.Type(), name)
			}
			if strings.HasPrefix(name, "_") || name == "stated" || name == "authority" || name == "command" && v.Field(i).Type() == reflect.TypeFor[domain.Text]() {
				t.Errorf("%s: a field may not be named %s", e.Type(), name)
			}
		}
		if domain.NewEvent(e.Type()) == nil {
			t.Errorf("%s can't be decoded", e.Type())
		}
	}
}

// An independent reader agrees that it is a CloudEvent.
func TestStoredFormIsACloudEvent(t *testing.T) {
	for _, e := range samples() {
		r, digests := sample(e)
		body, err := eventstore.Encode("acme", r, digests)
		if err != nil {
			t.Fatal(err)
		}
		ce := cloudevents.NewEvent()
		if err := json.Unmarshal(body, &ce); err != nil {
			t.Fatalf("%s: %v", e.Type(), err)
		}
		if err := ce.Validate(); err != nil {
			t.Errorf("%s: %v", e.Type(), err)
		}
		if ce.Extensions()["planseq"] != "00000000000000000042" || ce.Time().Format(time.DateOnly) != "2020-02-03" {
			t.Errorf("%s: planseq %v, time %v", e.Type(), ce.Extensions()["planseq"], ce.Time())
		}
		for name := range ce.Extensions() {
			if len(name) > 20 {
				t.Errorf("attribute name %s is too long", name)
			}
		}
	}
}

func TestTextsNeverLieInTheEvent(t *testing.T) {
	const secret = "Jane Doe is ill"
	for _, e := range samples() {
		for _, text := range domain.Texts(e) {
			*text = secret
		}
		r, digests := sample(e)
		body, err := eventstore.Encode("acme", r, digests)
		if err != nil || strings.Contains(string(body), "Jane") {
			t.Errorf("%s: %s %v", e.Type(), body, err)
		}
	}
}

func TestUnknownEventsAreErrors(t *testing.T) {
	r, digests := sample(&domain.PersonLeft{Person: "p-1"})
	body, err := eventstore.Encode("acme", r, digests)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"a later version":       {"person-left.v1\"", "person-left.v2\""},
		"an unknown type":       {"plantrail.person-left", "plantrail.person-lost"},
		"a foreign type":        {"plantrail.person", "com.example.person"},
		"another organisation":  {"/orgs/acme", "/orgs/other"},
		"another specversion":   {`specversion":"1.0`, `specversion":"2.0`},
		"a bad plan":            {"plans/sdp", "plans/S.P"},
		"no planseq":            {`"planseq"`, `"planseqx"`},
		"a short planseq":       {"00000000000000000042", "42"},
		"part after the last":   {`"part":"2"`, `"part":"4"`},
		"a doubled attribute":   {`"part":"2"`, `"part":"2","part":"2"`},
		"a time without a zone": {"123456Z", "123456"},
		"a bad prev":            {"AQID", "AQ"},
		"a text in the data":    {`"person":"p-1"`, `"person":17`},
		"another digest":        {`"stated":"2020-02-03"`, `"stated":"2020-02-03","_sd_alg":"md5"`},
		"no stated date":        {`"stated":"2020-02-03",`, ``},
		"a bad stated date":     {`"stated":"2020-02-03"`, `"stated":"2020-02-31"`},
	} {
		mangled := strings.Replace(string(body), change[0], change[1], 1)
		if mangled == string(body) {
			t.Fatalf("%s: nothing changed", name)
		}
		if _, err := eventstore.Decode("acme", 9, []byte(mangled)); err == nil || !strings.Contains(err.Error(), "position 9") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a newer binary adds is passed over; what it means differently has a new version.
func TestAddedFieldsAreReadOver(t *testing.T) {
	r, digests := sample(&domain.PersonLeft{Person: "p-1"})
	body, _ := eventstore.Encode("acme", r, digests)
	wider := strings.Replace(string(body), `"part":"2"`, `"part":"2","newattr":"x"`, 1)
	wider = strings.Replace(wider, `"person":"p-1"`, `"person":"p-1","more":{"a":[1,2,{"b":"}"}]}`, 1)
	got, err := eventstore.Decode("acme", 9, []byte(wider))
	if err != nil || got.Event.(*domain.PersonLeft).Person != "p-1" || got.Parts != 3 {
		t.Errorf("%+v %v", got, err)
	}
}

func TestEncodeDecodeRoundTrip(t *testing.T) {
	all := samples()
	rapid.Check(t, func(t *rapid.T) {
		e := rapid.SampledFrom(all).Draw(t, "event")
		r, digests := sample(e)
		r.Plan = rapid.SampledFrom([]domain.PlanID{"sdp", "x", domain.People}).Draw(t, "plan")
		r.Stated = rapid.SampledFrom([]domain.Date{domain.Unstated, domain.Month(2020, 1), domain.Day(2199, 12, 31)}).Draw(t, "stated")
		r.PlanSeq = rapid.Uint64Min(1).Draw(t, "planseq")
		r.Part = rapid.IntRange(1, 10000).Draw(t, "part")
		r.Parts = rapid.IntRange(r.Part, 20000).Draw(t, "parts")
		r.Actor.OnBehalfOf = rapid.StringN(0, 40, 200).Draw(t, "behalf")
		r.Authority = &domain.Authority{Body: rapid.String().Draw(t, "body")}
		body, err := eventstore.Encode("acme", r, digests)
		if err != nil {
			t.Fatal(err)
		}
		got, err := eventstore.Decode("acme", 3, body)
		if err != nil {
			t.Fatal(err)
		}
		again, err := eventstore.Encode("acme", got, digests)
		if err != nil || string(again) != string(body) {
			t.Fatalf("%v\n%s\n%s", err, body, again)
		}
		if got.Actor != r.Actor || *got.Authority != *r.Authority || got.Stated != r.Stated || got.Plan != r.Plan {
			t.Fatalf("%+v\n%+v", r, got)
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, e := range samples() {
		r, digests := sample(e)
		body, err := eventstore.Encode("acme", r, digests)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Add([]byte(`{"data":{"a":"\`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := eventstore.Decode("acme", 1, body)
		if err != nil {
			return
		}
		digests := make([]string, r.Texts)
		again, err := eventstore.Encode("acme", r, digests)
		if err != nil {
			return // decoded leniently; nothing of the kind was ever written
		}
		second, err := eventstore.Decode("acme", 1, again)
		if err != nil || second.PlanSeq != r.PlanSeq || second.ID != r.ID || second.Event.Type() != r.Event.Type() {
			t.Errorf("%v: %q became %q", err, body, again)
		}
	})
}
