//go:build race

package extract_test

// raceFactor is how much slower the race detector makes us.
const raceFactor = 10
