//go:build !race

package pack_test

const slow = 1
