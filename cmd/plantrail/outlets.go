package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"plantrail/domain"
	"plantrail/evidence"
	"plantrail/evidence/publish"
	"plantrail/web"
)

// outward are the flags of serve that say who is shown the checkpoints.
type outward struct {
	witnesses, webhooks, files []string
	inside                     bool
}

func (o *outward) flags(f *pflag.FlagSet) {
	f.StringArrayVar(&o.witnesses, "witness", splitEnv("PLANTRAIL_WITNESS"), "a witness to show checkpoints to, as URL=KEY with its verifier key, or a file that holds it; may be given several times")
	f.StringArrayVar(&o.webhooks, "checkpoint-webhook", splitEnv("PLANTRAIL_CHECKPOINT_WEBHOOK"), "an https address to post checkpoints to, at most once a minute; may be given several times")
	f.BoolVar(&o.inside, "checkpoint-webhook-inside", false, "let --checkpoint-webhook be http, and lie in this machine or a private network")
	f.StringArrayVar(&o.files, "checkpoint-file", splitEnv("PLANTRAIL_CHECKPOINT_FILE"), "a file to write checkpoints to, at most once a minute, best on another machine's disk; may be given several times")
}

// outlets reads the flags. What witnesses signed is kept in the data directory.
func (o *outward) outlets(dir dataDir) (all []publish.Outlet, err error) {
	for _, one := range o.witnesses {
		address, key, ok := strings.Cut(one, "=")
		if b, err := os.ReadFile(key); ok && err == nil {
			key = string(b)
		}
		v, err := evidence.NewVerifier(strings.TrimSpace(key))
		if !ok || err != nil || !strings.HasPrefix(address, "http://") && !strings.HasPrefix(address, "https://") {
			// What was given is not repeated: it may be a private key by mistake.
			return nil, misuse("--witness", "what was given is no witness").WithHint("give its address, = and its verifier key as plantrail witness prints it: --witness http://auditor:7380=auditor.example+4c86a06d+BO...")
		}
		all = append(all, publish.Witness(address, v, filepath.Join(dir.file("witnessed"), fmt.Sprintf("%08x", v.KeyHash()))))
	}
	for _, one := range o.webhooks {
		hook, err := publish.Webhook(one, o.inside)
		if err != nil {
			return nil, misuse("--checkpoint-webhook", "what was given can't be used: %v", err).WithHint("for a webhook without TLS, or in a private network, give --checkpoint-webhook-inside too")
		}
		all = append(all, hook)
	}
	for _, one := range o.files {
		all = append(all, publish.File(absolute(one)))
	}
	if len(o.witnesses) == 0 {
		return all, nil
	}
	return all, dataDir(dir.file("witnessed")).make()
}

// lastWordsLimit is how long a server that ends waits for those who are shown its last checkpoint.
const lastWordsLimit = 5 * time.Second

// lastWords signs what was recorded last, and shows it to all.
func (n *node) lastWords() {
	ctx, cancel := context.WithTimeout(context.Background(), lastWordsLimit)
	defer cancel()
	if tail, err := n.store.Tail(ctx); err == nil {
		_ = n.reads.WaitFor(ctx, tail.Events) // else what there is is signed
	}
	_ = n.keeper.Keep(ctx) // its status says what is wrong
	n.publisher.Flush(ctx)
}

// announcing has the checkpoint that covers a published paper shown at once: what a meeting was given is what others will
// most want to hold against today's history.
type announcing struct {
	web.Commander
	publisher *publish.Publisher
}

// Do records one command.
func (a announcing) Do(ctx context.Context, o domain.Order) (domain.Receipt, error) {
	r, err := a.Commander.Do(ctx, o)
	if _, paper := o.Do.(domain.PublishPaper); paper && err == nil {
		a.publisher.Cover(int64(r.Position))
	}
	return r, err
}
