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
	option, err := nats.NkeyOptionFromSeed("bi.nk") // the secret that plantrail subscribe create --nats printed, in a file
	if err != nil {
		log.Fatal(err)
	}
	nc, err := nats.Connect("nats://n1,n2,n3", option, nats.CustomInboxPrefix("_INBOX_feed-bi"))
	if err != nil {
		log.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		log.Fatal(err)
	}
	consumer, err := js.Consumer(context.Background(), "HISTORY_council", "feed-bi")
	if err != nil {
		log.Fatal(err)
	}
	messages, err := consumer.Messages()
	if err != nil {
		log.Fatal(err)
	}
	for {
		m, err := messages.Next()
		if err != nil {
			log.Fatal(err)
		}
		meta, _ := m.Metadata()
		fmt.Printf("position %d: %s\n", meta.Sequence.Stream, m.Data())
		if err := m.Ack(); err != nil { // after what it says is stored: then it does not come again
			log.Fatal(err)
		}
	}
}
