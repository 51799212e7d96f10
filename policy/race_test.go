//go:build race

package policy_test

// raceFactor is how much longer things may take under the race detector.
const raceFactor = 6

// shrink is how many times smaller the bombs are that take long to write.
const shrink = 16
