package ledger

// schema makes the tables; every statement may run again. Times are Unix
// milliseconds. What can be read here names no person: the submission itself
// stays sealed, and so does a copy of this file.
const schema = `
CREATE TABLE IF NOT EXISTS stations (
	kid         TEXT PRIMARY KEY,
	station     TEXT NOT NULL,
	unit        TEXT NOT NULL,
	key         BLOB NOT NULL,
	expires     INTEGER NOT NULL, -- 0 = never
	enrolled_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS stations_station ON stations (station);

CREATE TABLE IF NOT EXISTS submissions (
	n           INTEGER PRIMARY KEY, -- order of reception
	id          TEXT NOT NULL UNIQUE,
	station     TEXT NOT NULL,
	unit        TEXT NOT NULL,
	claim       TEXT NOT NULL,
	digest      TEXT NOT NULL,
	sealed      BLOB,                -- NULL once its time here is over
	procedure   TEXT NOT NULL,
	title       TEXT NOT NULL,
	assurance   TEXT NOT NULL,
	secret      TEXT NOT NULL,
	promised    INTEGER NOT NULL,    -- 0 = nothing
	received_at INTEGER NOT NULL,
	dossier     TEXT UNIQUE,
	opened_at   INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS submissions_claim ON submissions (claim);
CREATE INDEX IF NOT EXISTS submissions_unopened ON submissions (n) WHERE dossier IS NULL;
CREATE INDEX IF NOT EXISTS submissions_kept ON submissions (received_at) WHERE sealed IS NOT NULL;

CREATE TABLE IF NOT EXISTS series (
	agency TEXT NOT NULL,
	day    TEXT NOT NULL,
	last   INTEGER NOT NULL,
	PRIMARY KEY (agency, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS audit (
	n       INTEGER PRIMARY KEY,
	at      INTEGER NOT NULL,
	act     TEXT NOT NULL, -- refused, bounded, read, forgotten
	station TEXT NOT NULL,
	id      TEXT NOT NULL,
	code    TEXT NOT NULL,
	why     TEXT NOT NULL,
	digest  TEXT NOT NULL,
	size    INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS audit_id ON audit (id, n);

CREATE TABLE IF NOT EXISTS usage (
	day              TEXT NOT NULL,
	station          TEXT NOT NULL,
	submissions      INTEGER NOT NULL,
	submission_bytes INTEGER NOT NULL,
	parts            INTEGER NOT NULL,
	part_bytes       INTEGER NOT NULL,
	PRIMARY KEY (day, station)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS heartbeats (
	station  TEXT PRIMARY KEY,
	heard_at INTEGER NOT NULL,
	said     TEXT NOT NULL -- Heartbeat of the contract, JSON
) STRICT, WITHOUT ROWID;
`
