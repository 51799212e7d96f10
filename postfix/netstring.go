package postfix

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// maxRequest bounds one question of Postfix: "tls-policy", a blank and a next
// hop, which is a host name (255 octets, RFC 5321 section 4.5.3.1.2) with
// brackets and a port at most.
const maxRequest = 1024

var errNetstring = errors.New("postfix: not a netstring")

// readNetstring reads "LENGTH:OCTETS,", the frame of socketmap_table(5). An end
// of input before the first octet is io.EOF. The error wraps errNetstring for a
// length that is no plain number or above max, before anything of that length is
// read.
func readNetstring(r *bufio.Reader, max int) ([]byte, error) {
	length := 0
	for i := 0; ; i++ {
		c, err := r.ReadByte()
		switch {
		case err == io.EOF && i == 0:
			return nil, io.EOF
		case err != nil:
			return nil, cut(err)
		case c == ':' && i > 0:
			return readFramed(r, length)
		case c < '0' || c > '9', i > 0 && length == 0: // no leading zeros
			return nil, fmt.Errorf("%w: the length", errNetstring)
		}
		if length = 10*length + int(c-'0'); length > max {
			return nil, fmt.Errorf("%w: longer than %d octets", errNetstring, max)
		}
	}
}

func readFramed(r *bufio.Reader, length int) ([]byte, error) {
	b := make([]byte, length+1)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, cut(err)
	}
	if b[length] != ',' {
		return nil, fmt.Errorf("%w: no comma at the end", errNetstring)
	}
	return b[:length], nil
}

func cut(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func appendNetstring(to []byte, text string) []byte {
	to = strconv.AppendInt(to, int64(len(text)), 10)
	return append(append(append(to, ':'), text...), ',')
}
