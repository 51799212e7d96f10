//go:build race

package extract_test

// raceFactor is how much slower the race detector makes us.
const raceFactor = 10

// shrink is how many times smaller bombs and the work for them are, so that a run
// under the race detector takes no minutes; what is over its limit stays so.
const shrink = 16
