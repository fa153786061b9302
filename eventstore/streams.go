package eventstore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"plantrail/domain"
)

// wantHistory is every setting of the history stream. None of them may differ, then or ever.
func wantHistory(n names, replicas int, journal string) jetstream.StreamConfig {
	c := wantBoth(replicas, journal)
	c.Name = n.history()
	c.Description = "plantrail: what happened, for ever"
	c.Subjects = []string{"history." + string(n.org) + ".*"}
	c.DenyDelete, c.DenyPurge = true, true
	return c
}

// wantTexts is every setting of the text stream: as the history's, but a message may be erased.
func wantTexts(n names, replicas int, journal string) jetstream.StreamConfig {
	c := wantBoth(replicas, journal)
	c.Name = n.texts()
	c.Description = "plantrail: the erasable texts of what happened"
	c.Subjects = []string{"texts." + string(n.org) + ".*.*"}
	return c
}

// wantCheckpoints is every setting of the stream of signed checkpoints: nothing in it may be removed either.
func wantCheckpoints(n names, replicas int, journal string) jetstream.StreamConfig {
	c := wantBoth(replicas, journal)
	c.Name = n.checkpoints()
	c.Description = "plantrail: signed checkpoints of what happened"
	c.Subjects = []string{n.checkpointSubject()}
	c.DenyDelete, c.DenyPurge = true, true
	return c
}

// wantEvidence is every setting of the stream under the object store of evidence files. An object store needs rollups,
// and its client purges the pieces of an upload that failed.
func wantEvidence(n names, replicas int, journal string) jetstream.StreamConfig {
	c := wantBoth(replicas, journal)
	c.Name = n.evidence()
	c.Description = "plantrail: files of evidence"
	c.Subjects = []string{"$O." + n.bucket() + ".C.>", "$O." + n.bucket() + ".M.>"}
	c.AllowRollup, c.AllowAtomicPublish = true, false
	return c
}

// wantBoth: no limit of any kind, no compression (one flipped bit would make the stream unloadable), and the fields that
// the server would fill in by itself written out, so that what is read back can be compared with it.
func wantBoth(replicas int, journal string) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Retention:          jetstream.LimitsPolicy,
		MaxConsumers:       -1,
		MaxMsgs:            -1,
		MaxBytes:           -1,
		MaxMsgsPerSubject:  -1,
		MaxMsgSize:         -1,
		Discard:            jetstream.DiscardNew,
		Storage:            jetstream.FileStorage,
		Replicas:           replicas,
		Duplicates:         2 * time.Minute, // never used: no message carries a Nats-Msg-Id
		Compression:        jetstream.NoCompression,
		AllowDirect:        true,
		AllowAtomicPublish: true,
		PersistMode:        jetstream.DefaultPersistMode,
		Metadata:           map[string]string{identityKey: journal},
	}
}

// settle brings the process and the streams together: it begins, joins or recognises a journal, and refuses the rest.
func (s *Store) settle(ctx context.Context, id identity, known bool) (identity, error) {
	var found []*streamInfo
	for _, name := range s.names.streams() {
		info, err := s.streamInfo(ctx, name)
		if err != nil {
			return id, err
		}
		found = append(found, info)
	}
	var err error
	switch {
	case s.cfg.Init:
		id, err = s.begin(ctx, id, known, found)
	case s.cfg.Join && !known:
		id, err = s.join(found)
	default:
		if err = s.recognise(id, found); err == nil {
			id, err = s.grow(ctx, id, found)
		}
	}
	if err != nil {
		return id, err
	}
	return id, s.checkAll(ctx, id)
}

// begin creates the streams, once. What is on disk after a crash: after the first line the file says "beginning" and no or
// some streams exist; the next Init goes on with the same id, anything else refuses. No event can have been stored yet.
func (s *Store) begin(ctx context.Context, id identity, known bool, found []*streamInfo) (identity, error) {
	for i, name := range s.names.streams() {
		if has := found[i].identity(); found[i] != nil && (!known || has != id.Journal) {
			return id, refuse("stream "+name, "it exists already, as journal %s", has).
				WithHint("restore identity.json of that journal, or join it as a further process")
		}
	}
	if !known {
		id = newIdentity(s.cfg.Org)
	}
	if err := id.save(s.cfg.DataDir); err != nil {
		return id, err
	}
	if err := s.create(ctx, id, found); err != nil {
		return id, err
	}
	id.State, id.Version = begun, identityVersion
	return id, id.save(s.cfg.DataDir)
}

// create makes the streams that were not found.
func (s *Store) create(ctx context.Context, id identity, found []*streamInfo) error {
	for i, want := range s.wanted(id) {
		if found[i] != nil {
			continue
		}
		if err := s.createOne(ctx, want); err != nil {
			return refuse("stream "+want.Name, "it can't be created: %v", s.because(err))
		}
	}
	return nil
}

// createOne tries for a while where a cluster that has just been started does not know all its servers yet.
func (s *Store) createOne(ctx context.Context, want jetstream.StreamConfig) error {
	for start := time.Now(); ; {
		_, err := s.js.CreateStream(ctx, want)
		var api *jetstream.APIError
		if !errors.As(err, &api) || api.ErrorCode != codeNoPeers || time.Since(start) > s.cfg.Patience {
			return err
		}
		if stop := pause(ctx, 100*time.Millisecond); stop != nil {
			return err
		}
	}
}

// grow gives a journal that was begun by a plantrail without checkpoints and evidence files the streams for them. Only such
// a journal: once identity.json says version 2, or a checkpoint's copy lies beside it, these streams have existed, and one
// that is missing is lost. A crash between the two creations, or before the file is saved, is finished by the next start.
func (s *Store) grow(ctx context.Context, id identity, found []*streamInfo) (identity, error) {
	if id.Version >= identityVersion {
		return id, nil
	}
	if err := s.create(ctx, id, found); err != nil {
		return id, err
	}
	id.Version = identityVersion
	return id, id.save(s.cfg.DataDir)
}

// join takes over the identity that the cluster's streams carry.
func (s *Store) join(found []*streamInfo) (id identity, err error) {
	for i, want := range s.names.streams() {
		if found[i] == nil {
			return id, refuse("stream "+want, "it does not exist: there is nothing to join").
				WithHint("begin the journal with plantrail init; a journal of an older plantrail is started once by its first process")
		}
	}
	id = identity{Org: s.cfg.Org, Journal: found[0].identity(), State: begun, Version: identityVersion}
	if err := s.recognise(id, found); err != nil {
		return id, err
	}
	return id, id.save(s.cfg.DataDir)
}

// recognise refuses streams that are missing or are not those of this data directory.
func (s *Store) recognise(id identity, found []*streamInfo) error {
	_, copied, err := readCopy(s.cfg.DataDir)
	if err != nil {
		return err
	}
	for i, name := range s.names.streams() {
		later := i >= 2 // it came with version 2
		if found[i] == nil && later && id.Version < identityVersion && !copied {
			continue
		}
		if found[i] == nil {
			return refuse("stream "+name, "it is missing, but journal %s has begun", id.Journal).WithHint("don't create it, and find out who removed it: " + mend)
		}
		if has := found[i].identity(); has != id.Journal {
			return refuse("stream "+name, "it is journal %q, this data directory belongs to %q", has, id.Journal).
				WithHint("another store is in the place of this journal's: put the right one back, or restore the newest backup")
		}
	}
	return nil
}

// wanted are the settings of all streams, in the order of names.streams.
func (s *Store) wanted(id identity) []jetstream.StreamConfig {
	return []jetstream.StreamConfig{
		wantHistory(s.names, s.cfg.Replicas, id.Journal),
		wantTexts(s.names, s.cfg.Replicas, id.Journal),
		wantEvidence(s.names, s.cfg.Replicas, id.Journal),
		wantCheckpoints(s.names, s.cfg.Replicas, id.Journal),
	}
}

// checkStreams reads the streams back and compares whose they are, each setting, and that nothing is missing from those
// that nothing can be removed from.
func (s *Store) checkStreams(ctx context.Context, id identity) error {
	for _, want := range s.wanted(id) {
		info, err := s.streamInfo(ctx, want.Name)
		if err != nil {
			return err
		}
		if info == nil {
			return refuse("stream "+want.Name, "it is gone").
				WithHint("don't create it, and find out who removed it: " + mend)
		}
		if has := info.identity(); has != id.Journal {
			return refuse("stream "+want.Name, "it is journal %q now, this data directory belongs to %q", has, id.Journal).
				WithHint("it was deleted and made again, find out by whom: " + mend)
		}
		if err := compareConfig(want, info.Config); err != nil {
			return err
		}
		if want.DenyDelete {
			if err := info.State.whole(want.Name); err != nil {
				return err
			}
		}
		if info.unlike != nil {
			return info.unlike
		}
	}
	return nil
}

// seen is what this process has seen of each stream since Open: no stream is ever made again under it, nor gets shorter.
type seen struct {
	sync.Mutex
	streams map[string]sight
}

type sight struct {
	created time.Time // zero: not seen yet
	last    uint64    // 0 where messages may be removed
}

func (k *seen) of(name string) sight {
	k.Lock()
	defer k.Unlock()
	return k.streams[name]
}

// note notes an answer that fits what was seen before.
func (k *seen) note(name string, now sight) {
	k.Lock()
	defer k.Unlock()
	if k.streams == nil {
		k.streams = map[string]sight{}
	}
	k.streams[name] = sight{now.created, max(now.last, k.streams[name].last)}
}

// after judges an answer by what had been seen before the question.
func (now sight) after(was sight, name string) error {
	switch {
	case was.created.IsZero():
	case !was.created.Equal(now.created):
		return refuse("stream "+name, "it was made at %s, the one that was opened at %s", now.created.Format(time.RFC3339), was.created.Format(time.RFC3339)).
			WithHint("it was deleted and made again while plantrail ran, find out by whom: " + mend)
	case now.last < was.last:
		return refuse("stream "+name, "it ends at %d, it has ended at %d before", now.last, was.last).
			WithHint("its end was lost or an older state was put back: " + mend)
	}
	return nil
}

// compareConfig names the first setting that differs. It compares the JSON forms, so that a setting that this client does
// not know yet is seen too.
func compareConfig(want jetstream.StreamConfig, found map[string]json.RawMessage) error {
	b, err := json.Marshal(want)
	if err != nil {
		return err
	}
	var wanted map[string]json.RawMessage
	if err := json.Unmarshal(b, &wanted); err != nil {
		return err
	}
	all := maps.Clone(found)
	maps.Copy(all, wanted)
	for _, field := range slices.Sorted(maps.Keys(all)) {
		w, f := plainSetting(wanted[field]), plainSetting(found[field])
		if w != f {
			return refuse("stream "+want.Name, "%s is %s, it must be %s", field, shown(f), shown(w)).
				WithHint("an administrator changed the stream: find out who and why, then set it back")
		}
	}
	return nil
}

// plainSetting is a setting's canonical JSON; all ways to say "not set" are "". The server's own notes in the metadata
// ("_nats.…") are left out.
func plainSetting(raw json.RawMessage) string {
	var v any
	if len(raw) == 0 || json.Unmarshal(raw, &v) != nil {
		return string(raw)
	}
	if m, ok := v.(map[string]any); ok {
		maps.DeleteFunc(m, func(k string, v any) bool {
			return strings.HasPrefix(k, "_nats.") || v == nil || v == false || v == 0.0 || v == ""
		})
		if len(m) == 0 {
			return ""
		}
	}
	if list, ok := v.([]any); ok && len(list) == 0 || v == nil || v == false || v == 0.0 || v == "" {
		return ""
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // it was JSON a moment ago
	return strings.TrimSpace(b.String())
}

func shown(setting string) string {
	if setting == "" {
		return "not set"
	}
	return setting
}

// streamInfo is the answer of STREAM.INFO, with the settings as they came.
type streamInfo struct {
	Config  map[string]json.RawMessage `json:"config"`
	State   streamState                `json:"state"`
	Now     time.Time                  `json:"ts"`      // by the server's clock
	Created time.Time                  `json:"created"` // when the stream was made
	Cluster struct {
		Leader   string   `json:"leader"`
		Replicas []member `json:"replicas"` // but the leader
	} `json:"cluster"`

	unlike error // why it can't be the stream that was seen before
}

// member is a server that keeps a copy, as the leader sees it.
type member struct {
	Name    string `json:"name"`
	Current bool   `json:"current"`
	Offline bool   `json:"offline"`
	Lag     uint64 `json:"lag"`
}

type streamState struct {
	Msgs       uint64          `json:"messages"`
	Bytes      uint64          `json:"bytes"`
	First      uint64          `json:"first_seq"`
	Last       uint64          `json:"last_seq"`
	LastTime   time.Time       `json:"last_ts"`
	NumDeleted int             `json:"num_deleted"`
	Lost       json.RawMessage `json:"lost"`
}

func (i *streamInfo) identity() string {
	if i == nil {
		return ""
	}
	var meta map[string]string
	_ = json.Unmarshal(i.Config["metadata"], &meta) // absent or odd: no identity
	return meta[identityKey]
}

// whole is the cheap invariant of a history from which nothing can be removed. It does not show an altered byte.
func (st streamState) whole(name string) error {
	if st.Last == 0 && st.Msgs == 0 || st.First == 1 && st.Msgs == st.Last && st.NumDeleted == 0 && st.Lost == nil {
		return nil
	}
	return refuse("stream "+name, "it is not whole: first %d, last %d, %d messages, %d deleted",
		st.First, st.Last, st.Msgs, st.NumDeleted).
		WithHint(mend)
}

// streamInfo asks the stream's leader. It is nil, without an error, when there is no such stream.
func (s *Store) streamInfo(ctx context.Context, name string) (info *streamInfo, err error) {
	was := s.seen.of(name) // asked for first: the answers to two who ask at once may come in the other order
	err = s.upToDate(ctx, func() (bool, error) {
		if info, err = s.askInfo(ctx, name); err != nil || info == nil {
			return true, err
		}
		now := sight{created: info.Created}
		if string(info.Config["deny_delete"]) == "true" {
			now.last = info.State.Last
		}
		if info.unlike = now.after(was, name); info.unlike == nil {
			s.seen.note(name, now)
		}
		return info.unlike == nil, nil
	})
	return info, err
}

// upToDate asks until the answer fits what was seen before. In a cluster a leader that was replaced and has not heard of it
// yet still answers, with less than there is; what has not come back when it must have heard is lost, and the caller says so.
func (s *Store) upToDate(ctx context.Context, ask func() (fits bool, err error)) error {
	until := time.Now().Add(hearing)
	for {
		fits, err := ask()
		if err != nil || fits || s.cfg.Replicas <= 1 || time.Now().After(until) || pause(ctx, 100*time.Millisecond) != nil {
			return err
		}
	}
}

// hearing is within what time a leader has heard of the next one, once it can be reached: leaders speak up each second.
const hearing = 3 * time.Second

func (s *Store) askInfo(ctx context.Context, name string) (*streamInfo, error) {
	var res struct {
		Error *apiError `json:"error"`
		streamInfo
	}
	if err := s.ask(ctx, "$JS.API.STREAM.INFO."+name, nil, &res); err != nil {
		return nil, err
	}
	if res.Error != nil && res.Error.Code == codeStreamNotFound {
		return nil, nil
	}
	if res.Error != nil {
		return nil, domain.Errorf(domain.Unavailable, "stream "+name, "JetStream can't say how it is").Because(res.Error)
	}
	return &res.streamInfo, nil
}

// subjects are those of a stream that match, with how many messages each is said to have.
func (s *Store) subjects(ctx context.Context, stream, filter string) (map[string]uint64, error) {
	all := map[string]uint64{}
	for {
		req, err := json.Marshal(map[string]any{"subjects_filter": filter, "offset": len(all)})
		if err != nil {
			return nil, err
		}
		var res struct {
			Error *apiError `json:"error"`
			State struct {
				Subjects map[string]uint64 `json:"subjects"`
			} `json:"state"`
		}
		if err := s.ask(ctx, "$JS.API.STREAM.INFO."+stream, req, &res); err != nil {
			return nil, err
		}
		if res.Error != nil {
			return nil, s.unavailable(res.Error)
		}
		n := len(all)
		for subject, messages := range res.State.Subjects {
			all[subject] = messages
		}
		if len(all) == n {
			return all, nil
		}
	}
}

// ask sends one request to the JetStream API and waits for its answer. A cluster without a leader does not answer at all,
// so it asks again each second until ctx ends.
func (s *Store) ask(ctx context.Context, subject string, req []byte, into any) error {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Patience)
	defer cancel()
	for {
		try, stop := context.WithTimeout(ctx, time.Second)
		msg, err := s.nc.RequestWithContext(try, subject, req)
		stop()
		if err == nil {
			return json.Unmarshal(msg.Data, into)
		}
		if pause(ctx, 50*time.Millisecond) != nil {
			return s.unavailable(err)
		}
	}
}

// pause waits, or returns the error of a context that ends first.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
