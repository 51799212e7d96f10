package robot_test

import (
	"io"
	"testing"

	"github.com/postseal/postseal/internal/leaktest"
)

// Mail that is taken, and mail whose client goes in the midst of it, leave nothing
// behind when the robot stops, its store among it.
func TestNothingIsLeft(t *testing.T) {
	leaktest.Check(t)
	w := newWorld(t)
	for _, end := range []string{"\r\nall of it\r\n", "\r\nin the mid"} {
		c := w.serve()
		if err := c.Mail("bob@firm.example", nil); err != nil {
			t.Fatal(err)
		}
		if err := c.Rcpt(to.String(), nil); err != nil {
			t.Fatal(err)
		}
		data, err := c.Data()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(data, "From: bob@firm.example\r\nSubject: x\r\n"+end); err != nil {
			t.Fatal(err)
		}
		if end[len(end)-1] == '\n' {
			_ = data.Close() // what it answers is not asked here
		}
	}
}
