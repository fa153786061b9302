package deploy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"plantrail/domain"
	"plantrail/eventstore"
)

// testProgram runs the two commands of docker-compose.yml as they stand there; only directory and address are the test's.
func (c *cluster) testProgram(t *testing.T) {
	services, _ := readCompose(t)
	data := filepath.Join(t.TempDir(), "data")
	env := []string{
		"PLANTRAIL_ORG=" + services.Services["plantrail"].Environment["PLANTRAIL_ORG"],
		"PLANTRAIL_NATS=" + c.url("plantrail", secret+"-app"),
		"PLANTRAIL_NATS_MONITOR=" + strings.Join(c.monitors(), ","),
	}
	here := strings.NewReplacer("/data", data, "0.0.0.0:8080", "127.0.0.1:0")
	run := func(args ...string) ([]byte, error) {
		cmd := exec.Command(plantrail(t), args...)
		cmd.Env = append(os.Environ(), env...)
		return cmd.CombinedOutput()
	}
	begin, command := slices.Clone(services.Services["begin"].Command), slices.Clone(services.Services["plantrail"].Command)
	for _, args := range [][]string{begin, command} {
		for i := range args {
			args[i] = here.Replace(args[i])
		}
	}
	if out, err := run(begin...); err != nil {
		t.Fatalf("begin: %v\n%s", err, out)
	}
	if out, err := run(begin...); err == nil {
		t.Errorf("a second begin was let through:\n%s", out)
	}
	base := serve(t, env, command...)
	until(t, "it is ready", func() error {
		res, err := http.Get(base + "/readyz")
		if err != nil {
			return err
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return errors.New("/readyz: " + res.Status)
		}
		return nil
	})
	if out, err := run("status", "--data", data); err != nil { // the image's health check
		t.Errorf("status: %v\n%s", err, out)
	}
}

// testStore lets the real journal work with the application's user: the list of what is allowed leaves out nothing.
func (c *cluster) testStore(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	store, err := eventstore.Open(ctx, eventstore.Config{
		Org: "council", DataDir: t.TempDir(), Join: true, MinFreeBytes: 1, MinFreeRatio: 1e-9,
		URL: c.url("plantrail", secret+"-app"), MonitorURLs: c.monitors(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close(ctx)
	service := domain.NewService(store)
	for _, order := range orders() {
		if _, err := service.Do(ctx, order); err != nil {
			t.Fatalf("%T: %v", order.Do, err)
		}
	}
	n := 0
	for _, err := range store.Read(ctx, "sdp", 0) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n < 2 {
		t.Errorf("%d events read back, want those of %d commands", n, len(orders()))
	}
	testProof(ctx, t, store)
	testFeeds(ctx, t, store)
}

// testFeeds: the shared state of deliveries, the texts of many events at once and granted consumers need no more either.
func testFeeds(ctx context.Context, t *testing.T, store *eventstore.Store) {
	shared := store.Shared()
	rev, err := shared.Put(ctx, "delivery.test", map[string]int{"position": 1}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := shared.Put(ctx, "delivery.test", map[string]int{"position": 2}, rev+100); domain.KindOf(err) != domain.Conflict {
		t.Errorf("a change of another revision: %v", err)
	}
	var got map[string]int
	if again, err := shared.Get(ctx, "delivery.test", &got); err != nil || again != rev || got["position"] != 1 {
		t.Errorf("it reads back as %v, revision %d, %v", got, again, err)
	}
	until(t, "the key is listed by the replica that is asked", func() error {
		keys, err := shared.Keys(ctx, "delivery.")
		if err == nil && !slices.Contains(keys, "delivery.test") {
			err = fmt.Errorf("keys %v", keys)
		}
		return err
	})
	if err := shared.Delete(ctx, "delivery.test"); err != nil {
		t.Error(err)
	}
	grant := eventstore.Grant{ID: "test", Plans: []domain.PlanID{"sdp"}, Texts: true}
	if err := store.EnsureGrant(ctx, grant); err != nil {
		t.Error(err)
	}
	if err := store.EndGrant(ctx, grant); err != nil {
		t.Error(err)
	}
	for r, err := range store.Read(ctx, "sdp", 0) {
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Disclosures(ctx, []eventstore.TextRef{{Plan: "sdp", Event: r.ID}}); err != nil {
			t.Error(err)
		}
	}
}

// testProof: checkpoints, files of evidence and erasing need no right that the list leaves out.
func testProof(ctx context.Context, t *testing.T, store *eventstore.Store) {
	note := []byte("plantrail/council/0\n1\nr\n\n\u2014 plantrail/council/0 AAAA\n")
	_, after, err := store.LastCheckpoint(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if after == 0 {
		if _, err := store.PutCheckpoint(ctx, after, note); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := store.PutEvidence(ctx, "sdp", "evidence-1", strings.NewReader("words"), 100); err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.PutEvidence(ctx, "sdp", "evidence-2", strings.NewReader("too many words"), 5); domain.KindOf(err) != domain.TooLarge {
		t.Errorf("a file over the limit: %v", err)
	}
	file, _, err := store.Evidence(ctx, "sdp", "evidence-1")
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(file); err != nil || string(b) != "words" {
		t.Errorf("the file reads as %q, %v", b, err)
	}
	if err := store.RemoveEvidence(ctx, "sdp", "evidence-1"); err != nil {
		t.Fatal(err)
	}
	for r, err := range store.Read(ctx, "sdp", 0) {
		if err != nil {
			t.Fatal(err)
		}
		if err := store.EraseText(ctx, "sdp", r.ID, r.ID, "title"); err != nil {
			t.Fatal(err)
		}
		if texts, err := store.TextsOf(ctx, "sdp", r.ID); err != nil || texts["title"] != "" {
			t.Errorf("the erased title is %q, %v", texts["title"], err)
		}
	}
	if err := store.Check(ctx); err != nil {
		t.Error(err)
	}
	servers, err := store.Copies(ctx)
	if err != nil || len(servers) != 3 {
		t.Fatal(servers, err)
	}
	for _, server := range servers { // each copy can be read, twice by the same consumer
		for range 2 {
			for _, err := range store.LeavesOn(ctx, server, 0) {
				if err != nil {
					t.Fatal(server, err)
				}
			}
		}
	}
}

func (c *cluster) testApplication(t *testing.T) {
	app := c.connect(t, "plantrail")
	for _, stream := range []string{"HISTORY_council", "TEXTS_council", "CHECKPOINTS_council", "HISTORY_other"} {
		for _, verb := range []string{"UPDATE", "DELETE", "PURGE", "RESTORE", "SNAPSHOT", "LEADER.STEPDOWN", "PEER.REMOVE"} {
			if subject := "$JS.API.STREAM." + verb + "." + stream; !app.wasRefused(t, subject) {
				t.Errorf("%s was let through", subject)
			}
		}
	}
	for _, subject := range []string{
		"$JS.API.STREAM.MSG.DELETE.HISTORY_council", // erasing is for texts
		"$JS.API.STREAM.MSG.DELETE.HISTORY_other",
		"$JS.API.STREAM.MSG.DELETE.CHECKPOINTS_council",
		"$JS.API.STREAM.UPDATE.OBJ_EVIDENCE_council",
		"$JS.API.STREAM.DELETE.OBJ_EVIDENCE_council",
		"$JS.API.STREAM.CREATE.OTHER", // a stream of its own could copy and keep texts that are erased later
		"$JS.API.ACCOUNT.PURGE.COUNCIL",
		"history.other.plan",
		"$SYS.REQ.SERVER.PING",
	} {
		if !app.wasRefused(t, subject) {
			t.Errorf("%s was let through", subject)
		}
	}
	if app.wasRefused(t, "$JS.API.STREAM.INFO.HISTORY_council") {
		t.Error("an allowed subject counts as refused: the test can't tell")
	}
	// Erasing a text is allowed, and done.
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	texts, err := app.js.Stream(ctx, "TEXTS_council")
	if err != nil {
		t.Fatal(err)
	}
	first := texts.CachedInfo().State.FirstSeq
	if err := texts.DeleteMsg(ctx, first); err != nil {
		t.Fatalf("erasing text %d: %v", first, err)
	}
	for err = nil; err == nil && ctx.Err() == nil; { // a replica may answer that has not heard of it yet
		_, err = texts.GetMsg(ctx, first)
	}
	if ctx.Err() != nil {
		t.Errorf("text %d is still there", first)
	}
}

func (c *cluster) testAdmin(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	admin := c.connect(t, "admin")
	history, err := admin.js.Stream(ctx, "HISTORY_council")
	if err != nil {
		t.Fatal(err)
	}
	if err := history.DeleteMsg(ctx, 1); err == nil {
		t.Error("the history's own deny_delete did not stop the administrator")
	}
	config := history.CachedInfo().Config
	config.Description = "changed"
	if _, err := admin.js.UpdateStream(ctx, config); err != nil {
		t.Errorf("update: %v", err)
	}
	if err := admin.js.DeleteStream(ctx, "HISTORY_council"); err != nil {
		t.Errorf("delete: %v", err)
	}
	if _, err := admin.js.Stream(ctx, "HISTORY_council"); !errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Errorf("after the delete: %v", err)
	}
}

// orders are commands with texts, of one event and of several messages.
func orders() []domain.Order {
	by := domain.Actor{ID: "p-1", Kind: domain.User, Role: domain.Editor}
	return []domain.Order{
		{Plan: "sdp", Actor: by, Command: "c-1", Do: &domain.OpenPlan{Title: "A plan"}},
		{Plan: "sdp", Actor: by, Command: "c-2", Do: &domain.AddItem{Title: "An action"}},
	}
}
