// Package bench measures what postseal costs: `make bench`. Each figure is a
// ratio to a baseline that runs beside it in the same minutes, since machines and
// their neighbours differ; limits of bytes are limits of bytes. docs/performance.md
// says what each goal means and shows the last figures.
//
// Start reading at goals_test.go.
package bench
