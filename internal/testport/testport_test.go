package testport_test

import (
	"net"
	"testing"

	"github.com/postseal/postseal/internal/testport"
)

// A port is given once while its test runs, and can be bound.
func TestPortsAreGivenOnce(t *testing.T) {
	seen := map[int]bool{}
	for range 50 {
		port := testport.Free(t)
		if seen[port] {
			t.Fatalf("%d was given twice", port)
		}
		seen[port] = true
	}
	l, err := net.Listen("tcp", testport.Address(t))
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}
