// Package torture holds the station and central to their first promise: nothing
// accepted is lost, nothing is doubled, and no attachment of it is missing. It
// has tests alone.
//
// Stations are killed, thousands of times, at any write, sync and send and at
// any moment; central is killed too; and the way between them loses, doubles,
// delays, cuts and reorders. Who is killed are programs as they are built for a
// ward, without a hook in them. Where strace is installed, half of the kills strike
// at a moment of chance when the station enters the next write (to a socket, a
// printer or who started it), pwrite64 (to the disk) or fsync; the others strike by
// the clock.
//
// The most lives are those of headless, which wires a station's bundle, outbox and
// uplink as cmd/kiosk does and only lacks the screen: four of them live at once,
// as fast as the disk lets them. Fewer, as each takes seconds, are those of the
// kiosk itself, in a window in memory, with a visitor who touches it and a printer
// whose paper is read: there the screen's word and the receipts are held against
// central as well, and some are killed just when a submission is on the wire, or
// central's answer to it.
//
// Faults that were put into the kiosk on purpose, and found by its lives: a receipt
// that was owed comes out unmarked; none is owed before the submission is accepted;
// the screen says accepted before the disk does.
//
//	TORTURE_LIVES=10000 KIOSK_LIVES=500 TORTURE_DAYS=30 go test -timeout 6h -v ./cmd/workbench/torture
//
// What chance chooses begins with TORTURE_SEED, which each run tells.
package torture
