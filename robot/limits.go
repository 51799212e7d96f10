package robot

import (
	"time"

	"github.com/postseal/postseal/store"
)

// Bounds of what is read of one mail. What lies beyond is not looked at: a
// forward that is stranger than this is not rescued, never held for ever.
const (
	// MaxMessage is the largest mail taken, in octets: an envelope of the largest
	// body that the milter takes, in base64 twice (Outlook forwarding as attachment).
	MaxMessage = 256 << 20
	maxParts   = 200       // leaves and attached messages; forwards have a dozen
	maxDepth   = 12        // of multiparts and attached messages; a forward of a forward has 6
	maxHeader  = 64 << 10  // octets of one header
	maxHeaders = 1 << 20   // of all headers of one mail
	maxText    = 512 << 10 // octets of one text that is searched for links
	maxTexts   = 2 << 20   // of all texts of one mail
	maxReport  = 256 << 10 // of one message/delivery-status
	maxLine    = 64 << 10  // of a line looked at for a boundary
	maxFinds   = 12        // envelopes and Message-IDs that are looked up for one mail
	maxRescued = 10        // recipients who get a link for one mail
	maxPassed  = 256 << 10 // octets of text passed on of one answer
	maxFiles   = 50        // attachments passed on of one answer
	// DefaultAttachLimit is the default of Robot.AttachLimit (BCC-14).
	DefaultAttachLimit = 10 << 20
	// atOnce is how many mails are worked on at a time; others wait in Postfix.
	atOnce = 4
	// workTime bounds the work on one mail, with its look-ups in the DNS.
	workTime = 2 * time.Minute
)

// How often the robot does what others can make it do.
var (
	// RescueQuota is for links, per envelope and recipient (BOP-20).
	RescueQuota = store.Quota{Name: "rescue", Max: 3, Per: 24 * time.Hour}
	// StrangerQuota is for the one line to a stranger, per address.
	StrangerQuota = store.Quota{Name: "stranger", Max: 1, Per: 24 * time.Hour}
	// ToldQuota is for telling a writer that his answer was not protected, per
	// envelope and address: once while the envelope can live.
	ToldQuota = store.Quota{Name: "told", Max: 1, Per: 400 * 24 * time.Hour}
	// AnswerQuota bounds the ordinary answers passed on, per envelope.
	AnswerQuota = store.Quota{Name: "answers", Max: 50, Per: 24 * time.Hour}
	// AbsenceQuota is for automatic answers passed on, per envelope and address.
	AbsenceQuota = store.Quota{Name: "absence", Max: 1, Per: 7 * 24 * time.Hour}
	// UnclearQuota is for telling that an unnamed recipient was not reached, per
	// envelope.
	UnclearQuota = store.Quota{Name: "unclear", Max: 1, Per: 24 * time.Hour}
)

// rescueLinkLife is how long a link works whose ciphertext came back with the
// forward; the same as a first link's default.
const rescueLinkLife = 14 * 24 * time.Hour
