//go:build race

package main

// raceFactor is how many times longer a scan of text may take.
const raceFactor = 30
