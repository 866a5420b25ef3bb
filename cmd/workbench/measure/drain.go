package measure

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"motcua/cmd/workbench/filed"
	"motcua/cmd/workbench/stage"
	"motcua/kiosk/contract"
	"motcua/kiosk/outbox"
	"motcua/kiosk/uplink"
)

const (
	drained = 300 // submissions of one round
	rounds  = 5   // of each, in turn
)

// Drain measures how long the uplink takes to empty an outbox into a real
// central, against a bare loop that puts the same over HTTP/2 out of memory, one
// after the other as order wants it. Both reach the same central in turn, and
// the medians are compared. bin is the folder of the programs.
func Drain(ctx context.Context, bin, dir string) (row Row, err error) {
	c, err := stage.OpenCentral(ctx, bin, dir)
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	api := "https://" + c.Addr
	bundle, err := uplink.LoadBundle(c.Bundle())
	if err != nil {
		return row, err
	}
	var ours, bare []time.Duration
	for i := range rounds {
		took, err := loop(ctx, api, bundle)
		if err != nil {
			return row, err
		}
		bare = append(bare, took)
		if took, err = empty(ctx, api, bundle, filepath.Join(dir, fmt.Sprintf("outbox-%d", i))); err != nil {
			return row, err
		}
		ours = append(ours, took)
	}
	b, o := median(bare), median(ours)
	name := fmt.Sprintf("drain, times a bare HTTP/2 loop of the same PUTs (%.0f/s and %.0f/s; 1.25 = 80 %%)",
		drained/o.Seconds(), drained/b.Seconds())
	return over(name, float64(o)/float64(b), "×", 1.25), nil
}

// loop puts fresh submissions, one after the other.
func loop(ctx context.Context, api string, b *uplink.Bundle) (time.Duration, error) {
	all := make([]outbox.Item, drained)
	for i := range all {
		var err error
		if all[i], err = filed.Submission(b, "00082", sealedSize/2); err != nil {
			return 0, err
		}
	}
	var h2 http.Protocols
	h2.SetHTTP2(true)
	t := &http.Transport{TLSClientConfig: b.TLS.Clone(), Protocols: &h2}
	defer t.CloseIdleConnections()
	client := &http.Client{Transport: t, Timeout: patience}
	start := time.Now()
	for _, it := range all {
		req, err := http.NewRequestWithContext(ctx, http.MethodPut, api+"/v1/submissions/"+it.ID, bytes.NewReader(it.Sealed))
		if err != nil {
			return 0, err
		}
		req.Header.Set("Content-Type", contract.SealedType)
		req.Header.Set("Content-Digest", it.Digest)
		req.Header.Set("Station-Id", b.Station)
		rsp, err := client.Do(req)
		if err != nil {
			return 0, err
		}
		_, err = io.Copy(io.Discard, rsp.Body)
		if err := errors.Join(err, rsp.Body.Close()); err != nil {
			return 0, err
		}
		if rsp.StatusCode != http.StatusCreated || rsp.ProtoMajor != 2 {
			return 0, fmt.Errorf("bare loop: %s over %s", rsp.Status, rsp.Proto)
		}
	}
	return time.Since(start), nil
}

// empty fills an outbox, and lets the uplink empty it.
func empty(ctx context.Context, api string, b *uplink.Bundle, dir string) (took time.Duration, err error) {
	box, err := outbox.Open(ctx, dir, outbox.Options{MinFree: -1})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	for range drained {
		it, err := filed.Submission(b, "00082", sealedSize/2)
		if err != nil {
			return 0, err
		}
		if err := box.Put(ctx, it); err != nil {
			return 0, err
		}
	}
	received, all := 0, make(chan struct{})
	up := uplink.New(uplink.Options{Outbox: box, Base: api, TLS: b.TLS, Station: b.Station, Tell: func(n uplink.News) {
		if _, ok := n.(uplink.Received); ok {
			if received++; received == drained {
				close(all)
			}
		}
	}})
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	start := time.Now()
	go func() { ended <- up.Run(ctx) }()
	select {
	case <-all:
		took = time.Since(start)
	case <-ctx.Done():
		err = fmt.Errorf("drain: %d of %d delivered: %w", received, drained, ctx.Err())
	}
	cancel()
	if end := <-ended; !errors.Is(end, context.Canceled) {
		err = errors.Join(err, end)
	}
	return took, err
}
