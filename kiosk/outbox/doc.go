// Package outbox keeps submissions on disk from the moment they are accepted
// until central has confirmed them, in order, through power loss.
//
// # What it promises
//
//   - When Put returns nil the submission is on the disk: written, synced with
//     fsync(2), and every directory entry that leads to it synced before.
//   - A submission leaves the disk only on central's confirmation, over the
//     network or by stick, and then not before Options.KeepSealed (7 days) has
//     passed.
//   - Next gives submissions in the order of acceptance. One that is refused or
//     waits for its next try never blocks the others.
//   - A damaged store is set aside under a dated name, all that can be read is
//     carried over, and what happened is told by Damage and Summary for as long
//     as the set-aside copy lies there. It never silently starts empty.
//   - Nothing in it names a person in clear: the sealed bytes can be opened by
//     central alone; beside them are an id, a claim code, a procedure code, the
//     hash of a secret, times and states. Reasons are fixed sentences by code.
//
// # How a submission moves
//
//	Put ─▶ queued ─▶ sending ─▶ received ─▶ (7 days) sealed bytes dropped ─▶ (90 days) row dropped
//	                   │  ▲
//	                   ▼  │
//	                 resend          outcome unknown, or told to come again
//	                   │
//	                   ▼
//	                 refused         dead letter: reason, owner, next step; stays until staff act
//
// Acceptance here and what central says are kept apart: Entry.Accepted is the
// station's own, Entry.Central holds only what central has answered.
//
// # How the disk is used
//
// One SQLite database in WAL mode with synchronous=FULL (sqlite.org/wal.html),
// in a folder of mode 0700, held by one process through flock(2). A commit is
// one run of writes at the end of the log and one fsync. Three things keep
// that close to the price of a bare write: the log is laid out in full when
// the store is opened and is never shortened, so a commit changes no file size
// and needs no journal entry of the file system; checkpoints are not left to
// the commit that happens to fill the log but run on another connection when
// something was delivered; and accept is a single transaction of two prepared
// inserts. BenchmarkAccept prints the ratio.
package outbox
