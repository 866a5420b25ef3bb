//go:build race

package pack_test

// slow is how much more time the race detector may take.
const slow = 10
