package web_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"net/http/httptest"
	"testing"

	"github.com/getkin/kin-openapi/openapi3filter"

	"plantrail/web"
)

// The validator knows no lines of JSON: they are a text to it.
func init() {
	openapi3filter.RegisterBodyDecoder("application/x-ndjson", openapi3filter.PlainBodyDecoder)
}

// lastLine reads lines of JSON and returns how many there are, and the last.
func lastLine[T any](t *testing.T, w *httptest.ResponseRecorder) (n int, last T) {
	t.Helper()
	for scan := bufio.NewScanner(w.Body); scan.Scan(); n++ {
		last = *new(T)
		if err := json.Unmarshal(scan.Bytes(), &last); err != nil {
			t.Fatal(err)
		}
	}
	return n, last
}

// backup reads what a backup reads, whole and from where an earlier one ended.
func (c *contract) backup() {
	c.t.Helper()
	var who web.BackedUp
	if err := json.Unmarshal(c.call(200, "GET", "/v1/backup", "").Body.Bytes(), &who); err != nil || who.Org == "" || len(who.Journal) != 32 {
		c.t.Errorf("%+v %v", who, err)
	}
	all, last := lastLine[web.BackupText](c.t, c.call(200, "GET", "/v1/backup/texts", ""))
	if all < 10 || last.Event != "" || last.Mark == "" {
		c.t.Errorf("%d texts, the last line is %+v", all, last)
	}
	if n, again := lastLine[web.BackupText](c.t, c.call(200, "GET", "/v1/backup/texts?after="+last.Mark, "")); n != 1 || again.Mark != last.Mark {
		c.t.Errorf("after the end come %d lines, the last %+v", n, again)
	}
	if n, _ := lastLine[web.BackupText](c.t, c.call(200, "GET", "/v1/backup/texts?after=another.3", "")); n != all {
		c.t.Errorf("a mark of another journal gives %d of %d lines", n, all)
	}
	n, end := lastLine[web.BackupCheckpoint](c.t, c.call(200, "GET", "/v1/backup/checkpoints", ""))
	if n != end.Count+1 || n < 2 {
		c.t.Errorf("%d lines of checkpoints, the last says %d", n, end.Count)
	}
	if n, _ := lastLine[web.BackupCheckpoint](c.t, c.call(200, "GET", "/v1/backup/checkpoints?after=1", "")); n != end.Count {
		c.t.Errorf("after the first come %d lines, not %d", n, end.Count)
	}
	c.call(400, "GET", "/v1/backup/checkpoints?after=x", "")
	whole := c.call(200, "GET", "/v1/backup/entries", "").Body.Bytes()
	rest := c.call(200, "GET", "/v1/backup/entries?after=2", "").Body.Bytes()
	for range 2 {
		whole = whole[2+binary.BigEndian.Uint16(whole):]
	}
	if len(rest) == 0 || !bytes.Equal(whole, rest) {
		c.t.Errorf("after two entries %d bytes follow, not %d", len(rest), len(whole))
	}
}
