package config

import "os"

// Mode is the permission bits of a socket.
type Mode os.FileMode
