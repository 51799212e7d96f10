package envelope

import "errors"

var (
	// ErrBroken says that a container does not open with the key, was changed or cut short.
	ErrBroken = errors.New("the envelope is damaged")
	// ErrVersion says that a page or container states a format version this program does not know.
	ErrVersion = errors.New("unknown envelope format version")
	// ErrNotPage says that a file is not a securedoc.html of ours.
	ErrNotPage = errors.New("not a secure message file")
	// ErrTooBig says that an input passed a stated bound.
	ErrTooBig = errors.New("the envelope is too big")
	// ErrEscrow says that a certificate cannot serve as an escrow key, or that a
	// secret key does not open a container.
	ErrEscrow = errors.New("the escrow key does not fit")
)
