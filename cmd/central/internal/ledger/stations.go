package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"motcua/kiosk/contract"
	"motcua/kiosk/submission"
)

// Enrol registers the key of a station that stands in unit. A station may have
// several keys: what the old one signed must still open.
func (l *Ledger) Enrol(ctx context.Context, key submission.PublicKey, unit string, at time.Time) error {
	err := l.within(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO stations (kid, station, unit, key, expires, enrolled_at) VALUES (?,?,?,?,?,?)`,
			key.ID, key.Station, unit, []byte(key.Key), millis(key.Expires), millis(at))
		return err
	})
	if err != nil {
		return fmt.Errorf("enrol %s: %w", key.Station, err)
	}
	return nil
}

// Key finds an enrolled key and the unit it was enrolled for. An unknown kid is
// submission.ErrForeign.
func (l *Ledger) Key(ctx context.Context, kid string) (key submission.PublicKey, unit string, err error) {
	key.ID = kid
	var expires int64
	err = l.read.QueryRowContext(ctx, `SELECT station, unit, key, expires FROM stations WHERE kid = ?`, kid).
		Scan(&key.Station, &unit, (*[]byte)(&key.Key), &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return submission.PublicKey{}, "", fmt.Errorf("key not enrolled: %w", submission.ErrForeign)
	}
	if err != nil {
		return submission.PublicKey{}, "", fmt.Errorf("find key: %w", busy(err))
	}
	key.Expires = moment(expires)
	return key, unit, nil
}

// Enrolled tells whether station has a key here.
func (l *Ledger) Enrolled(ctx context.Context, station string) (bool, error) {
	var there bool
	err := l.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM stations WHERE station = ?)`, station).Scan(&there)
	if err != nil {
		return false, fmt.Errorf("find station: %w", busy(err))
	}
	return there, nil
}

// Pulse is what a station said of itself last, and when it was heard.
type Pulse struct {
	Heard time.Time
	Said  contract.Heartbeat
}

// Hear keeps the last pulse of each station.
func (l *Ledger) Hear(ctx context.Context, pulses []Pulse) error {
	err := l.within(ctx, func(tx *sql.Tx) error {
		for _, p := range pulses {
			said, err := json.Marshal(p.Said)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO heartbeats (station, heard_at, said) VALUES (?,?,?)
				ON CONFLICT DO UPDATE SET heard_at = excluded.heard_at, said = excluded.said`,
				p.Said.Station, millis(p.Heard), string(said)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep heartbeats: %w", err)
	}
	return nil
}

// Pulses gives the last pulse of every station, by station.
func (l *Ledger) Pulses(ctx context.Context) ([]Pulse, error) {
	rows, err := l.read.QueryContext(ctx, `SELECT heard_at, said FROM heartbeats ORDER BY station`)
	if err != nil {
		return nil, fmt.Errorf("read heartbeats: %w", busy(err))
	}
	defer rows.Close()
	var list []Pulse
	for rows.Next() {
		var heard int64
		var said string
		if err := rows.Scan(&heard, &said); err != nil {
			return nil, fmt.Errorf("read heartbeats: %w", busy(err))
		}
		p := Pulse{Heard: moment(heard)}
		if err := json.Unmarshal([]byte(said), &p.Said); err != nil {
			return nil, fmt.Errorf("read heartbeats: %w", err)
		}
		list = append(list, p)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read heartbeats: %w", busy(err))
	}
	return list, nil
}
