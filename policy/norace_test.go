//go:build !race

package policy_test

const raceFactor = 1

// shrink is how many times smaller the bombs are that take long to write.
const shrink = 1
