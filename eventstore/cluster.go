package eventstore

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// monitored is what the monitoring port of one server says of it.
type monitored struct {
	url     string
	ID      string `json:"server_id"`
	Name    string `json:"server_name"`
	Version string `json:"version"`
	js      struct {
		Storage uint64 `json:"storage"`
		Config  struct {
			MaxStorage uint64 `json:"max_storage"`
			SyncAlways bool   `json:"sync_always"`
		} `json:"config"`
		Meta struct {
			Size int `json:"cluster_size"`
		} `json:"meta_cluster"`
	}
}

var monitorClient = http.Client{Timeout: 5 * time.Second}

// monitor asks one server for its version and settings.
func monitor(ctx context.Context, url string) (monitored, error) {
	m := monitored{url: url}
	base := strings.TrimRight(url, "/")
	if err := getJSON(ctx, base+"/varz", &m); err != nil {
		return m, err
	}
	return m, getJSON(ctx, base+"/jsz", &m.js)
}

func getJSON(ctx context.Context, url string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := monitorClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, res.Status)
	}
	return json.NewDecoder(io.LimitReader(res.Body, 4<<20)).Decode(into)
}

// checkCluster refuses a cluster in which any server is too old, acknowledges before it has synced, or is not looked at.
// connected is the id of the server that the client reached: it must be one of those looked at.
func checkCluster(ctx context.Context, urls []string, connected string) error {
	ids, size := map[string]bool{}, 0
	for _, url := range urls {
		m, err := monitor(ctx, url)
		switch {
		case err != nil:
			return refuse("monitor URLs", "%s can't be read: %v", url, err).
				WithHint("each server needs http_port set and must be running at the start of plantrail")
		case !versionOK(m.Version):
			return oldServer(m.Name, m.Version)
		case !m.js.Config.SyncAlways:
			return refuse("nats-server", "%s (%s) does not sync before it acknowledges", m.Name, url).
				WithHint("set jetstream { sync_interval: always } on each server")
		}
		ids[m.ID] = true
		size = max(size, m.js.Meta.Size)
	}
	if len(ids) < size {
		return refuse("monitor URLs", "they show %d servers, the cluster has %d", len(ids), size).
			WithHint("name the monitoring address of each server")
	}
	if !ids[connected] {
		return refuse("monitor URLs", "none of them is the server that plantrail is connected to (%s)", connected).
			WithHint("name the monitoring addresses of the same cluster")
	}
	return nil
}
