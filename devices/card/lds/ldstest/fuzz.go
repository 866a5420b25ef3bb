package ldstest

import "runtime"

// Allocated says how many bytes f allocates, and with it whatever else runs in
// the process meanwhile. Decoders must stay below a bound that grows with the
// bytes they are given and not with the lengths these claim.
func Allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
