// Command noop is the least filter that go-milter can make: it takes part in
// nothing, answers nothing and lets everything pass. The daemon's cost for each
// message is held against it.
package main

import (
	"log"
	"net"
	"os"

	gomilter "github.com/d--j/go-milter"
)

func main() {
	l, err := net.Listen("unix", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	if err := os.Chmod(os.Args[1], 0o666); err != nil {
		log.Fatal(err)
	}
	// All events come, as they come to a filter that reads messages; no answers go.
	s := gomilter.NewServer(
		gomilter.WithMilter(func() gomilter.Milter { return accepting{} }),
		gomilter.WithProtocol(gomilter.OptNoConnReply|gomilter.OptNoHeloReply|gomilter.OptNoMailReply|gomilter.OptNoRcptReply|
			gomilter.OptNoDataReply|gomilter.OptNoUnknownReply|gomilter.OptNoHeaderReply|gomilter.OptNoEOHReply|gomilter.OptNoBodyReply),
	)
	log.Fatal(s.Serve(l))
}

type accepting struct{ gomilter.NoOpMilter }

func (accepting) EndOfMessage(gomilter.Modifier) (*gomilter.Response, error) {
	return gomilter.RespAccept, nil
}
