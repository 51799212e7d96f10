// Package cell runs parts of the program in processes of their own, behind walls:
// the same program, started anew with an argument that says what it is. A frame
// with a job goes in by a pipe, a frame with the answer comes out.
//
// It promises that a Process that is ready has no environment, no file but two
// pipes, limits of the kernel that it cannot lift, and, as its Missing says, a
// filter of system calls that knows neither files nor sockets nor programs; that
// it ends when its parent does; and that what it says was read within bounds.
// It promises nothing of what an answer means: whoever asks decides what to
// believe.
//
// Start reading at Start for the parent's side, then Enter for the cell's, and
// confine_linux.go for the walls.
package cell
