package postfix

import (
	"context"

	"github.com/postseal/postseal/addr"
)

// Problem is one line of check: what is wrong and why it matters, and what to do.
type Problem struct {
	Fatal   bool   // clear text could leave, or nothing can be sealed: do not start
	Setting string // the parameter or service, "main.cf: forward_path", "master.cf: submission/inet"
	What    string
	Do      string
}

// CheckOptions say what the wiring is compared with.
type CheckOptions struct {
	ConfigDir  string                  // empty: /etc/postfix
	CommandDir string                  // empty: /usr/sbin
	Milter     string                  // where our milter listens: "unix:/var/spool/postfix/postseal/milter.sock"
	Reentry    string                  // "127.0.0.1:10026"
	Inbound    string                  // "127.0.0.1:10027"; empty: not checked
	Inside     func(addr.Address) bool // is an address ours; must be set
	Domains    []string                // our domains, as the policy file names them
}

// Check compares Postfix's configuration with every rule the design rests on.
// The error wraps ErrUnavailable when the configuration cannot be read.
func Check(ctx context.Context, o CheckOptions) ([]Problem, error) {
	return nil, ErrUnavailable
}
