// Publish submissions to turnlog, one JSON object a line: go run . [FILE]
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kgo"
)

var escape = strings.NewReplacer("%", "%25", "/", "%2F")

// keyOf is org_id/user_id: what belongs together stays in order.
func keyOf(line []byte) ([]byte, error) {
	var fields struct {
		OrgID  *string `json:"org_id"`
		UserID *string `json:"user_id"`
	}
	if err := json.Unmarshal(line, &fields); err != nil {
		return nil, err
	}
	if fields.OrgID == nil || fields.UserID == nil {
		return nil, errors.New("no org_id or user_id")
	}
	return []byte(escape.Replace(*fields.OrgID) + "/" + escape.Replace(*fields.UserID)), nil
}

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func publish(input io.Reader) error {
	// The client is idempotent, waits for all replicas and partitions as Java does, unless told otherwise.
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(setting("TURNLOG_KAFKA", "127.0.0.1:9092"), ",")...),
		kgo.DefaultProduceTopic(setting("TURNLOG_TURNS_TOPIC", "turns")),
		kgo.ProducerBatchMaxBytes(2<<20),
	)
	if err != nil {
		return err
	}
	defer client.Close()

	var failed atomic.Int64
	settle := func(number int64, err error) {
		if err != nil {
			failed.Add(1)
			fmt.Fprintf(os.Stderr, "line %d: %v\n", number, err)
		}
	}
	sent := int64(0)
	lines := bufio.NewReader(input)
	var unread error
	for unread == nil {
		var line []byte
		line, unread = lines.ReadBytes('\n')
		if len(line) == 0 {
			continue
		}
		sent++
		number, value := sent, bytes.TrimRight(line, "\r\n")
		key, err := keyOf(value)
		if err != nil {
			settle(number, err)
			continue
		}
		client.Produce(context.Background(), &kgo.Record{Key: key, Value: value}, func(_ *kgo.Record, err error) {
			settle(number, err)
		})
	}
	if err := client.Flush(context.Background()); err != nil {
		return err
	}
	if unread != io.EOF {
		return unread
	}
	fmt.Fprintf(os.Stderr, "%d of %d records acknowledged\n", sent-failed.Load(), sent)
	if failed.Load() > 0 {
		return fmt.Errorf("%d records were not acknowledged", failed.Load())
	}
	return nil
}

func main() {
	input := os.Stdin
	var err error
	if len(os.Args) > 1 {
		input, err = os.Open(os.Args[1])
	}
	if err == nil {
		err = publish(input)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
