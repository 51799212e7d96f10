// Package argon computes Argon2id (RFC 9106) in processes of its own, so that
// people who open messages do not wait for those who type passwords: a password
// keeps a core and 64 MiB busy for a tenth of a second, and the daemon's scheduler
// and its collector of memory would share both out evenly. The processes step back
// behind the daemon and Redis; they are the same program, started anew with
// Command as its argument, behind the walls of package cell.
//
// It promises that every sum is computed: where no process can be started, or one
// ends in the midst of its work, the daemon does the work itself. It never tells a
// password as wrong for such a reason.
//
// Start reading at Pool.Sum, then Serve.
package argon
