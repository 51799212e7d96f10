package main

import (
	"net"
	"os"
	"strings"
)

// tellSystemd tells the service manager how the daemon stands, by sd_notify(3):
// "READY=1", "STOPPING=1". Without one nothing happens; that it cannot be told is
// no reason to stop.
func tellSystemd(state string) {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return
	}
	if strings.HasPrefix(path, "@") { // an abstract socket
		path = "\x00" + path[1:]
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return
	}
	defer c.Close()
	_, _ = c.Write([]byte(state))
}
