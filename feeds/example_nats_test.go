package feeds_test

import (
	"context"
	"fmt"
	"log"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A subscriber on the organisation's NATS: its durable consumer keeps its place. The message's data are the stored event.
func Example_nats() {
	seed, err := nats.NkeyOptionFromSeed("bi.nk") // the secret that plantrail subscribe create --nats printed, in a file
	must(err)
	nc, err := nats.Connect("nats://n1,n2,n3", seed, nats.CustomInboxPrefix("_INBOX_feed-bi"))
	must(err)
	defer nc.Close()
	js, err := jetstream.New(nc)
	must(err)
	consumer, err := js.Consumer(context.Background(), "HISTORY_council", "feed-bi")
	must(err)
	messages, err := consumer.Messages()
	must(err)
	for {
		m, err := messages.Next()
		must(err)
		meta, err := m.Metadata()
		must(err)
		fmt.Printf("position %d: %s\n", meta.Sequence.Stream, m.Data())
		must(m.Ack()) // after what it says is stored: then it does not come again
	}
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
