//go:build race

package station_test

// raced: the race detector makes each step ten times as long; it gets a sample.
const raced = true
