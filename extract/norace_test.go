//go:build !race

package extract_test

const raceFactor = 1
