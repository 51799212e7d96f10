//go:build !race

package extract_test

const raceFactor = 1

// shrink is how many times smaller bombs and the work for them are, so that a run
// under the race detector takes no minutes; what is over its limit stays so.
const shrink = 1
