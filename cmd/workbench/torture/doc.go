// Package torture holds the station and central to their first promise: nothing
// accepted is lost, nothing is doubled, and no attachment of it is missing. It
// has tests alone.
//
// Stations are killed, thousands of times, at any write, sync and send and at
// any moment; central is killed too; and the way between them loses, doubles,
// delays, cuts and reorders. Who is killed are programs as they are built for a
// ward, without a hook in them: central, and headless, which wires a station's
// bundle, outbox and uplink as cmd/kiosk does and only lacks the screen, which
// needs a display. Where strace is installed, half of the kills strike at a
// moment of chance when the station enters the next write (to a socket or to who
// started it), pwrite64 (to the disk) or fsync; the others strike by the clock.
//
//	TORTURE_LIVES=10000 TORTURE_DAYS=30 go test -timeout 5h -v ./cmd/workbench/torture
package torture
