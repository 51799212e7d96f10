package milter

import (
	"encoding/binary"
	"fmt"
	"hash"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/postseal/postseal/policy"
)

// fingerprint names a message in the ledger: the same for every try of it, and
// for no other message (design: "Ledger"). h is keyed. What Postfix or a mail
// server before it added is not in it, since that can differ with each try; nor
// are the recipients, who are entries under it.
//
// The design has sender, Message-ID, Date and body. The fields that a reader sees
// are in it too: there are programs that send mails of one Message-ID and body
// under several subjects, and whoever takes those for one loses all but the first.
//
// A message that brought neither Message-ID nor Date is told apart by its queue
// id and the time: Postfix uses short queue ids again within days, and a message
// taken for an earlier one would be dropped as served.
func fingerprint(h hash.Hash, m *Mail, now time.Time) ([]byte, error) {
	own := clientStamps(m.Fields, m.QueueID)
	write(h, "sender", m.Sender.Key())
	write(h, "message-id", own.messageIDs...)
	write(h, "date", own.dates...)
	for _, f := range own.others {
		write(h, "field", strings.ToLower(f.Name), f.Value)
	}
	if len(own.messageIDs) == 0 && len(own.dates) == 0 {
		write(h, "queue id", m.QueueID, now.UTC().Format(time.RFC3339Nano))
	}
	write(h, "body")
	if _, err := io.Copy(h, m.body()); err != nil {
		return nil, fmt.Errorf("%w: %w", errSpool, err)
	}
	return h.Sum(nil), nil
}

// isContent tells whether a field is the writer's, so that no mail server on the
// way changes it: the originator, destination and informational fields of RFC
// 5322 section 3.6, those of MIME, and Outlook's flag. Trace fields, signatures
// and X- fields are not.
func isContent(name string) bool {
	switch name {
	case "from", "sender", "reply-to", "to", "cc", "subject", "comments", "keywords",
		"in-reply-to", "references", "sensitivity", "importance", "thread-topic", "mime-version",
		"resent-from", "resent-sender", "resent-to", "resent-cc", "resent-message-id":
		return true
	}
	return strings.HasPrefix(name, "content-")
}

// write adds texts so that no two sequences look the same.
func write(h hash.Hash, label string, texts ...string) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(texts)))
	h.Write(append([]byte(label+":"), n[:]...))
	for _, text := range texts {
		binary.BigEndian.PutUint64(n[:], uint64(len(text)))
		h.Write(n[:])
		io.WriteString(h, text)
	}
}

// stamps are the fields by which a client told its messages apart.
type stamps struct {
	messageIDs []string
	dates      []string
	others     []policy.Field // what else is content
}

// clientStamps leaves out what Postfix put at the end of the header because the
// client had not (cleanup(8): Message-Id with the queue id, Date, From, in this
// order).
func clientStamps(fields []policy.Field, queueID string) stamps {
	var s stamps
	postfixID := -1
	lastDate := -1
	for i, f := range fields {
		switch name := strings.ToLower(f.Name); {
		case name == "message-id":
			if addedID(f.Value, queueID) {
				postfixID = i
				continue
			}
			s.messageIDs = append(s.messageIDs, strings.TrimSpace(f.Value))
		case name == "date":
			lastDate = i
			s.dates = append(s.dates, strings.TrimSpace(f.Value))
		case isContent(name) && !(name == "resent-message-id" && addedID(f.Value, queueID)):
			s.others = append(s.others, f)
		}
	}
	if lastDate < 0 || !postfixDate.MatchString(fields[lastDate].Value) || !atEnd(fields, lastDate) {
		return s
	}
	// After a Message-Id of Postfix's the Date is Postfix's too. With a
	// Message-ID of the client's it may be either's, but then the Message-ID
	// tells its messages apart.
	if lastDate == postfixID+1 && postfixID >= 0 || postfixID < 0 && len(s.messageIDs) > 0 {
		s.dates = s.dates[:len(s.dates)-1]
	}
	return s
}

func addedID(value, queueID string) bool {
	return queueID != "" && strings.Contains(value, "."+queueID+"@")
}

// postfixDate is the form of Postfix's own Date: " Fri,  1 Nov 2026 09:05:00 +0000 (GMT)".
var postfixDate = regexp.MustCompile(`^\s*[A-Z][a-z]{2}, [ 0-3]?[0-9] [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} [+-][0-9]{4} \([^()]*\)\s*$`)

// atEnd tells whether field i is the last, or has only a From behind it.
func atEnd(fields []policy.Field, i int) bool {
	rest := fields[i+1:]
	return len(rest) == 0 || len(rest) == 1 && strings.EqualFold(rest[0].Name, "From")
}
