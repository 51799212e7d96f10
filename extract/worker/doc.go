// Package worker reads documents in processes of their own, so that a reader
// that crashes, hangs or eats memory does no harm to the daemon: Pool is an
// extract.Outside. The processes are the same program, started anew with Command
// as its argument; Serve is what they do.
//
// It promises that whatever becomes of a worker, the document is told as
// unreadable and never as read: a crash, a limit, a deadline, an answer that is
// damaged, half, too long, or cannot be true of what was asked. It promises that
// the caller waits no longer than her context says, and that the next document
// has a new worker.
//
// An attacker writes the documents. In the worst case she runs code of her own
// in a worker: then she finds a process with no environment, no file but two
// pipes, no network where the kernel lets us take it away, and a filter of
// system calls that knows neither files nor sockets nor programs. She can lie
// about that document and the next few until the worker is replaced; the parent
// believes an answer only in its form, and bounds it by the message's limits.
//
// Start reading at Pool.ReadOutside, then Serve, then package cell for the
// walls, and answer.go for what the parent believes.
package worker
