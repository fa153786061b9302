package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"plantrail/domain"
	"plantrail/evidence"
	"plantrail/evidence/backup"
	"plantrail/web"
)

func (a *app) backupCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "backup DIR", Short: "Take a backup of the history, its texts and files, or bring one up to date", Args: exactly(1),
		Long: `Take a backup while the server runs, or of a data directory. DIR is empty, or holds an earlier backup of the same journal: that is
checked to its last byte and never written again, and only what is new is fetched. Texts that were erased since are taken
out of it.
A backup is as of a signed checkpoint and proves itself: the log as tiles (c2sp.org/tlog-tiles), the signed checkpoints, the texts
and the files of evidence. It holds personal texts: keep it as safe as the data themselves. The signing key is not in it.
Keep DIR/checkpoint and DIR/erasures in another place too: without personal text they tell, when an older backup must be
restored, that it is older, and which texts were erased since.
Exit code 8 means that the backup was taken, and that the journal has lost something that should be in it.`,
		Example: "  plantrail backup backups/acme\n  plantrail --server https://plans.example.org backup backups/acme"}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		return a.with(ctx, func(c *client) error { return a.backup(ctx, c, args[0]) })
	}
	return cmd
}

func (a *app) backup(ctx context.Context, c *client, dir string) error {
	to := dataDir(dir)
	if err := to.make(); err != nil {
		return err
	}
	lock, err := to.hold()
	if errors.Is(err, errHeld) {
		return domain.Errorf(domain.Refused, "DIR", "another backup into %s is under way", dir).WithHint("wait for it")
	}
	if err != nil {
		return err
	}
	defer lock.Close()
	source := &backupSource{c: c}
	defer source.close()
	report, err := backup.Update(ctx, dir, source, backup.Options{Progress: a.progress("events")})
	if err != nil {
		return backupError(err, dir)
	}
	var state web.ProofView
	if _, err := c.get(ctx, path("verify"), nil, &state); err != nil {
		return err
	}
	if a.form() != asTable {
		err = a.writeJSON(report)
	} else {
		a.tellBackup(report, dir, state.LagEvents)
	}
	if err == nil && report.Lost > 0 {
		err = &unproved{fmt.Sprintf("the journal has lost texts or files of %d entries: the backup has the rest; plantrail verify says more", report.Lost)}
	}
	return err
}

func (a *app) tellBackup(r backup.Report, dir string, unsigned int64) {
	switch {
	case r.Earlier == 0:
		a.say("The backup in %s has %d events and %d files of evidence.", dir, r.Size, r.Files)
	case r.Events == 0:
		a.say("The backup in %s is whole and up to date: %d events.", dir, r.Size)
	default:
		a.say("The backup in %s has %d events, %d of them new, and %d new files of evidence. What it had is whole.", dir, r.Size, r.Events, r.Files)
	}
	if r.Erased > 0 {
		a.say("%d texts that were erased since were taken out of it.", r.Erased)
	}
	a.say("It is as of the checkpoint of %d events, root %s.", r.Size, r.Root)
	if unsigned > 0 {
		a.say("%d events are not signed yet, and so not in it.", unsigned)
	}
	a.say("The signing key is not in it: keep a copy of keys/checkpoint.key of the data directory elsewhere, apart from this backup.")
}

// backupError says of what is wrong with a backup that it is the backup's.
func backupError(err error, dir string) error {
	if f := (*backup.Fault)(nil); errors.As(err, &f) {
		return &unproved{fmt.Sprintf("the backup in %s: %s", dir, f)}
	}
	if e := (*domain.Error)(nil); errors.As(err, &e) {
		return err
	}
	return failure(err, "the backup could not be taken: %v", err).WithHint("an earlier one in " + dir + " is as it was")
}

// backupSource is the API as a backup reads it.
type backupSource struct {
	c       *client
	entries *bufio.Reader // the answer that is being read
	end     func() error
	at      int64 // how many entries came before what it gives next
}

// About asks whose log it is.
func (s *backupSource) About(ctx context.Context) (org, journal string, err error) {
	var got web.BackedUp
	_, err = s.c.get(ctx, path("backup"), nil, &got)
	return string(got.Org), got.Journal, err
}

// Checkpoints reads the checkpoints after the first so many.
func (s *backupSource) Checkpoints(ctx context.Context, after int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for l, err := range readLines[web.BackupCheckpoint](ctx, s.c, path("backup", "checkpoints"), strconv.Itoa(after)) {
			if err == nil && l.Checkpoint == "" {
				return
			}
			if !yield([]byte(l.Checkpoint), err) || err != nil {
				return
			}
		}
	}
}

// Texts reads the texts after a mark.
func (s *backupSource) Texts(ctx context.Context, mark string) (iter.Seq2[backup.Stored, error], error) {
	return func(yield func(backup.Stored, error) bool) {
		for l, err := range readLines[web.BackupText](ctx, s.c, path("backup", "texts"), mark) {
			if !yield(backup.Stored{Event: string(l.Event), Disclosures: l.Disclosures, Mark: l.Mark}, err) || err != nil || l.Event == "" {
				return
			}
		}
	}, nil
}

// readLines reads an answer of lines of JSON. One that ends before its last line is cut off.
func readLines[T any](ctx context.Context, c *client, path, after string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		q := url.Values{}
		if after != "" {
			q.Set("after", after)
		}
		resp, err := c.send(ctx, request{method: http.MethodGet, path: path, query: q})
		if err != nil {
			yield(none, err)
			return
		}
		defer resp.Body.Close()
		lines := json.NewDecoder(bufio.NewReaderSize(resp.Body, 1<<20))
		for {
			var l T
			if err := lines.Decode(&l); err != nil {
				yield(none, cut(err))
				return
			}
			if !yield(l, nil) {
				return
			}
		}
	}
}

// Entries reads a tile of entries. Tiles are asked for in order, and read from one long answer.
func (s *backupSource) Entries(ctx context.Context, t evidence.Tile) (data []byte, err error) {
	if s.entries == nil || s.at != t.First() {
		if err := s.openEntries(ctx, t.First()); err != nil {
			return nil, err
		}
	}
	for range t.Width {
		var size [2]byte
		if _, err := io.ReadFull(s.entries, size[:]); err != nil {
			return nil, cut(err)
		}
		entry := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(s.entries, entry); err != nil {
			return nil, cut(err)
		}
		data = append(append(data, size[:]...), entry...)
		s.at++
	}
	return data, nil
}

func (s *backupSource) openEntries(ctx context.Context, after int64) error {
	s.close()
	resp, err := s.c.send(ctx, request{method: http.MethodGet, path: path("backup", "entries"), query: url.Values{"after": {strconv.FormatInt(after, 10)}}})
	if err != nil {
		return err
	}
	s.entries, s.at, s.end = bufio.NewReaderSize(resp.Body, 1<<20), after, resp.Body.Close
	return nil
}

// close ends the answer that is being read; its end does not matter.
func (s *backupSource) close() {
	if s.end != nil {
		_ = s.end()
	}
	s.entries, s.end = nil, nil
}

// Evidence reads a file of evidence.
func (s *backupSource) Evidence(ctx context.Context, f backup.File) (io.ReadCloser, error) {
	resp, err := s.c.send(ctx, request{method: http.MethodGet, path: path("plans", f.Plan, "evidence", f.ID)})
	if domain.KindOf(err) == domain.NotFound && err != nil {
		return nil, backup.ErrLost
	}
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

// progress shows on a terminal how far something is, on one line of standard error that it removes at the end.
func (a *app) progress(what string) func(done, total int64) {
	if !screenOf(a.stderr).terminal {
		return nil
	}
	shown := int64(-1)
	return func(done, total int64) {
		if percent := 100 * done / max(total, 1); percent != shown {
			shown = percent
			fmt.Fprintf(a.stderr, "\r%3d %% of %d %s", percent, total, what)
		}
		if done == total {
			fmt.Fprint(a.stderr, "\r\x1b[K")
		}
	}
}
