package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"

	"motcua/cmd/central/internal/centraltest"
	"motcua/kiosk/contract"
	"motcua/kiosk/submission"
)

// BenchmarkPut is one new submission over mutual TLS on loopback, until central
// has it durably and with its dossier code.
//
//	go test -run '^$' -bench Put ./cmd/central
func BenchmarkPut(b *testing.B) {
	for _, bench := range []struct {
		name     string
		stations int // at the same time, for each core
	}{{"one-station", 0}, {"many-stations", 16}} {
		b.Run(bench.name, func(b *testing.B) {
			o := newOffice(b)
			r := o.serve(b, "main")
			sealed, digests, ids := make([][]byte, b.N), make([]string, b.N), make([]string, b.N)
			for i := range sealed {
				doc := centraltest.Document()
				ids[i] = doc.ID
				sealed[i], digests[i] = o.seal(b, doc)
			}
			tr := transport(b, o.bundle(centraltest.Station))
			tr.MaxIdleConnsPerHost = 64
			c, err := contract.NewClientWithResponses(r.api, contract.WithHTTPClient(&http.Client{Transport: tr}))
			if err != nil {
				b.Fatal(err)
			}
			send := func(i int) {
				answer, err := c.PutSubmissionWithBodyWithResponse(b.Context(), ids[i],
					&contract.PutSubmissionParams{StationID: centraltest.Station, ContentDigest: digests[i]},
					contract.SealedType, bytes.NewReader(sealed[i]))
				if err != nil || answer.JSON201 == nil {
					b.Errorf("put: %v", err)
				}
			}
			b.ResetTimer()
			if bench.stations == 0 {
				for i := range sealed {
					send(i)
				}
			} else {
				var next atomic.Int64
				b.SetParallelism(bench.stations)
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						send(int(next.Add(1)) - 1)
					}
				})
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "put/s")
			b.ReportMetric(float64(len(sealed[0])), "bytes/put")
		})
	}
}

// BenchmarkOpen is the part of a put that is arithmetic: unseal, verify, read.
func BenchmarkOpen(b *testing.B) {
	o := newOffice(b)
	c := serveCommand{Dir: o.dir, Page: "127.0.0.1:0", Agency: "H26"}
	p, err := c.open(b.Context(), slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer p.ledger.Close()
	sealed, _ := o.seal(b, centraltest.Document())
	find := func(string) (submission.PublicKey, error) { return o.key.Public(), nil }
	for b.Loop() {
		if _, _, err := submission.Open(sealed, p.keys.IDs, find); err != nil {
			b.Fatal(err)
		}
	}
}
