//go:build race

package policy_test

// raceFactor is how much longer things may take under the race detector.
const raceFactor = 6
