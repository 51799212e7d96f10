package portal

import "time"

// Bounds of what comes in from outside. Each is enforced where the bytes enter.
const (
	// MaxForm bounds an ordinary form: a few short fields, base64 never.
	MaxForm = 64 << 10
	// MaxStaged bounds a posted container. Postfix's outer size limit is below it everywhere
	// we know of; the form that carries it is a third larger (base64) plus line ends.
	MaxStaged = 150 << 20
	// maxStagedForm is MaxStaged as base64 in lines of 72, with room for the other fields.
	maxStagedForm = MaxStaged/3*4 + MaxStaged/20 + MaxForm
	// MaxOriginal bounds an opened message on disk.
	MaxOriginal = 512 << 20
	// DefaultAttachLimit is the sum of decoded attachments of a reply (BCC-14).
	DefaultAttachLimit = 10 << 20
	// MaxFiles bounds the attachments of one reply.
	MaxFiles = 50
	// MaxReplyText bounds what is typed: some hundred pages.
	MaxReplyText = 1 << 20
	// MaxParts bounds the leaves of a message that are looked at; real mails have tens.
	MaxParts = 500
	// MaxDepth bounds nesting; every level costs one pass over the bytes below it.
	MaxDepth = 20
	// MaxHeader bounds one part's header.
	MaxHeader = 256 << 10
	// MaxTextShown bounds the text on a page; the rest is read from the saved message.
	MaxTextShown = 2 << 20
	// MaxInlineImages bounds pictures put into the text as data: URLs.
	MaxInlineImages = 16 << 20
	// maxLinks bounds the addresses that plain text makes links of.
	maxLinks = 2000
	// maxFact bounds a field of a message inside a message, in bytes.
	maxFact = 1000
	// maxAnswerForm bounds an answer to an invitation from a page, with the invitation.
	maxAnswerForm = 256 << 10
	// maxOffered bounds the addresses to choose from; others are typed (as in the file).
	maxOffered = 25
	// MaxName bounds a cleaned file name in bytes, well under every file system's 255.
	MaxName = 150

	// Fields people type. Runes, not bytes.
	maxAddress  = 320
	maxFirst    = 100
	maxPassword = 200
	minPassword = 10
	maxAnswer   = 200
	maxReason   = 300
	maxKeyName  = 60
	// maxAgent bounds how much of a User-Agent field is looked at; browsers send some hundred octets.
	maxAgent = 500

	// maxBrowserName bounds a page's nonce, minBrowserName asks for 128 bits in base64.
	minBrowserName = 22
	maxBrowserName = 128
)

// Times that the server grants. They are about sockets, so they use the real clock.
const (
	readTimeout   = 30 * time.Second
	uploadTimeout = 15 * time.Minute // 150 MB at 1.5 Mbit/s
	writeTimeout  = 15 * time.Minute // a download on a train
	idleTimeout   = 2 * time.Minute
	headTimeout   = 10 * time.Second
	maxHeadBytes  = 32 << 10
)

// Concurrency: opening and staging cost disk and a core each.
const (
	maxOpening = 8
	maxStaging = 4
	// maxShowing messages are taken apart for showing at once: a hostile one makes some
	// hundred megabytes of nodes while that lasts.
	maxShowing = 4
	// maxHeldEach openings and uploads of one person go on at once, each with a file in the spool
	// until its last byte is on its way; browsers ask for six things at once of one host.
	maxHeldEach = 6
	// heldWait is how long one more waits before it is refused.
	heldWait = 20 * time.Second
	// stagePerID postings of one message are taken within stageWindow; a person needs one or two.
	stagePerID  = 20
	stageWindow = 10 * time.Minute
	// stageIDs bounds the counters kept in memory.
	stageIDs = 10000
)
