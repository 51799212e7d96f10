//go:build race

package worker

// raceFactor is how much slower the race detector makes us.
const raceFactor = 3
