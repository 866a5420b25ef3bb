//go:build !race

package uplink

const raceDetector = false
