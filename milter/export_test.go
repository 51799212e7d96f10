package milter

import "time"

// Private seams for the tests, which live in package milter_test.
var (
	ParseMailArgs = parseMailArgs
	ParseRcptArgs = parseRcptArgs
	DecodeXtext   = decodeXtext
	ShownSubject  = shownSubject
	Fingerprint   = fingerprint
	FoldCRLF      = foldCRLF
	MessageIDs    = messageIDs
	ReplyTo       = replyTo
	CauseOf       = causeOf
	WireSize      = wireSize
	RelayQueueID  = relayQueueID
	ErrPanic      = errPanic
	ErrBusy       = errBusy
	ErrDeadline   = errDeadline
)

// DiskCalls are all calls of the disk by name; SetDisk lets one go wrong.
func DiskCalls() (out []string) {
	for _, c := range diskCalls {
		out = append(out, string(c))
	}
	return out
}

// SetDisk stands between the filter and the disk.
func (f *Filter) SetDisk(between func(call string, do func() error) error) {
	f.run.disk = func(c diskCall, do func() error) error { return between(string(c), do) }
}

// MemoryBody is where a spool goes to disk.
const MemoryBody = memoryBody

// NewSpool makes a spool in a directory.
func NewSpool(dir string) *spool { return &spool{dir: dir} }

// Line gives a reply as the client sees it after the code.
func (r Reply) Line() string { return r.line() }

// SetPause replaces waiting between two tries of store.Queued.
func (f *Filter) SetPause(sleep func(time.Duration) bool) { f.run.sleep = sleep }

// SetPatience replaces the times of progress packets and of the grace after the
// deadline.
func (f *Filter) SetPatience(progress, grace time.Duration) {
	f.run.progress, f.run.grace = progress, grace
}

// WaitBackground waits until everything that left is recorded or given up.
func (f *Filter) WaitBackground() { f.run.background.Wait() }

// Replies gives every reply of the table.
func Replies() []Reply {
	var out []Reply
	for _, a := range append(answers, other) {
		out = append(out, a.reply)
	}
	return out
}
