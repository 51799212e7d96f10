package tnef

import (
	"errors"
	"fmt"
)

// Bounds of one message. Whatever passes one stays as it is.
const (
	maxHeader      = 1 << 20  // octets of a header; the milter takes no more for a whole mail
	maxMIMEParts   = 5000     // of a message; real ones have some dozen
	maxMIMEDepth   = 20       // multiparts and mails in one another
	maxStreams     = 20       // winmail.dat parts of a message, and messages in them: forwarded mails
	maxBody        = 12 << 20 // octets of one form of a body: a thousand pages
	maxBodies      = 24 << 20 // octets of all bodies of a message; they are in memory, some in two forms
	maxShort       = 64 << 10 // a name, a subject, an address list
	maxAttributes  = 100_000  // of a stream; each attachment has about six
	maxProperties  = 20_000   // of a list; Outlook writes some hundred
	maxValues      = 100_000  // of a property
	maxAttachments = 2000     // of a message
	maxInside      = 5        // Outlook messages in one another
	maxSibling     = 1 << 20  // octets of a text beside winmail.dat that is compared with its body
	maxDoubts      = 10       // lines for the confirmation, which shows twenty
	maxName        = 255      // characters of a file's name, what file systems take
	maxHeaderText  = 2000     // characters of a subject or of names
	windowSize     = 64 << 10 // octets of a stream looked at in one read
)

// errUnread says that a stream cannot be read completely.
var errUnread = errors.New("tnef: cannot be read completely")

func unread(why string) error { return fmt.Errorf("%w: %s", errUnread, why) }

var (
	errEnds    = unread("it ends too early")
	errTooMuch = unread("it is over a limit")
)
